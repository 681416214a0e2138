"""What the products of ordered items are now: address, image and categories in the item's store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cdc.database import Reader
from cdc.entities.categories import ADMIN_STORE_ID
from cdc.entities.order_items import Item, OrderItems
from cdc.entities.product_chunk import value_tables
from cdc.entities.product_links import RequestPaths, load_category_ids, load_request_paths
from cdc.entities.shop import Shop
from cdc.entities.tables import select_in
from cdc.entities.urls import image_url
from cdc.entities.values import EntityValues

_CODES = ("image", "url_key")
_SKUS = "SELECT entity_id, sku FROM {catalog_product_entity} WHERE entity_id IN %s"


class OrderProducts:
    """Current products of some orders' items; one is built once per store view and then shared."""

    def __init__(
        self,
        shop: Shop,
        skus: Mapping[int, str],
        values: Mapping[int, EntityValues],
        request_paths: RequestPaths,
        category_ids: Mapping[int, list[int]],
    ) -> None:
        self._shop = shop
        self._skus = skus
        self._values = values
        self._request_paths = request_paths
        self._category_ids = category_ids
        self._built: dict[tuple[int, int], dict[str, Any]] = {}

    def get(self, item: Item, order: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the product of an item, None when it no longer exists.

        It is seen in the item's store view, else the order's; when both are gone it has no address.
        """
        product_id = item["product_id"]
        if product_id not in self._skus:
            return None
        views = self._shop.stores.views
        store_id = next(
            (store for store in (item["store_id"], order["store_id"]) if store in views),
            ADMIN_STORE_ID,
        )
        key = (product_id, store_id)
        if key not in self._built:
            self._built[key] = self._build(product_id, store_id)
        return self._built[key]

    def _build(self, product_id: int, store_id: int) -> dict[str, Any]:
        values = self._values[product_id]
        view = self._shop.stores.views.get(store_id) if store_id else None
        url = image = None
        if view is not None:
            path = self._request_paths[product_id].get(store_id)
            url = view.product_url(product_id, path, values.at("url_key", store_id))
            image = image_url(view.media_url, values.at("image", store_id))
        joined = [
            self._shop.categories.joined(category_id, store_id)
            for category_id in self._category_ids[product_id]
        ]
        return {
            "entity_id": product_id,
            "sku": self._skus[product_id],
            "url": url,
            "image": image,
            "categories": [path for path in joined if path is not None],
        }


def load_order_products(reader: Reader, shop: Shop, items: OrderItems) -> OrderProducts:
    """Read the products of all items with a bounded number of statements."""
    wanted = sorted({item["product_id"] for item in items.all()} - {None})
    skus = {
        product_id: sku.strip()
        for product_id, sku in select_in(reader, shop.tables.sql(_SKUS), wanted)
    }
    ids = sorted(skus)
    return OrderProducts(
        shop,
        skus,
        value_tables(shop).load(reader, shop.product_attributes, ids, _CODES),
        load_request_paths(reader, shop, ids),
        load_category_ids(reader, shop, ids),
    )
