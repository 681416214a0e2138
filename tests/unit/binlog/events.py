"""Events of a MariaDB log, built byte by byte, for tests without a server."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from cdc.binlog.changes import Change
from cdc.binlog.gtids import GtidTracker, MariaDBGtids
from cdc.binlog.interpreter import Interpreter, Place
from cdc.binlog.layout import TableLayout
from cdc.binlog.tables import TableMaps
from cdc.binlog.wire import ColumnType, EventType, Undecodable
from cdc.position import Coordinates

SERVER_ID = 7
SECOND = 1_700_000_000
# Collation ids and what they mean, as the server would tell.
CHARSETS = {8: "latin1", 45: "utf8mb4", 63: "binary"}


def event(kind: int, body: bytes, *, log_pos: int = 0, second: int = SECOND) -> bytes:
    """An event behind an OK byte, without checksum."""
    size = 19 + len(body)
    return b"\0" + struct.pack("<IBIIIH", second, kind, SERVER_ID, size, log_pos, 0) + body


def gtid(number: int, *, domain: int = 0, flags: int = 0) -> bytes:
    """A MariaDB GTID event; flag 1 is a transaction of one event."""
    return event(EventType.MARIADB_GTID, struct.pack("<QIB", number, domain, flags) + b"\0" * 6)


def xid(log_pos: int) -> bytes:
    """The commit of a transaction, which ends at `log_pos`."""
    return event(EventType.XID, struct.pack("<Q", 1), log_pos=log_pos)


def query(text: str, *, schema: str = "shop", log_pos: int = 0, status: bytes = b"") -> bytes:
    """A statement."""
    raw = schema.encode()
    head = struct.pack("<IIBHH", 1, 0, len(raw), 0, len(status))
    return event(EventType.QUERY, head + status + raw + b"\0" + text.encode(), log_pos=log_pos)


def table_map(
    table_id: int,
    table: str,
    columns: Sequence[tuple[str, int, bytes]],
    *,
    schema: str = "shop",
    nullable: int = 0,
    has_names: bool = True,
) -> bytes:
    """A table map of (name, type, metadata bytes); all numbers are unsigned, all text utf8mb4."""
    body = table_id.to_bytes(6, "little") + b"\1\0"
    for name in (schema, table):
        body += bytes([len(name)]) + name.encode() + b"\0"
    body += bytes([len(columns)]) + bytes(kind for _, kind, _ in columns)
    meta = b"".join(part for _, _, part in columns)
    body += bytes([len(meta)]) + meta
    body += nullable.to_bytes((len(columns) + 7) // 8, "little")
    if has_names:
        names = b"".join(bytes([len(name)]) + name.encode() for name, _, _ in columns)
        body += b"\1\2\xff\xff" + b"\2\1\x2d" + bytes([4, len(names)]) + names
    return event(EventType.TABLE_MAP, body)


THING = [("id", ColumnType.LONG, b""), ("name", ColumnType.VARCHAR, b"\x28\0")]


def write_rows(table_id: int, *rows: tuple[int, str], log_pos: int = 0) -> bytes:
    """Inserted rows of a table of columns THING."""
    body = table_id.to_bytes(6, "little") + b"\1\0" + b"\2" + b"\3"
    for number, name in rows:
        raw = name.encode()
        body += b"\0" + struct.pack("<I", number) + bytes([len(raw)]) + raw
    return event(EventType.WRITE_ROWS_V1, body, log_pos=log_pos)


def no_catalog(layout: TableLayout) -> TableLayout:
    """A catalog that knows nothing."""
    raise Undecodable(f"{layout.table} is not in the catalog")


def interpreter(
    tables: dict[str, tuple[str, ...]] | None = None,
    *,
    gtids: GtidTracker | None = None,
    is_by_file: bool = False,
    offset: int = 4,
    end: Coordinates | None = None,
) -> Interpreter:
    """An interpreter at the beginning of binlog.000001, which watches `thing`."""
    maps = TableMaps(
        "shop",
        "",
        tables or {"thing": ("id", "name")},
        CHARSETS.get,
        no_catalog,
        is_mariadb=True,
    )
    place = Place("mariadb", "server", "binlog.000001", offset)
    made = Interpreter(place, gtids or MariaDBGtids("0-7-1"), maps, is_by_file=is_by_file, end=end)
    made.use_checksums(is_on=False)
    made.begin_file("binlog.000001", 4, [])
    return made


def run(made: Interpreter, *events: bytes) -> list[Change]:
    """Let an interpreter take events; what it says, with what it held back."""
    out: list[Change] = []
    for one in events:
        made.handle(one, out)
    made.flush(out)
    return out
