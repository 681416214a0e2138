"""Each setting, grant and table that would lose changes is refused, on real servers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from cdc.binlog.server import current_position
from cdc.binlog.server_settings import Finding
from cdc.database import Database
from cdc.errors import SourceMisconfigured
from cdc.position import Position
from cdc.preflight import preflight, require
from config.source import CaptureSettings, DatabaseSettings
from tests.servers.database import DatabaseServer, Option, Schema
from tests.servers.mariadb import MariaDB
from tests.servers.mysql import MySQL
from tests.waiting import wait_until

CORE = ("customer_entity", "catalog_product_entity", "sales_order", "store")
BOTH = [
    pytest.param(MariaDB, marks=pytest.mark.mariadb, id="mariadb"),
    pytest.param(MySQL, marks=pytest.mark.mysql, id="mysql"),
]


def make_core(schema: Schema, prefix: str = "") -> None:
    """Create tables that look like the centre of a shop."""
    for table in CORE:
        schema.execute(f"CREATE TABLE `{prefix}{table}` (entity_id INT PRIMARY KEY, n VARCHAR(9))")


def look(
    server: DatabaseServer,
    schema: str,
    *,
    position: Position | None = None,
    tables: Sequence[str] = CORE,
    capture: CaptureSettings | None = None,
    **settings: object,
) -> dict[str, Finding]:
    """Findings by name."""
    arguments = {"host": server.host, "port": server.port, "user": "root", "name": schema}
    made = DatabaseSettings.model_validate(arguments | settings)
    database = Database(made)
    try:
        found = preflight(
            database, made, capture or CaptureSettings(), position=position, tables=tables
        )
    finally:
        database.close()
    return {finding.name: finding for finding in found}


def errors(findings: dict[str, Finding]) -> list[str]:
    """Names of the errors."""
    return sorted(name for name, found in findings.items() if found.severity == "error")


@pytest.fixture(params=["mariadb_server", "mysql_server"])
def shop(request: pytest.FixtureRequest, unique_name: str) -> Iterator[Schema]:
    """Give a schema with the core tables on each shared server."""
    server = request.getfixturevalue(request.param)
    server.execute(f"CREATE DATABASE `{unique_name}`")
    schema = Schema(server, unique_name)
    make_core(schema)
    yield schema
    server.execute(f"DROP DATABASE IF EXISTS `{unique_name}`")


@pytest.fixture
def started(request: pytest.FixtureRequest) -> Iterator[DatabaseServer]:
    """Give a server started with the options of the test's parameter, with the core tables."""
    kind, options = request.param
    if kind.why_missing():
        pytest.skip(str(kind.why_missing()))
    with kind(options) as server:
        server.execute("CREATE DATABASE shop")
        make_core(Schema(server, "shop"))
        yield server


def test_a_good_server_has_no_errors(shop: Schema) -> None:
    findings = look(shop.server, shop.name)
    assert errors(findings) == []
    require(list(findings.values()))
    # The test servers trade durability for speed, which is worth a warning.
    assert findings["sync_binlog"].severity == "warning"
    assert findings["innodb_flush_log_at_trx_commit"].severity == "warning"


SETTINGS: list[tuple[str, str, str, str]] = [
    ("binlog_format", "STATEMENT", "ROW", "error"),
    ("binlog_format", "MIXED", "ROW", "error"),
    ("binlog_row_image", "MINIMAL", "FULL", "error"),
    ("binlog_row_image", "NOBLOB", "FULL", "error"),
    ("binlog_row_metadata", "MINIMAL", "FULL", "warning"),
    ("binlog_expire_logs_seconds", "3600", "0", "warning"),
]


@pytest.mark.parametrize(("name", "bad", "good", "severity"), SETTINGS)
def test_each_bad_setting_is_found(
    shop: Schema, name: str, bad: str, good: str, severity: str
) -> None:
    shop.execute(f"SET GLOBAL {name} = {bad}")
    try:
        findings = look(shop.server, shop.name)
    finally:
        shop.execute(f"SET GLOBAL {name} = {good}")
    assert findings[name].severity == severity
    assert errors(findings) == ([name] if severity == "error" else [])
    assert findings[name].fix


