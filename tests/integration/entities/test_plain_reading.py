"""What the loaders say of a whole generated shop, against the plainest SQL for the same facts."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from cdc.entities.loaders import loaders
from cdc.records import Model
from tests.integration.entities.reading import Workbench

BACKENDS = ("varchar", "int", "decimal", "text", "datetime")


def all_entities(bench: Workbench, model: Model) -> dict[str, dict[str, Any]]:
    loader, shop = loaders(bench.prefix)[model], bench.shop()
    return loader.load(bench, shop, loader.scan(bench, 0, 10_000).keys)


def test_every_product_value_is_that_of_its_row(bench: Workbench) -> None:
    expected: dict[int, dict[int, dict[str, str | None]]] = defaultdict(lambda: defaultdict(dict))
    for backend in BACKENDS:
        for product, store, code, is_global, value in bench.ask(
            "SELECT v.entity_id, v.store_id, a.attribute_code, c.is_global, CAST(v.value AS CHAR) "
            f"FROM {{catalog_product_entity_{backend}}} v JOIN {{eav_attribute}} a "
            "USING (attribute_id) JOIN {catalog_eav_attribute} c USING (attribute_id)"
        ):
            if store == 0 or is_global != 1:
                expected[product][store][code] = value
    products = all_entities(bench, Model.PRODUCT)
    assert len(products) == 60
    assert any(len(stores) > 1 for stores in expected.values())
    for key, product in products.items():
        stores = expected[int(key)]
        assert product["attributes"] == stores[0]
        for store_id, view in product["stores"].items():
            assert view["attributes"] == stores.get(int(store_id), {})


def test_every_product_is_in_the_views_of_its_websites(bench: Workbench) -> None:
    expected: dict[str, list[str]] = defaultdict(list)
    for product, store in bench.ask(
        "SELECT w.product_id, s.store_id FROM {catalog_product_website} w "
        "JOIN {store} s USING (website_id) ORDER BY s.store_id"
    ):
        expected[str(product)].append(str(store))
    for key, product in all_entities(bench, Model.PRODUCT).items():
        assert list(product["stores"]) == expected[key]


def test_every_order_has_its_items_and_amounts(bench: Workbench) -> None:
    expected: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for order, item, total in bench.ask(
        "SELECT order_id, item_id, CAST(row_total AS CHAR) FROM {sales_order_item} ORDER BY item_id"
    ):
        expected[str(order)].append((item, total))
    totals = dict(bench.ask("SELECT entity_id, CAST(grand_total AS CHAR) FROM {sales_order}"))
    orders = all_entities(bench, Model.ORDER)
    assert len(orders) == len(totals) == 40
    for key, order in orders.items():
        assert order["grand_total"] == totals[int(key)]
        items = [(item["item_id"], item["row_total"]) for item in order["items"]]
        assert items == expected[key]


def test_every_customer_has_the_telephone_of_its_billing_address(bench: Workbench) -> None:
    expected = dict(
        bench.ask(
            "SELECT c.entity_id, a.telephone FROM {customer_entity} c LEFT JOIN "
            "{customer_address_entity} a ON a.entity_id = c.default_billing"
        )
    )
    customers = all_entities(bench, Model.CUSTOMER)
    assert len(customers) == len(expected) == 40
    assert any(expected.values())
    for key, customer in customers.items():
        assert (customer["billing"] or {}).get("telephone") == expected[int(key)]


def test_every_subscription_belongs_to_one_subscriber(bench: Workbench) -> None:
    expected = {row[0] for row in bench.ask("SELECT subscriber_id FROM {newsletter_subscriber}")}
    subscribers = all_entities(bench, Model.SUBSCRIBER)
    found = [
        subscription["subscriber_id"]
        for subscriber in subscribers.values()
        for subscription in subscriber["subscriptions"]
    ]
    assert sorted(found) == sorted(expected)
