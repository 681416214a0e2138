"""Orders, their items, and what customer and products are now."""

from __future__ import annotations

from typing import Any

import pytest

from cdc.records import Model
from tests.integration.entities.reading import Workbench


def make_order(bench: Workbench, **values: object) -> int:
    row: dict[str, object] = {
        "increment_id": "T0001",
        "store_id": 1,
        "state": "new",
        "status": "pending",
        "customer_email": "guest@x.pl",
        "customer_is_guest": 1,
        "order_currency_code": "EUR",
        "base_currency_code": "EUR",
        "subtotal": "29.5",
        "grand_total": "34.5",
        "created_at": "2024-05-06 07:08:09",
        **values,
    }
    return bench.insert("sales_order", **row)


def make_item(bench: Workbench, order: int, **values: object) -> int:
    row: dict[str, object] = {"order_id": order, "store_id": 1, "sku": "S", "name": "N", **values}
    return bench.insert("sales_order_item", **row)


def load(bench: Workbench, order: int) -> dict[str, Any]:
    return bench.load(Model.ORDER, order)[str(order)]


def test_an_order_has_amounts_as_text_and_its_store(bench: Workbench) -> None:
    found = load(bench, make_order(bench, remote_ip="10.0.0.1", discount_amount="-5"))
    assert (found["subtotal"], found["grand_total"]) == ("29.5000", "34.5000")
    assert found["discount_amount"] == "-5.0000"
    assert found["total_refunded"] is None
    assert found["created_at"] == "2024-05-06 07:08:09"
    assert found["has_remote_ip"] is True
    assert "remote_ip" not in found
    assert found["store"] == {
        "store_id": 1,
        "website_id": 1,
        "code": "en_1_1",
        "url": "http://shop.example.test/",
    }
    assert (found["customer"], found["items"], found["promotion_rules"]) == (None, [], [])
    assert (found["payment_method"], found["shipping_telephone"]) == (None, None)


def test_an_order_of_a_deleted_store_view_has_no_store(bench: Workbench) -> None:
    found = load(bench, make_order(bench, store_id=None))
    assert (found["store_id"], found["store"]) == (None, None)
    assert found["guest_has_account"] is False


def test_payment_and_telephones_are_those_of_the_first_rows(bench: Workbench) -> None:
    order = make_order(bench)
    for kind, number in (("billing", "1"), ("shipping", "2"), ("shipping", "3"), ("other", "4")):
        bench.insert("sales_order_address", parent_id=order, address_type=kind, telephone=number)
    for method in ("checkmo", "banktransfer"):
        bench.insert("sales_order_payment", parent_id=order, method=method)
    found = load(bench, order)
    assert found["payment_method"] == "checkmo"
    assert (found["billing_telephone"], found["shipping_telephone"]) == ("1", "2")


def test_the_customer_is_the_row_as_it_is_now(bench: Workbench) -> None:
    customer = bench.insert("customer_entity", email="new@x.pl", website_id=1, store_id=2)
    order = make_order(bench, customer_id=customer, customer_email="old@x.pl")
    assert load(bench, order)["customer"] == {
        "entity_id": customer,
        "email": "new@x.pl",
        "store_id": 2,
        "website_id": 1,
    }


@pytest.mark.parametrize(
    ("email", "website_id", "has_account"),
    [
        ("guest@x.pl", 1, True),
        ("Guest@X.pl", 1, True),
        ("guest@x.pl", 2, False),
        ("g@x.pl", 1, False),
    ],
)
def test_a_guest_has_an_account_when_the_website_knows_the_mailbox(
    bench: Workbench, email: str, website_id: int, has_account: bool
) -> None:
    bench.insert("customer_entity", email=email, website_id=website_id, store_id=1)
    assert load(bench, make_order(bench))["guest_has_account"] is has_account


def test_promotion_rules_are_named_in_the_order_of_the_list(bench: Workbench) -> None:
    rules = [bench.insert("salesrule", name=name) for name in ("One", "Two")]
    order = make_order(bench, applied_rule_ids=f"{rules[1]},{rules[0]},99999")
    make_item(bench, order, applied_rule_ids=str(rules[0]))
    make_item(bench, order)
    found = load(bench, order)
    assert found["promotion_rules"] == ["Two", "One"]
    assert [item["promotion_rules"] for item in found["items"]] == [["One"], []]


def test_items_are_in_order_of_their_id_children_too(bench: Workbench) -> None:
    order = make_order(bench)
    parent = make_item(bench, order, product_type="configurable", qty_ordered=2, price="10.5")
    child = make_item(bench, order, product_type="simple", parent_item_id=parent)
    other = make_item(bench, make_order(bench, increment_id="T0002"))
    items = load(bench, order)["items"]
    assert [item["item_id"] for item in items] == [parent, child]
    assert items[1]["parent_item_id"] == parent
    assert (items[0]["qty_ordered"], items[0]["price"]) == ("2.0000", "10.5000")
    assert items[0]["original_price"] is None
    assert other not in [item["item_id"] for item in items]


def test_an_items_product_is_shown_as_it_is_now_in_the_items_store(bench: Workbench) -> None:
    product = bench.make_product(
        " NOW ", websites=(1, 2), image="/a/b.jpg", url_key="now-key", visibility=1
    )
    bench.set_value(product, "image", "no_selection", store_id=3)
    bench.insert("catalog_category_product", category_id=2, product_id=product)
    bench.insert(
        "url_rewrite",
        entity_type="product",
        entity_id=product,
        store_id=1,
        request_path="now.html",
        redirect_type=0,
    )
    order = make_order(bench)
    make_item(bench, order, product_id=product, sku="THEN")
    make_item(bench, order, product_id=product, store_id=3)
    make_item(bench, order, product_id=product, store_id=None)
    make_item(bench, order, product_id=999_999)
    make_item(bench, order, product_id=None)
    first, second, third, *gone = load(bench, order)["items"]
    assert first["sku"] == "THEN"
    name = bench.shop().categories.name(2, 1)
    assert first["product"] == {
        "entity_id": product,
        "sku": "NOW",
        "url": "http://shop.example.test/now.html?___store=en_1_1",
        "image": "http://shop.example.test/media/catalog/product/a/b.jpg",
        "categories": [f"Root Catalog > {name}"],
    }
    assert second["product"]["url"] == (
        f"http://site2.example.test/de_2_1/catalog/product/view/id/{product}/s/now-key/"
    )
    assert second["product"]["image"] is None
    assert third["product"] == first["product"]
    assert [item["product"] for item in gone] == [None, None]


def test_without_any_store_view_a_product_has_no_address(bench: Workbench) -> None:
    product = bench.make_product("NOWHERE", image="/a/b.jpg")
    order = make_order(bench, store_id=None)
    make_item(bench, order, product_id=product, store_id=None)
    found = load(bench, order)["items"][0]["product"]
    assert (found["sku"], found["url"], found["image"]) == ("NOWHERE", None, None)
