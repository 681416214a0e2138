"""The accepted index and the decisions that follow from it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cdc.errors import LogUnavailable
from sinks.acceptance import AcceptedChanges, AcceptedRow, scope_of
from sinks.accepted import AcceptedIndex
from sinks.deliver.gate import HAS_ACCOUNT, OLDER, REMOVED_PERSON, SENT_BEFORE, UNCHANGED, Gate
from sinks.outgoing import Outgoing
from tests.unit.delivery.making import (
    account_event,
    customer,
    guest,
    item,
    order,
    removal,
    subscriber,
)


@pytest.fixture
def index(tmp_path: Path) -> Iterator[AcceptedIndex]:
    opened = AcceptedIndex(tmp_path / "accepted.sqlite")
    yield opened
    opened.close()


def accept(index: AcceptedIndex, *payloads: Outgoing, now_ms: int = 1000) -> None:
    """Let a cycle accept payloads."""
    gate = Gate(index)
    gate.open(payloads)
    for payload in payloads:
        gate.accept(payload, now_ms)
    index.write(gate.take_changes())


def reason(index: AcceptedIndex, payload: Outgoing) -> str | None:
    """Why a new cycle would not send a payload."""
    gate = Gate(index)
    gate.open([payload])
    return gate.admit(payload)


def test_what_was_accepted_survives_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "accepted.sqlite"
    first = AcceptedIndex(path)
    accept(first, customer(1, "Ann@example.com", offset=7, captured_ms=5), now_ms=42)
    first.close()
    second = AcceptedIndex(path)
    row = second.load(["profile:customer:1", "unknown"])["profile:customer:1"]
    assert (row.topic, row.partition, row.offset, row.captured_ms) == ("shop.customer", 0, 7, 5)
    assert (row.accepted_ms, row.email) == (42, "Ann@example.com")
    assert second.holders(["email:ann@example.com"]) == [row]
    second.close()


def test_more_targets_than_a_statement_takes_are_loaded(index: AcceptedIndex) -> None:
    payloads = [customer(number, f"c{number}@example.com") for number in range(1200)]
    accept(index, *payloads)
    assert len(index.load(payload.target for payload in payloads)) == 1200
    assert index.counts() == {"profile:customer": 1200}


def test_counts_are_by_model_and_catalog(index: AcceptedIndex) -> None:
    accept(index, item("A"), item("A", "store-2"), order(1, "x"), subscriber("s@example.com"))
    assert index.counts() == {
        "item:store-1": 1,
        "item:store-2": 1,
        "transaction": 1,
        "profile:subscriber": 1,
    }
    assert scope_of("event:deleteAccount:1") == "event"


def test_an_equal_payload_is_unchanged_and_another_one_is_not(index: AcceptedIndex) -> None:
    accept(index, customer(1, "a@example.com", fields={"firstName": "Ann"}))
    same = customer(1, "a@example.com", fields={"firstName": "Ann"}, offset=9)
    other = customer(1, "a@example.com", fields={"firstName": "Eve"}, offset=9)
    assert reason(index, same) == UNCHANGED
    assert reason(index, other) is None


def test_a_lower_version_never_follows_a_higher_one(index: AcceptedIndex) -> None:
    accept(index, guest("g@example.com", version=20))
    older, newer = guest("g@example.com", version=19), guest("g@example.com", version=21)
    assert reason(index, older) == OLDER
    assert reason(index, newer) == UNCHANGED


def test_a_record_before_the_accepted_one_is_older_only_by_offset_and_capture(
    index: AcceptedIndex,
) -> None:
    accept(index, customer(1, "a@example.com", offset=50, captured_ms=5000))

    def changed(offset: int, captured_ms: int, topic: str = "shop.customer") -> Outgoing:
        fields = {"firstName": "Other"}
        return customer(
            1, "a@example.com", fields=fields, offset=offset, captured_ms=captured_ms, topic=topic
        )

    assert reason(index, changed(49, 4000)) == OLDER
    assert reason(index, changed(49, 6000)) is None  # the topic was made anew
    assert reason(index, changed(51, 4000)) is None  # the clock stepped back
    assert reason(index, changed(49, 4000, "other.customer")) is None


def test_an_event_is_sent_once_whatever_it_says_later(index: AcceptedIndex) -> None:
    accept(index, account_event(1, "a@example.com"))
    assert (
        reason(index, account_event(1, "a@example.com", "b@example.com", offset=5)) == SENT_BEFORE
    )


def test_late_writes_for_a_removed_person_are_held_back(index: AcceptedIndex) -> None:
    accept(index, customer(1, "a@example.com"))
    accept(index, removal(1, "a@example.com", "old@example.com"))
    assert reason(index, subscriber("a@example.com")) == REMOVED_PERSON
    assert reason(index, guest("old@example.com")) == REMOVED_PERSON
    assert reason(index, order(5, "customId:1")) == REMOVED_PERSON
    assert reason(index, order(6, "customId:2")) is None
    assert reason(index, item("MUG")) is None


def test_a_new_customer_with_the_address_ends_the_holding_back(index: AcceptedIndex) -> None:
    accept(index, removal(1, "a@example.com", "b@example.com"))
    accept(index, customer(2, "A@example.com"))
    assert reason(index, subscriber("a@example.com")) is None
    assert reason(index, subscriber("b@example.com")) == REMOVED_PERSON
    assert reason(index, order(5, "customId:1")) == REMOVED_PERSON


def test_an_address_that_another_customer_holds_by_now_is_not_removed(
    index: AcceptedIndex,
) -> None:
    accept(index, customer(2, "a@example.com"))
    accept(index, removal(1, "b@example.com", "a@example.com"))
    assert reason(index, subscriber("a@example.com")) is None
    assert reason(index, subscriber("b@example.com")) == REMOVED_PERSON


def test_after_a_removal_the_same_payloads_are_no_longer_unchanged(index: AcceptedIndex) -> None:
    person, consent = customer(1, "a@example.com"), subscriber("a@example.com")
    accept(index, person, consent)
    accept(index, removal(1, "a@example.com", offset=3))
    assert reason(index, customer(1, "a@example.com", offset=5)) is None
    accept(index, customer(1, "a@example.com", offset=5))
    assert reason(index, consent) is None


def test_what_shared_an_address_with_a_renamed_customer_is_sent_again(
    index: AcceptedIndex,
) -> None:
    consent, visitor = subscriber("a@example.com"), guest("a@example.com", version=5)
    accept(index, visitor, customer(1, "a@example.com"), consent, subscriber("b@example.com"))
    accept(index, customer(1, "b@example.com"))
    assert reason(index, consent) is None
    assert reason(index, visitor) is None
    assert reason(index, guest("a@example.com", version=4)) == OLDER
    assert reason(index, subscriber("b@example.com")) == UNCHANGED
    assert reason(index, customer(1, "b@example.com")) == UNCHANGED


def test_a_guest_does_not_rename_the_customer_who_has_the_address_by_now(
    index: AcceptedIndex,
) -> None:
    accept(index, customer(1, "A@example.com"), subscriber("b@example.com"))
    assert reason(index, guest("a@example.com")) == HAS_ACCOUNT
    assert reason(index, guest("b@example.com")) is None
    gate = Gate(index)
    fresh, visitor = customer(2, "c@example.com"), guest("c@example.com")
    gate.open([fresh, visitor])
    gate.accept(fresh, 1000)
    assert gate.admit(visitor) == HAS_ACCOUNT


def test_removal_and_return_in_one_cycle_are_written_as_they_ended(index: AcceptedIndex) -> None:
    accept(index, removal(1, "a@example.com"), customer(2, "a@example.com"))
    assert index.removed(["email:a@example.com", "customId:1", "customId:2"]) == {"customId:1"}
    accept(index, customer(3, "a@example.com"), removal(3, "a@example.com"))
    assert "customId:3" in index.removed(["customId:3"])


def test_renames_are_told_from_first_sends_and_repeats(index: AcceptedIndex) -> None:
    accept(index, customer(1, "a@example.com"), subscriber("b@example.com"), now_ms=70)
    gate = Gate(index)
    renamed = customer(1, "b@example.com", former=["a@example.com"])
    payloads = [
        renamed,
        customer(1, "a@example.com"),
        customer(2, "c@example.com"),
        subscriber("c@example.com"),
    ]
    gate.open(payloads)
    renames = [gate.rename(payload) for payload in payloads]
    assert renames[1:] == [None, None, None]
    assert renames[0] is not None
    assert renames[0].former_email == "a@example.com"
    assert (renames[0].accepted_ms, renames[0].taken_ms) == (70, 70)


def test_a_customer_whom_an_accepted_order_named_has_a_profile_already(
    index: AcceptedIndex,
) -> None:
    accept(index, order(5, "customId:1", {"customId": "1"}), now_ms=70)
    gate = Gate(index)
    payload = customer(1, "a@example.com")
    gate.open([payload])
    rename = gate.rename(payload)
    assert rename is not None
    assert (rename.former_email, rename.accepted_ms) == (None, 70)
    assert gate.admit(payload) is None


def test_without_an_index_former_addresses_in_the_claims_make_a_rename(
    index: AcceptedIndex,
) -> None:
    gate = Gate(index)
    payload = customer(1, "b@example.com", former=["A@example.com"])
    gate.open([payload])
    rename = gate.rename(payload)
    assert rename is not None
    assert (rename.former_email, rename.other_emails) == (None, ("a@example.com",))


def test_a_rename_in_the_same_cycle_counts_from_the_latest_address(index: AcceptedIndex) -> None:
    first, second = customer(1, "a@example.com"), customer(1, "b@example.com")
    gate = Gate(index)
    gate.open([first, second])
    gate.accept(first, 10)
    rename = gate.rename(second)
    assert rename is not None
    assert rename.former_email == "a@example.com"


def test_forgetting_lets_a_replay_send_again_but_keeps_versions_and_persons(
    index: AcceptedIndex,
) -> None:
    accept(index, guest("g@example.com", version=5), customer(1, "a@example.com"), item("A"))
    accept(index, removal(9, "z@example.com"))
    assert index.forget("profile:guest") == 1
    assert reason(index, guest("g@example.com", version=5)) is None
    assert reason(index, guest("g@example.com", version=4)) == OLDER
    assert reason(index, item("A")) == UNCHANGED
    assert index.forget() == 4
    assert reason(index, item("A")) is None
    assert reason(index, subscriber("z@example.com")) == REMOVED_PERSON


def test_a_failed_write_changes_nothing(index: AcceptedIndex) -> None:
    good = AcceptedRow("t", b"f", 0, "topic", 0, 0, 0, 0)
    index._connection.execute(
        "CREATE TRIGGER no BEFORE INSERT ON removed BEGIN SELECT RAISE(ABORT, 'full'); END"
    )
    with pytest.raises(LogUnavailable, match="accepted index"):
        index.write(AcceptedChanges(rows={"t": good}, removed={"email:a": 1}))
    assert index.load(["t"]) == {}
