"""Stock of products: the legacy stock item, sources and reservations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from cdc.database import Reader
from cdc.entities.configuration import BACKORDERS, MANAGE_STOCK, MIN_QTY
from cdc.entities.price_rules import to_decimal
from cdc.entities.salability import (
    COMPOSITE_TYPES,
    ZERO,
    SourceQuantities,
    StockItem,
    is_item_in_stock,
    is_source_in_stock,
)
from cdc.entities.shop import Shop
from cdc.entities.stocks import DEFAULT_STOCK_ID
from cdc.entities.tables import select_in

# The legacy tables know one stock and, for its items, one website: "all".
_ITEMS = """
SELECT product_id, is_in_stock, CAST(qty AS CHAR), CAST(min_qty AS CHAR), use_config_min_qty,
  manage_stock, use_config_manage_stock, backorders, use_config_backorders
FROM {cataloginventory_stock_item}
WHERE product_id IN %s AND stock_id = 1
"""
_SOURCE_ITEMS = """
SELECT sku, source_code, status, CAST(quantity AS CHAR) FROM {inventory_source_item}
WHERE sku IN %s
"""
_RESERVATIONS = """
SELECT sku, stock_id, CAST(SUM(quantity) AS CHAR) FROM {inventory_reservation}
WHERE sku IN %s AND stock_id IN %s
GROUP BY stock_id, sku
"""


class ProductStock:
    """Stock of some products, read in one go."""

    def __init__(
        self,
        shop: Shop,
        products: Mapping[int, tuple[str, str]],
        items: Mapping[int, StockItem],
        sources: Mapping[tuple[str, str], tuple[int, Decimal]],
        reservations: Mapping[tuple[str, int], Decimal],
    ) -> None:
        self.items = items
        self._stocks = shop.stocks
        self._products = products
        self._sources = sources
        self._reservations = reservations
        self._answers: dict[tuple[int, int], bool | None] = {}

    def is_in_stock(self, product_id: int, website_id: int) -> bool | None:
        """Whether the website's stock has the product; None when the shop does not know.

        For composite products this is their own flag; what their members say comes on top.
        """
        key = (product_id, website_id)
        if key not in self._answers:
            self._answers[key] = self._judged(product_id, website_id)
        return self._answers[key]

    def _judged(self, product_id: int, website_id: int) -> bool | None:
        item = self.items.get(product_id)
        stock_id = self._stocks.of_website(website_id)
        if item is None or stock_id is None or product_id not in self._products:
            return None
        sku, type_id = self._products[product_id]
        is_composite = type_id in COMPOSITE_TYPES
        reserved = self._reservations.get((sku_key(sku), stock_id), ZERO)
        if stock_id == DEFAULT_STOCK_ID or is_composite:
            has_reservations = self._stocks.is_msi and self._stocks.has_reservations
            return is_item_in_stock(
                item, reserved if has_reservations else None, is_composite=is_composite
            )
        return is_source_in_stock(item, self._held(sku, stock_id), reserved)

    def _held(self, sku: str, stock_id: int) -> SourceQuantities | None:
        """Add up the enabled sources of a stock; only those in stock count with their quantity."""
        key = sku_key(sku)
        rows = [
            self._sources[key, code]
            for code in self._stocks.sources.get(stock_id, frozenset())
            if (key, code) in self._sources
        ]
        if not rows:
            return None
        in_stock = [quantity for status, quantity in rows if status]
        return SourceQuantities(bool(in_stock), sum(in_stock, ZERO))


def sku_key(sku: str) -> str:
    """Compare SKUs as the inventory tables do: without case and outer spaces."""
    return sku.strip().casefold()


def load_stock(reader: Reader, shop: Shop, products: Mapping[int, tuple[str, str]]) -> ProductStock:
    """Read the stock of some products, given by id with SKU and type."""
    items: dict[int, StockItem] = {}
    if shop.has("cataloginventory_stock_item"):
        items = _load_items(reader, shop, sorted(products))
    # By constants, not by a join: sku may have another character set in the inventory tables, and
    # then a join reads the whole table for every product.
    skus = sorted({sku for sku, type_id in products.values() if type_id not in COMPOSITE_TYPES})
    sources: dict[tuple[str, str], tuple[int, Decimal]] = {}
    if shop.stocks.has_own_sources:
        for sku, code, status, quantity in select_in(reader, shop.tables.sql(_SOURCE_ITEMS), skus):
            sources[sku_key(sku), code] = (status, Decimal(quantity))
    return ProductStock(shop, products, items, sources, _load_reservations(reader, shop, skus))


def _load_items(reader: Reader, shop: Shop, ids: Sequence[int]) -> dict[int, StockItem]:
    # These options exist in the default scope only.
    manages_stock = shop.config.flag(MANAGE_STOCK)
    backorders = shop.config.value(BACKORDERS)
    default_backorders = int(backorders) if backorders.isdecimal() else 0
    default_min = str(to_decimal(shop.config.value(MIN_QTY)) or ZERO)
    items: dict[int, StockItem] = {}
    for row in select_in(reader, shop.tables.sql(_ITEMS), ids):
        items[row[0]] = StockItem(
            is_in_stock=row[1],
            qty=row[2],
            min_qty=default_min if row[4] else row[3],
            manage_stock=manages_stock if row[6] else bool(row[5]),
            backorders=default_backorders if row[8] else row[7],
        )
    return items


def _load_reservations(
    reader: Reader, shop: Shop, skus: Sequence[str]
) -> dict[tuple[str, int], Decimal]:
    if not (shop.stocks.is_msi and shop.stocks.has_reservations):
        return {}
    stock_ids = tuple(sorted({DEFAULT_STOCK_ID, *shop.stocks.by_website.values()}))
    return {
        (sku_key(sku), stock_id): Decimal(quantity)
        for sku, stock_id, quantity in select_in(
            reader, shop.tables.sql(_RESERVATIONS), skus, stock_ids
        )
    }
