"""Customers and subscribers: deletes, addresses that change, several rows of one address."""

from __future__ import annotations

from cdc.records import ChangeRecord, Model, Op
from tests.integration.capture.conftest import Live, MakeRig, TestShop
from tests.waiting import wait_until


def new_customer(live: Live, email: str, store_id: int = 1) -> int:
    """Register a customer and set the mark behind it."""
    done = live.actions.customers.register(email, store_id=store_id)
    live.rig.mark()
    return int(done.ids["customer_id"])


def subscribe(live: Live, email: str, store_id: int = 1) -> int:
    """Subscribe a guest and set the mark behind it."""
    done = live.actions.subscribers.subscribe_guest(email, store_id=store_id)
    live.rig.mark()
    return int(done.ids["subscriber_id"])


def test_a_deleted_customer_keeps_the_address_and_scope_of_its_last_row(live: Live) -> None:
    customer_id = new_customer(live, "gone@example.com")
    live.shop.execute(
        "UPDATE customer_entity SET email = 'late@example.com' WHERE entity_id = %s", customer_id
    )
    live.actions.customers.delete(customer_id)
    record = live.rig.since(Model.CUSTOMER)[-1]
    assert record.is_delete
    assert record.identity["email"] == "late@example.com"
    assert record.identity["former_emails"] == ["gone@example.com"]
    assert (record.identity["store_id"], record.identity["website_id"]) == (1, 1)


def test_a_new_address_of_a_customer_retires_the_old_one(live: Live) -> None:
    customer_id = new_customer(live, "before@example.com")
    live.actions.subscribers.subscribe_customer(customer_id)
    live.rig.mark()
    live.actions.customers.change_email(customer_id, "after@example.com")
    (customer,) = live.rig.since(Model.CUSTOMER)
    assert customer.identity["former_emails"] == ["before@example.com"]
    subscribers = {record.key: record for record in live.rig.since(Model.SUBSCRIBER)}
    assert subscribers["before@example.com"].is_delete
    assert subscribers["before@example.com"].identity["retired"]
    assert subscribers["after@example.com"].op is Op.CREATE
    assert not subscribers["after@example.com"].identity["retired"]


def test_another_subscription_of_a_left_address_is_told_that_it_is_retired(live: Live) -> None:
    customer_id = new_customer(live, "shared@example.com")
    subscribe(live, "shared@example.com", store_id=3)
    live.actions.customers.change_email(customer_id, "own@example.com")
    (record,) = live.rig.since(Model.SUBSCRIBER)
    assert (record.key, record.is_delete) == ("shared@example.com", False)
    assert record.identity["retired"]
    assert record.cause == "dependency"


def test_an_address_of_a_customer_is_part_of_the_customer(live: Live) -> None:
    customer_id = new_customer(live, "lives@example.com")
    done = live.actions.customers.add_address(customer_id)
    live.rig.mark()
    live.actions.customers.change_address(int(done.ids["address_id"]))
    (record,) = live.rig.since()
    assert record.after is not None
    city = live.shop.value(
        "SELECT city FROM customer_address_entity WHERE entity_id = %s", done.ids["address_id"]
    )
    assert record.after["billing"]["city"] == city
    assert record.changed == ("customer_address_entity",)


def test_a_login_publishes_nothing(live: Live) -> None:
    customer_id = new_customer(live, "login@example.com")
    live.shop.execute(
        "UPDATE customer_entity SET rp_token = 'x', failures_num = 1, updated_at = updated_at "
        "WHERE entity_id = %s",
        customer_id,
    )
    assert live.rig.since() == []


def test_two_subscriptions_of_one_address_are_one_record(live: Live) -> None:
    subscribe(live, "twice@example.com", store_id=1)
    second = subscribe(live, "twice@example.com", store_id=3)
    record = live.rig.published.newest(Model.SUBSCRIBER)["twice@example.com"]
    assert record.after is not None
    assert [row["store_id"] for row in record.after["subscriptions"]] == [1, 3]
    live.actions.subscribers.delete(second)
    (record,) = live.rig.since()
    assert record.after is not None
    assert [row["store_id"] for row in record.after["subscriptions"]] == [1]
    assert set(record.identity["stores"]) == {"1", "3"}


