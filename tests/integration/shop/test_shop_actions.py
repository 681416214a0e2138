"""Every action runs, and does to the database what Magento does."""

from __future__ import annotations

from typing import Any

import pytest

from tests.shop.actions.shop_actions import ShopActions
from tests.shop.consistency import dangling_references
from tests.shop.database import Row, query
from tests.shop.randomness.memory import Memory
from tests.shop.randomness.random_actions import CHOICES, SCOPE_WEIGHTS
from tests.shop.sales.items import SaleLine
from tests.shop.shop import PRODUCT

# Store views and websites go last: they take products and orders of others with them.
_IN_ORDER = sorted(CHOICES, key=lambda name: (name in SCOPE_WEIGHTS, name))


def _values(
    actions: ShopActions, product_id: int, code: str, entity_type: str = PRODUCT
) -> dict[int, Any]:
    """Read the values of an attribute by store."""
    attribute = actions.shop.attribute(entity_type, code)
    rows = actions.session.rows(
        attribute.table,
        "store_id value",
        {"entity_id": product_id, "attribute_id": attribute.attribute_id},
    )
    return {row["store_id"]: row["value"] for row in rows}


def _pick(actions: ShopActions, table: str, id_column: str, condition: str = "1 = 1") -> int:
    found = actions.session.pick(table, id_column, condition)
    assert found is not None
    return found


@pytest.mark.parametrize("name", _IN_ORDER)
def test_every_choice_finds_something_to_do_in_a_tiny_shop(
    shared_actions: ShopActions, name: str
) -> None:
    memory = Memory()
    done = next(filter(None, (CHOICES[name](shared_actions, memory) for _ in range(30))))
    assert done.kind.split(".")[0] == name.split(".")[0]
    assert str(done).startswith(f"{done.kind} ")
    assert dangling_references(shared_actions.session.connection) == []


def test_email_change_reaches_the_subscription_and_the_orders(actions: ShopActions) -> None:
    customer_id = int(actions.customers.register("old@example.com").ids["customer_id"])
    actions.subscribers.subscribe_customer(customer_id)
    order_id = int(actions.orders.place(customer_id=customer_id).ids["order_id"])
    actions.customers.change_email(customer_id, "new@example.com")
    rows = actions.session.rows
    subscriber = rows("newsletter_subscriber", "subscriber_email", {"customer_id": customer_id})
    order = rows("sales_order", "customer_email", {"entity_id": order_id})
    assert subscriber == [{"subscriber_email": "new@example.com"}]
    assert order == [{"customer_email": "new@example.com"}]


def test_registering_takes_over_the_subscription_of_a_guest(actions: ShopActions) -> None:
    subscriber_id = actions.subscribers.subscribe_guest("guest@example.com").ids["subscriber_id"]
    customer_id = actions.customers.register("guest@example.com").ids["customer_id"]
    row = actions.session.row(
        "newsletter_subscriber", "customer_id", {"subscriber_id": subscriber_id}
    )
    assert row["customer_id"] == customer_id


def test_customer_deletion_leaves_the_orders_without_a_customer(actions: ShopActions) -> None:
    customer_id = int(actions.customers.register().ids["customer_id"])
    actions.subscribers.subscribe_customer(customer_id)
    order_id = actions.orders.place(customer_id=customer_id).ids["order_id"]
    actions.customers.delete(customer_id)
    row = actions.session.row("sales_order", "customer_id", {"entity_id": order_id})
    assert row == {"customer_id": None}
    assert not actions.session.rows(
        "newsletter_subscriber", "store_id", {"customer_id": customer_id}
    )


def test_order_goes_through_invoice_shipment_and_refund(actions: ShopActions) -> None:
    done = actions.orders.place(store_id=2, coupon_code="LATO10")
    order_id = int(done.ids["order_id"])
    assert str(done.ids["number"]).startswith("2000")
    states = []
    for step in (
        actions.order_documents.invoice,
        actions.order_documents.ship,
        actions.order_documents.refund,
    ):
        step(order_id)
        states.append(actions.session.row("sales_order", "state", {"entity_id": order_id})["state"])
    assert states in (["processing", "complete", "closed"], ["complete", "processing", "closed"])
    order = actions.session.row("sales_order", "*", {"entity_id": order_id})
    assert order["total_refunded"] == order["grand_total"] > 0
    assert order["order_currency_code"] == "PLN"
    items = actions.session.rows("sales_order_item", "*", {"order_id": order_id})
    assert all(item["qty_refunded"] == item["qty_ordered"] for item in items)


