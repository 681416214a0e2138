"""What waits behind a customer whose new address is another one's."""

from __future__ import annotations

from sinks.deliver.conflicts import Conflicts
from tests.unit.delivery.making import account_event, customer, guest, order, subscriber

NEW = "new@example.com"
OLD = "old@example.com"


def waiting() -> Conflicts:
    """Customer 1 waits for an address."""
    conflicts = Conflicts()
    assert conflicts.hold([customer(1, NEW, former=[OLD])], is_all_read=False) == []
    return conflicts


def test_what_names_the_customer_or_the_new_address_waits() -> None:
    conflicts = waiting()
    mine = [order(5, "customId:1"), subscriber(NEW), guest(NEW), order(6, f"email:{NEW}")]
    others = [subscriber(OLD), order(7, "customId:2"), customer(2, NEW), customer(3, OLD)]
    assert conflicts.keep_behind([*mine, *others]) == others
    together, replaced = conflicts.take([])
    assert {each.target for each in together} == {"profile:customer:1", *(m.target for m in mine)}
    assert replaced == []
    assert not conflicts


def test_the_deletion_of_another_customer_may_free_the_address_and_does_not_wait() -> None:
    conflicts = waiting()
    frees, own = account_event(2, NEW), account_event(1, NEW, OLD)
    assert conflicts.keep_behind([frees, own]) == [frees]


def test_a_newer_record_of_the_customer_and_whoever_shares_an_address_are_reasons_to_try() -> None:
    conflicts = waiting()
    assert conflicts.are_touched([customer(1, "third@example.com")])
    assert conflicts.are_touched([customer(2, "third@example.com", former=[NEW])])
    assert not conflicts.are_touched([customer(4, "third@example.com"), subscriber(NEW)])


def test_a_newer_payload_replaces_the_one_that_waits() -> None:
    conflicts = waiting()
    newer = customer(1, "third@example.com", seq=9)
    together, replaced = conflicts.take([newer])
    assert together == [newer]
    assert [each.email for each in replaced] == [NEW]


def test_only_tries_with_all_customers_in_hand_count() -> None:
    conflicts = Conflicts()
    renamed = customer(1, NEW, former=[OLD])
    for is_all_read in (False, True, False):
        assert conflicts.hold([renamed], is_all_read=is_all_read) == []
        conflicts.take([])
    assert conflicts.hold([renamed], is_all_read=True) == [renamed]
    assert conflicts.keep_behind([subscriber(NEW)]) != []


def test_what_waited_comes_back_in_record_order() -> None:
    conflicts = Conflicts()
    conflicts.hold([customer(1, NEW, former=[OLD], seq=5)], is_all_read=False)
    late, early = order(6, "customId:1", seq=9), order(5, "customId:1", seq=7)
    assert conflicts.keep_behind([late]) == []
    together, _ = conflicts.take([early])
    assert [each.origin.seq for each in together] == [5, 7, 9]
