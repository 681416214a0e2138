"""From the events of a dump to changes: transactions, positions, tables. No I/O of its own."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field

from cdc.binlog.changes import Change, Committed, Heartbeat, RowChanges, SchemaChanged, Unreadable
from cdc.binlog.gtids import (
    Gtid,
    GtidTracker,
    read_mariadb_gtid,
    read_mysql_gtid,
    read_tagged_gtid,
)
from cdc.binlog.payload import mariadb_uncompressed, payload_events
from cdc.binlog.statements import Statement, StatementKind, read_statement
from cdc.binlog.tables import ROW_KINDS, TableMaps, fault_text
from cdc.binlog.wire import CHECKSUM_BYTES, HEADER_END, EventType, Undecodable
from cdc.errors import PositionUnusable
from cdc.position import Coordinates, Flavor, Position

# What reading bytes of another shape than expected raises, besides Undecodable.
BAD_BYTES = (Undecodable, IndexError, ValueError, struct.error, KeyError, OverflowError)

# Rows events with this id only end a statement and hold no rows.
_NO_TABLE_IDS = {0x00FFFFFF, 0xFFFFFFFF}
_WRAP = 1 << 32
_ARTIFICIAL = 0x20  # flag of events that are made for the reader and lie in no file
_QUERY_HEADER, _EXECUTE_LOAD_HEADER = 13, 26


@dataclass(slots=True)
class Place:
    """Where the reader is: end of the last transaction, in the file being sent."""

    flavor: Flavor
    server: str
    file: str
    offset: int


@dataclass(slots=True)
class _Transaction:
    """The transaction being read."""

    gtid: Gtid | None = None
    is_open: bool = False
    is_xa: bool = False
    has_changes: bool = False
    poisoned: set[str] = field(default_factory=set)
    held: list[Change] = field(default_factory=list)


class Interpreter:
    """Takes events one by one and appends what they mean to a list.

    Rows are passed on at once, not at the commit: what a crash leaves without a `Committed`
    behind it will come again. Rows of prepared XA transactions wait for their commit, and the
    place to resume from waits with them.

    Args:
        end: end of the log when the stream was opened; heartbeats from before it are not passed
            on, since they do not mean that everything was delivered.
    """

    def __init__(
        self,
        place: Place,
        gtids: GtidTracker,
        tables: TableMaps,
        *,
        is_by_file: bool,
        end: Coordinates | None = None,
    ) -> None:
        self._place = place
        self._start = Coordinates(place.file, place.offset)
        self._gtids = gtids
        self._tables = tables
        self._is_by_file = is_by_file
        self._awaited_end = end
        self._checksum_bytes = CHECKSUM_BYTES
        self._transaction = _Transaction()
        self._prepared: dict[str, tuple[Position, list[Change]]] = {}
        self._is_behind = False
        self._has_begun = False
        self._wrapped = 0
        self._last_ms = 0
        self._handlers: dict[int, Callable[[int, bytes, int, int, list[Change]], None]] = {
            EventType.QUERY: self._query,
            EventType.MARIADB_QUERY_COMPRESSED: self._query,
            EventType.EXECUTE_LOAD_QUERY: self._query,
            EventType.XID: self._commit,
            EventType.XA_PREPARE: self._xa_prepare,
            EventType.INCIDENT: self._incident,
            EventType.HEARTBEAT: self._heartbeat,
            EventType.HEARTBEAT_V2: self._heartbeat,
            EventType.TABLE_MAP: self._table_map,
            EventType.PARTIAL_UPDATE_ROWS: self._partial_rows,
            EventType.TRANSACTION_PAYLOAD: self._payload,
            EventType.GTID: self._mysql_gtid,
            EventType.ANONYMOUS_GTID: self._mysql_gtid,
            EventType.GTID_TAGGED: self._tagged_gtid,
            EventType.MARIADB_GTID: self._mariadb_gtid,
            EventType.BINLOG_CHECKPOINT: self._between,
            EventType.GTID_LIST: self._between,
            **dict.fromkeys(ROW_KINDS, self._rows),
        }

    def use_checksums(self, *, is_on: bool) -> None:
        """Whether the events that follow end with a checksum (told by each file's header)."""
        self._checksum_bytes = CHECKSUM_BYTES if is_on else 0

    def handle(self, event: bytes, out: list[Change]) -> None:
        """Take one event, OK byte in front.

        Bytes that cannot be read become `Unreadable` and never end the stream.

        Raises:
            PositionUnusable: the stream began in the middle of a transaction.
        """
        kind = event[5]
        handler = self._handlers.get(kind)
        if handler is None:
            return
        try:
            handler(kind, event, HEADER_END, len(event) - self._checksum_bytes, out)
        except BAD_BYTES as exc:
            self._poison(f"event of type {kind}: {fault_text(exc)}", (), event, out)

    def flush(self, out: list[Change]) -> None:
        """Report the position of unwatched transactions that nothing followed."""
        if self._is_behind:
            self._report(out)

    def forget_tables(self) -> None:
        """A format description: the server may have been restarted, its table ids are new."""
        self._tables.forget_ids()

    def begin_file(self, file: str, offset: int, out: list[Change]) -> None:
        """Another file begins; what is open was never committed.

        The first call only says where the server starts to send.
        """
        self._tables.forget_ids()
        self._transaction = _Transaction()
        if file == self._place.file and self._has_begun:
            return
        is_move = self._has_begun
        self._has_begun = True
        self._place.file, self._place.offset, self._wrapped = file, offset, 0
        self._is_behind = self._is_behind or is_move
        self.flush(out)

    # -- transactions ---------------------------------------------------------------------------

    def _mariadb_gtid(self, kind: int, event: bytes, pos: int, end: int, out: list[Change]) -> None:
        server = int.from_bytes(event[6:10], "little")
        gtid = read_mariadb_gtid(event, pos, server)
        self._transaction = _Transaction(
            gtid, is_open=not gtid.is_standalone, is_xa=gtid.is_prepared_xa
        )

    def _mysql_gtid(self, kind: int, event: bytes, pos: int, end: int, out: list[Change]) -> None:
        self._transaction = _Transaction(read_mysql_gtid(event, pos, end))

    def _tagged_gtid(self, kind: int, event: bytes, pos: int, end: int, out: list[Change]) -> None:
        self._transaction = _Transaction(Gtid("", 0, 0))
        self._transaction = _Transaction(read_tagged_gtid(event, pos, end))

    def _commit(self, kind: int, event: bytes, pos: int, end: int, out: list[Change]) -> None:
        self._end(event, out)

    def _end(self, event: bytes, out: list[Change]) -> None:
        transaction = self._transaction
        gtid = self._begun_with()
        self._gtids.add(gtid)
        self._advance(int.from_bytes(event[14:18], "little"))
        if gtid.commit_us:
            self._last_ms = gtid.commit_us // 1000
        else:
            self._last_ms = int.from_bytes(event[1:5], "little") * 1000
        self._transaction = _Transaction()
        if transaction.has_changes:
            self._report(out)
        else:
            self._is_behind = True

    def _begun_with(self) -> Gtid:
        """The GTID event of the open transaction; every transaction of every server begins so."""
        if self._transaction.gtid is None:
            raise PositionUnusable(
                "reading the binlog: the position points into the middle of a transaction"
            )
        return self._transaction.gtid

    def _advance(self, log_pos: int) -> None:
        if not log_pos:
            return
        # Positions in events have 32 bits; one giant transaction may take a file beyond them.
        if log_pos + self._wrapped < self._place.offset:
            self._wrapped += _WRAP
        self._place.offset = log_pos + self._wrapped

    def _position(self) -> Position:
        place = self._place
        return Position(place.flavor, place.server, place.file, place.offset, self._gtids.text())

    def _report(self, out: list[Change]) -> None:
        """Append the place reached, and what holds back the place to go on from."""
        if self._is_by_file and self._place.offset >= _WRAP:
            # No dump can start beyond 4 GiB: the next file's beginning will be the position.
            self._is_behind = True
            return
        self._is_behind = False
        oldest = next(iter(self._prepared.values()))[0] if self._prepared else None
        out.append(Committed(self._position(), self._last_ms, oldest))

    def _emit(self, change: Change, out: list[Change]) -> None:
        if self._transaction.is_xa:
            self._transaction.held.append(change)
            return
        if self._is_behind:
            # A position must not come between the rows of a transaction.
            self._report(out)
        self._transaction.has_changes = True
        out.append(change)

    def _release(self, held: list[Change], out: list[Change]) -> None:
        self._transaction.is_xa = False
        for change in held:
            self._emit(change, out)

    # -- statements -----------------------------------------------------------------------------

    def _query(self, kind: int, event: bytes, pos: int, end: int, out: list[Change]) -> None:
        if kind == EventType.QUERY and event[end - 6 : end] == b"\0BEGIN":
            self._transaction.is_open = True
            return
        schema, text = _query_text(kind, event, pos, end)
        statement = read_statement(schema, text)
        was_open = self._transaction.is_open
        self._statement(schema, statement, event, out)
        is_end = statement.kind in (StatementKind.COMMIT, StatementKind.ROLLBACK)
        if is_end or (not was_open and not self._transaction.is_open):
            self._end(event, out)

    def _statement(
        self, schema: str, statement: Statement, event: bytes, out: list[Change]
    ) -> None:
        kind = statement.kind
        if kind is StatementKind.BEGIN:
            self._transaction.is_open = True
        elif kind is StatementKind.XA_START:
            self._transaction.is_open = self._transaction.is_xa = True
        elif kind is StatementKind.XA_COMMIT:
            self._finish_xa(statement.xid, event, out)
        elif kind is StatementKind.XA_ROLLBACK:
            self._prepared.pop(statement.xid, None)
        elif kind is StatementKind.SCHEMA:
            self._tables.forget_completed()
            tables = self._tables.watched(statement.tables or ())
            if tables:
                self._emit(SchemaChanged(statement.verb, tables), out)
        elif kind is StatementKind.DATA:
            self._data_statement(schema, statement, event, out)

    def _data_statement(
        self, schema: str, statement: Statement, event: bytes, out: list[Change]
    ) -> None:
        reason = f"{statement.verb} is in the log as a statement (binlog_format is not ROW)"
        if statement.tables is None:
            if self._tables.is_ours(schema):
                self._poison(reason, (), event, out)
            return
        tables = self._tables.watched(statement.tables)
        if tables:
            self._poison(reason, tables, event, out)

    def _xa_prepare(self, kind: int, event: bytes, pos: int, end: int, out: list[Change]) -> None:
        """Rows of a prepared transaction are kept, with the position before them."""
        held, self._transaction.held = self._transaction.held, []
        if event[pos]:  # XA COMMIT … ONE PHASE
            self._release(held, out)
        else:
            self._prepared.setdefault(_xid(event, pos), (self._position(), held))
        self._end(event, out)

    def _finish_xa(self, xid: str, event: bytes, out: list[Change]) -> None:
        prepared = self._prepared.pop(xid, None)
        if prepared is None:
            reason = "an XA transaction is committed whose rows are before the start of the stream"
            self._poison(reason, (), event, out)
        else:
            self._release(prepared[1], out)

    # -- rows -----------------------------------------------------------------------------------

    def _table_map(self, kind: int, event: bytes, pos: int, end: int, out: list[Change]) -> None:
        self._begun_with()
        table_id = int.from_bytes(event[pos : pos + 6], "little")
        self._tables.add(table_id, event[pos + 6 : end])

    def _rows(self, kind: int, event: bytes, pos: int, end: int, out: list[Change]) -> None:
        table_id = int.from_bytes(event[pos : pos + 6], "little")
        try:
            table = self._tables.find(table_id)
        except KeyError:
            if table_id not in _NO_TABLE_IDS:
                self._poison("rows without a table map before them", (), event, out)
            return
        if table is None:
            return
        poisoned = self._transaction.poisoned
        if poisoned and table.name in poisoned:
            return
        try:
            changes: RowChanges = table.rows(kind, event, end, pos)
        except BAD_BYTES as exc:
            self._poison(fault_text(exc), (table.name,), event, out)
            return
        self._emit(changes, out)

    def _partial_rows(self, kind: int, event: bytes, pos: int, end: int, out: list[Change]) -> None:
        table = self._tables.find(int.from_bytes(event[pos : pos + 6], "little"))
        if table is not None:
            reason = "an update holds JSON diffs (binlog_row_value_options is PARTIAL_JSON)"
            self._poison(reason, (table.name,), event, out)

    def _payload(self, kind: int, event: bytes, pos: int, end: int, out: list[Change]) -> None:
        for inner in payload_events(event, pos, end):
            handler = self._handlers.get(inner[4])
            if handler is not None:
                # Only the event around them has a position in the file.
                whole = b"\0" + inner[:13] + event[14:18] + inner[17:]
                handler(inner[4], whole, HEADER_END, len(whole), out)

    # -- the rest -------------------------------------------------------------------------------

    def _heartbeat(self, kind: int, event: bytes, pos: int, end: int, out: list[Change]) -> None:
        self.flush(out)
        # MySQL sends heartbeats also while it passes over transactions we have.
        if self._awaited_end is not None:
            file = event[pos:end].decode("utf-8", "replace")
            sent = Coordinates(file, int.from_bytes(event[14:18], "little"))
            reached = Coordinates(self._place.file, self._place.offset)
            if not any(place.is_at_or_after(self._awaited_end) for place in (sent, reached)):
                return
            self._awaited_end = None
        out.append(Heartbeat())

    def _between(self, kind: int, event: bytes, pos: int, end: int, out: list[Change]) -> None:
        """An event the server writes for itself; the end of a quiet log may be behind one."""
        is_artificial = bool(int.from_bytes(event[18:20], "little") & _ARTIFICIAL)
        offset = int.from_bytes(event[14:18], "little") + self._wrapped
        if self._transaction.gtid is not None or is_artificial or offset <= self._place.offset:
            return
        # A dump by GTID begins before the start, with the head of the file that holds it.
        if not self._start.is_at_or_after(Coordinates(self._place.file, offset)):
            self._place.offset = offset
            self._is_behind = True

    def _incident(self, kind: int, event: bytes, pos: int, end: int, out: list[Change]) -> None:
        self._poison("the server says that events are missing here (incident)", (), event, out)

    def _poison(
        self, reason: str, tables: tuple[str, ...], event: bytes, out: list[Change]
    ) -> None:
        """Report what cannot be read, each table once a transaction."""
        fresh = tuple(name for name in tables or ("",) if name not in self._transaction.poisoned)
        if not fresh:
            return
        self._transaction.poisoned.update(fresh)
        log_pos = int.from_bytes(event[14:18], "little")
        place = f"{self._place.file}:{log_pos}"
        self._emit(Unreadable(reason, tables and fresh, place), out)


def _xid(event: bytes, pos: int) -> str:
    """Name of the transaction of an XA prepare event, as XA COMMIT statements write it."""
    number, gtrid_bytes, bqual_bytes = struct.unpack_from("<III", event, pos + 1)
    start = pos + 13
    gtrid = event[start : start + gtrid_bytes].hex()
    bqual = event[start + gtrid_bytes : start + gtrid_bytes + bqual_bytes].hex()
    return f"X'{gtrid}',X'{bqual}',{number}".upper()


def _query_text(kind: int, event: bytes, pos: int, end: int) -> tuple[str, str]:
    """Default schema and statement of a Query event. Status variables are jumped over unread."""
    schema_bytes = event[pos + 8]
    status_bytes = event[pos + 11] | event[pos + 12] << 8
    header = _EXECUTE_LOAD_HEADER if kind == EventType.EXECUTE_LOAD_QUERY else _QUERY_HEADER
    start = pos + header + status_bytes
    schema = event[start : start + schema_bytes].decode("utf-8", "replace")
    start += schema_bytes + 1
    if kind == EventType.MARIADB_QUERY_COMPRESSED:
        return schema, mariadb_uncompressed(event, start, end).decode("utf-8", "replace")
    return schema, event[start:end].decode("utf-8", "replace")
