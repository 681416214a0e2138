"""Layouts from table maps, and the decoders made of them."""

from __future__ import annotations

import struct

import pytest

from cdc.binlog.catalog import CatalogColumn, completed
from cdc.binlog.decoder import pair_decoder, single_decoder
from cdc.binlog.layout import Column, TableLayout, parse_layout
from cdc.binlog.wire import ColumnType, Undecodable
from tests.unit.binlog.events import CHARSETS, THING, table_map

WHOLE = b"\xff\xff"


def layout(*columns: Column) -> TableLayout:
    return TableLayout("shop", "thing", columns)


def number(name: str, *, is_nullable: bool = False, kind: int = ColumnType.LONG) -> Column:
    return Column(kind, 0, is_nullable, name, is_unsigned=True)


def text(name: str, *, is_nullable: bool = False, length: int = 40) -> Column:
    return Column(ColumnType.VARCHAR, length, is_nullable, name, charset="utf8mb4")


def body(event: bytes) -> bytes:
    """A table map behind its id."""
    return event[26:]


def test_names_signs_and_charsets_come_from_the_table_map() -> None:
    found = parse_layout(body(table_map(1, "thing", THING)), CHARSETS.get, is_mariadb=True)
    assert (found.schema, found.table) == ("shop", "thing")
    assert [(c.name, c.is_unsigned, c.charset) for c in found.columns] == [
        ("id", True, None),
        ("name", None, "utf8mb4"),
    ]


def test_a_table_map_without_metadata_says_so() -> None:
    raw = body(table_map(1, "thing", THING, has_names=False))
    found = parse_layout(raw, CHARSETS.get, is_mariadb=True)
    assert not found.has_names
    assert found.columns[0].is_unsigned is None


def test_metadata_of_a_later_server_is_passed_over() -> None:
    raw = body(table_map(1, "thing", THING)) + b"\x63\x03abc"
    assert parse_layout(raw, CHARSETS.get, is_mariadb=True).has_names


def test_a_charset_list_of_another_length_leaves_charsets_open() -> None:
    """A new type that counts as text would otherwise shift every charset behind it."""
    plain = body(table_map(1, "thing", THING, has_names=False))
    found = parse_layout(plain + b"\3\2\x2d\x2d", CHARSETS.get, is_mariadb=True)
    assert found.columns[1].charset is None


def test_an_unknown_column_type_makes_the_table_unreadable() -> None:
    raw = body(table_map(1, "thing", [("id", 99, b"")]))
    with pytest.raises(Undecodable, match="99"):
        parse_layout(raw, CHARSETS.get, is_mariadb=True)


def test_needed_columns_come_in_the_order_asked_for_and_absent_ones_are_none() -> None:
    made = layout(number("a"), text("b"), number("c"))
    decode = single_decoder(made, ("c", "nope", "a"), WHOLE)
    data = b"\0" + struct.pack("<I", 1) + b"\2hi" + struct.pack("<I", 3)
    assert decode(data * 2, 0, len(data) * 2) == [(3, None, 1), (3, None, 1)]


def test_no_needed_column_still_counts_the_rows() -> None:
    decode = single_decoder(layout(number("a"), text("b")), (), WHOLE)
    data = b"\0" + struct.pack("<I", 1) + b"\2hi"
    assert decode(data * 3, 0, len(data) * 3) == [(), (), ()]


@pytest.mark.parametrize("nulls", range(256))
def test_every_pattern_of_nulls_is_jumped_over(nulls: int) -> None:
    columns = [
        number(f"c{place}", is_nullable=True, kind=kind)
        for place, kind in enumerate(
            (ColumnType.TINY, ColumnType.SHORT, ColumnType.INT24, ColumnType.LONG,
             ColumnType.LONGLONG, ColumnType.TINY, ColumnType.SHORT)
        )
    ]  # fmt: skip
    columns.append(text("t", is_nullable=True))
    sizes = (1, 2, 3, 4, 8, 1, 2)
    data = bytes([nulls, 0])
    for place, size in enumerate(sizes):
        if not nulls >> place & 1:
            data += bytes([place + 1]) * size
    if not nulls >> 7 & 1:
        data += b"\3abc"
    data += struct.pack("<I", 77)
    made = layout(*columns, number("key"))
    assert single_decoder(made, ("key",), WHOLE)(data, 0, len(data)) == [(77,)]
    expected = tuple(
        None if nulls >> place & 1 else int.from_bytes(bytes([place + 1]) * size, "little")
        for place, size in enumerate(sizes)
    )
    names = tuple(f"c{place}" for place in range(7))
    assert single_decoder(made, names, WHOLE)(data, 0, len(data)) == [expected]


