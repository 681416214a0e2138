"""What reading costs the shop: few statements, none of which scans a table that grows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from cdc.entities.dependents import (
    START,
    emails_of_customers,
    invisible_children,
    parents_of_products,
    products_of_categories,
    products_of_skus,
)
from cdc.entities.loaders import loaders
from cdc.entities.shop import Shop
from cdc.entities.tables import IN_LIST_MAX
from cdc.records import Model
from tests.integration.entities.reading import Workbench
from tests.servers.database import Schema
from tests.servers.mariadb import MariaDB
from tests.shop.generation.generator import generate
from tests.shop.generation.size import ShopSize
from tests.shop.schema.loading import load_schema

SIZE = ShopSize(products=3000, customers=2500, orders=2000, subscribers=2500)

# Few against the rows of the shop: for a large part of a table a scan is right, and is chosen.
HOT_KEYS = 12

# Small for ever, however large the shop.
SMALL_TABLES = {"store", "store_group", "store_website", "inventory_source"}


@pytest.fixture(scope="module")
def large_shop(mariadb_server: MariaDB) -> Iterator[Schema]:
    """Give a shop of some thousand rows, with fresh statistics as a running shop has them."""
    name = "entities_large"
    mariadb_server.execute(f"DROP DATABASE IF EXISTS {name}")
    mariadb_server.execute(f"CREATE DATABASE {name}")
    with mariadb_server.connect(database=name) as connection:
        load_schema(connection)
        generate(connection, SIZE, has_triggers=False)
        with connection.cursor() as cursor:
            cursor.execute("SHOW FULL TABLES WHERE Table_type = 'BASE TABLE'")
            tables = ", ".join(f"`{row[0]}`" for row in cursor.fetchall())
            cursor.execute(f"ANALYZE TABLE {tables}")
    yield Schema(mariadb_server, name)
    mariadb_server.execute(f"DROP DATABASE IF EXISTS {name}")


@pytest.fixture
def large(large_shop: Schema) -> Iterator[Workbench]:
    """Give a transaction in the large shop."""
    with large_shop.connect() as connection:
        yield Workbench(connection, "")
        connection.rollback()


def spread_keys(bench: Workbench, model: Model, count: int) -> list[str]:
    """Pick keys all over the table."""
    loader = loaders("")[model]
    keys = loader.scan(bench, 0, 10_000).keys
    return list(keys[:: max(1, len(keys) // count)])[:count]


def statements_for(bench: Workbench, shop: Shop, model: Model, count: int) -> int:
    keys = spread_keys(bench, model, count)
    assert len(keys) == count
    bench.statements.clear()
    assert len(loaders("")[model].load(bench, shop, keys)) == count
    return len(bench.statements)


@pytest.mark.parametrize(
    ("model", "at_most"), [(Model.CUSTOMER, 8), (Model.PRODUCT, 60), (Model.ORDER, 25)]
)
def test_a_chunk_needs_as_many_statements_whatever_its_size(
    large: Workbench, model: Model, at_most: int
) -> None:
    shop = large.shop()
    small, medium = (statements_for(large, shop, model, count) for count in (60, 150))
    assert medium == small
    # Only members of composites and products of orders may need a second list.
    assert statements_for(large, shop, model, IN_LIST_MAX) <= at_most


def test_subscribers_need_few_statements_however_their_addresses_may_be_spelt(
    large: Workbench,
) -> None:
    shop = large.shop()
    assert statements_for(large, shop, Model.SUBSCRIBER, 50) == 1
    assert statements_for(large, shop, Model.SUBSCRIBER, 500) <= 7


def run_hot_path(bench: Workbench, shop: Shop) -> None:
    """Run every statement that follows a change: loads, sweeps, scans and dependents."""
    for model, loader in loaders("").items():
        keys = spread_keys(bench, model, HOT_KEYS)
        loader.load(bench, shop, keys)
        loader.existing(bench, keys)
        loader.scan(bench, 100, 50)
        loader.highest(bench)
    bench.product_loader().entity_ids_by_sku(bench, ["SKU-1", "x"])
    categories = [row[0] for row in bench.ask("SELECT entity_id FROM {catalog_category_entity}")]
    products_of_categories(bench, shop, categories[2:5], START, 50)
    products_of_categories(bench, shop, categories[2:5], (categories[3], 100), 50)
    ids = [int(key) for key in spread_keys(bench, Model.PRODUCT, HOT_KEYS)]
    parents_of_products(bench, shop, ids, START, 50)
    invisible_children(bench, shop, ids, START, 50)
    emails_of_customers(bench, shop, ids)
    products_of_skus(bench, shop, ["SKU-1", "x"])


def plan(bench: Workbench, sql: str, args: Sequence[Any]) -> list[dict[str, Any]]:
    if sql.startswith("/*M!"):
        # EXPLAIN does not go in front of a setting for one statement; the plan is the same without.
        sql = sql[sql.index("*/") + 2 :]
    return bench.rows(f"EXPLAIN {sql}", args)


def test_no_statement_of_the_hot_path_scans_a_table_that_grows(large: Workbench) -> None:
    shop = large.shop()
    large.statements.clear()
    run_hot_path(large, shop)
    asked = [each for each in large.statements if "information_schema" not in each[0]]
    assert len(asked) > 60
    scans = [
        (step["table"], step["type"], sql)
        for sql, args in asked
        for step in plan(large, sql, args)
        if step["type"] in ("ALL", "index") and step["table"] not in SMALL_TABLES
    ]
    assert scans == []


def test_a_full_list_of_products_is_packed_in_index_order(large: Workbench) -> None:
    shop = large.shop()
    keys = spread_keys(large, Model.PRODUCT, IN_LIST_MAX)
    large.statements.clear()
    assert len(large.load(Model.PRODUCT, *keys, shop=shop)) == IN_LIST_MAX
    packed = [each for each in large.statements if "GROUP_CONCAT" in each[0]]
    assert len(packed) >= 5
    steps = [step for sql, args in packed for step in plan(large, sql, args)]
    assert [step for step in steps if "temporary" in (step["Extra"] or "")] == []


def test_a_page_below_a_category_is_read_in_index_order(large: Workbench) -> None:
    shop = large.shop()
    large.statements.clear()
    products_of_categories(large, shop, [1], (5, 200), 50)
    sql, args = next(each for each in large.statements if "ORDER BY category_id" in each[0])
    assert "filesort" not in (plan(large, sql, args)[0]["Extra"] or "")