@pytest.mark.mysql
@pytest.mark.parametrize(
    ("setting", "good", "severity"),
    [
        ("binlog_transaction_compression = ON", "OFF", "warning"),
        ("binlog_row_value_options = 'PARTIAL_JSON'", "''", "warning"),
    ],
)
def test_each_bad_setting_of_mysql_is_found(
    mysql_database: Schema, setting: str, good: str, severity: str
) -> None:
    make_core(mysql_database)
    name = setting.split()[0]
    mysql_database.execute(f"SET GLOBAL {setting}")
    try:
        assert look(mysql_database.server, mysql_database.name)[name].severity == severity
        if "PARTIAL" in setting:
            # With a JSON column in a watched table its updates cannot be read.
            mysql_database.execute("ALTER TABLE sales_order ADD COLUMN extra JSON")
            assert errors(look(mysql_database.server, mysql_database.name)) == [name]
    finally:
        mysql_database.execute(f"SET GLOBAL {name} = {good}")


@pytest.mark.mariadb
@pytest.mark.parametrize(
    ("name", "bad", "good"),
    [("log_bin_compress", "ON", "OFF"), ("gtid_strict_mode", "OFF", "ON"),
     ("max_allowed_packet", "1048576", "67108864")],
)  # fmt: skip
def test_each_doubtful_setting_of_mariadb_is_found(
    database: Schema, name: str, bad: str, good: str
) -> None:
    make_core(database)
    database.execute(f"SET GLOBAL {name} = {bad}")
    try:
        findings = look(database.server, database.name)
    finally:
        database.execute(f"SET GLOBAL {name} = {good}")
    assert findings[name].severity == "warning"
    assert errors(findings) == []


@pytest.mark.mariadb
def test_metadata_that_the_catalog_cannot_replace_is_an_error(database: Schema) -> None:
    make_core(database)
    database.execute("ALTER TABLE sales_order ADD COLUMN u UUID")
    database.execute("SET GLOBAL binlog_row_metadata = NO_LOG")
    try:
        assert errors(look(database.server, database.name)) == ["binlog_row_metadata"]
    finally:
        database.execute("SET GLOBAL binlog_row_metadata = FULL")


def with_options(options: dict[str, Option], *kinds: type[DatabaseServer]) -> list[object]:
    """Parameters of `started`."""
    ids = {MariaDB: "mariadb", MySQL: "mysql"}
    return [pytest.param((kind, options), id=ids[kind]) for kind in kinds or (MariaDB, MySQL)]


@pytest.mark.parametrize(
    "started",
    [
        pytest.param((MariaDB, {"skip-log-bin": None}), id="mariadb"),
        pytest.param((MySQL, {"skip-log-bin": None}), id="mysql"),
    ],
    indirect=True,
)
def test_a_server_without_binlog_is_refused(started: DatabaseServer) -> None:
    findings = look(started, "shop", position=Position("mariadb", "x", "binlog.000001", 4))
    assert "log_bin" in errors(findings)
    with pytest.raises(SourceMisconfigured, match="log_bin"):
        require(list(findings.values()))


@pytest.mark.parametrize(
    "started",
    with_options({"binlog_ignore_db": "shop"}) + with_options({"binlog_do_db": "other"}),
    indirect=True,
)
def test_a_binlog_without_the_shops_schema_is_refused(started: DatabaseServer) -> None:
    (name,) = errors(look(started, "shop"))
    assert name in ("binlog_ignore_db", "binlog_do_db")


@pytest.mark.parametrize(
    "started", with_options({"binlog_ignore_db": "other"}, MariaDB), indirect=True
)
def test_a_filter_of_other_schemas_is_a_warning(started: DatabaseServer) -> None:
    findings = look(started, "shop")
    assert findings["binlog_ignore_db"].severity == "warning"
    assert errors(findings) == []


@pytest.mark.parametrize("started", with_options({"lower_case_table_names": 1}, MariaDB),
                         indirect=True)  # fmt: skip
def test_lower_case_names_are_noted_and_compared_without_case(started: DatabaseServer) -> None:
    findings = look(started, "SHOP")
    assert findings["lower_case_table_names"].severity == "warning"


