"""Looks at the server before anything is read: settings, grants, tables, the stored position."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from cdc.binlog.catalog import CatalogColumn
from cdc.binlog.grants import Grants
from cdc.binlog.server import server_identity, server_variables, why_unavailable
from cdc.binlog.server_settings import VARIABLES, Finding, ServerFacts, setting_findings
from cdc.binlog.wire import Undecodable
from cdc.database import Database
from cdc.errors import START_ANEW, SourceDenied, SourceError, SourceMisconfigured
from cdc.position import Flavor, Position
from cdc.probe import probe
from cdc.watch import WATCH_TABLE
from config.source import CaptureSettings, DatabaseSettings

# Without one of these there is no Magento behind the schema and prefix.
_CORE_TABLES = ("customer_entity", "catalog_product_entity", "sales_order", "store")

_COLUMNS = """
SELECT TABLE_NAME, COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, IS_NULLABLE, CHARACTER_SET_NAME,
       CHARACTER_OCTET_LENGTH, NUMERIC_PRECISION, NUMERIC_SCALE, DATETIME_PRECISION, COLUMN_KEY
FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = %s
"""
_TABLES = """
SELECT TABLE_NAME, TABLE_TYPE, ENGINE FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s
"""


def preflight(
    database: Database,
    settings: DatabaseSettings,
    capture: CaptureSettings,
    *,
    position: Position | None = None,
    tables: Iterable[str] | None = None,
) -> list[Finding]:
    """Everything that would lose changes (errors) or may hurt later (warnings).

    Args:
        position: the stored position, where there is one.
        tables: watched tables, without prefix; None for a whole shop, which is then read from, too.
    Raises:
        SourceUnavailable, SourceDenied, SourceError: the server cannot be asked.
    """
    identity = server_identity(database)
    names = [settings.table_prefix + table for table in (WATCH_TABLE if tables is None else tables)]
    findings = list(_grant_findings(database, settings, identity.flavor, names))
    columns = _columns(database, settings.name, names)
    facts = ServerFacts(
        flavor=identity.flavor,
        variables=server_variables(database, VARIABLES),
        is_replica=_is_replica(database, identity.numbers, identity.flavor),
        has_json=any(row["DATA_TYPE"] == "json" for row in columns),
        is_catalog_enough=_is_catalog_enough(columns),
    )
    findings += setting_findings(facts, capture)
    findings += _filter_findings(database, settings.name, identity.numbers, identity.flavor)
    findings += _replica_findings(database, capture, identity.numbers, identity.flavor)
    findings += _table_findings(database, settings, names, columns)
    if position is not None and not any(found.name == "log_bin" for found in findings):
        findings += _position_findings(database, position)
    is_legible = not any(found.name in ("tables", "grant SELECT") for found in findings)
    if tables is None and is_legible:
        findings += probe(database, settings)
    return findings


def require(findings: Sequence[Finding]) -> None:
    """Refuse to start on errors.

    Raises:
        SourceMisconfigured: lists every error, with what to do about it.
    """
    errors = [str(finding) for finding in findings if finding.severity == "error"]
    if errors:
        listed = "\n".join(f"- {error}" for error in errors)
        raise SourceMisconfigured(f"checking the database server:\n{listed}")


def _grant_findings(
    database: Database, settings: DatabaseSettings, flavor: Flavor, tables: Sequence[str]
) -> Iterator[Finding]:
    grants = Grants.of(database, flavor)
    monitor = "BINLOG MONITOR" if flavor == "mariadb" else "REPLICATION CLIENT"
    if not grants.has_global("REPLICATION SLAVE"):
        yield _missing_grant("REPLICATION SLAVE", "*.*", settings.user, "The binlog is not sent.")
    if not grants.has_global(monitor, "REPLICATION CLIENT"):
        yield _missing_grant(monitor, "*.*", settings.user, "The position cannot be asked for.")
    if not grants.can_select(settings.name):
        lacking = [table for table in tables if not grants.can_select(settings.name, table)]
        if lacking:
            why = f"Entities are read from {lacking[0]} and {len(lacking) - 1} more tables."
            yield _missing_grant("SELECT", f"`{settings.name}`.*", settings.user, why)


def _missing_grant(privilege: str, on: str, user: str, why: str) -> Finding:
    return Finding(
        "error", f"grant {privilege}", f"the user {user} lacks {privilege} on {on}", why,
        f"GRANT {privilege} ON {on} TO '{user}'@'<host>'",
    )  # fmt: skip


def _is_replica(database: Database, version: tuple[int, ...], flavor: Flavor) -> bool | None:
    is_new = flavor == "mysql" and version >= (8, 0, 22)
    try:
        return bool(database.rows(f"SHOW {'REPLICA' if is_new else 'SLAVE'} STATUS"))
    except SourceDenied:
        return None


def _columns(database: Database, schema: str, tables: Sequence[str]) -> list[dict[str, Any]]:
    wanted = set(tables)
    found = database.rows(_COLUMNS, (schema,))
    return [row for row in found if row["TABLE_NAME"] in wanted]


def _is_catalog_enough(columns: Sequence[dict[str, Any]]) -> bool:
    try:
        for row in columns:
            CatalogColumn.of(row)
    except Undecodable:
        return False
    return True


def _filter_findings(
    database: Database, schema: str, version: tuple[int, ...], flavor: Flavor
) -> Iterator[Finding]:
    is_new = flavor == "mysql" and version >= (8, 2)
    try:
        rows = database.rows(f"SHOW {'BINARY LOG' if is_new else 'MASTER'} STATUS")
    except SourceDenied:
        return  # the missing grant is a finding of its own
    for row in rows:
        wanted = _names(row.get("Binlog_Do_DB"))
        ignored = _names(row.get("Binlog_Ignore_DB"))
        if not wanted and not ignored:
            continue
        is_lost = schema in ignored or bool(wanted and schema not in wanted)
        yield Finding(
            "error" if is_lost else "warning",
            "binlog_ignore_db" if ignored else "binlog_do_db",
            f"the binlog is filtered (do: {', '.join(wanted) or '-'}; "
            f"ignore: {', '.join(ignored) or '-'})",
            f"Changes of {schema} do not get into the binlog."
            if is_lost
            else "What is logged depends on the default schema of sessions for statements.",
            "remove binlog_do_db and binlog_ignore_db",
        )


def _names(value: object) -> list[str]:
    return [name for name in str(value or "").split(",") if name]


def _replica_findings(
    database: Database, capture: CaptureSettings, version: tuple[int, ...], flavor: Flavor
) -> Iterator[Finding]:
    is_new = flavor == "mysql" and version >= (8, 0, 22)
    try:
        hosts = database.rows("SHOW REPLICAS" if is_new else "SHOW SLAVE HOSTS")
    except SourceDenied:
        return
    for row in hosts:
        if int(row.get("Server_Id") or row.get("Server_id") or 0) == capture.server_id:
            yield Finding(
                "error", "server_id", f"a replica has our id {capture.server_id}",
                "The server throws one of two readers with the same id out, again and again.",
                "set capture.server_id to a number that no server and no replica has",
            )  # fmt: skip


def _table_findings(
    database: Database,
    settings: DatabaseSettings,
    names: Sequence[str],
    columns: Sequence[dict[str, Any]],
) -> Iterator[Finding]:
    found = {str(row["TABLE_NAME"]): row for row in database.rows(_TABLES, (settings.name,))}
    # A view has no rows of its own in the binlog, those of its tables are watched.
    present = [name for name in names if name in found and found[name]["TABLE_TYPE"] != "VIEW"]
    core = {settings.table_prefix + table for table in _CORE_TABLES}.intersection(names)
    absent = sorted(core.difference(found))
    if absent:
        yield Finding(
            "error", "tables", f"{settings.name} has no table {', '.join(absent)}",
            "This is no schema of Magento, or its tables have another prefix.",
            "correct database.name and database.table_prefix, or grant SELECT",
        )  # fmt: skip
    for name in present:
        row = found[name]
        if str(row["TABLE_TYPE"]).upper() == "SYSTEM VERSIONED":
            yield Finding(
                "error", name, "is a system-versioned table",
                "Its deletes are in the binlog as updates.",
                f"ALTER TABLE {name} DROP SYSTEM VERSIONING",
            )  # fmt: skip
        elif str(row["ENGINE"]).upper() != "INNODB":
            yield Finding(
                "error", name, f"its engine is {row['ENGINE']}",
                "Only InnoDB has consistent reads and rolls back what fails.",
                f"ALTER TABLE {name} ENGINE=InnoDB",
            )  # fmt: skip
    keyed = {row["TABLE_NAME"] for row in columns if row["COLUMN_KEY"] == "PRI"}
    for name in present:
        if name not in keyed:
            yield Finding(
                "warning", name, "has no primary key",
                "Magento declares one; changes of the table can be slow to replicate.",
                "restore the key that Magento's schema declares",
            )  # fmt: skip
    for row in columns:
        is_old = "mariadb-5.3" in str(row["COLUMN_TYPE"]) or "5.5 binary" in str(row["COLUMN_TYPE"])
        if is_old and int(row["DATETIME_PRECISION"] or 0):
            yield Finding(
                "error", f"{row['TABLE_NAME']}.{row['COLUMN_NAME']}",
                "has fractions of seconds in the format of before MySQL 5.6",
                "The binlog does not tell their size, so no row of the table can be read.",
                f"ALTER TABLE {row['TABLE_NAME']} FORCE, with mysql56_temporal_format=ON",
            )  # fmt: skip


def _position_findings(database: Database, position: Position) -> Iterator[Finding]:
    try:
        fault = why_unavailable(database, position)
    except SourceDenied:
        return  # the missing grant is a finding of its own
    except SourceError as exc:
        fault = str(exc)
    if fault:
        yield Finding(
            "error", "stored position", fault,
            "What changed in between is lost to the stream.",
            f"lead the daemon to the server that it followed, or start anew: {START_ANEW}",
        )  # fmt: skip
