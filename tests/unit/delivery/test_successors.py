"""Who holds the profile of a person that has gone or moved."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mappers.payload import PayloadKind
from sinks.accepted import AcceptedIndex
from sinks.deliver.gate import Gate
from sinks.deliver.successors import LEFT_ADDRESS, TAKEN_OVER
from sinks.outgoing import Outgoing
from tests.unit.delivery.making import account_event, customer, guest, order, outgoing

LEFT = "left@example.com"
NEW = "new@example.com"
UUID = "5b2f9a3e-0000-5000-8000-000000000001"


@pytest.fixture
def index(tmp_path: Path) -> Iterator[AcceptedIndex]:
    opened = AcceptedIndex(tmp_path / "accepted.sqlite")
    yield opened
    opened.close()


def accept(index: AcceptedIndex, *payloads: Outgoing) -> None:
    """Let one cycle after the other accept a payload."""
    for payload in payloads:
        gate = Gate(index)
        gate.open([payload])
        gate.accept(payload, 1000)
        index.write(gate.take_changes())


def admitted(index: AcceptedIndex, payload: Outgoing) -> dict[str, Any] | str:
    """What a new cycle would send, or why it would not."""
    gate = Gate(index)
    gate.open([payload])
    return gate.admit(payload) or payload.payload.body


def client_of(index: AcceptedIndex, payload: Outgoing) -> dict[str, Any]:
    """Whom a transaction would name."""
    body = admitted(index, payload)
    assert isinstance(body, dict)
    client: dict[str, Any] = body["client"]
    return client


def bought_by_guest(number: int, email: str, seq: int) -> Outgoing:
    """A guest's order."""
    return order(number, f"email:{email}", {"email": email, "uuid": UUID}, seq=seq)


def bought_by(number: int, custom_id: str, seq: int = 0) -> Outgoing:
    """A customer's order."""
    return order(number, f"customId:{custom_id}", {"customId": custom_id}, seq=seq)


def subscription(email: str, seq: int) -> Outgoing:
    """A subscriber's profile with the uuid of the address."""
    body = {"email": email, "uuid": UUID, "agreements": {"email": True}}
    claims = [f"email:{email}"]
    return outgoing(f"profile:subscriber:{email}", body=body, claims=claims, seq=seq)


def test_what_was_published_under_an_address_before_it_was_left_is_the_customers(
    index: AcceptedIndex,
) -> None:
    accept(index, customer(1, NEW, former=[LEFT], seq=20))
    assert client_of(index, bought_by_guest(5, LEFT, seq=19)) == {"customId": "1"}
    assert admitted(index, subscription(LEFT, seq=19)) == {
        "email": LEFT,
        "agreements": {"email": True},
    }
    assert admitted(index, guest(LEFT, seq=19)) == LEFT_ADDRESS


def test_what_was_published_afterwards_knows_better(index: AcceptedIndex) -> None:
    accept(index, customer(1, NEW, former=[LEFT], seq=20))
    assert client_of(index, bought_by_guest(5, LEFT, seq=21)) == {"email": LEFT, "uuid": UUID}
    assert client_of(index, bought_by_guest(6, NEW, seq=3)) == {"email": NEW, "uuid": UUID}
    assert admitted(index, guest(LEFT, seq=21)) == {"email": LEFT}
    body = admitted(index, subscription(LEFT, seq=20))
    assert isinstance(body, dict)
    assert body["uuid"] == UUID


def test_later_changes_of_the_customer_do_not_move_the_moment_of_leaving(
    index: AcceptedIndex,
) -> None:
    accept(index, customer(1, NEW, former=[LEFT], seq=20))
    accept(index, customer(1, NEW, former=[LEFT], seq=90, fields={"firstName": "Ann"}))
    assert client_of(index, bought_by_guest(5, LEFT, seq=50)) == {"email": LEFT, "uuid": UUID}


def test_a_customer_who_comes_back_to_an_address_has_not_left_it(index: AcceptedIndex) -> None:
    accept(index, customer(1, NEW, former=[LEFT], seq=20))
    accept(index, customer(1, LEFT, former=[NEW], seq=30))
    assert client_of(index, bought_by_guest(5, LEFT, seq=19)) == {"email": LEFT, "uuid": UUID}
    assert client_of(index, bought_by_guest(6, NEW, seq=29)) == {"customId": "1"}