def test_a_row_that_does_not_end_at_its_events_end_is_refused() -> None:
    decode = single_decoder(layout(number("a"), text("b")), ("a",), WHOLE)
    data = b"\0" + struct.pack("<I", 1) + b"\2hi"
    for end in range(1, len(data)):
        with pytest.raises((Undecodable, IndexError, struct.error)):
            decode(data[:end], 0, end)
    with pytest.raises((Undecodable, IndexError, struct.error)):
        decode(data + b"\0", 0, len(data) + 1)


def test_an_absent_column_of_an_after_image_is_unchanged() -> None:
    made = layout(number("id"), text("name"), number("n"))
    decode = pair_decoder(made, ("id", "name"), b"\7", b"\4")
    before = b"\0" + struct.pack("<I", 1) + b"\2hi" + struct.pack("<I", 5)
    after = b"\0" + struct.pack("<I", 6)
    data = before + after
    assert decode(data, 0, len(data)) == ([(1, "hi")], [(1, "hi")])


def test_a_needed_column_that_no_image_holds_is_refused() -> None:
    made = layout(number("id"), text("name"))
    with pytest.raises(Undecodable, match="name"):
        single_decoder(made, ("id", "name"), b"\1")
    with pytest.raises(Undecodable, match="name"):
        pair_decoder(made, ("id", "name"), b"\1", b"\2")


@pytest.mark.parametrize(
    "column",
    [
        Column(ColumnType.LONG, 0, False, "x"),
        Column(ColumnType.VARCHAR, 9, False, "x"),
        Column(ColumnType.VARCHAR, 9, False, "x", charset="martian"),
        Column(ColumnType.ENUM, 1, False, "x"),
        Column(ColumnType.JSON, 4, False, "x"),
        Column(ColumnType.BLOB_COMPRESSED, 2, False, "x"),
    ],
)
def test_a_needed_column_that_cannot_be_read_is_refused_and_named(column: Column) -> None:
    with pytest.raises(Undecodable):
        single_decoder(layout(column), ("x",), WHOLE)
    single_decoder(layout(column), (), WHOLE)  # not needed: jumped over


def known(name: str, **values: object) -> CatalogColumn:
    fields = {
        "type": ColumnType.LONG, "meta": 0, "is_nullable": False, "is_unsigned": True,
        "charset": "binary", "labels": None,
    }  # fmt: skip
    return CatalogColumn(name=name, **(fields | values))  # type: ignore[arg-type]


def test_the_catalog_fills_in_what_the_log_does_not_say() -> None:
    bare = layout(Column(ColumnType.LONG, 0, False), Column(ColumnType.VARCHAR, 40, True))
    name = known("b", type=ColumnType.VARCHAR, meta=40, is_nullable=True, charset="latin1")
    found = completed(bare, [known("a"), name])
    assert found.columns == (
        Column(ColumnType.LONG, 0, False, "a", True),
        Column(ColumnType.VARCHAR, 40, True, "b", None, "latin1"),
    )


@pytest.mark.parametrize(
    "difference",
    [{"type": ColumnType.SHORT}, {"meta": 1}, {"is_nullable": True}],
    ids=["type", "size", "nullability"],
)
def test_a_catalog_that_differs_proves_nothing(difference: dict[str, object]) -> None:
    bare = layout(Column(ColumnType.LONG, 0, False))
    with pytest.raises(Undecodable):
        completed(bare, [known("a", **difference)])
    with pytest.raises(Undecodable):
        completed(bare, [known("a"), known("b")])


def test_a_catalog_that_contradicts_the_sign_in_the_log_proves_nothing() -> None:
    logged = layout(Column(ColumnType.LONG, 0, False, None, False))
    with pytest.raises(Undecodable):
        completed(logged, [known("a")])
