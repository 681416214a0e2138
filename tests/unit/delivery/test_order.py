"""Waves, phases, ledger."""

from __future__ import annotations

from cdc.log.protocol import TopicPartition
from sinks.deliver.ledger import Ledger
from sinks.deliver.phases import Phase, in_record_order, waves, widened
from tests.unit.delivery.making import (
    account_event,
    customer,
    guest,
    item,
    order,
    removal,
    subscriber,
)

PLACE = TopicPartition("shop.customer", 0)


def test_persons_come_before_what_refers_to_them_and_deletions_last() -> None:
    payloads = [
        removal(9, seq=1),
        account_event(8, seq=2),
        order(1, "email:x", seq=3),
        guest("g@example.com", seq=4),
        subscriber("s@example.com", seq=5),
        customer(1, "c@example.com", seq=6),
        item("MUG", seq=7),
    ]
    (wave,) = waves(payloads)
    assert list(wave) == [
        Phase.CUSTOMERS,
        Phase.SUBSCRIBERS,
        Phase.GUESTS,
        Phase.TRANSACTIONS,
        Phase.EVENTS,
        Phase.DELETES,
        Phase.ITEMS,
    ]


def test_a_customer_with_the_address_of_a_deleted_one_is_sent_after_the_deletion() -> None:
    gone, fresh = removal(1, "a@example.com"), customer(2, "a@example.com")
    stranger = customer(3, "b@example.com")
    assert waves([gone, fresh, stranger]) == [
        {Phase.CUSTOMERS: [stranger], Phase.DELETES: [gone]},
        {Phase.CUSTOMERS: [fresh]},
    ]


def test_the_event_of_a_deleted_account_keeps_its_place_too() -> None:
    gone, fresh = account_event(1, "a@example.com"), customer(2, "a@example.com")
    assert waves([gone, fresh]) == [{Phase.EVENTS: [gone]}, {Phase.CUSTOMERS: [fresh]}]


def test_what_depends_on_a_later_wave_follows_it() -> None:
    gone = removal(1, "a@example.com")
    fresh = customer(2, "a@example.com")
    bought = order(5, "customId:2")
    assert waves([gone, fresh, bought])[1] == {
        Phase.CUSTOMERS: [fresh],
        Phase.TRANSACTIONS: [bought],
    }


def test_what_came_before_a_deletion_is_sent_before_it() -> None:
    bought = order(5, "email:a@example.com")
    gone = removal(1, "a@example.com")
    assert len(waves([bought, gone])) == 1


def test_customers_go_first_whatever_address_they_left() -> None:
    listed, bought = subscriber("a@example.com"), order(5, "email:a@example.com")
    moved = customer(1, "b@example.com", former=["a@example.com"])
    (wave,) = waves([listed, bought, moved])
    assert list(wave) == [Phase.CUSTOMERS, Phase.SUBSCRIBERS, Phase.TRANSACTIONS]


def test_two_deletions_of_one_address_open_two_waves() -> None:
    first, second = removal(1, "a@example.com"), removal(2, "a@example.com")
    between = customer(2, "a@example.com")
    assert waves([first, between, second]) == [
        {Phase.DELETES: [first]},
        {Phase.CUSTOMERS: [between], Phase.DELETES: [second]},
    ]


def test_record_order_is_that_of_publishing_and_stable_within_a_record() -> None:
    late, early, early_too = (order(n, "x", seq=seq) for n, seq in ((1, 9), (2, 3), (3, 3)))
    assert in_record_order([late, early, early_too]) == [early, early_too, late]


def test_orders_by_custom_id_claim_the_customers_addresses() -> None:
    person = customer(1, "a@example.com")
    by_id = order(5, "customId:1")
    by_known_id = order(6, "customId:2")
    by_email = order(7, "email:b@example.com")
    known = {"customId:2": frozenset({"customId:2", "email:b@example.com"})}
    widened([person, by_id, by_known_id, by_email], known)
    assert "email:a@example.com" in by_id.claims
    assert not by_known_id.claims.isdisjoint(by_email.claims)
    assert by_id.payload.claims == {"order:5", "customId:1"}


def test_nothing_is_committed_behind_an_unfinished_record() -> None:
    ledger = Ledger()
    for offset in (3, 4, 7):
        ledger.take(PLACE, offset)
    ledger.finish(PLACE, 4)
    assert ledger.committable() == {PLACE: 3}
    ledger.committed({PLACE: 3})
    assert ledger.committable() == {}
    ledger.finish(PLACE, 3)
    assert ledger.committable() == {PLACE: 7}
    ledger.finish(PLACE, 7)
    assert ledger.committable() == {PLACE: 8}
    ledger.committed({PLACE: 8})
    assert ledger.committable() == {}
    assert ledger.open_count == 0


def test_partitions_are_committed_independently() -> None:
    other = TopicPartition("shop.customer", 1)
    ledger = Ledger()
    ledger.take(PLACE, 0)
    ledger.take(other, 5)
    ledger.finish(other, 5)
    assert ledger.committable() == {PLACE: 0, other: 6}
