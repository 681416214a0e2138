"""What products cost and whether they can be bought."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.integration.entities.reading import Workbench

NOON = datetime(2025, 3, 10, 12, tzinfo=UTC)


def prices(
    bench: Workbench, product: int, now: datetime = NOON, view: str = "1"
) -> tuple[str, str]:
    price = bench.product(product, bench.shop().at(now))["stores"][view]["price"]
    return price["regular"], price["final"]


def test_a_special_price_holds_within_its_dates_on_the_shops_clock(bench: Workbench) -> None:
    product = bench.make_product("SPECIAL", special_price="80")
    bench.set_value(product, "special_from_date", "2025-03-10 00:00:00")
    bench.set_value(product, "special_to_date", "2025-03-11 00:00:00")
    reduced, full = ("100.000000", "80.000000"), ("100.000000", "100.000000")
    # The shop is in Warsaw, an hour ahead of UTC.
    assert prices(bench, product, datetime(2025, 3, 9, 22, 59, 59, tzinfo=UTC)) == full
    assert prices(bench, product, datetime(2025, 3, 9, 23, 0, 0, tzinfo=UTC)) == reduced
    assert prices(bench, product, datetime(2025, 3, 11, 22, 59, 59, tzinfo=UTC)) == reduced
    assert prices(bench, product, datetime(2025, 3, 11, 23, 0, 1, tzinfo=UTC)) == full


def test_catalog_rules_count_on_their_day_for_visitors_of_the_website(bench: Workbench) -> None:
    product = bench.make_product("RULE", websites=(1, 2))
    common = {"product_id": product, "customer_group_id": 0}
    for date, website, price in (
        ("2025-03-09", 1, 10),
        ("2025-03-10", 1, "77.5"),
        ("2025-03-11", 1, 20),
    ):
        bench.insert(
            "catalogrule_product_price",
            rule_date=date,
            website_id=website,
            rule_price=price,
            **common,
        )
    bench.insert(
        "catalogrule_product_price",
        rule_date="2025-03-10",
        website_id=1,
        rule_price=5,
        product_id=product,
        customer_group_id=1,
    )
    assert prices(bench, product) == ("100.000000", "77.500000")
    assert prices(bench, product, view="3") == ("100.000000", "100.000000")


def test_tier_prices_of_one_piece_count(bench: Workbench) -> None:
    product = bench.make_product("TIER")
    common = {"entity_id": product, "value": 0}
    bench.insert(
        "catalog_product_entity_tier_price",
        all_groups=1,
        qty=1,
        website_id=0,
        percentage_value=10,
        **common,
    )
    assert prices(bench, product) == ("100.000000", "90.000000")
    bench.insert(
        "catalog_product_entity_tier_price",
        all_groups=0,
        customer_group_id=1,
        qty=1,
        website_id=0,
        percentage_value=50,
        **common,
    )
    bench.insert(
        "catalog_product_entity_tier_price",
        all_groups=1,
        qty=2,
        website_id=0,
        percentage_value=60,
        **common,
    )
    assert prices(bench, product) == ("100.000000", "90.000000")


def test_a_configurable_costs_what_its_cheapest_enabled_child_in_the_website_costs(
    bench: Workbench,
) -> None:
    parent = bench.make_product("CONF-P", "configurable", websites=(1, 2), price=1)
    cheap_special = bench.make_product("C1", price=60, special_price=30)
    cheaper = bench.make_product("C2", price=50)
    disabled = bench.make_product("C3", price=5, status=2)
    elsewhere = bench.make_product("C4", price=7, websites=(2,))
    for child in (cheap_special, cheaper, disabled, elsewhere):
        bench.link_child(parent, child)
    assert prices(bench, parent) == ("50.000000", "30.000000")
    assert prices(bench, parent, view="3") == ("7.000000", "7.000000")
    bench.set_value(cheaper, "status", 2, store_id=2)
    assert prices(bench, parent, view="2") == ("60.000000", "30.000000")


def test_bundles_take_their_price_from_the_index_or_from_themselves(bench: Workbench) -> None:
    bundle = bench.make_product("BUNDLE-P", "bundle", price=12)
    assert prices(bench, bundle) == ("12.000000", "12.000000")
    common = {"entity_id": bundle, "website_id": 1, "price": 0, "final_price": 0}
    bench.insert("catalog_product_index_price", customer_group_id=0, min_price=61, **common)
    bench.insert("catalog_product_index_price", customer_group_id=1, min_price=1, **common)
    assert prices(bench, bundle) == ("61.000000", "61.000000")


def salable(bench: Workbench, product: int, view: str = "1") -> bool | None:
    found: bool | None = bench.product(product)["stores"][view]["is_salable"]
    return found


def reserve(bench: Workbench, sku: str, quantity: object, stock_id: int = 1) -> None:
    bench.insert("inventory_reservation", stock_id=stock_id, sku=sku, quantity=quantity)


def test_reservations_use_up_the_default_stock(bench: Workbench) -> None:
    product = bench.make_product("RESERVED", qty=3)
    assert salable(bench, product) is True
    reserve(bench, "reserved", -2)
    assert salable(bench, product) is True
    reserve(bench, "RESERVED", -1)
    assert salable(bench, product) is False
    reserve(bench, "RESERVED", 1)
    assert salable(bench, product) is True


def test_a_disabled_product_cannot_be_bought_in_that_view(bench: Workbench) -> None:
    product = bench.make_product("OFF")
    bench.set_value(product, "status", 2, store_id=2)
    assert salable(bench, product, "1") is True
    assert salable(bench, product, "2") is False


@pytest.mark.parametrize(
    ("change", "is_salable"),
    [
        ("is_in_stock = 0", False),
        ("qty = 0", False),
        ("qty = 0, backorders = 1, use_config_backorders = 0", True),
        ("qty = 0, manage_stock = 0, use_config_manage_stock = 0", True),
        ("min_qty = 10, use_config_min_qty = 0", False),
        ("min_qty = 10", True),
    ],
)
def test_the_stock_item_and_its_use_of_the_configuration_count(
    bench: Workbench, change: str, is_salable: bool
) -> None:
    product = bench.make_product("ITEM")
    bench.execute(
        f"UPDATE {{cataloginventory_stock_item}} SET {change} WHERE product_id = %s", product
    )
    assert salable(bench, product) is is_salable


def test_the_stock_of_a_record_has_configuration_filled_in(bench: Workbench) -> None:
    product = bench.make_product("FILLED")
    bench.configure("cataloginventory/item_options/backorders", "2")
    bench.configure("cataloginventory/item_options/manage_stock", "0")
    found = bench.product(product)
    assert found["stock"] == {
        "is_in_stock": 1,
        "qty": "10.0000",
        "manage_stock": False,
        "backorders": 2,
    }
    assert found["stores"]["1"]["stock_status"] == "1"


def test_without_a_stock_item_nothing_is_known(bench: Workbench) -> None:
    product = bench.make_product("NO-ITEM")
    bench.execute("DELETE FROM {cataloginventory_stock_item} WHERE product_id = %s", product)
    found = bench.product(product)
    assert found["stock"]["is_in_stock"] is None
    assert found["stores"]["1"]["stock_status"] is None
    assert found["stores"]["1"]["is_salable"] is None


def test_a_website_with_a_stock_of_its_own_sells_what_its_sources_have(bench: Workbench) -> None:
    product = bench.make_product("MSI-1", websites=(1, 2))
    stock_id = bench.ask(
        "SELECT stock_id FROM {inventory_stock_sales_channel} WHERE code = 'site_2'"
    )[0][0]
    assert stock_id != 1
    assert salable(bench, product, "1") is True
    assert salable(bench, product, "3") is False
    for code, enabled in (("west", 1), ("shut", 0)):
        bench.insert("inventory_source", source_code=code, name=code, enabled=enabled)
        bench.insert("inventory_source_stock_link", stock_id=stock_id, source_code=code)
        bench.insert("inventory_source_item", source_code=code, sku="msi-1", quantity=4, status=1)
    assert salable(bench, product, "3") is True
    reserve(bench, "MSI-1", -4, stock_id)
    assert salable(bench, product, "3") is False
    assert salable(bench, product, "1") is True


def test_a_configurable_needs_a_child_that_can_be_bought(bench: Workbench) -> None:
    parent = bench.make_product("CONF-S", "configurable", qty=0)
    assert salable(bench, parent) is False
    for child in (
        bench.make_product("S1", qty=0),
        bench.make_product("S2", status=2),
        bench.make_product("S3", websites=(2,)),
    ):
        bench.link_child(parent, child)
    assert salable(bench, parent) is False
    bench.link_child(parent, bench.make_product("S4"))
    assert salable(bench, parent) is True
    bench.execute(
        "UPDATE {cataloginventory_stock_item} SET is_in_stock = 0 WHERE product_id = %s", parent
    )
    assert salable(bench, parent) is False


def test_a_bundle_needs_a_selection_for_each_required_option(bench: Workbench) -> None:
    bundle = bench.make_product("BUNDLE-S", "bundle", qty=0)
    products = [bench.make_product("B1"), bench.make_product("B2", qty=0)]
    for required, product in zip((1, 0), products, strict=True):
        option = bench.insert("catalog_product_bundle_option", parent_id=bundle, required=required)
        bench.insert(
            "catalog_product_bundle_selection",
            option_id=option,
            parent_product_id=bundle,
            product_id=product,
        )
    assert salable(bench, bundle) is True
    bench.insert("catalog_product_bundle_option", parent_id=bundle, required=1)
    assert salable(bench, bundle) is False


def test_a_grouped_product_needs_a_member_that_can_be_bought(bench: Workbench) -> None:
    grouped = bench.make_product("GROUPED-S", "grouped", qty=0)
    member = bench.make_product("G1")
    related = {"product_id": grouped, "linked_product_id": member}
    bench.insert("catalog_product_link", link_type_id=1, **related)
    assert salable(bench, grouped) is False
    bench.insert("catalog_product_link", link_type_id=3, **related)
    assert salable(bench, grouped) is True