def test_of_several_customers_who_left_an_address_the_first_one_counts(
    index: AcceptedIndex,
) -> None:
    accept(index, customer(7, "seven@example.com", former=[LEFT], seq=20))
    accept(index, customer(3, "three@example.com", former=[LEFT], seq=30))
    accept(index, customer(9, "nine@example.com", former=[LEFT], seq=40))
    assert client_of(index, bought_by_guest(5, LEFT, seq=10)) == {"customId": "3"}


def test_orders_of_a_deleted_customer_follow_the_profile_to_whoever_takes_the_address(
    index: AcceptedIndex,
) -> None:
    accept(index, customer(1, "a@example.com"), account_event(1, "a@example.com"))
    assert client_of(index, bought_by(5, "1")) == {"customId": "1"}
    accept(index, customer(2, "A@example.com"))
    assert client_of(index, bought_by(5, "1")) == {"customId": "2"}
    accept(index, customer(3, "a@example.com"))
    assert client_of(index, bought_by(5, "1")) == {"customId": "3"}
    assert client_of(index, bought_by(6, "2")) == {"customId": "3"}


def test_a_deletion_that_comes_after_the_profile_was_taken_over_is_not_told(
    index: AcceptedIndex,
) -> None:
    accept(index, customer(1, "a@example.com"), customer(2, "a@example.com"))
    assert admitted(index, account_event(1, "a@example.com")) == TAKEN_OVER
    assert admitted(index, account_event(2, "a@example.com")) != TAKEN_OVER


def test_a_guests_order_follows_customer_and_heir(index: AcceptedIndex) -> None:
    accept(index, customer(1, NEW, former=[LEFT], seq=20), customer(2, NEW, seq=30))
    assert client_of(index, bought_by_guest(5, LEFT, seq=10)) == {"customId": "2"}


def test_a_customer_who_is_written_again_has_a_profile_of_the_own(index: AcceptedIndex) -> None:
    accept(index, customer(1, "a@example.com"), customer(2, "a@example.com"))
    assert client_of(index, bought_by(5, "1")) == {"customId": "2"}
    accept(index, customer(1, "b@example.com", former=["a@example.com"]))
    assert client_of(index, bought_by(5, "1")) == {"customId": "1"}


def test_customers_who_took_each_others_profile_over_do_not_send_in_circles(
    index: AcceptedIndex,
) -> None:
    accept(index, customer(1, "a@example.com"), customer(2, "a@example.com"))
    accept(index, customer(3, "a@example.com"), customer(1, "a@example.com"))
    assert client_of(index, bought_by(5, "1")) == {"customId": "1"}
    assert client_of(index, bought_by(6, "2")) == {"customId": "1"}


def test_a_corrected_order_is_unchanged_when_it_was_accepted_so(index: AcceptedIndex) -> None:
    accept(index, customer(1, NEW, former=[LEFT], seq=20))
    gate = Gate(index)
    bought = bought_by_guest(5, LEFT, seq=19)
    gate.open([bought])
    assert gate.admit(bought) is None
    gate.accept(bought, 1000)
    index.write(gate.take_changes())
    assert admitted(index, bought_by(5, "1", seq=40)) == "unchanged"


def test_a_silent_deletion_makes_the_profile_free(index: AcceptedIndex) -> None:
    gate = Gate(index)
    gate.note_gone("1")
    gate.open([])
    assert gate.is_gone("1")
    index.write(gate.take_changes())
    assert Gate(index).is_gone("1")
    assert not Gate(index).is_gone("2")
    assert client_of(index, bought_by(5, "1")) == {"customId": "1"}
    accept(index, customer(1, "a@example.com"))
    assert not Gate(index).is_gone("1")


def test_a_told_deletion_makes_the_profile_free_too(index: AcceptedIndex) -> None:
    told = account_event(1, "a@example.com")
    target = outgoing(
        "event:deleteAccount:1", kind=PayloadKind.EVENT, body=told.payload.body, claims=[]
    )
    accept(index, target)
    assert Gate(index).is_gone("1")
