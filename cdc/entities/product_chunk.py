"""Everything that is read for one chunk of products, before products are made of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cdc.database import Reader
from cdc.entities.configuration import MANAGE_STOCK
from cdc.entities.product_families import Families, load_families
from cdc.entities.product_links import (
    RequestPaths,
    load_category_ids,
    load_parents,
    load_request_paths,
    load_website_ids,
)
from cdc.entities.product_prices import INDEXED_TYPES, PRICE_CODES, ProductPrices, load_prices
from cdc.entities.product_stock import ProductStock, load_stock
from cdc.entities.shop import Shop
from cdc.entities.tables import select_in
from cdc.entities.values import EntityValues, ValueTables

# What is needed of members of composite products.
_MEMBER_CODES = ("status", *PRICE_CODES)

_ROWS = """
SELECT entity_id, sku, type_id, attribute_set_id,
  NULLIF(CAST(created_at AS CHAR), '0000-00-00 00:00:00'),
  NULLIF(CAST(updated_at AS CHAR), '0000-00-00 00:00:00')
FROM {catalog_product_entity} WHERE entity_id IN %s
"""
_MEMBERS = "SELECT entity_id, sku, type_id FROM {catalog_product_entity} WHERE entity_id IN %s"


@dataclass(frozen=True, slots=True)
class ProductRow:
    """The entity row of a product; the SKU is trimmed."""

    entity_id: int
    sku: str
    type_id: str
    attribute_set_id: int
    created_at: str | None
    updated_at: str | None


@dataclass(frozen=True, slots=True)
class ProductChunk:
    """What was read for some products and for the members of the composite ones among them.

    `values`, `website_ids`, `stock` and `prices` know products and members; `request_paths` knows
    products and their parents; `parent_values` only the parents that lack a path in some view.
    """

    shop: Shop
    rows: Sequence[ProductRow]
    families: Families
    values: Mapping[int, EntityValues]
    website_ids: Mapping[int, list[int]]
    category_ids: Mapping[int, list[int]]
    request_paths: RequestPaths
    parents: Mapping[int, tuple[int, str]]
    parent_values: Mapping[int, EntityValues]
    stock: ProductStock
    prices: ProductPrices
    manages_stock: bool


def load_chunk(reader: Reader, shop: Shop, ids: Sequence[int]) -> ProductChunk:
    """Read all that belongs to some products, with a bounded number of statements.

    Members of composite products are read in lists too, so that only chunks with more than
    `IN_LIST_MAX` members need more statements than others.
    """
    rows = [
        ProductRow(row[0], row[1].strip(), *row[2:])
        for row in select_in(reader, shop.tables.sql(_ROWS), ids)
    ]
    rows.sort(key=lambda row: row.entity_id)
    found = [row.entity_id for row in rows]
    products = {row.entity_id: (row.sku, row.type_id) for row in rows}
    families = load_families(reader, shop, {row.entity_id: row.type_id for row in rows})
    strangers = sorted(families.product_ids() - products.keys())
    for member_id, sku, type_id in select_in(reader, shop.tables.sql(_MEMBERS), strangers):
        products[member_id] = (sku, type_id)
    values = _load_values(reader, shop, found, strangers)
    parents = load_parents(reader, shop, found)
    parent_ids = {parent_id for parent_id, _ in parents.values()}
    request_paths = load_request_paths(reader, shop, sorted(parent_ids.union(found)))
    return ProductChunk(
        shop=shop,
        rows=rows,
        families=families,
        values=values,
        website_ids=load_website_ids(reader, shop, sorted(values)),
        category_ids=load_category_ids(reader, shop, found),
        request_paths=request_paths,
        parents=parents,
        parent_values=_load_parent_values(reader, shop, parent_ids, request_paths),
        stock=load_stock(reader, shop, products),
        prices=load_prices(
            reader, shop, values, [row.entity_id for row in rows if row.type_id in INDEXED_TYPES]
        ),
        manages_stock=shop.config.flag(MANAGE_STOCK),
    )


def value_tables(shop: Shop) -> ValueTables:
    """Return the value tables of products."""
    return ValueTables(shop.tables, "catalog_product_entity", is_scoped=True)


def _load_values(
    reader: Reader, shop: Shop, ids: Sequence[int], strangers: Sequence[int]
) -> dict[int, EntityValues]:
    tables, attributes = value_tables(shop), shop.product_attributes
    values = tables.load(reader, attributes, ids)
    if strangers:
        values |= tables.load(reader, attributes, strangers, _MEMBER_CODES)
    return values


def _load_parent_values(
    reader: Reader, shop: Shop, parent_ids: set[int], request_paths: RequestPaths
) -> dict[int, EntityValues]:
    """Read the URL keys of parents without a rewrite in some view: their address is made of it."""
    bare = sorted(
        parent_id for parent_id in parent_ids if len(request_paths[parent_id]) < shop.view_count
    )
    if not bare:
        return {}
    return value_tables(shop).load(reader, shop.product_attributes, bare, ("url_key",))
