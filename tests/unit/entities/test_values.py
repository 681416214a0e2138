"""Packed EAV values: what the server joined comes apart again, or is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdc.entities.values import EntityValues, PackedKeys, unpack

SEPARATOR = "\x1f"
KEYS = PackedKeys({"73": "name", "77": "price", "97": "status"}, {"73": "name", "97": "status"})


def packed(*pairs: tuple[str, str]) -> str:
    return SEPARATOR.join(piece for pair in pairs for piece in pair)


def test_values_of_store_0_and_of_views_come_apart() -> None:
    values = EntityValues()
    text = packed(("73:0", "Bag"), ("77:0", "12.500000"), ("73:2", "Torba"), ("97:2", "1"))
    assert unpack(4, text, KEYS, values)
    assert values.defaults == {"name": "Bag", "price": "12.500000"}
    assert values.own == {2: {"name": "Torba", "status": "1"}}


def test_null_is_not_the_empty_text() -> None:
    values = EntityValues()
    assert unpack(3, packed(("73:0", ""), ("97:0:", ""), ("73:2:", "")), KEYS, values)
    assert values.defaults == {"name": "", "status": None}
    assert values.own == {2: {"name": None}}
    assert values.at("name", 2) is None
    assert values.at("name", 1) == ""


def test_rows_of_unknown_attributes_and_scoped_rows_of_global_ones_do_not_count() -> None:
    values = EntityValues()
    assert unpack(3, packed(("999:0", "x"), ("77:2", "9.000000"), ("999:1:", "")), KEYS, values)
    assert values == EntityValues()


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (2, packed(("73:0", "Bag"))),
        (1, packed(("73:0", f"B{SEPARATOR}ag"))),
        (2, packed(("73:0", "Bag"), ("77:0", "1")) + SEPARATOR),
        (1, None),
    ],
)
def test_a_text_with_other_pieces_than_counted_is_refused_and_nothing_written(
    count: int, text: str | None
) -> None:
    values = EntityValues()
    assert not unpack(count, text, KEYS, values)
    assert values == EntityValues()


def test_equal_values_in_another_order_become_equal_texts() -> None:
    one, other = EntityValues(), EntityValues()
    unpack(2, packed(("77:0", "1"), ("73:0", "Bag")), KEYS, one)
    unpack(2, packed(("73:0", "Bag"), ("77:0", "1")), KEYS, other)
    one.sort()
    other.sort()
    assert list(one.defaults.items()) == list(other.defaults.items())


_texts = st.text(st.characters(exclude_characters=SEPARATOR, exclude_categories=["Cs"]))


@given(
    st.dictionaries(
        st.tuples(st.sampled_from(["73", "97"]), st.integers(0, 3)), st.none() | _texts, min_size=1
    )
)
def test_any_values_without_separator_survive_packing(
    rows: dict[tuple[str, int], str | None],
) -> None:
    codes = {"73": "name", "97": "status"}
    pairs = [
        (f"{attribute}:{store}{':' if value is None else ''}", value or "")
        for (attribute, store), value in rows.items()
    ]
    values = EntityValues()
    assert unpack(len(pairs), packed(*pairs), KEYS, values)
    for (attribute, store), value in rows.items():
        scope = values.own[store] if store else values.defaults
        assert scope[codes[attribute]] == value
