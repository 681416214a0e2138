"""Writes stock: the legacy item and status, and multi-source inventory."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from tests.shop.generation.products import WITH_SOURCE_ITEMS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.shop.generation.bulk import BulkLoad
    from tests.shop.generation.products import PlannedProduct
    from tests.shop.generation.stores import PlannedView

DEFAULT_SOURCE, SECOND_SOURCE = "default", "magazyn_2"
SECOND_STOCK_ID = 2


def stock_of_website(website_id: int) -> int:
    """Tell which stock a website sells from: all but the first one sell from stock 2."""
    return 1 if website_id == 1 else SECOND_STOCK_ID


def write_stock_settings(load: BulkLoad, views: Sequence[PlannedView]) -> None:
    """Write stocks, sources and which website sells from which stock."""
    load.table("cataloginventory_stock", "stock_id website_id stock_name").add(1, 0, "Default")
    sources = load.table("inventory_source", "source_code name enabled country_id postcode")
    sources.add(DEFAULT_SOURCE, "Default Source", 1, "US", "00000")
    stocks = load.table("inventory_stock", "stock_id name")
    stocks.add(1, "Default Stock")
    links = load.table("inventory_source_stock_link", "stock_id source_code priority")
    links.add(1, DEFAULT_SOURCE, 1)
    website_ids = sorted({view.website_id for view in views})
    if len(website_ids) > 1:
        sources.add(SECOND_SOURCE, "Magazyn Łódź", 1, "PL", "90-001")
        stocks.add(SECOND_STOCK_ID, "Stock 2")
        links.add(SECOND_STOCK_ID, SECOND_SOURCE, 1)
    channels = load.table("inventory_stock_sales_channel", "type code stock_id")
    for website_id in website_ids:
        code = "base" if website_id == 1 else f"site_{website_id}"
        channels.add("website", code, stock_of_website(website_id))


class StockWriter:
    """Writes the stock of products, one at a time."""

    def __init__(self, load: BulkLoad, seed: int, *, has_second_stock: bool) -> None:
        self._rng = Random(f"{seed}:stock")
        self._load = load
        self._has_second_stock = has_second_stock
        self._items = load.table(
            "cataloginventory_stock_item",
            "product_id stock_id qty is_in_stock manage_stock use_config_manage_stock website_id",
        )
        self._statuses = load.table(
            "cataloginventory_stock_status", "product_id website_id stock_id qty stock_status"
        )
        self._source_items = load.table("inventory_source_item", "source_code sku quantity status")

    def write(self, product: PlannedProduct) -> None:
        """Write one product's stock."""
        is_managed = self._rng.random() < 0.95
        self._items.add(
            product.entity_id,
            1,
            f"{product.qty}.0000",
            int(product.is_in_stock),
            int(is_managed),
            int(is_managed),
            0,
        )
        is_salable = product.is_in_stock or not is_managed
        self._statuses.add(product.entity_id, 0, 1, f"{product.qty}.0000", int(is_salable))
        if product.type_id in WITH_SOURCE_ITEMS:
            self._write_sources(product)

    def _write_sources(self, product: PlannedProduct) -> None:
        self._source_items.add(
            DEFAULT_SOURCE, product.sku, f"{product.qty}.0000", int(product.is_in_stock)
        )
        if not self._has_second_stock or not any(id_ > 1 for id_ in product.website_ids):
            return
        quantity = self._rng.choice((0, 7, 50))
        self._source_items.add(SECOND_SOURCE, product.sku, f"{quantity}.0000", int(quantity > 0))
        self._load.table(f"inventory_stock_{SECOND_STOCK_ID}", "sku quantity is_salable").add(
            product.sku, f"{quantity}.0000", int(quantity > 0)
        )
