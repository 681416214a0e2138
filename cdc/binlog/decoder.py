"""Row decoders, generated once per table layout as straight-line Python.

Only needed columns become values; the others are jumped over, runs of nullable fixed-size columns
with one table look-up per byte of the null bitmap. A decoder checks that it ends exactly at the
event's end: a row read with a wrong layout is an error and never a wrong value.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Any

from cdc.binlog.changes import Row
from cdc.binlog.charsets import BINARY, is_utf8, text_decoder
from cdc.binlog.layout import Column, TableLayout
from cdc.binlog.shapes import fixed_size, length_bytes, struct_code, value_reader
from cdc.binlog.wire import ColumnType, Undecodable

SingleDecoder = Callable[[bytes, int, int], list[Row]]
PairDecoder = Callable[[bytes, int, int], tuple[list[Row], list[Row]]]


_MISSING = object()


def single_decoder(layout: TableLayout, needed: Sequence[str], present: bytes) -> SingleDecoder:
    """A decoder of write and delete events: (data, pos, end) -> rows.

    Args:
        present: the event's bitmap of columns that are in the image.
    Raises:
        Undecodable: a needed column is not in the image, or of a kind that cannot be read.
    """
    image = _Image(layout, needed, present, "a")
    absent = [name for name, value in zip(needed, image.values, strict=True) if value is _MISSING]
    if absent:
        raise Undecodable(f"the row image lacks {', '.join(absent)} (binlog_row_image is not FULL)")
    source = [
        "def decode(data, pos, end):",
        "    rows = []",
        "    append = rows.append",
        "    while pos < end:",
        *image.lines,
        f"        append({_tuple(image.values)})",
        "    if pos != end:",
        "        raise Undecodable('rows do not end at the end of their event')",
        "    return rows",
    ]
    decoder: SingleDecoder = _compiled(source, layout, image.namespace)
    return decoder


def pair_decoder(
    layout: TableLayout, needed: Sequence[str], before: bytes, after: bytes
) -> PairDecoder:
    """A decoder of update events: (data, pos, end) -> (rows before, rows after).

    A column that is not in the after image did not change, so its value before is taken.
    Raises as `single_decoder`.
    """
    old = _Image(layout, needed, before, "b")
    new = _Image(layout, needed, after, "a")
    values = [o if n is _MISSING else n for o, n in zip(old.values, new.values, strict=True)]
    absent = [
        name
        for name, o, n in zip(needed, old.values, values, strict=True)
        if o is _MISSING or n is _MISSING
    ]
    if absent:
        raise Undecodable(f"the row image lacks {', '.join(absent)} (binlog_row_image is not FULL)")
    source = [
        "def decode(data, pos, end):",
        "    old, new = [], []",
        "    append_old, append_new = old.append, new.append",
        "    while pos < end:",
        *old.lines,
        f"        append_old({_tuple(old.values)})",
        *new.lines,
        f"        append_new({_tuple(values)})",
        "    if pos != end:",
        "        raise Undecodable('rows do not end at the end of their event')",
        "    return old, new",
    ]
    decoder: PairDecoder = _compiled(source, layout, old.namespace | new.namespace)
    return decoder


def _tuple(values: Sequence[object]) -> str:
    return "(" + "".join(f"{value}, " for value in values) + ")"


def _compiled(source: list[str], layout: TableLayout, namespace: dict[str, Any]) -> Any:
    namespace = {"from_bytes": int.from_bytes, "Undecodable": Undecodable, **namespace}
    name = f"<rows of {layout.schema}.{layout.table}>"
    exec(compile("\n".join(source), name, "exec"), namespace)
    return namespace["decode"]


class _Image:
    """Source lines that read one row image at `pos`, and the names its values get.

    Lines keep `pos` at the last dynamic border; constant distances are added to indexes while
    the lines are written, so that fixed columns cost no addition when rows are read.
    """

    def __init__(
        self, layout: TableLayout, needed: Sequence[str], present: bytes, suffix: str
    ) -> None:
        self.lines: list[str] = []
        self.namespace: dict[str, Any] = {}
        self._suffix = suffix
        self._offset = 0
        wanted = {name: place for place, name in enumerate(needed)}
        known = {column.name for column in layout.columns}
        # A column the table never had is None; one that exists and is not in the image is missing.
        self.values: list[object] = [None if n not in known else _MISSING for n in needed]
        self._columns = [
            column
            for index, column in enumerate(layout.columns)
            if present[index >> 3] & (1 << (index & 7))
        ]
        self._targets: list[str | None] = []
        for column in self._columns:
            place = wanted.get(column.name) if column.name is not None else None
            name = None if place is None else f"{suffix}{place}"
            if place is not None:
                self.values[place] = name
            self._targets.append(name)
        self._write()

    def _write(self) -> None:
        null_bytes = (len(self._columns) + 7) // 8
        used = [
            number
            for number in range(null_bytes)
            if any(column.is_nullable for column in self._columns[number * 8 : number * 8 + 8])
        ]
        fields = [(number, 1, "B", self._null(number)) for number in used]
        index = 0
        self._offset = null_bytes
        index = self._fixed_run(index, fields, start=0)
        while index < len(self._columns):
            column = self._columns[index]
            size = fixed_size(column)
            if size is not None and not column.is_nullable:
                index = self._fixed_run(index, [], start=self._offset)
            elif size is not None and self._targets[index] is None:
                index = self._jump_run(index)
            else:
                self._single(index, size)
                index += 1
        self._settle()

    def _null(self, number: int) -> str:
        return f"n{self._suffix}{number}"

    def _emit(self, line: str, depth: int = 2) -> None:
        self.lines.append("    " * depth + line)

    def _bind(self, kind: str, value: Any) -> str:
        name = f"{kind}_{self._suffix}{len(self.namespace)}"
        self.namespace[name] = value
        return name

    def _settle(self) -> None:
        if self._offset:
            self._emit(f"pos += {self._offset}")
            self._offset = 0

    def _at(self, extra: int = 0) -> str:
        offset = self._offset + extra
        return f"pos + {offset}" if offset else "pos"

    def _fixed_run(self, index: int, fields: list[tuple[int, int, str, str]], *, start: int) -> int:
        """Read a run of fixed columns that cannot be NULL, plain numbers with one unpacking."""
        late: list[str] = []
        while index < len(self._columns):
            column, target = self._columns[index], self._targets[index]
            size = fixed_size(column)
            if size is None or column.is_nullable:
                break
            if target is not None:
                code = struct_code(column)
                if code is not None:
                    fields.append((self._offset, size, code, target))
                else:
                    late.append(f"{target} = {self._value(column, size)}")
            self._offset += size
            index += 1
        if len(fields) == 1 and fields[0][2] == "B":
            place, _, _, target = fields[0]
            self._emit(f"{target} = data[pos + {place}]" if place else f"{target} = data[pos]")
        elif fields:
            self._unpack(fields, start)
        for line in late:
            self._emit(line)
        return index

    def _unpack(self, fields: list[tuple[int, int, str, str]], start: int) -> None:
        code, reached = "<", start
        for place, size, letter, _ in fields:
            code += f"{place - reached}x" if place > reached else ""
            code += letter
            reached = place + size
        unpack = self._bind("unpack", struct.Struct(code).unpack_from)
        targets = ", ".join(field[3] for field in fields)
        where = f"pos + {start}" if start else "pos"
        self._emit(f"{targets}, = {unpack}(data, {where})")

    def _jump_run(self, index: int) -> int:
        """Jump over a run of unneeded fixed columns, by null bitmap byte."""
        sizes: dict[int, dict[int, int]] = {}
        while index < len(self._columns) and self._targets[index] is None:
            column = self._columns[index]
            size = fixed_size(column)
            if size is None:
                break
            if column.is_nullable:
                sizes.setdefault(index >> 3, {})[1 << (index & 7)] = size
            else:
                self._offset += size
            index += 1
        jumps = []
        for number, bits in sizes.items():
            table = tuple(
                sum(size for bit, size in bits.items() if not null & bit) for null in range(256)
            )
            jumps.append(f"{self._bind('jump', table)}[{self._null(number)}]")
        if self._offset:
            jumps.append(str(self._offset))
            self._offset = 0
        self._emit(f"pos += {' + '.join(jumps)}")
        return index

    def _single(self, index: int, size: int | None) -> None:
        """Read or jump over one column that may be NULL or is of variable length."""
        column, target = self._columns[index], self._targets[index]
        depth = 2
        if column.is_nullable:
            self._settle()
            test = f"{self._null(index >> 3)} & {1 << (index & 7)}"
            if target is not None:
                self._emit(f"if {test}:")
                self._emit(f"{target} = None", 3)
                self._emit("else:")
            else:
                self._emit(f"if not {test}:")
            depth = 3
        if size is not None:
            self._emit(f"{target} = {self._value(column, size)}", depth)
            self._emit(f"pos += {size}", depth)
            return
        prefix = length_bytes(column)
        length = _length_source(prefix, self._at, self._offset)
        if target is None:
            self._emit(f"pos += {self._offset + prefix} + {length}", depth)
        else:
            self._emit(f"start = {self._at(prefix)}", depth)
            self._emit(f"pos = start + {length}", depth)
            self._emit(f"{target} = {self._bytes_value(column)}", depth)
        self._offset = 0

    def _value(self, column: Column, size: int) -> str:
        """Source of a fixed-size column's value at the current offset."""
        code = struct_code(column)
        if code == "B":
            return f"data[{self._at()}]"
        if code is not None:
            unpack = self._bind("unpack", struct.Struct("<" + code).unpack_from)
            return f"{unpack}(data, {self._at()})[0]"
        if column.is_integer:
            part = f"data[{self._at()}:{self._at(size)}]"
            return f"from_bytes({part}, 'little', signed={not column.is_unsigned})"
        return f"{self._bind('read', value_reader(column, size))}(data, {self._at()})"

    def _bytes_value(self, column: Column) -> str:
        if column.type in (ColumnType.GEOMETRY, ColumnType.VECTOR):
            return "data[start:pos]"
        if column.type == ColumnType.JSON or not column.is_character:
            raise Undecodable(f"column {column.name} is of a kind that is not decoded")
        if column.charset is None:
            raise Undecodable(f"the character set of column {column.name} is not known")
        if column.charset == BINARY:
            if column.type == ColumnType.STRING:
                # The server strips trailing zero bytes of BINARY(n) from row images.
                return f"data[start:pos].ljust({column.meta}, b'\\0')"
            return "data[start:pos]"
        if is_utf8(column.charset):
            return "data[start:pos].decode()"
        return f"{self._bind('text', text_decoder(column.charset))}(data[start:pos])"


def _length_source(prefix: int, at: Callable[[int], str], offset: int) -> str:
    if prefix == 1:
        return f"data[{at(0)}]"
    if prefix == 2:
        return f"(data[{at(0)}] | data[{at(1)}] << 8)"
    return f"from_bytes(data[{at(0)}:pos + {offset + prefix}], 'little')"
