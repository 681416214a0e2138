"""Records from loaded entities and from what was last published."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cdc.composer import Batch, Composer, Named, keys_to_check
from cdc.identity import Client
from cdc.identity_index import IdentityIndex
from cdc.records import Cause, ChangeRecord, Model, Op, Source

SOURCE = Source(server="s", gtid="", file="bin.000001", pos=4)
WEBSITES = {1: 1, 2: 1, 3: 2}


def named(cause: Cause = "stream") -> Named:
    return Named(cause, 1_700_000_000_000, ("t",), SOURCE)


def deleted(image: tuple[Any, ...] | None = None) -> Named:
    return replace(named(), image=image, is_deleted=True)


def product(entity_id: int, sku: str, *stores: int, **more: Any) -> dict[str, Any]:
    views = {
        str(store): {"website_id": WEBSITES[store], "code": f"s{store}", "url": f"https://{store}/"}
        for store in stores
    }
    return {"entity_id": entity_id, "sku": sku, "stores": views, "category_ids": [], **more}


def customer(entity_id: int, email: str, store: int | None = 1) -> dict[str, Any]:
    return {"entity_id": entity_id, "email": email, "store_id": store, "website_id": 1}


def order(
    entity_id: int,
    email: str,
    customer_id: int | None = None,
    items: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    owner = customer(customer_id, email) if customer_id else None
    return {
        "entity_id": entity_id,
        "increment_id": f"1000{entity_id}",
        "store": {"store_id": 1, "website_id": 1},
        "created_at": "2026-01-01 00:00:00",
        "customer_email": email,
        "customer": owner,
        "items": items or [],
    }


@pytest.fixture
def index(tmp_path: Path) -> Iterator[IdentityIndex]:
    found = IdentityIndex(tmp_path / "identity.sqlite")
    yield found
    found.close()


class Steps:
    """Composes and applies step after step, as the publisher does."""

    def __init__(self, index: IdentityIndex) -> None:
        self.index = index
        self.composer = Composer(index, publish_unchanged=False)
        self.seq = 0

    def __call__(
        self,
        model: Model,
        entities: dict[str, dict[str, Any]],
        gone: tuple[str, ...] = (),
        *,
        reason: Named | None = None,
        holders: dict[str, str] | None = None,
    ) -> list[ChangeRecord]:
        self.seq += 1
        names = dict.fromkeys(gone, reason or deleted()) | dict.fromkeys(
            entities, reason or named()
        )
        batch = Batch(model, names, entities, holders or {})
        composed = self.composer.compose(
            batch, seq=self.seq, captured_ms=self.seq, websites=WEBSITES
        )
        self.index.apply(composed.records, self.seq)
        return composed.records


@pytest.fixture
def steps(index: IdentityIndex) -> Steps:
    return Steps(index)


def test_a_first_record_is_a_create_and_the_next_an_update(steps: Steps) -> None:
    (first,) = steps(Model.PRODUCT, {"1": product(1, "A", 1)})
    (second,) = steps(Model.PRODUCT, {"1": product(1, "A", 1, name="new")})
    assert (first.op, second.op) == (Op.CREATE, Op.UPDATE)
    assert first.key == "A"


def test_unchanged_content_is_left_out_but_not_in_a_full_run(steps: Steps) -> None:
    steps(Model.PRODUCT, {"1": product(1, "A", 1)})
    assert steps(Model.PRODUCT, {"1": product(1, "A", 1)}) == []
    (record,) = steps(Model.PRODUCT, {"1": product(1, "A", 1)}, reason=named("full"))
    assert record.op is Op.READ


def test_a_left_website_stays_in_the_identity_for_good(steps: Steps) -> None:
    steps(Model.PRODUCT, {"1": product(1, "A", 1, 3)})
    (record,) = steps(Model.PRODUCT, {"1": product(1, "A", 1)})
    assert record.after is not None
    assert set(record.after["stores"]) == {"1"}
    assert set(record.identity["stores"]) == {"1", "3"}
    (deleted,) = steps(Model.PRODUCT, {}, gone=("1",))
    (again,) = steps(Model.PRODUCT, {"9": product(9, "A", 1)})
    assert deleted.is_delete
    assert set(deleted.identity["stores"]) == set(again.identity["stores"]) == {"1", "3"}
    assert again.op is Op.CREATE


def test_sku_change_deletes_the_old_key_and_creates_the_new(steps: Steps) -> None:
    steps(Model.PRODUCT, {"1": product(1, "OLD", 1)})
    old, new = steps(Model.PRODUCT, {"1": product(1, "NEW", 1)})
    assert (old.key, old.op, old.after) == ("OLD", Op.DELETE, None)
    assert (new.key, new.op) == ("NEW", Op.CREATE)


def test_a_delete_is_not_published_while_another_product_holds_the_sku(steps: Steps) -> None:
    steps(Model.PRODUCT, {"10": product(10, "A", 1, 3)})
    assert steps(Model.PRODUCT, {}, gone=("10",), holders={"A": "55"}) == []
    (record,) = steps(Model.PRODUCT, {"55": product(55, "A", 1)})
    assert set(record.identity["stores"]) == {"1", "3"}
    assert steps(Model.PRODUCT, {}, gone=("10",)) == []


@pytest.mark.parametrize("gone_first", [True, False])
def test_replaced_entity_in_one_step_is_one_record(steps: Steps, gone_first: bool) -> None:
    steps(Model.PRODUCT, {"10": product(10, "A", 1)})
    entities = {"55": product(55, "A", 1)}
    reasons = {"10": deleted(), "55": named()}
    names = {found: reasons[found] for found in (["10", "55"] if gone_first else ["55", "10"])}
    composed = steps.composer.compose(
        Batch(Model.PRODUCT, names, entities), seq=9, captured_ms=9, websites=WEBSITES
    )
    assert [(record.key, record.is_delete) for record in composed.records] == [("A", False)]


def test_swapped_skus_end_with_both_products_alive(steps: Steps) -> None:
    steps(Model.PRODUCT, {"1": product(1, "A", 1), "2": product(2, "B", 1)})
    records = steps(Model.PRODUCT, {"1": product(1, "B", 1), "2": product(2, "A", 1)})
    assert {record.key: record.id for record in records} == {"B": "1", "A": "2"}
    assert not any(record.is_delete for record in records)


def test_skus_to_check_are_those_left_and_not_held_in_the_batch(
    steps: Steps, index: IdentityIndex
) -> None:
    steps(Model.PRODUCT, {"1": product(1, "A", 1), "2": product(2, "B", 1)})
    batch = Batch(Model.PRODUCT, dict.fromkeys(["1", "2"], named()), {"1": product(1, "B", 1)})
    assert keys_to_check(index, batch) == ["A"]


def test_a_missing_entity_waits_for_the_event_of_its_deleted_row(steps: Steps) -> None:
    steps(Model.CUSTOMER, {"1": customer(1, "a@example.com")})
    assert steps(Model.CUSTOMER, {}, gone=("1",), reason=named()) == []
    (record,) = steps(Model.CUSTOMER, {}, gone=("1",), reason=deleted(("b@example.com", 1, 1)))
    assert record.identity["email"] == "b@example.com"


def test_a_sweep_deletes_without_any_event(steps: Steps) -> None:
    steps(Model.ORDER, {"5": order(5, "a@example.com")})
    (record,) = steps(Model.ORDER, {}, gone=("5",), reason=named("sweep"))
    assert (record.is_delete, record.cause) == (True, "sweep")


def test_deleted_product_that_was_never_published_needs_no_record(steps: Steps) -> None:
    assert steps(Model.PRODUCT, {}, gone=("1",), reason=deleted(("A",))) == []


def test_deleted_customer_keeps_the_last_known_address_of_the_deleted_row(steps: Steps) -> None:
    steps(Model.CUSTOMER, {"1": customer(1, "a@example.com")})
    (record,) = steps(
        Model.CUSTOMER, {}, gone=("1",), reason=deleted(("b@example.com", None, None))
    )
    assert record.is_delete
    assert record.identity["email"] == "b@example.com"
    assert record.identity["former_emails"] == ["a@example.com"]
    assert record.identity["store_id"] == 1


def test_customer_deleted_before_it_was_ever_published_is_known_by_its_row(steps: Steps) -> None:
    (record,) = steps(Model.CUSTOMER, {}, gone=("1",), reason=deleted(("b@example.com", 2, 1)))
    assert record.identity["email"] == "b@example.com"
    assert steps(Model.CUSTOMER, {}, gone=("1",)) == []


def test_a_moved_address_is_retired_and_back_home_is_no_former_one(steps: Steps) -> None:
    steps(Model.CUSTOMER, {"1": customer(1, "a@example.com")})
    steps(Model.CUSTOMER, {"1": customer(1, "b@example.com")})
    (back,) = steps(Model.CUSTOMER, {"1": customer(1, "a@example.com")})
    assert back.identity["former_emails"] == ["b@example.com"]
    subscriber = {
        "email": "b@example.com",
        "subscriptions": [{"subscriber_id": 1, "store_id": 1, "status": 1}],
    }
    (record,) = steps(Model.SUBSCRIBER, {"b@example.com": subscriber})
    assert record.identity["retired"]


def test_an_unsubscribed_address_keeps_every_store_it_was_in(steps: Steps) -> None:
    rows = [{"subscriber_id": 1, "store_id": 1}, {"subscriber_id": 2, "store_id": 3}]
    entity = {"email": "a@example.com", "subscriptions": rows}
    steps(Model.SUBSCRIBER, {"a@example.com": entity})
    (record,) = steps(Model.SUBSCRIBER, {}, gone=("a@example.com",))
    assert record.is_delete
    assert set(record.identity["stores"]) == {"1", "3"}


def test_subscriber_row_that_was_never_published_is_switched_off_in_its_store(
    steps: Steps,
) -> None:
    (record,) = steps(Model.SUBSCRIBER, {}, gone=("a@example.com",), reason=deleted((2,)))
    assert record.identity["stores"] == {"2": {"website_id": 1}}


def test_an_order_keeps_the_client_it_was_first_published_with(steps: Steps) -> None:
    (first,) = steps(Model.ORDER, {"5": order(5, "a@example.com", customer_id=7)})
    (later,) = steps(Model.ORDER, {"5": order(5, "changed@example.com")})
    assert first.identity["client"]["customer_id"] == 7
    assert later.identity["client"] == first.identity["client"]


def test_a_bought_configurable_keeps_the_sku_it_was_first_published_with(steps: Steps) -> None:
    def line(sku: str | None) -> dict[str, Any]:
        product = {"sku": sku} if sku else None
        return {"item_id": 3, "product_type": "configurable", "product": product}

    steps(Model.ORDER, {"5": order(5, "a@example.com", items=[line("OLD")])})
    (renamed,) = steps(Model.ORDER, {"5": order(5, "a@example.com", items=[line("NEW")])})
    (gone,) = steps(Model.ORDER, {"5": order(5, "a@example.com", items=[line(None)])})
    assert renamed.identity["product_skus"] == gone.identity["product_skus"] == {"3": "OLD"}


def test_addresses_left_in_the_same_step_are_retired_at_once(steps: Steps) -> None:
    entity = {"email": "a@example.com", "subscriptions": []}
    batch = Batch(Model.SUBSCRIBER, {"a@example.com": named()}, {"a@example.com": entity})
    composed = steps.composer.compose(
        batch,
        seq=1,
        captured_ms=1,
        websites=WEBSITES,
        retired={"a@example.com": Client(7, 1, 1, "a@example.com")},
    )
    assert composed.records[0].identity["retired"]


def test_guest_orders_follow_the_customer_who_had_and_left_the_address(steps: Steps) -> None:
    steps(Model.ORDER, {"5": order(5, "a@example.com")})
    steps(Model.CUSTOMER, {"7": customer(7, "a@example.com")})
    steps(Model.CUSTOMER, {"7": customer(7, "b@example.com")})
    (record,) = steps(Model.ORDER, {"5": order(5, "a@example.com") | {"status": "complete"}})
    assert record.identity["client"]["customer_id"] == 7
    (new,) = steps(Model.ORDER, {"6": order(6, "a@example.com")})
    assert new.identity["client"] == {
        "customer_id": None,
        "customer_store_id": None,
        "customer_website_id": None,
        "email": "a@example.com",
    }
    assert new.identity["email_retired"]


def test_deleted_order_is_a_record_and_a_second_look_is_none(steps: Steps) -> None:
    steps(Model.ORDER, {"5": order(5, "a@example.com")})
    (record,) = steps(Model.ORDER, {}, gone=("5",))
    assert record.is_delete
    assert steps(Model.ORDER, {}, gone=("5",)) == []


def test_index_finds_products_by_category_and_child_also_after_the_links_are_gone(
    steps: Steps, index: IdentityIndex
) -> None:
    steps(Model.PRODUCT, {"1": product(1, "A", 1) | {"category_ids": [4, 5], "child_ids": [2]}})
    assert index.linked("category", ["5"]) == {"1"}
    assert index.linked("child", ["2"]) == {"1"}
    steps(Model.PRODUCT, {"1": product(1, "A", 1)})
    assert index.linked("category", ["5"]) == set()


def test_applying_a_step_twice_changes_nothing(steps: Steps, index: IdentityIndex) -> None:
    records = steps(Model.PRODUCT, {"1": product(1, "A", 1, 3)})
    before = index.get(Model.PRODUCT, ["A"])
    index.apply(records, 1)
    assert index.get(Model.PRODUCT, ["A"]) == before


def test_forgotten_keys_are_gone_for_good(steps: Steps, index: IdentityIndex) -> None:
    steps(Model.PRODUCT, {"1": product(1, "A", 1)})
    steps(Model.PRODUCT, {}, gone=("1",))
    keys = index.gone_before(before_ms=10, limit=5)
    assert keys == [(Model.PRODUCT, "A")]
    index.apply((), 3, forgotten=keys)
    assert index.get(Model.PRODUCT, ["A"]) == {}
