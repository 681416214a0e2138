"""Table maps: what the columns of a table are at one place of the log. Pure.

Sources: MySQL mysql::binlog::event::Table_map_event (optional metadata); MariaDB
Table_map_log_event (which columns count as numeric and as character columns).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from cdc.binlog.charsets import BINARY, text_decoder
from cdc.binlog.wire import INTEGER_BYTES, ColumnType, Undecodable, length_encoded

CharsetNames = Callable[[int], "str | None"]

_META_1 = {
    ColumnType.FLOAT, ColumnType.DOUBLE, ColumnType.TIMESTAMP2, ColumnType.DATETIME2,
    ColumnType.TIME2, ColumnType.BLOB_COMPRESSED, ColumnType.VECTOR, ColumnType.JSON,
    ColumnType.TINY_BLOB, ColumnType.MEDIUM_BLOB, ColumnType.LONG_BLOB, ColumnType.BLOB,
    ColumnType.GEOMETRY,
}  # fmt: skip
_META_2 = {
    ColumnType.VARCHAR, ColumnType.VARCHAR_COMPRESSED, ColumnType.BIT, ColumnType.NEWDECIMAL,
    ColumnType.ENUM, ColumnType.SET, ColumnType.VAR_STRING, ColumnType.STRING,
}  # fmt: skip
_META_0 = set(INTEGER_BYTES) | {
    ColumnType.TIMESTAMP, ColumnType.DATE, ColumnType.NEWDATE, ColumnType.TIME,
    ColumnType.DATETIME, ColumnType.YEAR,
}  # fmt: skip

_NUMERIC = set(INTEGER_BYTES) | {
    ColumnType.NEWDECIMAL, ColumnType.FLOAT, ColumnType.DOUBLE, ColumnType.YEAR,
}  # fmt: skip
_CHARACTER = {
    ColumnType.STRING, ColumnType.VAR_STRING, ColumnType.VARCHAR, ColumnType.BLOB,
}  # fmt: skip
_CHARACTER_MYSQL = _CHARACTER | {ColumnType.VECTOR}
_CHARACTER_MARIADB = _CHARACTER | {
    ColumnType.GEOMETRY, ColumnType.VARCHAR_COMPRESSED, ColumnType.BLOB_COMPRESSED,
}  # fmt: skip
_LABELLED = {ColumnType.ENUM, ColumnType.SET}

# Kinds of optional metadata that matter here.
_SIGNEDNESS, _DEFAULT_CHARSET, _COLUMN_CHARSET, _COLUMN_NAME = 1, 2, 3, 4
_SET_LABELS, _ENUM_LABELS = 5, 6
_LABEL_DEFAULT_CHARSET, _LABEL_COLUMN_CHARSET = 10, 11


@dataclass(frozen=True, slots=True)
class Column:
    """One column as the log describes it; None stands for what the log does not say.

    `type` is the real type (ENUM and SET instead of STRING); `meta` its metadata as one number:
    bytes of a VARCHAR or CHAR, precision * 256 + scale of a DECIMAL, bits of a BIT, fractional
    digits of temporal types, length bytes of blobs and labels.
    """

    type: int
    meta: int
    is_nullable: bool
    name: str | None = None
    is_unsigned: bool | None = None
    charset: str | None = None
    labels: tuple[str, ...] | None = None

    @property
    def is_character(self) -> bool:
        """Whether a character set is needed to read the value."""
        return self.type in _CHARACTER

    @property
    def is_labelled(self) -> bool:
        """Whether the value is a number of a label (ENUM) or bits of labels (SET)."""
        return self.type in _LABELLED

    @property
    def is_integer(self) -> bool:
        """Whether a sign has to be known to read the value."""
        return self.type in INTEGER_BYTES


@dataclass(frozen=True, slots=True)
class TableLayout:
    """Schema, table and columns in the order of the row images."""

    schema: str
    table: str
    columns: tuple[Column, ...]

    @property
    def has_names(self) -> bool:
        """Whether the log names the columns (`binlog_row_metadata=FULL`)."""
        return all(column.name is not None for column in self.columns)


def table_name(body: bytes) -> tuple[str, str, int]:
    """Schema, table, and where the column list begins.

    Args:
        body: a table map behind its table id, from the flags on, without checksum.
    """
    schema_end = 3 + body[2]
    table_end = schema_end + 2 + body[schema_end + 1]
    schema = body[3:schema_end].decode("utf-8")
    return schema, body[schema_end + 2 : table_end].decode("utf-8"), table_end + 1


def parse_layout(body: bytes, charset_names: CharsetNames, *, is_mariadb: bool) -> TableLayout:
    """Read a table map.

    Args:
        body: as in `table_name`.
        charset_names: character set of a collation id, None for an unknown one.
    Raises:
        Undecodable: a column type whose length is not known: no row of the table can be read.
    """
    schema, table, pos = table_name(body)
    count, pos = length_encoded(body, pos)
    types = body[pos : pos + count]
    meta_bytes, pos = length_encoded(body, pos + count)
    columns = _columns(types, body[pos : pos + meta_bytes])
    pos += meta_bytes
    nullable = body[pos : pos + (count + 7) // 8]
    columns = [
        replace(column, is_nullable=bool(nullable[index >> 3] & (1 << (index & 7))))
        for index, column in enumerate(columns)
    ]
    pos += (count + 7) // 8
    _Metadata(columns, charset_names, is_mariadb).read(body, pos)
    return TableLayout(schema, table, tuple(columns))


def _columns(types: bytes, meta: bytes) -> list[Column]:
    columns = []
    pos = 0
    for kind in types:
        if kind in _META_0:
            columns.append(Column(kind, 0, is_nullable=True))
        elif kind in _META_1:
            columns.append(Column(kind, meta[pos], is_nullable=True))
            pos += 1
        elif kind in _META_2:
            columns.append(_two_byte_column(kind, meta[pos], meta[pos + 1]))
            pos += 2
        else:
            raise Undecodable(f"column type {kind} is not known")
    if pos != len(meta):
        raise Undecodable("the column metadata has another length than the column types ask for")
    return columns


def _two_byte_column(kind: int, first: int, second: int) -> Column:
    if kind in (ColumnType.STRING, ColumnType.VAR_STRING):
        if first in _LABELLED:
            return Column(first, second, is_nullable=True)
        # Two bits of a CHAR's length hide, inverted, in the type byte.
        length = ((((first << 4) & 0x300) ^ 0x300) + second) if first else second
        return Column(ColumnType.STRING, length, is_nullable=True)
    if kind == ColumnType.NEWDECIMAL:
        return Column(kind, first * 256 + second, is_nullable=True)
    if kind == ColumnType.BIT:
        return Column(kind, second * 8 + first, is_nullable=True)
    if kind in _LABELLED:
        return Column(kind, second, is_nullable=True)
    return Column(kind, second * 256 + first, is_nullable=True)


class _Metadata:
    """Fills names, signs, character sets and labels into a list of columns."""

    def __init__(
        self, columns: list[Column], charset_names: CharsetNames, is_mariadb: bool
    ) -> None:
        self._columns = columns
        self._charset_names = charset_names
        character = _CHARACTER_MARIADB if is_mariadb else _CHARACTER_MYSQL
        self._numeric = self._places(_NUMERIC)
        self._character = self._places(character)
        self._labelled = self._places(_LABELLED)

    def read(self, body: bytes, pos: int) -> None:
        labels: list[tuple[int, bytes]] = []
        while pos < len(body):
            kind = body[pos]
            length, pos = length_encoded(body, pos + 1)
            field = body[pos : pos + length]
            pos += length
            if kind in (_SET_LABELS, _ENUM_LABELS):
                labels.append((kind, field))
            else:
                self._field(kind, field)
        # Labels are text in the column's own character set, which may come behind them.
        for kind, field in labels:
            self._labels(ColumnType.SET if kind == _SET_LABELS else ColumnType.ENUM, field)

    def _places(self, types: set[int]) -> list[int]:
        return [place for place, column in enumerate(self._columns) if column.type in types]

    def _field(self, kind: int, field: bytes) -> None:
        if kind == _SIGNEDNESS:
            for bit, place in enumerate(self._numeric):
                is_unsigned = bool(field[bit >> 3] & (0x80 >> (bit & 7)))
                self._set(place, is_unsigned=is_unsigned)
        elif kind in (_DEFAULT_CHARSET, _LABEL_DEFAULT_CHARSET):
            places = self._character if kind == _DEFAULT_CHARSET else self._labelled
            numbers = _numbers(field)
            own = dict(zip(numbers[1::2], numbers[2::2], strict=True))
            for index, place in enumerate(places):
                self._set(place, charset=self._charset_names(own.get(index, numbers[0])))
        elif kind in (_COLUMN_CHARSET, _LABEL_COLUMN_CHARSET):
            places = self._character if kind == _COLUMN_CHARSET else self._labelled
            collations = _numbers(field)
            if len(collations) != len(places):
                return  # a type of a later server counts as text: the catalog has to tell
            for place, collation in zip(places, collations, strict=True):
                self._set(place, charset=self._charset_names(collation))
        elif kind == _COLUMN_NAME:
            for place, name in enumerate(_texts(field)):
                self._set(place, name=name.decode("utf-8"))
        # Keys, visibility and kinds of later servers do not change how rows are read.

    def _labels(self, kind: int, field: bytes) -> None:
        pos = 0
        for place in self._places({kind}):
            count, pos = length_encoded(field, pos)
            found = []
            for _ in range(count):
                length, pos = length_encoded(field, pos)
                found.append(field[pos : pos + length])
                pos += length
            self._set(place, labels=_label_texts(found, self._columns[place].charset))

    def _set(self, place: int, **values: object) -> None:
        self._columns[place] = replace(self._columns[place], **values)  # type: ignore[arg-type]


def _label_texts(labels: Sequence[bytes], charset: str | None) -> tuple[str, ...] | None:
    if charset is None or charset == BINARY:
        charset = "latin1"
    try:
        decode = text_decoder(charset)
        return tuple(decode(label) for label in labels)
    except (Undecodable, UnicodeDecodeError):
        return None


def _numbers(field: bytes) -> list[int]:
    numbers = []
    pos = 0
    while pos < len(field):
        number, pos = length_encoded(field, pos)
        numbers.append(number)
    return numbers


def _texts(field: bytes) -> list[bytes]:
    texts = []
    pos = 0
    while pos < len(field):
        length, pos = length_encoded(field, pos)
        texts.append(field[pos : pos + length])
        pos += length
    return texts