def test_reservations_of_an_order_balance_when_it_is_cancelled(actions: ShopActions) -> None:
    session = actions.session
    before = query(session.connection, "SELECT SUM(quantity) FROM inventory_reservation")
    order_id = int(actions.orders.place().ids["order_id"])
    during = query(session.connection, "SELECT SUM(quantity) FROM inventory_reservation")
    actions.order_documents.cancel(order_id)
    after = query(session.connection, "SELECT SUM(quantity) FROM inventory_reservation")
    assert during < before
    assert after == before


def test_shipping_takes_stock_from_the_child_of_a_configurable(actions: ShopActions) -> None:
    session = actions.session
    link_id = _pick(actions, "catalog_product_super_link", "link_id")
    link = session.row("catalog_product_super_link", "product_id parent_id", {"link_id": link_id})
    child_id = link["product_id"]
    sku = session.row("catalog_product_entity", "sku", {"entity_id": child_id})["sku"]
    line = SaleLine(
        link["parent_id"], "configurable", "parent", "Parent", 1000, 2, (child_id, sku, "Child", {})
    )
    actions.stock.set_by_form(child_id, 10)
    order_id = int(actions.orders.place(lines=[line]).ids["order_id"])
    where: Row = {"product_id": child_id, "stock_id": 1}
    assert session.row("cataloginventory_stock_item", "qty", where)["qty"] == 10
    actions.order_documents.ship(order_id)
    assert session.row("cataloginventory_stock_item", "qty", where)["qty"] == 8
    source: Row = {"sku": sku, "source_code": "default"}
    assert session.row("inventory_source_item", "quantity", source)["quantity"] == 8


def test_order_deletion_takes_items_and_documents_along(actions: ShopActions) -> None:
    order_id = int(actions.orders.place().ids["order_id"])
    actions.order_documents.invoice(order_id)
    actions.orders.delete(order_id)
    for table, column in (("sales_order_item", "order_id"), ("sales_invoice", "order_id")):
        assert actions.session.rows(table, column, {column: order_id}) == []


def test_save_in_a_store_view_writes_website_values_for_all_its_views(actions: ShopActions) -> None:
    product_id = int(actions.products.create().ids["product_id"])
    actions.product_values.save(product_id, {"status": 2, "name": "Nazwa"}, store_id=2)
    assert _values(actions, product_id, "status") == {0: 1, 1: 2, 2: 2}
    assert set(_values(actions, product_id, "name")) == {0, 2}
    assert _values(actions, product_id, "name")[2] == "Nazwa"


def test_null_removes_the_row_and_an_empty_text_makes_it_hold_null(actions: ShopActions) -> None:
    product_id = int(actions.products.create(values={"vendor_code": "V1"}).ids["product_id"])
    actions.product_values.save(product_id, {"vendor_code": ""})
    assert _values(actions, product_id, "vendor_code") == {0: None}
    actions.product_values.save(product_id, {"vendor_code": None})
    assert _values(actions, product_id, "vendor_code") == {}


def test_unchanged_save_writes_no_value_but_new_link_ids(actions: ShopActions) -> None:
    grouped = _pick(actions, "catalog_product_entity", "entity_id", "type_id = 'grouped'")
    session = actions.session

    def links() -> list[dict[str, Any]]:
        return session.rows("catalog_product_link", "*", {"product_id": grouped}, "link_id")

    before, name = links(), _values(actions, grouped, "name")
    actions.product_values.save(grouped, {})
    after = links()
    assert name == _values(actions, grouped, "name")
    assert [row["linked_product_id"] for row in after] == [
        row["linked_product_id"] for row in before
    ]
    assert {row["link_id"] for row in after}.isdisjoint(row["link_id"] for row in before)


def test_import_replace_brings_the_sku_back_under_a_new_id(actions: ShopActions) -> None:
    done = actions.products.create("Mixed Case.1", website_ids=(1, 2))
    product_id = int(done.ids["product_id"])
    seen: list[int] = []

    def look() -> None:
        seen.append(
            len(actions.session.rows("catalog_product_entity", "sku", {"sku": "Mixed Case.1"}))
        )

    replaced = actions.product_imports.replace(product_id, between=look)
    assert seen == [0]
    assert replaced.ids["new_id"] != product_id
    row = actions.session.row(
        "catalog_product_entity", "sku", {"entity_id": replaced.ids["new_id"]}
    )
    assert row["sku"] == "Mixed Case.1"
    sites = actions.session.rows(
        "catalog_product_website", "website_id", {"product_id": replaced.ids["new_id"]}
    )
    assert [site["website_id"] for site in sites] == [1, 2]


