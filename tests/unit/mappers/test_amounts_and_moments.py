"""Amounts, quantities and moments on the wire."""

from __future__ import annotations

from decimal import Decimal

import pytest

from cdc.errors import MappingFailed
from mappers.fields import Fields
from mappers.moment import iso_of_column, iso_of_ms
from mappers.money import count, number, priced, rounded, total


@pytest.mark.parametrize(
    ("amount", "expected"),
    [("1.005", "1.01"), ("1.0049", "1.00"), ("-1.005", "-1.01"), ("2", "2.00"), ("0.005", "0.01")],
)
def test_halves_are_rounded_away_from_zero(amount: str, expected: str) -> None:
    assert rounded(Decimal(amount)) == Decimal(expected)


def test_widest_column_keeps_every_digit() -> None:
    assert str(rounded(Decimal("9999999999999999.9949"))) == "9999999999999999.99"


def test_currencies_with_three_decimals_keep_them() -> None:
    assert rounded(Decimal("1.2345"), "KWD") == Decimal("1.235")
    assert rounded(Decimal("1.2345"), "EUR") == Decimal("1.23")


def test_negative_zero_is_never_shown() -> None:
    assert str(number(rounded(Decimal("-0.001")))) == "0.0"


def test_whole_quantities_are_integers() -> None:
    assert repr(count(Decimal("2.0000"))) == "2"
    assert repr(count(Decimal("1.5000"))) == "1.5"


def test_money_is_a_number_and_a_currency() -> None:
    assert priced(Decimal("12.345"), "EUR") == {"amount": 12.35, "currency": "EUR"}


def test_sum_is_exact() -> None:
    assert total([Decimal("9999999999999999.9999"), Decimal("0.0001")]) == 10**16


@pytest.mark.parametrize(
    ("unix_ms", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1777629600007, "2026-05-01T10:00:00.007Z"),
        (1709164800999, "2024-02-29T00:00:00.999Z"),
    ],
)
def test_unix_milliseconds_are_utc(unix_ms: int, text: str) -> None:
    assert iso_of_ms(unix_ms) == text


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("2026-04-30 18:21:07", "2026-04-30T18:21:07.000Z"),
        ("2026-04-30 18:21:07.123456", "2026-04-30T18:21:07.123Z"),
        ("2026-04-30", "2026-04-30T00:00:00.000Z"),
    ],
)
def test_column_text_is_utc(column: str, text: str) -> None:
    assert iso_of_column(Fields({"at": column}), "at") == text


def test_empty_column_has_no_moment() -> None:
    assert iso_of_column(Fields({"at": None}), "at") is None
    assert iso_of_column(Fields({"at": ""}), "at") is None


@pytest.mark.parametrize(
    "column",
    ["0000-00-00 00:00:00", "2026-02-30", "yesterday", "2026-04-30 18:21:07+02:00"],
)
def test_text_that_is_no_utc_date_is_refused_without_showing_it(column: str) -> None:
    with pytest.raises(MappingFailed, match=r"^at is not a date") as caught:
        iso_of_column(Fields({"at": column}), "at")
    assert column not in str(caught.value)
