"""How large a shop is to be, and the fixed time at which its content ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

EPOCH_S = 1_759_320_000
"""2025-10-01 12:00:00 UTC: no generated time is later, so that content never depends on a clock."""

_GRID_ROW_LIMIT = 10_000


@dataclass(frozen=True, slots=True)
class ShopSize:
    """Counts of what is generated; the default is a tiny shop that loads in about a second.

    `stores_per_website` gives the store views of each website in turn; its last number holds for
    all further websites.
    """

    products: int = 30
    customers: int = 20
    orders: int = 20
    subscribers: int = 14
    websites: int = 2
    stores_per_website: tuple[int, ...] = (2, 1)

    @property
    def has_grids(self) -> bool:
        """Tell whether the admin's grid tables are filled; in large shops they cost too much."""
        return self.customers + self.orders <= _GRID_ROW_LIMIT

    def store_count(self, website_index: int) -> int:
        """Return the number of store views of a website, counted from 0."""
        last = len(self.stores_per_website) - 1
        return self.stores_per_website[min(website_index, last)]


def time_text(epoch_s: int) -> str:
    """Write seconds since 1970 as a UTC time that a TIMESTAMP or DATETIME column takes."""
    return datetime.fromtimestamp(epoch_s, UTC).strftime("%Y-%m-%d %H:%M:%S")


def money(cents: int) -> str:
    """Write an amount in cents as a decimal with four digits, as Magento stores it."""
    sign = "-" if cents < 0 else ""
    whole, rest = divmod(abs(cents), 100)
    return f"{sign}{whole}.{rest:02d}00"
