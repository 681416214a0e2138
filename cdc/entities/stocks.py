"""Which stock a website sells from, and which sources fill it (multi-source inventory)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cdc.database import Reader
from cdc.entities.tables import Tables

# Magento keeps this one in step with the legacy stock item; its only source is "default".
DEFAULT_STOCK_ID = 1

MSI_TABLES = frozenset(
    {
        "inventory_source",
        "inventory_source_item",
        "inventory_source_stock_link",
        "inventory_stock_sales_channel",
    }
)
RESERVATION_TABLE = "inventory_reservation"

_CHANNELS = "SELECT code, stock_id FROM {inventory_stock_sales_channel} WHERE type = 'website'"
_SOURCES = """
SELECT l.stock_id, l.source_code
FROM {inventory_source_stock_link} l
JOIN {inventory_source} s ON s.source_code = l.source_code
WHERE s.enabled = 1
"""


@dataclass(frozen=True, slots=True)
class Stocks:
    """Stocks by website and enabled sources by stock. Immutable.

    A shop without multi-source inventory sells everything from the default stock.
    """

    is_msi: bool = False
    has_reservations: bool = False
    by_website: Mapping[int, int] = field(default_factory=dict)
    sources: Mapping[int, frozenset[str]] = field(default_factory=dict)

    def of_website(self, website_id: int) -> int | None:
        """Stock of a website; None when it has no sales channel and there are several stocks."""
        if not self.is_msi:
            return DEFAULT_STOCK_ID
        stock_id = self.by_website.get(website_id)
        if stock_id is None and set(self.by_website.values()) <= {DEFAULT_STOCK_ID}:
            # Sites that switched the modules off keep their tables but add no channels to them.
            return DEFAULT_STOCK_ID
        return stock_id

    @property
    def has_own_sources(self) -> bool:
        """Whether any website sells from a stock other than the default one."""
        return any(stock_id != DEFAULT_STOCK_ID for stock_id in self.by_website.values())


def load_stocks(
    reader: Reader, tables: Tables, website_ids: Mapping[str, int], present: frozenset[str]
) -> Stocks:
    """Read sales channels and source links.

    Args:
        website_ids: by code, which is how sales channels name websites.
        present: which of `MSI_TABLES` and the reservation table this shop has.
    """
    if not present >= MSI_TABLES:
        return Stocks()
    sources: dict[int, set[str]] = {}
    for stock_id, source_code in reader.tuples(tables.sql(_SOURCES)):
        sources.setdefault(int(stock_id), set()).add(str(source_code))
    return Stocks(
        is_msi=True,
        has_reservations=RESERVATION_TABLE in present,
        by_website={
            website_ids[code]: int(stock_id)
            for code, stock_id in reader.tuples(tables.sql(_CHANNELS))
            if code in website_ids
        },
        sources={stock_id: frozenset(codes) for stock_id, codes in sources.items()},
    )
