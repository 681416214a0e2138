"""Fills an empty shop schema with seeded content."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from tests.shop.database import execute, prepare_session
from tests.shop.generation import stores
from tests.shop.generation.attributes import plan_attributes, write_attributes
from tests.shop.generation.bulk import bulk_load
from tests.shop.generation.categories import plan_categories, write_categories
from tests.shop.generation.composites import write_link_types
from tests.shop.generation.customers import CustomerWriter, write_subscribers
from tests.shop.generation.orders import OrderWriter
from tests.shop.generation.price_rows import PriceWriter, write_catalog_rule
from tests.shop.generation.product_rows import ProductWriter
from tests.shop.generation.products import PlannedProduct, ProductPlanner
from tests.shop.generation.size import ShopSize
from tests.shop.generation.stock_rows import SECOND_STOCK_ID, StockWriter, write_stock_settings
from tests.shop.schema.loading import create_changelog_triggers
from tests.shop.schema.scope_tables import create_stock_index, create_view_tables
from tests.shop.shop import read_shop

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.shop.database import DatabaseConnection
    from tests.shop.generation.attributes import PlannedAttribute
    from tests.shop.generation.customers import PlannedCustomer
    from tests.shop.generation.stores import PlannedView
    from tests.shop.shop import Shop


def generate(
    connection: DatabaseConnection,
    size: ShopSize | None = None,
    seed: int = 1,
    prefix: str = "",
    *,
    has_triggers: bool = True,
) -> Shop:
    """Fill the tables that `load_schema` made; the same size and seed give the same rows.

    Args:
        size: how much of everything; the tiny default when it is left out.
        has_triggers: make the change-log triggers at the end, as an indexer by schedule does.

    Raises:
        pymysql.MySQLError: the tables are missing or not empty.
    """
    size = size or ShopSize()
    prepare_session(connection)
    views = stores.plan_views(size)
    attributes = plan_attributes(seed)
    for store_id in (0, *(view.store_id for view in views)):
        create_view_tables(connection, prefix, store_id)
    if size.websites > 1:
        create_stock_index(connection, prefix, SECOND_STOCK_ID)
    with bulk_load(connection, prefix) as load:
        stores.write_stores(load, size, views)
        stores.write_config(load, views)
        stores.write_directory(load)
        stores.write_taxes_and_groups(load)
        stores.write_sales_settings(load)
        write_attributes(load, attributes, views)
        write_stock_settings(load, views)
        write_link_types(load)
        write_catalog_rule(load)
    products = _generate_catalog(connection, size, seed, prefix, views, attributes)
    customers = _generate_customers(connection, size, seed, prefix, views, attributes)
    _generate_orders(connection, size, seed, prefix, views, attributes, customers, products)
    if has_triggers:
        create_changelog_triggers(connection, prefix)
    return read_shop(connection, prefix)


def _generate_catalog(
    connection: DatabaseConnection,
    size: ShopSize,
    seed: int,
    prefix: str,
    views: Sequence[PlannedView],
    attributes: Mapping[tuple[str, str], PlannedAttribute],
) -> list[PlannedProduct]:
    categories = plan_categories(seed, size.websites)
    website_ids = sorted({view.website_id for view in views})
    products = ProductPlanner(seed, website_ids, categories, attributes).plan(size.products)
    with bulk_load(connection, prefix) as load:
        rewrite_ids = count(1)
        write_categories(load, categories, attributes, views, rewrite_ids)
        writer = ProductWriter(load, seed, attributes, categories, views, rewrite_ids)
        stock = StockWriter(load, seed, has_second_stock=size.websites > 1)
        prices = PriceWriter(load, seed)
        for product in products:
            writer.write(product)
            stock.write(product)
            prices.write(product)
    return products


def _generate_customers(
    connection: DatabaseConnection,
    size: ShopSize,
    seed: int,
    prefix: str,
    views: Sequence[PlannedView],
    attributes: Mapping[tuple[str, str], PlannedAttribute],
) -> list[PlannedCustomer]:
    with bulk_load(connection, prefix) as load:
        writer = CustomerWriter(load, seed, attributes, views, has_grid=size.has_grids)
        customers = [writer.write(number) for number in range(1, size.customers + 1)]
        write_subscribers(load, seed, size.subscribers, customers, views)
    return customers


def _generate_orders(
    connection: DatabaseConnection,
    size: ShopSize,
    seed: int,
    prefix: str,
    views: Sequence[PlannedView],
    attributes: Mapping[tuple[str, str], PlannedAttribute],
    customers: Sequence[PlannedCustomer],
    products: Sequence[PlannedProduct],
) -> None:
    with bulk_load(connection, prefix) as load:
        writer = OrderWriter(
            load, seed, attributes, views, customers, products, has_grid=size.has_grids
        )
        for order_id in range(1, size.orders + 1):
            writer.write(order_id)
    for store_id, number in writer.last_numbers.items():
        table = f"`{prefix}sequence_order_{store_id}`"
        execute(connection, f"ALTER TABLE {table} AUTO_INCREMENT = {number + 1}")
