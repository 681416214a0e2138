"""What leads to a product: its rewrites, its configurable parent, its categories and websites."""

from __future__ import annotations

from collections.abc import Sequence

from cdc.database import Reader
from cdc.entities.shop import Shop
from cdc.entities.tables import select_in

# Rewrites inside a category have a row in the relation table or name the category in `metadata`.
_PATHS = """
SELECT u.entity_id, u.store_id, u.request_path
FROM {url_rewrite} u
WHERE u.entity_id IN %s AND u.entity_type = 'product' AND u.redirect_type = 0
  AND (u.metadata IS NULL OR u.metadata NOT LIKE '%%category_id%%')
ORDER BY u.url_rewrite_id DESC
"""
_PATHS_WITHOUT_CATEGORIES = """
SELECT u.entity_id, u.store_id, u.request_path
FROM {url_rewrite} u
LEFT JOIN {catalog_url_rewrite_product_category} c ON c.url_rewrite_id = u.url_rewrite_id
WHERE u.entity_id IN %s AND u.entity_type = 'product' AND u.redirect_type = 0
  AND c.url_rewrite_id IS NULL
  AND (u.metadata IS NULL OR u.metadata NOT LIKE '%%category_id%%')
ORDER BY u.url_rewrite_id DESC
"""
_PARENTS = """
SELECT l.product_id, l.parent_id, p.sku
FROM {catalog_product_super_link} l
JOIN {catalog_product_entity} p ON p.entity_id = l.parent_id
WHERE l.product_id IN %s AND p.type_id = 'configurable'
ORDER BY l.link_id DESC
"""
_CATEGORIES = """
SELECT product_id, category_id FROM {catalog_category_product}
WHERE product_id IN %s ORDER BY entity_id
"""
_WEBSITES = """
SELECT product_id, website_id FROM {catalog_product_website} WHERE product_id IN %s
"""

RequestPaths = dict[int, dict[int, str]]


def load_request_paths(reader: Reader, shop: Shop, ids: Sequence[int]) -> RequestPaths:
    """Read the path of each product in each view, by product and store id.

    Where a view has several, the oldest rewrite counts: it is the one that Magento finds first.
    """
    has_relation = shop.has("catalog_url_rewrite_product_category")
    sql = shop.tables.sql(_PATHS_WITHOUT_CATEGORIES if has_relation else _PATHS)
    paths: RequestPaths = {product_id: {} for product_id in ids}
    for product_id, store_id, path in select_in(reader, sql, ids):
        if path:
            paths[product_id][store_id] = path
    return paths


def load_parents(reader: Reader, shop: Shop, ids: Sequence[int]) -> dict[int, tuple[int, str]]:
    """Read id and SKU of the first configurable parent of each product that has one."""
    if not shop.has("catalog_product_super_link"):
        return {}
    return {
        product_id: (parent_id, sku.strip())
        for product_id, parent_id, sku in select_in(reader, shop.tables.sql(_PARENTS), ids)
    }


def load_category_ids(reader: Reader, shop: Shop, ids: Sequence[int]) -> dict[int, list[int]]:
    """Read the categories of each product in the order they were assigned."""
    found: dict[int, list[int]] = {product_id: [] for product_id in ids}
    for product_id, category_id in select_in(reader, shop.tables.sql(_CATEGORIES), ids):
        found[product_id].append(category_id)
    return found


def load_website_ids(reader: Reader, shop: Shop, ids: Sequence[int]) -> dict[int, list[int]]:
    """Read the websites of each product, ascending."""
    found: dict[int, list[int]] = {product_id: [] for product_id in ids}
    for product_id, website_id in select_in(reader, shop.tables.sql(_WEBSITES), ids):
        found[product_id].append(website_id)
    for website_ids in found.values():
        website_ids.sort()
    return found
