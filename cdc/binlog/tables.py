"""Watched tables: from table maps to row decoders, with layouts cached by the map's own bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from cdc.binlog.changes import RowChanges, RowKind
from cdc.binlog.decoder import PairDecoder, SingleDecoder, pair_decoder, single_decoder
from cdc.binlog.layout import CharsetNames, TableLayout, parse_layout, table_name
from cdc.binlog.payload import mariadb_uncompressed
from cdc.binlog.wire import EventType, Undecodable, length_encoded

# Names, signs and character sets of a table whose events lack them; raises Undecodable when the
# table of now cannot be shown to be the table of then.
Completion = Callable[[TableLayout], TableLayout]

_LAYOUTS_MAX = 20_000
_VERSION_2 = {
    EventType.WRITE_ROWS_V2, EventType.UPDATE_ROWS_V2, EventType.DELETE_ROWS_V2,
    EventType.MARIADB_WRITE_ROWS_COMPRESSED, EventType.MARIADB_UPDATE_ROWS_COMPRESSED,
    EventType.MARIADB_DELETE_ROWS_COMPRESSED,
}  # fmt: skip
_COMPRESSED = range(
    EventType.MARIADB_WRITE_ROWS_COMPRESSED_V1, EventType.MARIADB_DELETE_ROWS_COMPRESSED + 1
)
ROW_KINDS = {
    EventType.WRITE_ROWS_V1: RowKind.INSERT,
    EventType.UPDATE_ROWS_V1: RowKind.UPDATE,
    EventType.DELETE_ROWS_V1: RowKind.DELETE,
    EventType.WRITE_ROWS_V2: RowKind.INSERT,
    EventType.UPDATE_ROWS_V2: RowKind.UPDATE,
    EventType.DELETE_ROWS_V2: RowKind.DELETE,
    EventType.MARIADB_WRITE_ROWS_COMPRESSED_V1: RowKind.INSERT,
    EventType.MARIADB_UPDATE_ROWS_COMPRESSED_V1: RowKind.UPDATE,
    EventType.MARIADB_DELETE_ROWS_COMPRESSED_V1: RowKind.DELETE,
    EventType.MARIADB_WRITE_ROWS_COMPRESSED: RowKind.INSERT,
    EventType.MARIADB_UPDATE_ROWS_COMPRESSED: RowKind.UPDATE,
    EventType.MARIADB_DELETE_ROWS_COMPRESSED: RowKind.DELETE,
}


@dataclass(slots=True)
class WatchedTable:
    """A layout of a watched table with the decoders made for it so far.

    `fault` says why rows of the table cannot be read; `is_completed` that the layout was filled
    from the catalog, so that it must be forgotten when the table's definition changes.
    """

    name: str
    needed: Sequence[str]
    layout: TableLayout | None
    fault: str = ""
    is_completed: bool = False
    _single: dict[bytes, SingleDecoder] = field(default_factory=dict)
    _pairs: dict[bytes, PairDecoder] = field(default_factory=dict)

    def rows(self, kind: int, data: bytes, end: int, pos: int) -> RowChanges:
        """Decode a rows event.

        Args:
            kind: type code of the event.
            data: bytes that hold the event; its body begins at `pos` and ends before `end`.
        Raises:
            Undecodable, and what reading bytes of another shape raises (IndexError,
            struct.error, ValueError).
        """
        if self.layout is None or self.fault:
            raise Undecodable(self.fault)
        row_kind = ROW_KINDS[kind]
        pos += 8
        if kind in _VERSION_2:
            pos += data[pos] | data[pos + 1] << 8
        width, pos = length_encoded(data, pos)
        if width != len(self.layout.columns):
            raise Undecodable("a rows event has another number of columns than its table map")
        size = (width + 7) >> 3
        present = data[pos : pos + size]
        if row_kind is RowKind.UPDATE:
            present_after = data[pos + size : pos + 2 * size]
            pairs = self._pairs.get(present + present_after) or self._new_pairs(
                present, present_after
            )
            data, pos, end = _unpacked(kind, data, pos + 2 * size, end)
            before, after = pairs(data, pos, end)
            return RowChanges(self.name, row_kind, tuple(before), tuple(after))
        single = self._single.get(present) or self._new_single(present)
        data, pos, end = _unpacked(kind, data, pos + size, end)
        rows = tuple(single(data, pos, end))
        if row_kind is RowKind.INSERT:
            return RowChanges(self.name, row_kind, (), rows)
        return RowChanges(self.name, row_kind, rows, ())

    def _new_single(self, present: bytes) -> SingleDecoder:
        assert self.layout is not None
        decoder = self._single[present] = single_decoder(self.layout, self.needed, present)
        return decoder

    def _new_pairs(self, before: bytes, after: bytes) -> PairDecoder:
        assert self.layout is not None
        decoder = pair_decoder(self.layout, self.needed, before, after)
        self._pairs[before + after] = decoder
        return decoder


def _unpacked(kind: int, data: bytes, pos: int, end: int) -> tuple[bytes, int, int]:
    if kind not in _COMPRESSED:
        return data, pos, end
    data = mariadb_uncompressed(data, pos, end)
    return data, 0, len(data)


class TableMaps:
    """Table ids of the current binlog file, and layouts for as long as the process lives.

    A layout is found by the bytes of its table map, which hold names, types, signs and character
    sets: a changed table has other bytes, so the cache cannot be stale. Ids are good for one file
    only, since a server gives them out anew after a restart.
    """

    def __init__(
        self,
        schema: str,
        prefix: str,
        tables: Mapping[str, Sequence[str]],
        charset_names: CharsetNames,
        complete: Completion,
        *,
        is_mariadb: bool,
        is_lower_case: bool = False,
    ) -> None:
        self._schema = schema.lower() if is_lower_case else schema
        self._is_lower_case = is_lower_case
        self._watched = {
            self._cased(prefix + name): (name, tuple(columns)) for name, columns in tables.items()
        }
        self._charset_names = charset_names
        self._complete = complete
        self._is_mariadb = is_mariadb
        self._layouts: dict[bytes, WatchedTable | None] = {}
        self._ids: dict[int, WatchedTable | None] = {}

    def forget_ids(self) -> None:
        """Forget the table ids: another file begins."""
        self._ids.clear()

    def forget_completed(self) -> None:
        """Forget layouts that were filled from the catalog: a definition changed."""
        stale = [key for key, table in self._layouts.items() if table and table.is_completed]
        for key in stale:
            del self._layouts[key]

    def add(self, table_id: int, body: bytes) -> None:
        """Take a table map. A fault of a watched table is kept for its rows to report."""
        if body in self._layouts:
            self._ids[table_id] = self._layouts[body]
            return
        if len(self._layouts) >= _LAYOUTS_MAX:
            self._layouts.clear()
        table = self._ids[table_id] = self._layouts[body] = self._table(body)
        if table is not None and table.fault:
            # The reason may pass (catalog not readable now): look again at the next map.
            del self._layouts[body]

    def find(self, table_id: int) -> WatchedTable | None:
        """The watched table of an id, None for an unwatched one.

        Raises:
            KeyError: no table map gave this id in this file.
        """
        return self._ids[table_id]

    def watched(self, names: Sequence[tuple[str, str]]) -> tuple[str, ...]:
        """Watched tables among (schema, table), without prefix; "" as table means all of it."""
        found: dict[str, None] = {}
        for schema, table in names:
            if self._cased(schema) != self._schema:
                continue
            if not table:
                found.update(dict.fromkeys(name for name, _ in self._watched.values()))
            elif self._cased(table) in self._watched:
                found[self._watched[self._cased(table)][0]] = None
        return tuple(found)

    def is_ours(self, schema: str) -> bool:
        """Whether the name is that of the watched schema."""
        return self._cased(schema) == self._schema

    def _cased(self, name: str) -> str:
        return name.lower() if self._is_lower_case else name

    def _table(self, body: bytes) -> WatchedTable | None:
        schema, table, _ = table_name(body)
        if self._cased(schema) != self._schema or self._cased(table) not in self._watched:
            return None
        name, needed = self._watched[self._cased(table)]
        try:
            layout = parse_layout(body, self._charset_names, is_mariadb=self._is_mariadb)
            if _is_complete(layout, needed):
                return WatchedTable(name, needed, layout)
            return WatchedTable(name, needed, self._complete(layout), is_completed=True)
        except (Undecodable, IndexError, ValueError) as exc:
            return WatchedTable(name, needed, None, fault=fault_text(exc))


def fault_text(exc: Exception) -> str:
    """Why bytes cannot be read; texts of other errors than ours may quote values."""
    if isinstance(exc, Undecodable):
        return str(exc)
    return f"bytes cannot be decoded ({type(exc).__name__})"


def _is_complete(layout: TableLayout, needed: Sequence[str]) -> bool:
    """Whether the log alone tells all that decoding the needed columns takes."""
    if not layout.has_names:
        return False
    wanted = set(needed)
    return not any(
        (column.is_integer and column.is_unsigned is None)
        or (column.is_character and column.charset is None)
        or (column.is_labelled and column.labels is None)
        for column in layout.columns
        if column.name in wanted
    )
