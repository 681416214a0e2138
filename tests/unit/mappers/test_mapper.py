"""The door to all mappers, and what holds between payloads of different records."""

from __future__ import annotations

from typing import Any

import pytest

from cdc.errors import MappingFailed
from cdc.records import ChangeRecord, Model
from mappers.mapper import Mapper
from mappers.payload import Payload, PayloadKind
from tests.golden.cases import scope
from tests.unit.mappers import entities


def mapped(record: ChangeRecord, **mapping: Any) -> tuple[Payload, ...]:
    return Mapper(scope(mapping=mapping)).map(record).payloads


def test_failure_says_what_was_mapped_and_keeps_its_cause() -> None:
    record = entities.customer_record({"email": "secret@home"})
    with pytest.raises(
        MappingFailed, match=r"^mapping a record of model customer: email"
    ) as caught:
        Mapper(scope()).map(record)
    assert isinstance(caught.value.__cause__, MappingFailed)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("record", "field"),
    [
        (entities.customer_record({"entity_id": None}), "entity_id is empty"),
        (entities.customer_deletion({"entity_id": None}), "identity.entity_id is empty"),
        (entities.order_record({"items": [entities.line(row_total="much")]}), "items.row_total"),
        (entities.order_record({"created_at": None}, identity={"created_at": None}), "created_at"),
        (
            entities.product_record(
                entities.product(stores={"one": {}}), entities.product_identity()
            ),
            "stores is not",
        ),
    ],
)
def test_damaged_record_fails_with_the_name_of_the_field(record: ChangeRecord, field: str) -> None:
    with pytest.raises(MappingFailed, match=field):
        mapped(record)


def test_catalog_by_code_needs_the_code() -> None:
    record = entities.product_record(entities.product(entities.view(code=None)))
    with pytest.raises(MappingFailed, match=r"stores\.1\.code is empty"):
        mapped(record, product={"catalog_name": "{code}"})


def test_record_of_before_a_field_existed_keeps_its_meaning() -> None:
    customer = entities.customer()
    known = {key: customer[key] for key in ("entity_id", "email", "store_id", "firstname")}
    identity = {"entity_id": 17, "email": entities.EMAIL}
    record = entities.record(Model.CUSTOMER, "17", known, identity)
    [profile] = mapped(record)
    assert profile.body["firstName"] == "Ann"
    assert "lastName" not in profile.body


def test_deletion_repeated_has_the_same_salt_time_and_client() -> None:
    first = mapped(entities.customer_deletion())
    assert first == mapped(entities.customer_deletion())
    assert first[0].kind is PayloadKind.EVENT


def test_deletion_published_again_has_the_same_target_and_salt() -> None:
    first, again = (
        mapped(entities.customer_deletion(captured_ms=ms, ts_ms=0))[0]
        for ms in (1777629600000, 1777629700000)
    )
    assert first.target == again.target
    assert first.body["eventSalt"] == again.body["eventSalt"]
    assert first.body["time"] != again.body["time"]


def test_removal_and_profile_of_a_customer_are_one_target() -> None:
    [profile] = mapped(entities.customer_record())
    [removal] = mapped(entities.customer_deletion(), customer={"delete": "remove"})
    assert profile.target == removal.target


@pytest.mark.parametrize("is_guest", [False, True])
def test_people_of_one_address_are_never_in_flight_together(is_guest: bool) -> None:
    order = entities.guest_record() if is_guest else entities.order_record()
    [customer] = mapped(entities.customer_record())
    [subscriber] = mapped(entities.subscriber_record(entities.subscription()))
    assert customer.claims & subscriber.claims
    for payload in mapped(order):
        assert payload.claims & customer.claims


def test_customer_who_changed_address_waits_for_the_subscriber_of_the_old_one() -> None:
    [customer] = mapped(
        entities.customer_record(
            {"email": "new@example.com"},
            {"email": "new@example.com", "former_emails": [entities.EMAIL]},
        )
    )
    [subscriber] = mapped(entities.subscriber_record(entities.subscription()))
    assert customer.claims & subscriber.claims


def test_later_order_of_a_guest_outranks_an_earlier_one() -> None:
    earlier, later = (
        mapped(entities.guest_record({"entity_id": entity_id}))[0] for entity_id in (900, 901)
    )
    assert earlier.target == later.target
    assert earlier.version < later.version


def test_child_lines_never_become_products() -> None:
    items = [entities.line(301), entities.line(302, parent_item_id=301), entities.line(303)]
    [transaction] = mapped(entities.order_record({"items": items}))
    assert len(transaction.body["products"]) == 2


def test_change_of_the_restriction_to_views_changes_nothing() -> None:
    shown = entities.product(entities.view(1), entities.view(2))
    assert mapped(entities.product_record(shown, stores=(1,))) == mapped(
        entities.product_record(shown)
    )