def test_mysql_without_gtids_is_a_warning_or_an_error_as_positions_are_wanted() -> None:
    if MySQL.why_missing():
        pytest.skip(str(MySQL.why_missing()))
    with MySQL(has_gtid=False) as server:
        server.execute("CREATE DATABASE shop")
        make_core(Schema(server, "shop"))
        assert look(server, "shop")["gtid_mode"].severity == "warning"
        strict = CaptureSettings(position="gtid")
        assert errors(look(server, "shop", capture=strict)) == ["gtid_mode"]


def test_our_id_must_not_be_the_servers(shop: Schema) -> None:
    assert errors(look(shop.server, shop.name, capture=CaptureSettings(server_id=1))) == [
        "server_id"
    ]


@pytest.mark.parametrize("kind", BOTH)
def test_a_replica_without_its_own_log_of_changes_and_a_replica_with_our_id_are_refused(
    kind: type[DatabaseServer],
) -> None:
    if kind.why_missing():
        pytest.skip(str(kind.why_missing()))
    is_mariadb = kind is MariaDB
    name = "log_slave_updates" if is_mariadb else "log_replica_updates"
    options: dict[str, Option] = {"server_id": 77, name: "OFF"}
    with kind() as primary, kind(options) as replica:
        primary.create_user("repl", "secret", ("REPLICATION SLAVE",))
        start = (
            "CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT={port}, MASTER_USER='repl', "
            "MASTER_PASSWORD='secret'; START SLAVE"
            if is_mariadb
            else "CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', SOURCE_PORT={port}, "
            "SOURCE_USER='repl', SOURCE_PASSWORD='secret', GET_SOURCE_PUBLIC_KEY=1; START REPLICA"
        )
        for server in (primary, replica):
            server.execute("CREATE DATABASE shop")
            make_core(Schema(server, "shop"))
        replica.run_script(start.format(port=primary.port))
        assert name in errors(look(replica, "shop"))
        capture = CaptureSettings(server_id=77)

        found = wait_until(
            lambda: errors(look(primary, "shop", capture=capture)), what="the replica to register"
        )
        assert found == ["server_id"]


@pytest.mark.parametrize(
    ("granted", "missing"),
    [
        (("SELECT", "REPLICATION SLAVE", "REPLICATION CLIENT"), None),
        (("SELECT", "REPLICATION CLIENT"), "REPLICATION SLAVE"),
        (("SELECT", "REPLICATION SLAVE"), "client"),
        (("REPLICATION SLAVE", "REPLICATION CLIENT"), "SELECT"),
    ],
)
def test_each_missing_grant_is_named_with_the_statement_that_grants_it(
    shop: Schema, granted: tuple[str, ...], missing: str | None
) -> None:
    name = f"g{shop.name}"[:30]
    shop.server.create_user(name, "secret", granted)
    if "SELECT" not in granted:
        # Without any right on the schema one could not even choose it.
        shop.execute(f"GRANT INSERT ON `{shop.name}`.* TO '{name}'@'%'")
    try:
        findings = look(shop.server, shop.name, user=name, password="secret")
    finally:
        shop.execute(f"DROP USER '{name}'@'%'")
    if missing == "client":
        missing = "BINLOG MONITOR" if shop.server.name == "MariaDB" else "REPLICATION CLIENT"
    grants = [found for found in errors(findings) if found.startswith("grant ")]
    assert grants == ([f"grant {missing}"] if missing else [])
    if missing:
        assert findings[f"grant {missing}"].fix.startswith(f"GRANT {missing} ON")


@pytest.mark.parametrize("pattern", ["`{escaped}`.*", "`t%`.*", "each table"])
def test_select_may_be_granted_on_the_schema_a_pattern_or_the_tables(
    shop: Schema, pattern: str
) -> None:
    name = f"h{shop.name}"[:30]
    shop.server.create_user(name, "secret", ("REPLICATION SLAVE", "REPLICATION CLIENT"))
    objects = [pattern.format(escaped=shop.name.replace("_", "\\_"))]
    if pattern == "each table":
        objects = [f"`{shop.name}`.`{table}`" for table in CORE]
    for granted in objects:
        shop.server.execute(f"GRANT SELECT ON {granted} TO '{name}'@'%'")
    try:
        findings = look(shop.server, shop.name, user=name, password="secret")
    finally:
        shop.execute(f"DROP USER '{name}'@'%'")
    assert errors(findings) == []


