"""What a server says about itself and its binlog: identity, end, oldest, availability."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from cdc.database import Database
from cdc.errors import BinlogPurged, PositionUnusable, SourceError, SourceMisconfigured
from cdc.position import Coordinates, Flavor, MariaDBGtid, MySQLGtidSet, Position

_DOING = "going on from a stored position"
_LACKS = (
    f"{_DOING}: the server lacks transactions of the position; it lost the tail of its log, or it "
    "is a replica that is behind"
)


@dataclass(frozen=True, slots=True)
class ServerIdentity:
    """Which server this is; `server` is stored with positions."""

    flavor: Flavor
    server: str
    version: str

    @property
    def numbers(self) -> tuple[int, ...]:
        """Version as numbers, for comparison: (10, 11, 19)."""
        digits = self.version.split("-", 1)[0].split(".")
        return tuple(int(part) for part in digits if part.isdigit())


def server_variables(database: Database, names: Iterable[str]) -> dict[str, str]:
    """Global variables by name; those the server does not know are left out. Raises as `rows`."""
    wanted = tuple(names)
    marks = ", ".join(["%s"] * len(wanted))
    found = database.tuples(f"SHOW GLOBAL VARIABLES WHERE Variable_name IN ({marks})", wanted)
    return {str(name).lower(): str(value) for name, value in found}


def server_identity(database: Database) -> ServerIdentity:
    """Ask the server who it is. Raises SourceUnavailable, SourceDenied, SourceError."""
    found = server_variables(
        database, ("version", "server_uuid", "server_uid", "server_id", "hostname")
    )
    version = found.get("version", "")
    flavor: Flavor = "mariadb" if "mariadb" in version.lower() else "mysql"
    server = found.get("server_uuid" if flavor == "mysql" else "server_uid", "")
    # MariaDB before 10.11 has no identity of its own.
    server = server or f"{found.get('server_id', '0')}@{found.get('hostname', '')}"
    return ServerIdentity(flavor, server, version)


def current_position(database: Database, *, with_gtid: bool = True) -> Position:
    """The end of the server's log now, with its GTID state where it has one.

    Args:
        with_gtid: False gives a position by file only.
    Raises:
        SourceMisconfigured: the binlog is off.
        SourceUnavailable, SourceDenied, SourceError.
    """
    identity = server_identity(database)
    row = _log_status(database, identity)
    if row is None:
        raise SourceMisconfigured("reading the binlog position: log_bin is OFF on the server")
    file, offset = str(row["File"]), int(row["Position"])
    gtid = ""
    if with_gtid and identity.flavor == "mysql":
        gtid = str(MySQLGtidSet.parse(str(row.get("Executed_Gtid_Set") or "")))
    elif with_gtid:
        # Asked for this very place: @@gtid_binlog_pos may be later already.
        gtid = mariadb_gtid_at(database, file, offset)
    return Position(identity.flavor, identity.server, file, offset, gtid)


def mariadb_gtid_at(database: Database, file: str, offset: int) -> str:
    """GTID position of a place of MariaDB's log; empty when it has none or the place is gone."""
    return str(database.value("SELECT BINLOG_GTID_POS(%s, %s)", (file, offset)) or "")


def oldest_available(database: Database) -> Coordinates:
    """Beginning of the oldest binlog file the server still has.

    Raises:
        SourceMisconfigured: the binlog is off.
        SourceUnavailable, SourceDenied, SourceError.
    """
    files = _log_files(database)
    if not files:
        raise SourceMisconfigured("reading the binlog files: log_bin is OFF on the server")
    return Coordinates(files[0][0], 4)


def require_available(database: Database, position: Position) -> None:
    """Check that the stream can go on from a position.

    Asked without streaming, so it cannot see what a reader in between would: a purge afterwards.
    MySQL itself does not refuse a set with transactions it lacks, unless they are its own.

    Raises:
        BinlogPurged: what follows the position is no longer on the server.
        PositionUnusable: the position is not of this server, or behind the end of its log.
        SourceUnavailable, SourceDenied, SourceError.
    """
    identity = server_identity(database)
    if identity.flavor != position.flavor:
        raise PositionUnusable(
            f"{_DOING}: the position is of {position.flavor}, the server is {identity.flavor}"
        )
    if position.gtid and identity.flavor == "mysql":
        _require_mysql_gtids(database, position.gtid)
    elif position.gtid:
        _require_mariadb_gtids(database, position.gtid)
    elif identity.server != position.server:
        raise PositionUnusable(f"{_DOING}: the position is by file and of another server")
    else:
        _require_file(database, position)


def why_unavailable(database: Database, position: Position) -> str:
    """Why the stream cannot go on from a position, the empty text when it can.

    Raises:
        SourceUnavailable, SourceDenied, SourceError: the server cannot be asked.
    """
    try:
        require_available(database, position)
    except (BinlogPurged, PositionUnusable) as exc:
        return str(exc)
    return ""


def position_is_available(database: Database, position: Position) -> bool:
    """Whether the stream can go on from a position. Raises as `why_unavailable`."""
    return not why_unavailable(database, position)


def _log_status(database: Database, identity: ServerIdentity) -> dict[str, Any] | None:
    statement = "SHOW MASTER STATUS"
    if identity.flavor == "mysql" and identity.numbers >= (8, 2):
        statement = "SHOW BINARY LOG STATUS"
    rows = database.rows(statement)
    return rows[0] if rows else None


def _log_files(database: Database) -> list[tuple[str, int]]:
    try:
        return [(str(row[0]), int(row[1])) for row in database.tuples("SHOW BINARY LOGS")]
    except SourceError as exc:
        if "1381" in str(exc):  # ER_NO_BINARY_LOGGING
            return []
        raise


def _require_file(database: Database, position: Position) -> None:
    files = dict(_log_files(database))
    size = files.get(position.file)
    if size is None:
        raise BinlogPurged(
            f"{_DOING}: binlog file {position.file} was purged, or the log was reset"
        )
    if position.offset > size:
        raise PositionUnusable(
            f"{_DOING}: binlog file {position.file} ends before the position; the server lost its "
            "tail, or the log was reset"
        )


def _require_mysql_gtids(database: Database, gtid: str) -> None:
    row = database.tuples("SELECT @@GLOBAL.gtid_purged, @@GLOBAL.gtid_executed")[0]
    purged, executed = (MySQLGtidSet.parse(str(text).replace("\n", "")) for text in row)
    wanted = MySQLGtidSet.parse(gtid)
    if not wanted.contains(purged):
        raise BinlogPurged(f"{_DOING}: transactions after the position were purged (gtid_purged)")
    if not executed.contains(wanted):
        raise PositionUnusable(_LACKS)


def _require_mariadb_gtids(database: Database, gtid: str) -> None:
    oldest = oldest_available(database)
    begin = MariaDBGtid.parse(mariadb_gtid_at(database, oldest.file, 4))
    end = MariaDBGtid.parse(str(database.value("SELECT @@GLOBAL.gtid_binlog_pos") or ""))
    wanted = {domain: number for domain, _, number in MariaDBGtid.parse(gtid).triples}
    last = {domain: number for domain, _, number in end.triples}
    if any(wanted.get(domain, 0) < number for domain, _, number in begin.triples):
        raise BinlogPurged(f"{_DOING}: transactions after the position were purged")
    if any(number > last.get(domain, 0) for domain, number in wanted.items()):
        raise PositionUnusable(_LACKS)
