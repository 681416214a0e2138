"""Products and customers that a change elsewhere is about: below a category, of a parent, by SKU.

One change may concern the whole catalog (the root category is renamed), so what may be long is read
in pages: the caller publishes one page before it asks for the next, each inside a consistent read
of its own. A page continues behind a pair of index values, so it costs about what it returns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from cdc.database import Reader
from cdc.entities.shop import Shop
from cdc.entities.tables import batches, select_in
from cdc.entities.text_keys import folded_rows

Cursor = tuple[int, int]
START: Cursor = (0, 0)

_INVISIBLE = 1
# Prefix conditions of one statement: each is a range of its own for the optimizer.
_PREFIXES_MAX = 100

_PATHS = "SELECT path FROM {catalog_category_entity} WHERE entity_id IN %s"
_IN_CATEGORIES = """
SELECT category_id, product_id, product_id FROM {catalog_category_product}
WHERE category_id IN %s AND (category_id > %s OR product_id > %s)
ORDER BY category_id, product_id LIMIT %s
"""
_RELATION_PARENTS = """
SELECT child_id AS child, parent_id AS parent, parent_id FROM {catalog_product_relation}
WHERE child_id IN %s AND (child_id > %s OR parent_id > %s)
ORDER BY child_id, parent_id LIMIT %s
"""
_LINK_PARENTS = """
SELECT product_id AS child, parent_id AS parent, parent_id FROM {catalog_product_super_link}
WHERE product_id IN %s AND (product_id > %s OR parent_id > %s)
ORDER BY product_id, parent_id LIMIT %s
"""
_INVISIBLE_CHILDREN = """
SELECT l.parent_id, l.link_id, l.product_id FROM {catalog_product_super_link} l
WHERE l.parent_id IN %s AND (l.parent_id > %s OR l.link_id > %s)
  AND EXISTS (
    SELECT 1 FROM {catalog_product_entity_int} v
    WHERE v.entity_id = l.product_id AND v.attribute_id = %s AND v.value = %s
  )
ORDER BY l.parent_id, l.link_id LIMIT %s
"""
_EMAILS = "SELECT entity_id, email FROM {customer_entity} WHERE entity_id IN %s"

# Reads up to `limit` rows (first and second cursor value, key) behind a cursor, in order.
_Step = Callable[[Sequence[int], Cursor, int], list[tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class Page:
    """Keys found by one step, without duplicates; the same key may be on several pages.

    `after` is where the next step continues, None at the end.
    """

    keys: tuple[str, ...]
    after: Cursor | None


def products_of_categories(
    reader: Reader, shop: Shop, category_ids: Sequence[int], after: Cursor, limit: int
) -> Page:
    """Page through the products in some categories and in all their descendants."""

    def step(ids: Sequence[int], cursor: Cursor, left: int) -> list[tuple[Any, ...]]:
        return reader.tuples(shop.tables.sql(_IN_CATEGORIES), (tuple(ids), *cursor, left))

    return _page(step, with_descendants(reader, shop, category_ids), after, limit)


def parents_of_products(
    reader: Reader, shop: Shop, product_ids: Sequence[int], after: Cursor, limit: int
) -> Page:
    """Page through the composite products (of any type) that some products are members of."""
    statements = [_RELATION_PARENTS]
    if shop.has("catalog_product_super_link"):
        # Usually a subset of the relations, but imports by SQL forget those.
        statements.append(_LINK_PARENTS)

    def step(ids: Sequence[int], cursor: Cursor, left: int) -> list[tuple[Any, ...]]:
        rows: set[tuple[Any, ...]] = set()
        for statement in statements:
            rows.update(reader.tuples(shop.tables.sql(statement), (tuple(ids), *cursor, left)))
        return sorted(rows)[:left]

    return _page(step, product_ids, after, limit)


def invisible_children(
    reader: Reader, shop: Shop, product_ids: Sequence[int], after: Cursor, limit: int
) -> Page:
    """Page through the children of configurables that are invisible in some scope.

    Those are sent with their parent's SKU and address.
    """
    visibility = shop.product_attributes.by_code.get("visibility")
    if visibility is None or not shop.has("catalog_product_super_link"):
        return Page((), None)
    attribute_id = visibility.attribute_id

    def step(ids: Sequence[int], cursor: Cursor, left: int) -> list[tuple[Any, ...]]:
        return reader.tuples(
            shop.tables.sql(_INVISIBLE_CHILDREN),
            (tuple(ids), *cursor, attribute_id, _INVISIBLE, left),
        )

    return _page(step, product_ids, after, limit)


def emails_of_customers(reader: Reader, shop: Shop, ids: Sequence[int]) -> dict[str, str]:
    """Entity id → trimmed e-mail address now, of those customers that exist."""
    rows = select_in(reader, shop.tables.sql(_EMAILS), ids)
    return {str(customer_id): (email or "").strip() for customer_id, email in rows}


def products_of_skus(reader: Reader, shop: Shop, skus: Sequence[str]) -> set[str]:
    """Find the products with some SKUs, compared as the inventory tables do it, without case."""
    rows = folded_rows(reader, shop.tables, "catalog_product_entity", "sku", "sku, entity_id", skus)
    return {str(row[1]) for row in rows}


def with_descendants(reader: Reader, shop: Shop, category_ids: Sequence[int]) -> set[int]:
    """Add to some categories everything below them; categories that no longer exist stay."""
    found = set(category_ids)
    paths = select_in(reader, shop.tables.sql(_PATHS), sorted(found))
    for batch in batches(topmost([str(row[0]) for row in paths]), _PREFIXES_MAX):
        condition = " OR ".join(["path LIKE %s"] * len(batch))
        statement = f"SELECT entity_id FROM {{catalog_category_entity}} WHERE {condition}"
        prefixes = tuple(f"{path}/%" for path in batch)
        found.update(row[0] for row in reader.tuples(shop.tables.sql(statement), prefixes))
    return found


def topmost(paths: Sequence[str]) -> list[str]:
    """Leave out paths that lie below another one: "1/2/3" when there is "1/2"."""
    kept: dict[str, None] = {}
    for path in sorted(paths, key=len):
        parts = path.split("/")
        if not any("/".join(parts[:length]) in kept for length in range(1, len(parts) + 1)):
            kept[path] = None
    return list(kept)


def _page(step: _Step, ids: Sequence[int] | set[int], after: Cursor, limit: int) -> Page:
    """Walk through lists of first cursor values, from the cursor's on, until the page is full.

    In a step's statement "first > cursor OR second > cursor" is enough, because no first value
    below the cursor's is asked for.
    """
    left = [first for first in sorted(set(ids)) if first >= after[0]]
    rows: list[tuple[Any, ...]] = []
    for batch in batches(left):
        rows += step(batch, after, limit - len(rows))
        if len(rows) >= limit:
            break
    keys = tuple(dict.fromkeys(str(row[2]) for row in rows))
    return Page(keys, (rows[-1][0], rows[-1][1]) if len(rows) >= limit else None)
