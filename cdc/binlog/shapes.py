"""How values of each column type lie in a row image: their size, and what reads them. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cdc.binlog.layout import Column
from cdc.binlog.values import (
    bit_reader,
    datetime2_reader,
    decimal_bytes,
    decimal_reader,
    enum_reader,
    read_date,
    read_float,
    read_old_datetime,
    read_old_time,
    read_old_timestamp,
    read_year,
    set_reader,
    time2_reader,
    timestamp2_reader,
)
from cdc.binlog.wire import INTEGER_BYTES, ColumnType, Undecodable

_STRUCT_CODES = {1: "bB", 2: "hH", 4: "iI", 8: "qQ"}
_SIZES = {
    ColumnType.FLOAT: 4, ColumnType.DOUBLE: 8, ColumnType.TIMESTAMP: 4, ColumnType.DATE: 3,
    ColumnType.NEWDATE: 3, ColumnType.TIME: 3, ColumnType.DATETIME: 8, ColumnType.YEAR: 1,
    **INTEGER_BYTES,
}  # fmt: skip
_PLAIN_READERS = {
    ColumnType.FLOAT: read_float, ColumnType.TIMESTAMP: read_old_timestamp,
    ColumnType.DATE: read_date, ColumnType.NEWDATE: read_date, ColumnType.TIME: read_old_time,
    ColumnType.DATETIME: read_old_datetime, ColumnType.YEAR: read_year,
}  # fmt: skip
_BLOB_TYPES = {
    ColumnType.TINY_BLOB, ColumnType.MEDIUM_BLOB, ColumnType.LONG_BLOB, ColumnType.BLOB,
    ColumnType.BLOB_COMPRESSED, ColumnType.JSON, ColumnType.GEOMETRY, ColumnType.VECTOR,
}  # fmt: skip


def struct_code(column: Column) -> str | None:
    """Letter of `struct` that reads the value, None when none does.

    Raises:
        Undecodable: the sign of an integer is not known.
    """
    if column.type == ColumnType.DOUBLE:
        return "d"
    if not column.is_integer:
        return None
    if column.is_unsigned is None:
        raise Undecodable(f"whether column {column.name} is unsigned is not known")
    codes = _STRUCT_CODES.get(INTEGER_BYTES[column.type])
    return codes[column.is_unsigned] if codes else None


def fixed_size(column: Column) -> int | None:
    """Bytes of a value, None when each value has its own length."""
    kind = column.type
    if kind in _SIZES:
        return _SIZES[kind]
    if kind == ColumnType.NEWDECIMAL:
        return decimal_bytes(*divmod(column.meta, 256))
    if kind == ColumnType.DATETIME2:
        return 5 + (column.meta + 1) // 2
    if kind == ColumnType.TIMESTAMP2:
        return 4 + (column.meta + 1) // 2
    if kind == ColumnType.TIME2:
        return 3 + (column.meta + 1) // 2
    if kind == ColumnType.BIT:
        return (column.meta + 7) // 8
    return column.meta if column.is_labelled else None


def length_bytes(column: Column) -> int:
    """Bytes of the length in front of a value of its own length."""
    if column.type in _BLOB_TYPES:
        return column.meta
    return 1 if column.meta < 256 else 2


def value_reader(column: Column, size: int) -> Callable[[bytes, int], Any]:
    """What reads a fixed-size value that `struct` alone does not.

    Raises:
        Undecodable: the labels of an ENUM or SET are not known.
    """
    kind = column.type
    if kind in _PLAIN_READERS:
        return _PLAIN_READERS[kind]
    if kind == ColumnType.NEWDECIMAL:
        return decimal_reader(*divmod(column.meta, 256))
    if kind == ColumnType.DATETIME2:
        return datetime2_reader(column.meta)
    if kind == ColumnType.TIMESTAMP2:
        return timestamp2_reader(column.meta)
    if kind == ColumnType.TIME2:
        return time2_reader(column.meta)
    if kind == ColumnType.BIT:
        return bit_reader(column.meta)
    if column.labels is None:
        raise Undecodable(f"the labels of column {column.name} are not known")
    return (enum_reader if kind == ColumnType.ENUM else set_reader)(column.labels, size)
