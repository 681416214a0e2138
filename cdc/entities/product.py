"""Products: ids in, whole products as every store view sees them out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cdc.database import Reader
from cdc.entities.product_chunk import ProductChunk, ProductRow, load_chunk
from cdc.entities.product_prices import INDEXED_TYPES, Price
from cdc.entities.protocol import Entity, IdKeys, ScanChunk, ids_of
from cdc.entities.salability import ENABLED, any_salable, is_bundle_salable
from cdc.entities.shop import Shop
from cdc.entities.stores import StoreView
from cdc.entities.tables import Tables
from cdc.entities.text_keys import exact_rows
from cdc.entities.values import EntityValues
from cdc.records import Model

_INVISIBLE = "1"


class ProductLoader:
    """Reads products (catalog_product_entity and what hangs on it). Stateless."""

    model = Model.PRODUCT

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._keys = IdKeys(tables, "catalog_product_entity")

    def load(self, reader: Reader, shop: Shop, keys: Sequence[str]) -> dict[str, Entity]:
        """See `Loader.load`."""
        chunk = load_chunk(reader, shop, ids_of(keys))
        return {str(row.entity_id): _entity(chunk, row) for row in chunk.rows}

    def scan(self, reader: Reader, after: int, limit: int) -> ScanChunk:
        """See `Loader.scan`."""
        return self._keys.scan(reader, after, limit)

    def highest(self, reader: Reader) -> int:
        """See `Loader.highest`."""
        return self._keys.highest(reader)

    def existing(self, reader: Reader, keys: Sequence[str]) -> set[str]:
        """See `Loader.existing`."""
        return self._keys.existing(reader, keys)

    def entity_ids_by_sku(self, reader: Reader, skus: Sequence[str]) -> dict[str, int]:
        """Find products by exact SKU (trimmed, case counts); of several the lowest id."""
        rows = exact_rows(
            reader, self._tables, "catalog_product_entity", "sku", "sku, entity_id", skus
        )
        found: dict[str, int] = {}
        for sku, entity_id in rows:
            found[sku] = min(entity_id, found.get(sku, entity_id))
        return found


def _entity(chunk: ProductChunk, row: ProductRow) -> Entity:
    entity_id = row.entity_id
    values = chunk.values[entity_id]
    item = chunk.stock.items.get(entity_id)
    stores: dict[str, Any] = {}
    for website_id in chunk.website_ids[entity_id]:
        for view in chunk.shop.stores.by_website.get(website_id, ()):
            stores[view.key] = _view(chunk, row, values, view)
    return {
        "entity_id": entity_id,
        "sku": row.sku,
        "type_id": row.type_id,
        "attribute_set_id": row.attribute_set_id,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "website_ids": chunk.website_ids[entity_id],
        "category_ids": chunk.category_ids[entity_id],
        "attributes": values.defaults,
        "super_attributes": chunk.families.super_attributes.get(entity_id, {}),
        "child_ids": chunk.families.children_of(entity_id),
        "stock": {
            "is_in_stock": item.is_in_stock if item else None,
            "qty": item.qty if item else None,
            "manage_stock": item.manage_stock if item else chunk.manages_stock,
            "backorders": item.backorders if item else 0,
        },
        "stores": stores,
    }


def _view(
    chunk: ProductChunk, row: ProductRow, values: EntityValues, view: StoreView
) -> dict[str, Any]:
    entity_id, store_id = row.entity_id, view.store_id
    item = chunk.stock.items.get(entity_id)
    price = _price(chunk, row, view)
    return {
        "store_id": store_id,
        "website_id": view.website_id,
        "code": view.code,
        "url": view.url,
        "media_url": view.media_url,
        "currency": view.currency,
        "attributes": values.own.get(store_id, {}),
        "product_url": view.product_url(
            entity_id,
            chunk.request_paths[entity_id].get(store_id),
            values.at("url_key", store_id),
        ),
        "parent": _parent(chunk, entity_id, values, view),
        "categories": chunk.shop.categories.entries(chunk.category_ids[entity_id], store_id),
        "price": {"regular": price.regular, "final": price.final},
        "stock_status": str(item.is_in_stock) if item else None,
        "is_salable": _is_salable(chunk, row, view),
    }


def _parent(
    chunk: ProductChunk, entity_id: int, values: EntityValues, view: StoreView
) -> dict[str, Any] | None:
    """First configurable parent, for a product that has no page of its own in the view."""
    parent = chunk.parents.get(entity_id)
    if parent is None or values.at("visibility", view.store_id) != _INVISIBLE:
        return None
    parent_id, sku = parent
    url_key = None
    if parent_id in chunk.parent_values:
        url_key = chunk.parent_values[parent_id].at("url_key", view.store_id)
    path = chunk.request_paths[parent_id].get(view.store_id)
    return {
        "entity_id": parent_id,
        "sku": sku,
        "url": view.product_url(parent_id, path, url_key),
    }


def _price(chunk: ProductChunk, row: ProductRow, view: StoreView) -> Price:
    if row.type_id in INDEXED_TYPES:
        return chunk.prices.indexed(row.entity_id, view)
    if row.type_id == "configurable":
        members = chunk.families.members.get(row.entity_id, ())
        return chunk.prices.of_members(
            [member for member in members if _is_offered(chunk, member, view)], view
        )
    return chunk.prices.own(row.entity_id, view)


def _is_enabled(chunk: ProductChunk, product_id: int, view: StoreView) -> bool:
    return chunk.values[product_id].at("status", view.store_id) == ENABLED


def _is_offered(chunk: ProductChunk, member_id: int, view: StoreView) -> bool:
    """Whether a member of a composite product is enabled and belongs to the view's website."""
    return view.website_id in chunk.website_ids[member_id] and _is_enabled(chunk, member_id, view)


def _is_salable(chunk: ProductChunk, row: ProductRow, view: StoreView) -> bool | None:
    """Enabled and in stock, and for composite products: members that are. None: stock unknown."""
    if not _is_enabled(chunk, row.entity_id, view):
        return False
    own = chunk.stock.is_in_stock(row.entity_id, view.website_id)
    families = chunk.families

    def is_member_salable(member_id: int) -> bool | None:
        return _is_offered(chunk, member_id, view) and chunk.stock.is_in_stock(
            member_id, view.website_id
        )

    if row.type_id in ("configurable", "grouped"):
        members = families.members.get(row.entity_id, ())
        return own is not False and any_salable(map(is_member_salable, members))
    if row.type_id == "bundle":
        options = families.bundles.get(row.entity_id, {}).values()
        return own is not False and is_bundle_salable(
            (option.is_required, map(is_member_salable, option.product_ids)) for option in options
        )
    return own
