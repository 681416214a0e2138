"""Generated shops are repeatable, consistent and varied."""

from __future__ import annotations

import re
from typing import Any

import pytest
from pymysql.connections import Connection

from tests.servers.database import Schema
from tests.shop.consistency import checksums, dangling_references
from tests.shop.database import query
from tests.shop.generation.generator import generate
from tests.shop.generation.size import ShopSize
from tests.shop.schema.loading import load_schema
from tests.shop.shop import PRODUCT, read_shop

_PHONE = re.compile(r"^\+?[0-9 \-()/]{6,19}$")
_EMAIL = re.compile(r"^[a-z0-9.]+@[a-z0-9.]+\.[a-z]+$")


def _column(connection: Connection[Any], table: str, column: str) -> list[Any]:
    return [row[0] for row in query(connection, f"SELECT {column} FROM {table}")]


def test_same_seed_gives_the_same_rows_under_any_prefix(connection: Connection[Any]) -> None:
    for prefix in ("", "m2_"):
        load_schema(connection, prefix)
    first = generate(connection, seed=11)
    second = generate(connection, seed=11, prefix="m2_")
    sums = checksums(connection)
    plain = {name: value for name, value in sums.items() if not name.startswith("m2_")}
    assert checksums(connection, "m2_") == plain
    assert first.attributes == second.attributes


def test_another_seed_gives_other_products_customers_orders_and_attribute_ids(
    connection: Connection[Any],
) -> None:
    for prefix, seed in (("a_", 1), ("b_", 2)):
        load_schema(connection, prefix)
        generate(connection, seed=seed, prefix=prefix)
    one, other = checksums(connection, "a_"), checksums(connection, "b_")
    for table in ("catalog_product_entity", "customer_entity", "sales_order", "eav_attribute"):
        assert one[table] != other[table]


@pytest.mark.parametrize("seed", [1, 2])
def test_generated_rows_respect_every_foreign_key(connection: Connection[Any], seed: int) -> None:
    load_schema(connection)
    generate(connection, ShopSize(products=120, customers=60, orders=80, subscribers=40), seed)
    assert dangling_references(connection) == []


def test_tiny_shop_has_every_product_type_order_state_and_subscriber_status(
    connection: Connection[Any],
) -> None:
    load_schema(connection)
    generate(connection, seed=4)
    types = {"simple", "virtual", "downloadable", "configurable", "bundle", "grouped"}
    assert set(_column(connection, "catalog_product_entity", "type_id")) == types
    states = {"new", "processing", "complete", "closed", "canceled", "holded"}
    assert set(_column(connection, "sales_order", "state")) == states
    assert set(_column(connection, "newsletter_subscriber", "subscriber_status")) == {1, 2, 3, 4}
    guests = _column(connection, "sales_order", "customer_is_guest")
    assert {0, 1} == set(guests)


def test_counts_are_exactly_what_the_size_asks_for(connection: Connection[Any]) -> None:
    load_schema(connection)
    size = ShopSize(
        products=57, customers=13, orders=9, subscribers=6, websites=3, stores_per_website=(2, 3)
    )
    shop = generate(connection, size, seed=8)
    for table, count in (
        ("catalog_product_entity", 57),
        ("customer_entity", 13),
        ("sales_order", 9),
        ("newsletter_subscriber", 6),
    ):
        assert len(_column(connection, table, "1")) == count
    assert [len(shop.views_of(site.website_id)) for site in shop.websites] == [2, 3, 3]
    assert dangling_references(connection) == []


def test_identities_are_fit_for_a_strict_target(connection: Connection[Any]) -> None:
    load_schema(connection)
    generate(connection, ShopSize(products=300, customers=200, orders=100, subscribers=80), seed=6)
    skus = _column(connection, "catalog_product_entity", "sku")
    assert all(sku == sku.strip() for sku in skus)
    assert len({sku.lower() for sku in skus}) == len(skus)
    assert any(" " in sku for sku in skus)
    emails = _column(connection, "customer_entity", "email")
    assert len(set(emails)) == len(emails)
    for table, column in (
        ("customer_entity", "email"),
        ("newsletter_subscriber", "subscriber_email"),
        ("sales_order", "customer_email"),
    ):
        assert all(_EMAIL.match(email) for email in _column(connection, table, column))
    phones = _column(connection, "customer_address_entity", "telephone")
    usable_count = sum(1 for phone in phones if _PHONE.match(phone))
    assert 0.8 * len(phones) < usable_count < len(phones)


