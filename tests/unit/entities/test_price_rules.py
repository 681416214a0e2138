"""Final prices of single products, and the price index's rows."""

from __future__ import annotations

from decimal import Decimal

import pytest

from cdc.entities.price_rules import (
    TierPrice,
    final_price,
    is_special_active,
    lowest,
    to_decimal,
)
from cdc.entities.product_prices import Price, from_index

NOW, DAY_AGO = "2025-03-10 08:00:00", "2025-03-09 08:00:00"


@pytest.mark.parametrize(
    ("start", "end", "is_active"),
    [
        (None, None, True),
        ("", "", True),
        ("2025-03-10 00:00:00", None, True),
        ("2025-03-10 08:00:00", None, True),
        ("2025-03-10 08:00:01", None, False),
        ("2025-03-11 00:00:00", None, False),
        (None, "2025-03-10 00:00:00", True),
        (None, "2025-03-09 08:00:00", True),
        (None, "2025-03-09 00:00:00", False),
        ("2025-03-01 00:00:00", "2025-03-31 00:00:00", True),
    ],
)
def test_special_price_holds_from_its_first_moment_to_the_end_of_its_last_day(
    start: str | None, end: str | None, is_active: bool
) -> None:
    assert is_special_active(start, end, NOW, DAY_AGO) is is_active


def tier(
    value: str = "0", percentage: str | None = None, website_id: int = 0, quantity: str = "1.0000"
) -> TierPrice:
    return TierPrice(website_id, Decimal(quantity), Decimal(value), to_decimal(percentage))


@pytest.mark.parametrize(
    ("special", "rule", "tiers", "final"),
    [
        (None, None, [], "100.000000"),
        ("80.000000", None, [], "80.000000"),
        ("120.000000", None, [], "100.000000"),
        ("80.000000", "75.5", [], "75.500000"),
        (None, None, [tier("70")], "70.000000"),
        (None, None, [tier("70", website_id=2)], "100.000000"),
        (None, None, [tier("70", quantity="5")], "100.000000"),
        (None, None, [tier("0", "12.50")], "87.500000"),
        ("-5.000000", None, [], "0.000000"),
    ],
)
def test_final_price_is_the_lowest_that_holds(
    special: str | None, rule: str | None, tiers: list[TierPrice], final: str
) -> None:
    assert final_price("100.000000", special, to_decimal(rule), tiers, website_id=1) == final


def test_without_a_regular_price_nothing_lowers_it() -> None:
    assert final_price(None, "5.000000", Decimal(3), [tier("2")], website_id=1) is None


def test_lowest_leaves_out_what_has_no_price() -> None:
    assert lowest([None, "12.500000", "9.000000", ""]) == "9.000000"
    assert lowest([None]) is None


@pytest.mark.parametrize("text", [None, "", "n/a"])
def test_what_is_no_number_is_no_price(text: str | None) -> None:
    assert to_decimal(text) is None


@pytest.mark.parametrize(
    ("row", "price"),
    [
        (("50.000000", "45.000000", "45.000000"), Price("50.000000", "45.000000")),
        (("0.000000", "0.000000", "61.000000"), Price("61.000000", "61.000000")),
        ((None, None, "14.000000"), Price("14.000000", "14.000000")),
        (("50.000000", "45.000000", None), Price("50.000000", "45.000000")),
        ((None, None, None), Price(None, None)),
    ],
)
def test_index_rows_without_a_price_of_their_own_give_the_cheapest_composition(
    row: tuple[str | None, str | None, str | None], price: Price
) -> None:
    assert from_index(*row) == price
