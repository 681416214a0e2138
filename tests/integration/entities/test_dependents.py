"""Which products and customers a change elsewhere is about."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from cdc.database import Reader
from cdc.entities.dependents import (
    START,
    Cursor,
    Page,
    emails_of_customers,
    invisible_children,
    parents_of_products,
    products_of_categories,
    products_of_skus,
    with_descendants,
)
from cdc.entities.shop import Shop
from tests.integration.entities.reading import Workbench

Step = Callable[[Reader, Shop, Sequence[int], Cursor, int], Page]


def walk(bench: Workbench, step: Step, ids: Sequence[int], limit: int) -> list[str]:
    shop = bench.shop()
    found: list[str] = []
    after: Cursor | None = START
    while after is not None:
        page = step(bench, shop, ids, after, limit)
        assert len(page.keys) <= limit
        found += page.keys
        after = page.after
    return found


@pytest.mark.parametrize("limit", [1, 3, 1000])
def test_all_products_below_a_category_are_found_page_by_page(bench: Workbench, limit: int) -> None:
    rows = bench.ask("SELECT product_id, category_id FROM {catalog_category_product}")
    assert len({row[1] for row in rows}) > 3
    found = walk(bench, products_of_categories, [1], limit)
    assert set(found) == {str(row[0]) for row in rows}
    assert len(found) <= len(rows)


def test_only_the_subtree_counts_and_not_what_begins_alike(bench: Workbench) -> None:
    bench.insert("catalog_category_entity", entity_id=7000, parent_id=2, path="1/2/7000")
    bench.insert("catalog_category_entity", entity_id=7001, parent_id=7000, path="1/2/7000/7001")
    bench.insert("catalog_category_entity", entity_id=70001, parent_id=2, path="1/2/70001")
    inside, alike = bench.make_product("INSIDE"), bench.make_product("ALIKE")
    bench.insert("catalog_category_product", category_id=7001, product_id=inside)
    bench.insert("catalog_category_product", category_id=70001, product_id=alike)
    assert walk(bench, products_of_categories, [7000], 10) == [str(inside)]
    assert with_descendants(bench, bench.shop(), [7000, 888]) == {7000, 7001, 888}
    assert walk(bench, products_of_categories, [888], 10) == []


@pytest.mark.parametrize("limit", [1, 2, 1000])
def test_parents_of_any_kind_are_found(bench: Workbench, limit: int) -> None:
    child, other = bench.make_product("CHILD"), bench.make_product("OTHER")
    parents = [bench.make_product(f"P{number}", "configurable") for number in range(3)]
    bundle = bench.make_product("BUNDLE", "bundle")
    for parent in parents[:2]:
        bench.link_child(parent, child)
    bench.insert("catalog_product_relation", parent_id=bundle, child_id=child)
    # A link without its relation, as imports by SQL leave it.
    bench.insert("catalog_product_super_link", parent_id=parents[2], product_id=other)
    found = walk(bench, parents_of_products, [child, other, 999_999], limit)
    assert sorted(found) == sorted(map(str, [*parents, bundle]))


@pytest.mark.parametrize("limit", [1, 1000])
def test_children_that_are_invisible_somewhere_are_found(bench: Workbench, limit: int) -> None:
    parent = bench.make_product("PARENT", "configurable")
    hidden = [bench.make_product(f"H{number}", visibility=1) for number in range(3)]
    shown = bench.make_product("SHOWN")
    partly = bench.make_product("PARTLY")
    bench.set_value(partly, "visibility", 1, store_id=2)
    for child in (*hidden, shown, partly):
        bench.link_child(parent, child)
    found = walk(bench, invisible_children, [parent], limit)
    assert found == [str(child) for child in (*hidden, partly)]


def test_addresses_are_found_by_customer_and_products_by_sku(bench: Workbench) -> None:
    customer = bench.insert("customer_entity", email=" c@x.pl", website_id=1)
    product = bench.make_product("By-Sku")
    shop = bench.shop()
    assert emails_of_customers(bench, shop, [customer, 999_999]) == {str(customer): "c@x.pl"}
    assert products_of_skus(bench, shop, ["BY-SKU", "none", "😀"]) == {str(product)}