def test_values_have_the_awkward_cases_of_real_shops(connection: Connection[Any]) -> None:
    load_schema(connection)
    shop = generate(connection, ShopSize(products=400, customers=200, orders=50), seed=6)
    name = shop.attribute(PRODUCT, "name")
    names = query(
        connection,
        f"SELECT value, store_id FROM {name.table} WHERE attribute_id = {name.attribute_id}",
    )
    assert any(value.endswith(" ") for value, _ in names)
    assert any(not value.isascii() for value, _ in names)
    assert {store_id for _, store_id in names} >= {0, 2, 3}
    image = shop.attribute(PRODUCT, "image")
    images = query(
        connection, f"SELECT value FROM {image.table} WHERE attribute_id = {image.attribute_id}"
    )
    assert ("no_selection",) in images
    texts = _column(connection, "catalog_product_entity_text", "value")
    assert None in texts
    assert "" in texts
    assert {0, None} <= set(_column(connection, "customer_entity", "store_id"))
    assert None in _column(connection, "sales_order", "remote_ip")


def test_configurable_is_ordered_as_two_rows_and_money_is_on_the_parent(
    connection: Connection[Any],
) -> None:
    load_schema(connection)
    generate(connection, ShopSize(products=60, orders=80), seed=2)
    pairs = query(
        connection,
        "SELECT p.sku, c.sku, p.price, c.price, c.product_type FROM sales_order_item c "
        "JOIN sales_order_item p ON p.item_id = c.parent_item_id "
        "WHERE p.product_type = 'configurable'",
    )
    assert pairs
    for parent_sku, child_sku, parent_price, child_price, child_type in pairs:
        assert parent_sku == child_sku
        assert parent_price > 0
        assert child_price == 0
        assert child_type == "simple"


def test_bundle_is_ordered_with_tax_on_its_parts(connection: Connection[Any]) -> None:
    load_schema(connection)
    generate(connection, ShopSize(products=60, orders=120), seed=2)
    bundles = query(
        connection,
        "SELECT p.base_row_total, p.base_tax_amount, SUM(c.base_row_total), SUM(c.base_tax_amount) "
        "FROM sales_order_item p JOIN sales_order_item c ON c.parent_item_id = p.item_id "
        "WHERE p.product_type = 'bundle' GROUP BY p.item_id, p.base_row_total, p.base_tax_amount",
    )
    assert bundles
    for shown_total, shown_tax, total, tax in bundles:
        assert shown_total == total
        assert shown_tax == 0
        assert tax > 0


def test_order_totals_add_up(connection: Connection[Any]) -> None:
    load_schema(connection)
    generate(connection, ShopSize(orders=60), seed=2)
    wrong = query(
        connection,
        "SELECT o.entity_id FROM sales_order o JOIN (SELECT order_id, SUM(base_row_total) total "
        "FROM sales_order_item WHERE parent_item_id IS NULL GROUP BY order_id) i "
        "ON i.order_id = o.entity_id WHERE i.total <> o.base_subtotal OR o.base_grand_total <> "
        "o.base_subtotal + o.base_discount_amount + o.base_tax_amount + o.base_shipping_amount",
    )
    assert wrong == []


def test_settings_can_be_read_back_from_the_database(connection: Connection[Any]) -> None:
    load_schema(connection, "x_")
    shop = generate(connection, seed=9, prefix="x_")
    assert read_shop(connection, "x_") == shop
    assert [view.website_id for view in shop.views] == [1, 1, 2]
    assert shop.attribute(PRODUCT, "color").options
    assert shop.website(2).stock_id == 2


def test_mysql_holds_the_same_content(
    connection: Connection[Any], mysql_connection: Connection[Any], mysql_database: Schema
) -> None:
    for one in (connection, mysql_connection):
        load_schema(one)
        generate(one, seed=12)
    for table in ("customer_entity", "catalog_product_entity_varchar", "sales_order_item"):
        rows = [
            query(one, f"SELECT * FROM {table} ORDER BY 1")
            for one in (connection, mysql_connection)
        ]
        assert rows[0] == rows[1]
    assert dangling_references(mysql_connection) == []