def test_grants_through_a_role_count(shop: Schema) -> None:
    name = f"r{shop.name}"[:30]
    shop.server.create_user(name, "secret", ())
    is_mariadb = shop.server.name == "MariaDB"
    role = f"{name}role"
    shop.execute(f"CREATE ROLE {role}")
    shop.execute(f"GRANT SELECT, REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO {role}")
    shop.execute(f"GRANT {role} TO '{name}'@'%'")
    shop.execute(
        f"SET DEFAULT ROLE {role} FOR '{name}'@'%'"
        if is_mariadb
        else f"SET DEFAULT ROLE {role} TO '{name}'@'%'"
    )
    try:
        findings = look(shop.server, shop.name, user=name, password="secret")
    finally:
        shop.execute(f"DROP USER '{name}'@'%'")
        shop.execute(f"DROP ROLE {role}")
    assert errors(findings) == []


def test_a_schema_that_is_no_shop_is_refused(shop: Schema) -> None:
    findings = look(shop.server, shop.name, table_prefix="m2_")
    assert errors(findings) == ["tables"]
    make_core(shop, "m2_")
    assert errors(look(shop.server, shop.name, table_prefix="m2_")) == []


def test_watched_tables_of_another_engine_and_without_key_are_found(shop: Schema) -> None:
    shop.execute("ALTER TABLE store ENGINE = MyISAM")
    shop.execute("ALTER TABLE sales_order DROP PRIMARY KEY")
    findings = look(shop.server, shop.name)
    assert errors(findings) == ["store"]
    assert findings["sales_order"].severity == "warning"


@pytest.mark.mariadb
def test_system_versioned_tables_are_refused(database: Schema) -> None:
    make_core(database)
    database.execute("ALTER TABLE sales_order ADD SYSTEM VERSIONING")
    assert errors(look(database.server, database.name)) == ["sales_order"]


@pytest.mark.mariadb
def test_old_temporal_columns_with_fractions_are_refused(database: Schema) -> None:
    make_core(database)
    database.execute("SET GLOBAL mysql56_temporal_format = OFF")
    try:
        database.execute("ALTER TABLE sales_order ADD COLUMN at DATETIME(3)")
        database.execute("ALTER TABLE store ADD COLUMN at DATETIME")
    finally:
        database.execute("SET GLOBAL mysql56_temporal_format = ON")
    assert errors(look(database.server, database.name)) == ["sales_order.at"]


@pytest.mark.parametrize("kind", BOTH)
def test_a_purged_stored_position_is_refused(kind: type[DatabaseServer]) -> None:
    if kind.why_missing():
        pytest.skip(str(kind.why_missing()))
    with kind() as server:
        server.execute("CREATE DATABASE shop")
        schema = Schema(server, "shop")
        database = Database(DatabaseSettings(port=server.port, user="root", name="shop"))
        stored = current_position(database)
        by_file = current_position(database, with_gtid=False)
        make_core(schema)
        assert errors(look(server, "shop", position=stored)) == []
        server.rotate_binlog()
        wait_until(server.purge_binlogs, what="the purge")
        assert errors(look(server, "shop", position=stored)) == ["stored position"]
        assert errors(look(server, "shop", position=by_file)) == ["stored position"]
        stranger = Position(stored.flavor, "another", stored.file, stored.offset)
        assert errors(look(server, "shop", position=stranger)) == ["stored position"]
        database.close()


def test_require_lists_every_error_at_once(shop: Schema) -> None:
    shop.execute("SET GLOBAL binlog_row_image = MINIMAL")
    shop.execute("ALTER TABLE store ENGINE = MyISAM")
    try:
        findings = look(shop.server, shop.name, capture=CaptureSettings(server_id=1))
    finally:
        shop.execute("SET GLOBAL binlog_row_image = FULL")
    with pytest.raises(SourceMisconfigured) as caught:
        require(list(findings.values()))
    for name in ("binlog_row_image", "server_id", "store"):
        assert f"- {name}: " in str(caught.value)
