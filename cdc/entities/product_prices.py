"""Regular and final prices of products in every store view, in base currency and before tax."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from cdc.database import Reader
from cdc.entities.price_rules import (
    TierPrice,
    final_price,
    is_special_active,
    lowest,
    to_decimal,
)
from cdc.entities.shop import Shop
from cdc.entities.stores import StoreView
from cdc.entities.tables import select_in
from cdc.entities.values import EntityValues

# Attributes that prices are computed from.
PRICE_CODES = ("price", "special_price", "special_from_date", "special_to_date")

# Types whose prices only Magento's indexer knows.
INDEXED_TYPES = frozenset({"bundle", "grouped"})

# Prices are those of a visitor who is not logged in (customer group 0).
_RULES = """
SELECT product_id, website_id, CAST(rule_date AS CHAR), CAST(rule_price AS CHAR)
FROM {catalogrule_product_price}
WHERE product_id IN %s AND rule_date IN %s AND customer_group_id = 0
"""
_TIERS = """
SELECT entity_id, website_id, CAST(qty AS CHAR), CAST(value AS CHAR), CAST(percentage_value AS CHAR)
FROM {catalog_product_entity_tier_price}
WHERE entity_id IN %s AND (all_groups = 1 OR customer_group_id = 0) AND qty <= 1
"""
_INDEX = """
SELECT entity_id, website_id, CAST(price AS CHAR), CAST(final_price AS CHAR),
  CAST(min_price AS CHAR)
FROM {catalog_product_index_price}
WHERE entity_id IN %s AND customer_group_id = 0
"""


@dataclass(frozen=True, slots=True)
class Price:
    """Regular and final price, text with the column's scale or None."""

    regular: str | None = None
    final: str | None = None


@dataclass(frozen=True, slots=True)
class ViewClock:
    """Now on the clock of a store view: the date rules are looked up by, and dates compare with."""

    date: str
    time: str
    day_ago: str


@dataclass(slots=True)
class ProductPrices:
    """What lowers or replaces the price attributes of some products."""

    values: Mapping[int, EntityValues]
    clocks: Mapping[int, ViewClock]
    rules: dict[int, dict[tuple[int, str], Decimal]] = field(default_factory=dict)
    tiers: dict[int, list[TierPrice]] = field(default_factory=dict)
    index: dict[tuple[int, int], Price] = field(default_factory=dict)

    def own(self, product_id: int, view: StoreView) -> Price:
        """Price of a product by itself, in a view."""
        values = self.values[product_id]
        regular = values.at("price", view.store_id)
        special = values.at("special_price", view.store_id)
        if not special and product_id not in self.rules and product_id not in self.tiers:
            return Price(regular, regular)
        clock = self.clocks[view.store_id]
        if special and not is_special_active(
            values.at("special_from_date", view.store_id),
            values.at("special_to_date", view.store_id),
            clock.time,
            clock.day_ago,
        ):
            special = None
        rule = self.rules.get(product_id, {}).get((view.website_id, clock.date))
        tiers = self.tiers.get(product_id, ())
        return Price(regular, final_price(regular, special, rule, tiers, view.website_id))

    def of_members(self, product_ids: Iterable[int], view: StoreView) -> Price:
        """Price of a configurable: the lowest regular and the lowest final price of its members."""
        prices = [self.own(product_id, view) for product_id in product_ids]
        return Price(
            lowest(price.regular for price in prices), lowest(price.final for price in prices)
        )

    def indexed(self, product_id: int, view: StoreView) -> Price:
        """Price of a bundle or grouped product, its own where the indexer left it out."""
        found = self.index.get((product_id, view.website_id))
        return self.own(product_id, view) if found is None else found


def load_prices(
    reader: Reader,
    shop: Shop,
    values: Mapping[int, EntityValues],
    indexed_ids: Sequence[int],
) -> ProductPrices:
    """Read what lowers the prices of products.

    Args:
        values: of all products that a price is wanted for, with at least `PRICE_CODES`.
        indexed_ids: those of `INDEXED_TYPES` among them.
    """
    prices = ProductPrices(values, view_clocks(shop))
    ids = sorted(values)
    dates = tuple(sorted({clock.date for clock in prices.clocks.values()}))
    if shop.has("catalogrule_product_price") and dates:
        for product_id, website_id, date, price in select_in(
            reader, shop.tables.sql(_RULES), ids, dates
        ):
            prices.rules.setdefault(product_id, {})[website_id, date] = Decimal(price)
    for product_id, website_id, quantity, value, percentage in select_in(
        reader, shop.tables.sql(_TIERS), ids
    ):
        tier = TierPrice(website_id, Decimal(quantity), Decimal(value), to_decimal(percentage))
        prices.tiers.setdefault(product_id, []).append(tier)
    if indexed_ids and shop.has("catalog_product_index_price"):
        for product_id, website_id, price, final, least in select_in(
            reader, shop.tables.sql(_INDEX), indexed_ids
        ):
            prices.index[product_id, website_id] = from_index(price, final, least)
    return prices


def from_index(price: str | None, final: str | None, least: str | None) -> Price:
    """Read a row of the price index.

    Grouped products and bundles with dynamic prices have no price of their own there (none, or 0):
    their cheapest composition stands for it.
    """
    own = to_decimal(price)
    regular = price if own else least
    return Price(regular if regular is not None else price, least if least is not None else final)


def view_clocks(shop: Shop) -> dict[int, ViewClock]:
    """Read the clocks of all store views at the shop's `now`."""
    clocks: dict[int, ViewClock] = {}
    for store_id, view in shop.stores.views.items():
        time = shop.local_time(view)
        clocks[store_id] = ViewClock(time[:10], time, shop.local_day_ago(view))
    return clocks
