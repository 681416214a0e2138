"""The final price of a product without members, from what it costs and what lowers it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

# Scale of Magento's price columns.
_SCALE = Decimal("0.000001")
_HUNDRED = Decimal(100)
_ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class TierPrice:
    """A tier price of a product for visitors who are not logged in.

    website_id 0 means all websites; `percentage` (discount in per cent) takes the place of `value`.
    """

    website_id: int
    quantity: Decimal
    value: Decimal
    percentage: Decimal | None


def is_special_active(
    start: str | None, end: str | None, local_time: str, local_day_ago: str
) -> bool:
    """Whether a special price holds now.

    Args:
        start, end: "YYYY-MM-DD HH:MM:SS" on the shop's clock, None or "" for open; the day of
            `end` still counts.
        local_time, local_day_ago: now on the shop's clock, and a day earlier.
    Source: Magento, price interval of a product in the scope's time zone.
    """
    if start and local_time < start:
        return False
    return not (end and local_day_ago > end)


def final_price(
    regular: str | None,
    special: str | None,
    rule: Decimal | None,
    tiers: Iterable[TierPrice],
    website_id: int,
) -> str | None:
    """Lowest of regular, special, catalog rule and tier price of one piece, never below zero.

    Args:
        special: the special price if it holds now, else None.
    Returns:
        text with six decimals; None without a regular price, as then nothing has a price.
    """
    price = to_decimal(regular)
    if price is None:
        return None
    candidates = [price]
    special_price = to_decimal(special)
    if special_price is not None:
        candidates.append(special_price)
    if rule is not None:
        candidates.append(rule)
    for tier in tiers:
        if tier.website_id in (0, website_id) and tier.quantity <= _ONE:
            lowered = tier.value
            if tier.percentage is not None:
                lowered = price * (_HUNDRED - tier.percentage) / _HUNDRED
            candidates.append(lowered)
    return to_price_text(max(min(candidates), Decimal(0)))


def lowest(prices: Iterable[str | None]) -> str | None:
    """Lowest of some prices, None when there is none."""
    found = [price for price in map(to_decimal, prices) if price is not None]
    return to_price_text(min(found)) if found else None


def to_decimal(text: str | None) -> Decimal | None:
    """Read a price; None for nothing and for what is no number."""
    if not text:
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def to_price_text(price: Decimal) -> str:
    """Write a price with the scale of the price columns: "12.500000"."""
    return f"{price.quantize(_SCALE):f}"
