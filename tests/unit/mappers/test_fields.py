"""Typed access to an entity."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from cdc.errors import MappingFailed
from mappers.fields import Fields

SECRET = "ann@example.com"


def test_missing_field_reads_as_null() -> None:
    fields = Fields({})
    assert fields.text("a") is None
    assert fields.filled("a") is None
    assert fields.integer("a") is None
    assert fields.flag("a") is None
    assert fields.decimal("a") is None
    assert fields.money("a") == 0
    assert fields.texts("a") == []
    assert fields.part("a") is None
    assert fields.parts("a") == []
    assert fields.by_id("a") == {}


def test_filled_text_is_trimmed_and_never_empty() -> None:
    fields = Fields({"a": "  x y\n", "b": " \t "})
    assert fields.filled("a") == "x y"
    assert fields.filled("b") is None


@pytest.mark.parametrize("text", ["12.5000", "-3", "+0.1", "99999999999999999999.9999"])
def test_decimal_text_is_read_exactly(text: str) -> None:
    assert Fields({"a": text}).decimal("a") == Decimal(text)


def test_integer_is_a_decimal_too() -> None:
    assert Fields({"a": 3}).decimal("a") == Decimal(3)


@pytest.mark.parametrize(
    "value", ["", "NaN", "Infinity", "1e400", "1,5", "٣", 1.5, True, [], "1" * 25]
)
def test_what_is_no_number_is_refused(value: Any) -> None:
    with pytest.raises(MappingFailed, match=r"^a is not a number$"):
        Fields({"a": value}).decimal("a")


@pytest.mark.parametrize(("value", "truth"), [(0, False), (1, True), (True, True), (False, False)])
def test_flag_is_a_boolean_or_zero_or_one(value: Any, truth: bool) -> None:
    assert Fields({"a": value}).flag("a") is truth


@pytest.mark.parametrize(
    "read",
    [
        lambda fields: fields.text("a"),
        lambda fields: fields.integer("b"),
        lambda fields: fields.flag("b"),
        lambda fields: fields.decimal("b"),
        lambda fields: fields.texts("b"),
        lambda fields: fields.texts("c"),
        lambda fields: fields.part("b"),
        lambda fields: fields.parts("b"),
        lambda fields: fields.parts("c"),
        lambda fields: fields.by_id("b"),
        lambda fields: fields.by_id("d"),
    ],
)
def test_field_of_another_type_is_named_without_its_value(read: Callable[[Fields], Any]) -> None:
    inner = {"a": 5, "b": SECRET, "c": [5], "d": {SECRET: {}}}
    fields = Fields({"part": inner}).part("part")
    assert fields is not None
    with pytest.raises(MappingFailed, match=r"^part\.[abcd]") as caught:
        read(fields)
    assert SECRET not in str(caught.value)


def test_entity_that_is_no_object_is_refused() -> None:
    with pytest.raises(MappingFailed, match="the entity is not an object"):
        Fields([])


def test_objects_keyed_by_ids_are_ordered_by_number() -> None:
    fields = Fields({"stores": {"10": {}, "9": {}, "1": {}}})
    assert list(fields.by_id("stores")) == [1, 9, 10]


def test_lists_of_texts_leave_empty_ones_out() -> None:
    assert Fields({"a": ["x", None, "", "y"]}).texts("a") == ["x", "y"]


def test_present_null_is_told_from_a_missing_field() -> None:
    fields = Fields({"a": None})
    assert "a" in fields
    assert "b" not in fields
