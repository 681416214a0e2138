"""Orders: placed in two transactions, changed through their parts, deleted."""

from __future__ import annotations

from typing import Any

from cdc.records import ChangeRecord, Model, Op
from tests.integration.capture.conftest import Live, MakeRig, TestShop
from tests.waiting import wait_until


def place(live: Live, **more: Any) -> int:
    """Place an order and set the mark behind it."""
    done = live.actions.orders.place(**more)
    live.rig.mark()
    return int(done.ids["order_id"])


def test_a_placed_order_is_one_state_whatever_its_second_update_does(live: Live) -> None:
    done = live.actions.orders.place(email="buys@example.com")
    records = live.rig.since(Model.ORDER)
    assert 1 <= len(records) <= 2
    assert records[0].op is Op.CREATE
    newest = records[-1]
    assert newest.id == str(done.ids["order_id"])
    assert newest.after is not None
    assert newest.after["items"]
    assert newest.after["payment_method"] == "checkmo"
    assert newest.identity["client"]["email"] == "buys@example.com"


def test_reserved_products_of_an_order_are_read_again_by_their_sku(live: Live) -> None:
    product_id = live.new_product("ORDERED")
    live.shop.execute(
        "INSERT INTO inventory_reservation (stock_id, sku, quantity, metadata) "
        "VALUES (1, 'ORDERED', -10, '{}')"
    )
    (record,) = live.rig.since()
    assert record.id == str(product_id)
    assert record.after is not None
    assert record.after["stores"]["1"]["is_salable"] is False


def test_an_item_alone_changes_its_order(live: Live) -> None:
    order_id = place(live)
    live.shop.execute("UPDATE sales_order_item SET qty_refunded = 1 WHERE order_id = %s", order_id)
    (record,) = live.rig.since()
    assert (record.key, record.changed) == (str(order_id), ("sales_order_item",))


def test_a_payment_alone_changes_its_order(live: Live) -> None:
    order_id = place(live)
    live.shop.execute(
        "UPDATE sales_order_payment SET method = 'purchaseorder' WHERE parent_id = %s", order_id
    )
    (record,) = live.rig.since()
    assert record.after is not None
    assert record.after["payment_method"] == "purchaseorder"


def test_an_address_alone_changes_its_order(live: Live) -> None:
    order_id = place(live)
    live.shop.execute(
        "UPDATE sales_order_address SET telephone = '+48 1' WHERE parent_id = %s", order_id
    )
    (record,) = live.rig.since()
    assert record.after is not None
    assert record.after["billing_telephone"] == "+48 1"


def test_a_comment_publishes_nothing(live: Live) -> None:
    order_id = place(live)
    live.actions.orders.comment(order_id)
    assert live.rig.since() == []


def test_a_deleted_order_is_known_by_its_identity(live: Live) -> None:
    order_id = place(live, email="deletes@example.com")
    live.actions.orders.delete(order_id)
    (record,) = live.rig.since()
    assert record.is_delete
    assert record.identity["client"]["email"] == "deletes@example.com"
    assert record.identity["increment_id"]


def test_an_order_of_a_deleted_customer_stays_that_customers(live: Live) -> None:
    done = live.actions.customers.register("leaves@example.com")
    customer_id = int(done.ids["customer_id"])
    order_id = place(live, customer_id=customer_id)
    live.actions.customers.delete(customer_id)
    live.actions.orders.set_status(order_id, "fraud")
    record = live.rig.since(Model.ORDER)[-1]
    assert record.after is not None
    assert record.after["customer"] is None
    assert record.identity["client"]["customer_id"] == customer_id


def test_a_guests_order_follows_the_customer_who_had_and_left_its_address(live: Live) -> None:
    order_id = place(live, email="guest@example.com")
    done = live.actions.customers.register("guest@example.com")
    live.rig.mark()
    customer_id = int(done.ids["customer_id"])
    live.actions.customers.change_email(customer_id, "member@example.com")
    live.rig.wait_until_at_rest()
    live.actions.orders.set_status(order_id, "fraud")
    record = live.rig.since(Model.ORDER)[-1]
    assert record.identity["client"]["customer_id"] == customer_id
    assert record.identity["client"]["email"] == "guest@example.com"
    later = place(live, email="guest@example.com")
    assert live.rig.published.newest(Model.ORDER)[str(later)].identity["email_retired"]


def test_a_customer_is_published_no_later_than_the_first_order(
    shop: TestShop, make_rig: MakeRig
) -> None:
    slow = {"customer": {"quiet_ms": 60_000, "longest_ms": 60_000}}
    rig = make_rig(shop, settle=slow).start()
    rig.mark()
    customer = shop.actions.customers.register("buys@example.com")
    customer_id = int(customer.ids["customer_id"])
    shop.actions.orders.place(customer_id=customer_id)

    def orders() -> list[ChangeRecord]:
        return [each for each in rig.published.of(Model.ORDER) if each.cause == "stream"]

    wait_until(lambda: bool(orders()), timeout_s=20, what="the order")
    (record,) = (each for each in rig.published.of(Model.CUSTOMER) if each.id == str(customer_id))
    assert record.seq == orders()[0].seq
    assert record.after is not None
    assert record.after["email"] == "buys@example.com"
