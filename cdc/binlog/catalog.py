"""Columns from information_schema, for events that do not describe them (binlog_row_metadata).

What the catalog says is about the table of now; an event may be older. So the catalog only
counts when number, types, sizes and nullability of its columns are those of the table map.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from cdc.binlog.charsets import BINARY
from cdc.binlog.layout import CharsetNames, Column, TableLayout
from cdc.binlog.wire import ColumnType, Undecodable
from cdc.database import Database
from cdc.errors import SourceUnavailable
from cdc.position import Flavor

_COLUMNS = """
SELECT COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, IS_NULLABLE, CHARACTER_SET_NAME,
       CHARACTER_OCTET_LENGTH, NUMERIC_PRECISION, NUMERIC_SCALE, DATETIME_PRECISION
FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = %s AND TABLE_NAME = %s
ORDER BY ORDINAL_POSITION
"""
_FIXED = {
    "tinyint": (ColumnType.TINY, 0), "smallint": (ColumnType.SHORT, 0),
    "mediumint": (ColumnType.INT24, 0), "int": (ColumnType.LONG, 0),
    "bigint": (ColumnType.LONGLONG, 0), "float": (ColumnType.FLOAT, 4),
    "double": (ColumnType.DOUBLE, 8), "year": (ColumnType.YEAR, 0), "date": (ColumnType.DATE, 0),
    "tinytext": (ColumnType.BLOB, 1), "text": (ColumnType.BLOB, 2),
    "mediumtext": (ColumnType.BLOB, 3), "longtext": (ColumnType.BLOB, 4),
    "tinyblob": (ColumnType.BLOB, 1), "blob": (ColumnType.BLOB, 2),
    "mediumblob": (ColumnType.BLOB, 3), "longblob": (ColumnType.BLOB, 4),
    "json": (ColumnType.JSON, 4),
}  # fmt: skip
_FRACTIONAL = {
    "datetime": ColumnType.DATETIME2,
    "timestamp": ColumnType.TIMESTAMP2,
    "time": ColumnType.TIME2,
}
_GEOMETRIES = {
    "geometry", "point", "linestring", "polygon", "multipoint", "multilinestring",
    "multipolygon", "geometrycollection", "geomcollection",
}  # fmt: skip
_LABEL = re.compile(r"'((?:[^']|'')*)'")
_MARIADB_WITH_IDS = (10, 10)


@dataclass(frozen=True, slots=True)
class CatalogColumn:
    """A column of information_schema, with the wire type and metadata its values have."""

    name: str
    type: int
    meta: int
    is_nullable: bool
    is_unsigned: bool
    charset: str
    labels: tuple[str, ...] | None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> CatalogColumn:
        """Read a row of information_schema.COLUMNS.

        Raises:
            Undecodable: a data type whose values on the wire are not known.
        """
        column_type = str(row["COLUMN_TYPE"])
        kind = str(row["DATA_TYPE"]).lower()
        labels = None
        if kind in ("enum", "set"):
            labels = tuple(text.replace("''", "'") for text in _LABEL.findall(column_type))
        wire_type, meta = _wire(kind, row, len(labels or ()))
        return cls(
            name=str(row["COLUMN_NAME"]),
            type=wire_type,
            meta=meta,
            is_nullable=row["IS_NULLABLE"] == "YES",
            is_unsigned="unsigned" in column_type.lower() or kind == "year",
            charset=str(row["CHARACTER_SET_NAME"] or BINARY),
            labels=labels,
        )


class Catalog:
    """Completes layouts from the server's information_schema."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def complete(self, layout: TableLayout) -> TableLayout:
        """Fill names, signs, character sets and labels in.

        Raises:
            Undecodable: the table of now differs from that of the event, or is gone.
            SourceUnavailable, SourceDenied, SourceError.
        """
        args = (layout.schema, layout.table)
        try:
            rows = self._database.rows(_COLUMNS, args)
        except SourceUnavailable:
            # The connection may have been idle for longer than the server allows.
            rows = self._database.rows(_COLUMNS, args)
        return completed(layout, [CatalogColumn.of(row) for row in rows])


def completed(layout: TableLayout, catalog: list[CatalogColumn]) -> TableLayout:
    """A layout with what the log does not say taken from the catalog.

    Raises:
        Undecodable: the two do not describe the same columns.
    """
    if len(catalog) != len(layout.columns):
        raise Undecodable(
            f"the log does not name the columns, and the table has {len(catalog)} columns now "
            f"instead of {len(layout.columns)}"
        )
    return TableLayout(
        layout.schema,
        layout.table,
        tuple(
            _joined(logged, known) for logged, known in zip(layout.columns, catalog, strict=True)
        ),
    )


def charset_names(database: Database, flavor: Flavor, version: tuple[int, ...]) -> CharsetNames:
    """Character set of each collation id of the server. Raises as `Database.tuples`."""
    found = database.tuples(
        "SELECT ID, CHARACTER_SET_NAME FROM information_schema.COLLATIONS WHERE ID IS NOT NULL"
    )
    names = {int(number): str(name) for number, name in found if name is not None}
    if flavor == "mariadb" and version >= _MARIADB_WITH_IDS:
        # Collations shared by several character sets have their ids here only.
        found = database.tuples(
            "SELECT ID, CHARACTER_SET_NAME FROM"
            " information_schema.COLLATION_CHARACTER_SET_APPLICABILITY WHERE ID IS NOT NULL"
        )
        names |= {int(number): str(name) for number, name in found}
    return names.get


def _joined(logged: Column, known: CatalogColumn) -> Column:
    agrees = (
        (logged.type, logged.meta, logged.is_nullable)
        == (known.type, known.meta, known.is_nullable)
        and logged.name in (None, known.name)
        and logged.is_unsigned in (None, known.is_unsigned)
        and logged.charset in (None, known.charset)
    )
    if not agrees:
        raise Undecodable(
            f"the log does not name the columns, and column {known.name} is not what it was then"
        )
    labels = logged.labels if logged.labels is not None else known.labels
    return replace(
        logged,
        name=known.name,
        is_unsigned=known.is_unsigned if logged.is_integer else logged.is_unsigned,
        charset=known.charset if logged.is_character else logged.charset,
        labels=labels,
    )


def _wire(kind: str, row: Mapping[str, Any], label_count: int) -> tuple[int, int]:
    """Wire type and metadata of a data type."""
    if kind in _FIXED:
        return _FIXED[kind]
    if kind in _FRACTIONAL:
        return _FRACTIONAL[kind], int(row["DATETIME_PRECISION"] or 0)
    if kind == "decimal":
        precision, scale = int(row["NUMERIC_PRECISION"]), int(row["NUMERIC_SCALE"])
        return ColumnType.NEWDECIMAL, precision * 256 + scale
    if kind == "bit":
        return ColumnType.BIT, int(row["NUMERIC_PRECISION"])
    if kind in ("char", "binary"):
        return ColumnType.STRING, int(row["CHARACTER_OCTET_LENGTH"])
    if kind in ("varchar", "varbinary"):
        return ColumnType.VARCHAR, int(row["CHARACTER_OCTET_LENGTH"])
    if kind == "enum":
        return ColumnType.ENUM, 1 if label_count < 256 else 2
    if kind == "set":
        size = (label_count + 7) // 8
        return ColumnType.SET, 8 if size > 4 else size
    if kind in _GEOMETRIES:
        return ColumnType.GEOMETRY, 4
    raise Undecodable(f"column {row['COLUMN_NAME']}: data type {kind} is not known")
