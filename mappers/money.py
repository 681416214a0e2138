"""Exact amounts, and the JSON numbers made of them."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import reduce
from typing import Any

# Wide enough for sums and products of the widest columns without a rounding on the way.
EXACT = Context(prec=80, rounding=ROUND_HALF_UP)

_HUNDREDTH = Decimal("0.01")
# ISO 4217: the currencies whose minor unit is a thousandth.
_STEPS = dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], Decimal("0.001"))


def rounded(amount: Decimal, currency: str = "") -> Decimal:
    """The amount with two decimals, halves away from zero (1.005 becomes 1.01).

    Three decimals in the few currencies that have them. Currencies without a minor unit keep two:
    Magento computes with them.
    """
    return EXACT.quantize(amount, _STEPS.get(currency, _HUNDREDTH))


def total(amounts: Iterable[Decimal]) -> Decimal:
    """Exact sum."""
    return reduce(EXACT.add, amounts, Decimal(0))


def number(amount: Decimal) -> float:
    """JSON number of an amount that is already rounded."""
    # "+ 0" turns a negative zero, which JSON would show as -0.0, into zero.
    return float(amount + 0)


def count(quantity: Decimal) -> int | float:
    """JSON number of a quantity: 2, not 2.0; fractions stay."""
    return int(quantity) if quantity == quantity.to_integral_value() else float(quantity)


def priced(amount: Decimal, currency: str) -> dict[str, Any]:
    """Money as Synerise writes it, rounded."""
    return {"amount": number(rounded(amount, currency)), "currency": currency}