def test_the_last_subscription_of_an_address_is_its_delete(live: Live) -> None:
    subscriber_id = subscribe(live, "last@example.com", store_id=3)
    live.actions.subscribers.delete(subscriber_id)
    (record,) = live.rig.since()
    assert record.is_delete
    assert record.identity["stores"] == {"3": {"website_id": 2}}


def test_addresses_that_differ_in_case_are_two_subscribers(live: Live) -> None:
    subscribe(live, "Case@example.com")
    lower = subscribe(live, "case@example.com")
    newest = live.rig.published.newest(Model.SUBSCRIBER)
    for email in ("Case@example.com", "case@example.com"):
        after = newest[email].after
        assert after is not None
        assert len(after["subscriptions"]) == 1
    live.actions.subscribers.delete(lower)
    (record,) = live.rig.since()
    assert (record.key, record.is_delete) == ("case@example.com", True)


def test_an_address_that_changes_its_case_alone_is_another_key(live: Live) -> None:
    subscriber_id = subscribe(live, "Upper@example.com")
    live.shop.execute(
        "UPDATE newsletter_subscriber SET subscriber_email = 'upper@example.com' "
        "WHERE subscriber_id = %s",
        subscriber_id,
    )
    records = {record.key: record.is_delete for record in live.rig.since()}
    assert records == {"Upper@example.com": True, "upper@example.com": False}


def test_an_unsubscription_is_an_update(live: Live) -> None:
    subscriber_id = subscribe(live, "stops@example.com")
    live.actions.subscribers.unsubscribe(subscriber_id)
    (record,) = live.rig.since()
    assert record.after is not None
    assert record.after["subscriptions"][0]["status"] == 3


def test_who_subscribes_under_an_address_that_was_left_is_published_with_who_left_it(
    shop: TestShop, make_rig: MakeRig
) -> None:
    slow = {"customer": {"quiet_ms": 60_000, "longest_ms": 60_000}}
    customer = int(shop.actions.customers.register("old@example.com").ids["customer_id"])
    rig = make_rig(shop, settle=slow).start()
    rig.mark()
    shop.actions.customers.change_email(customer, "new@example.com")
    shop.actions.subscribers.subscribe_guest("old@example.com")

    def moved() -> list[ChangeRecord]:
        found = [each for each in rig.published.of(Model.CUSTOMER) if each.id == str(customer)]
        return [each for each in found if each.after and each.after["email"] == "new@example.com"]

    wait_until(lambda: bool(moved()), timeout_s=20, what="the customer who moved")
    subscriber = rig.published.newest(Model.SUBSCRIBER)["old@example.com"]
    assert subscriber.seq == moved()[0].seq
    assert subscriber.identity["retired"] is True


def test_an_address_that_was_left_is_retired_by_whatever_shows_it_first(
    shop: TestShop, make_rig: MakeRig
) -> None:
    slow = {"customer": {"quiet_ms": 60_000, "longest_ms": 60_000}}
    shop.actions.subscribers.subscribe_guest("old@example.com")
    customer = int(shop.actions.customers.register("old@example.com").ids["customer_id"])
    rig = make_rig(shop, settle=slow).start()
    rig.mark()
    shop.execute("UPDATE customer_entity SET email='new@example.com' WHERE entity_id=%s", customer)
    shop.actions.orders.place(email="old@example.com")

    def retired() -> bool:
        return bool(rig.published.newest(Model.SUBSCRIBER)["old@example.com"].identity["retired"])

    wait_until(retired, timeout_s=20, what="the subscriber without the uuid")
    record = rig.published.newest(Model.CUSTOMER)[str(customer)]
    assert record.identity["former_emails"] == ["old@example.com"]
