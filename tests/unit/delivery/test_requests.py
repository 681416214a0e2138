"""Requests, batches and how refused batches are cut."""

from __future__ import annotations

import orjson
import pytest

from config.workspace import BatchSettings
from mappers.payload import PayloadKind
from sinks.deliver.batching import batches, body_bytes, rounds
from sinks.synerise.requests import (
    Limits,
    delete_request,
    limits_by_kind,
    profile_request,
    write_request,
)
from sinks.synerise.splitting import halves, split
from tests.unit.delivery.making import account_event, customer, item, order, subscriber


def test_profiles_orders_and_items_travel_as_arrays() -> None:
    profiles = [customer(1, "a@example.com"), subscriber("b@example.com")]
    request = write_request(profiles)
    assert (request.method, request.path) == ("POST", "/v4/clients/batch")
    assert orjson.loads(request.body or b"") == [each.payload.body for each in profiles]
    assert write_request([order(1, "x")]).path == "/v4/transactions/batch"
    request = write_request([item("MUG")], "17")
    assert (request.path, request.is_catalog_item) == ("/catalogs/bags/17/items/batch", True)


def test_an_event_travels_alone_and_bare() -> None:
    event = account_event(1)
    request = write_request([event])
    assert (request.path, request.body) == ("/v4/events/custom", event.content)


def test_identifiers_in_paths_are_percent_encoded() -> None:
    path = profile_request("by-email", "a+b/c d@example.com").path
    assert path == "/v4/clients/by-email/a%2Bb%2Fc%20d%40example.com"
    assert delete_request("1/2", "/v4/clients/by-customid/").path.endswith("/1%2F2")


def test_limits_come_from_the_settings_and_events_go_one_by_one() -> None:
    limits = limits_by_kind(BatchSettings(profiles=7, bytes_max=5000))
    assert limits[PayloadKind.PROFILE] == Limits(7, 5000)
    assert limits[PayloadKind.EVENT] == Limits(1, 5000)
    assert limits[PayloadKind.PROFILE_DELETE].count_max == 1


def test_payloads_of_one_person_go_in_rounds_and_keep_their_order() -> None:
    orders = [order(number, "email:a@example.com") for number in range(3)]
    stranger = order(9, "email:b@example.com")
    assert rounds([*orders, stranger]) == [[orders[0], stranger], [orders[1]], [orders[2]]]


def test_batches_end_at_the_count_and_at_the_last_byte() -> None:
    payloads = [customer(number, f"c{number}@example.com") for number in range(4)]
    limits = dict.fromkeys(PayloadKind, Limits(3, 10_000))
    full, oversized = batches(payloads, limits)
    assert [len(batch) for batch in full] == [3, 1]
    assert oversized == []
    two_bytes = len(write_request(payloads[:2]).body or b"")
    assert [len(b) for b in batches(payloads, dict.fromkeys(limits, Limits(9, two_bytes)))[0]] == [
        2,
        2,
    ]
    limits = dict.fromkeys(limits, Limits(9, two_bytes - 1))
    assert [len(batch) for batch in batches(payloads, limits)[0]] == [1, 1, 1, 1]


def test_a_payload_over_the_limit_alone_is_told_apart() -> None:
    small, large = (
        customer(1, "a@example.com"),
        customer(2, "b@example.com", fields={"x": "y" * 99}),
    )
    limits = dict.fromkeys(PayloadKind, Limits(9, body_bytes(large) - 1))
    assert batches([small, large], limits) == ([[small]], [large])


def test_kinds_and_catalogs_never_mix_in_a_batch() -> None:
    payloads = [item("A", "one"), item("A", "two"), item("B", "one"), order(1, "x")]
    full, _ = batches(payloads, limits_by_kind(BatchSettings()))
    assert [[each.target for each in batch] for batch in full] == [
        ["item:one:A", "item:one:B"],
        ["item:two:A"],
        ["transaction:1"],
    ]


@pytest.mark.parametrize(("count", "sizes"), [(1, (0, 1)), (2, (1, 1)), (5, (2, 3))])
def test_halves_lose_nothing(count: int, sizes: tuple[int, int]) -> None:
    payloads = [customer(number, "a@example.com") for number in range(count)]
    first, second = halves(payloads)
    assert (len(first), len(second)) == sizes
    assert [*first, *second] == payloads


def test_hints_cut_the_suspects_out() -> None:
    payloads = [subscriber(f"s{number}@example.com") for number in range(4)]
    suspects, rest = split(payloads, [("client.email", "s2@example.com")])
    assert list(suspects) == [payloads[2]]
    assert list(rest) == [payloads[0], payloads[1], payloads[3]]


def test_hints_that_tell_nothing_apart_fall_back_to_halves() -> None:
    payloads = [subscriber("same@example.com"), subscriber("same@example.com")]
    assert split(payloads, [("email", "same@example.com")]) == halves(payloads)
    assert split(payloads, [("email", "nobody@example.com")]) == halves(payloads)