def test_equal_prices_by_import_change_no_product_row(actions: ShopActions) -> None:
    product_id = int(actions.products.create(price="10.0000").ids["product_id"])
    before = actions.session.row("catalog_product_entity", "*", {"entity_id": product_id})
    actions.product_imports.append_prices({product_id: "10.0000"})
    after = actions.session.row("catalog_product_entity", "*", {"entity_id": product_id})
    assert before == after


def test_sku_change_leaves_the_source_item_behind_unless_it_is_moved(actions: ShopActions) -> None:
    product_id = int(actions.products.create("a-1").ids["product_id"])
    actions.products.change_sku(product_id, "b-1")
    assert actions.session.rows("inventory_source_item", "sku", {"sku": "a-1"})
    actions.products.change_sku(product_id, "a-1")
    actions.products.change_sku(product_id, "A-1", moves_stock=True)
    rows = actions.session.rows("inventory_source_item", "sku", {"sku": "a-1"})
    assert [row["sku"] for row in rows] == ["A-1"]


def test_moving_a_category_moves_everything_below_it(actions: ShopActions) -> None:
    session = actions.session
    top = _pick(actions, "catalog_category_entity", "entity_id", "level = 2 AND children_count > 1")
    child = int(actions.categories.create(top).ids["category_id"])
    target = _pick(
        actions, "catalog_category_entity", "entity_id", f"level = 2 AND entity_id <> {top}"
    )
    actions.categories.move(top, target)
    path = session.row("catalog_category_entity", "path", {"entity_id": target})["path"]
    moved = session.row("catalog_category_entity", "path level", {"entity_id": child})
    assert moved == {"path": f"{path}/{top}/{child}", "level": 4}
    with pytest.raises(ValueError, match="below itself"):
        actions.categories.move(target, child)


def test_children_counts_follow_creation_move_and_deletion(actions: ShopActions) -> None:
    session = actions.session
    parent = _pick(actions, "catalog_category_entity", "entity_id", "level = 2")
    actions.categories.create(parent)
    actions.categories.delete(int(actions.categories.create(parent).ids["category_id"]))
    for row in session.rows("catalog_category_entity", "path children_count", {}):
        below = session.ids(
            "SELECT COUNT(*) FROM catalog_category_entity WHERE path LIKE %s", [f"{row['path']}/%"]
        )
        assert below == [row["children_count"]]


def test_deleted_store_view_leaves_null_links_and_no_values(actions: ShopActions) -> None:
    customer_id = actions.customers.register(store_id=2).ids["customer_id"]
    order_id = actions.orders.place(store_id=2).ids["order_id"]
    actions.stores.delete_view(2)
    row = actions.session.row("customer_entity", "store_id website_id", {"entity_id": customer_id})
    assert row == {"store_id": None, "website_id": 1}
    assert (
        actions.session.row("sales_order", "store_id", {"entity_id": order_id})["store_id"] is None
    )
    assert actions.session.rows("catalog_product_entity_varchar", "value", {"store_id": 2}) == []
    assert [view.store_id for view in actions.shop.views] == [1, 3]


def test_new_store_view_sells_and_numbers_its_own_orders(actions: ShopActions) -> None:
    store_id = int(actions.stores.create_view(1, "fr_new").ids["store_id"])
    done = actions.orders.place(store_id=store_id)
    assert done.ids["number"] == f"{store_id}000000001"
    assert actions.session.rows("url_rewrite", "request_path", {"store_id": store_id})


def test_full_reindex_keeps_the_rows_and_swaps_the_tables(actions: ShopActions) -> None:
    count = "SELECT COUNT(*) FROM catalog_product_index_price"
    before = query(actions.session.connection, count)
    actions.noise.full_reindex()
    actions.noise.full_reindex()
    assert query(actions.session.connection, count) == before
    assert before[0][0] > 0


def test_failed_action_leaves_nothing_behind(actions: ShopActions) -> None:
    def fail_halfway() -> None:
        with actions.session.transaction():
            actions.session.delete("customer_entity", {"website_id": 1})
            raise RuntimeError("interrupted")

    with pytest.raises(RuntimeError, match="interrupted"):
        fail_halfway()
    assert actions.session.rows("customer_entity", "entity_id", {"website_id": 1})
