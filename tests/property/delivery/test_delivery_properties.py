"""What holds for any payloads, any refusals, any order of completion."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from cdc.log.protocol import TopicPartition
from config.workspace import RetrySettings
from mappers.payload import PayloadKind
from sinks.deliver.batching import batches, rounds
from sinks.deliver.ledger import Ledger
from sinks.deliver.phases import Phase, phase_of, waves, widened
from sinks.health import Health
from sinks.outgoing import Outgoing
from sinks.progress import Progress
from sinks.synerise.backoff import Waits
from sinks.synerise.exchange import Decision, Exchange, Exchanged
from sinks.synerise.outcome import Accepted, Partial, Refused, TooLarge
from sinks.synerise.requests import Limits, Request, write_request
from sinks.synerise.results import Verdict
from sinks.synerise.sender import Sender
from tests.unit.delivery.making import (
    account_event,
    customer,
    guest,
    item,
    order,
    outgoing,
    removal,
    subscriber,
)

NAMES = st.integers(1, 5)
MAILS = st.sampled_from([f"{name}@example.com" for name in "abcde"])
PAYLOADS = st.one_of(
    st.builds(lambda n, m, f: customer(n, m, former=f), NAMES, MAILS, st.lists(MAILS, max_size=2)),
    st.builds(subscriber, MAILS),
    st.builds(guest, MAILS),
    st.builds(lambda n, m: order(n, f"email:{m}"), NAMES, MAILS),
    st.builds(lambda n, c: order(n, f"customId:{c}"), NAMES, NAMES),
    st.builds(removal, NAMES, MAILS),
    st.builds(account_event, NAMES, MAILS),
    st.builds(item, st.sampled_from("ABC"), st.sampled_from(["one", "two"])),
)
CYCLES = st.lists(PAYLOADS, max_size=40)


@given(CYCLES)
def test_rounds_keep_claims_apart_and_in_order_and_lose_nothing(payloads: list[Outgoing]) -> None:
    planned = rounds(payloads)
    assert Counter(map(id, (p for members in planned for p in members))) == Counter(
        map(id, payloads)
    )
    for members in planned:
        claims = [claim for member in members for claim in member.claims]
        assert len(claims) == len(set(claims))
    place = {id(p): number for number, members in enumerate(planned) for p in members}
    for earlier in range(len(payloads)):
        for later in range(earlier + 1, len(payloads)):
            first, second = payloads[earlier], payloads[later]
            if not first.claims.isdisjoint(second.claims):
                assert place[id(first)] < place[id(second)]


@given(CYCLES)
def test_every_payload_is_in_one_phase_of_one_wave(payloads: list[Outgoing]) -> None:
    arranged = waves(widened(payloads, {}))
    flat = [p for wave in arranged for members in wave.values() for p in members]
    assert Counter(map(id, flat)) == Counter(map(id, payloads))
    for wave in arranged:
        assert list(wave) == sorted(wave)
        for phase, members in wave.items():
            assert all(phase_of(member) is phase for member in members)


@given(CYCLES)
def test_what_follows_a_deletion_of_the_same_person_is_sent_after_it(
    payloads: list[Outgoing],
) -> None:
    arranged = waves(widened(payloads, {}))
    place = {
        id(p): (number, phase)
        for number, wave in enumerate(arranged)
        for phase, members in wave.items()
        for p in members
    }
    for earlier, first in enumerate(payloads):
        if first.kind not in (PayloadKind.EVENT, PayloadKind.PROFILE_DELETE):
            continue
        for second in payloads[earlier + 1 :]:
            if not first.claims.isdisjoint(second.claims):
                assert place[id(first)][0] < place[id(second)][0]


@given(CYCLES)
def test_within_a_wave_a_persons_profile_goes_before_the_orders_and_deletions(
    payloads: list[Outgoing],
) -> None:
    for wave in waves(widened(payloads, {})):
        assert all(first < second for first, second in pairwise(wave))
        assert Phase.DELETES not in wave or max(set(wave) - {Phase.ITEMS}) is Phase.DELETES


SIZES = st.lists(st.integers(0, 300), max_size=60)


@given(SIZES, st.integers(1, 10), st.integers(50, 700))
def test_batches_stay_within_count_and_bytes_as_sent(
    sizes: list[int], count_max: int, bytes_max: int
) -> None:
    payloads = [
        outgoing(f"profile:customer:{number}", body={"x": "y" * size})
        for number, size in enumerate(sizes)
    ]
    limits = dict.fromkeys(PayloadKind, Limits(count_max, bytes_max))
    full, oversized = batches(payloads, limits)
    for batch in full:
        assert 1 <= len(batch) <= count_max
        assert len(write_request(batch).body or b"") <= bytes_max
    assert all(len(each.content) + 2 > bytes_max for each in oversized)
    flat = [each for batch in full for each in batch]
    assert Counter(map(id, [*flat, *oversized])) == Counter(map(id, payloads))
    # No batch could have taken the first payload of the next one of its kind.
    for batch, following in pairwise(full):
        grown = [*batch, following[0]]
        assert len(grown) > count_max or len(write_request(grown).body or b"") > bytes_max


@given(st.integers(1, 30).flatmap(lambda count: st.permutations(range(count))))
def test_no_commit_passes_an_unfinished_record_whatever_ends_first(order_of_end: list[int]) -> None:
    place = TopicPartition("shop.order", 0)
    ledger = Ledger()
    for offset in range(len(order_of_end)):
        ledger.take(place, offset)
    finished: set[int] = set()
    for offset in order_of_end:
        ledger.finish(place, offset)
        finished.add(offset)
        moved = ledger.committable()
        ledger.committed(moved)
        assert all(each in finished for each in range(moved.get(place, 0)))
    assert ledger.open_count == 0
    assert ledger.committable() == {}


class GuiltyExchange(Exchange):
    """Refuses requests that hold a guilty body, in the way it is told to."""

    def __init__(self, guilty: frozenset[bytes], refusal: Decision, limit_bytes: int) -> None:
        self.guilty = guilty
        self.refusal = refusal
        self.limit_bytes = limit_bytes
        self.stored: list[bytes] = []
        self.request_count = 0

    def perform(
        self,
        request: Request,
        progress: Progress,
        *,
        waits: Waits | None = None,
        is_suspect_final: bool = False,
    ) -> Exchanged:
        self.request_count += 1
        body = request.body or b""
        if len(body) > self.limit_bytes:
            return Exchanged(TooLarge(), 1)
        elements = body[1:-1].split(b",") if len(body) > 2 else []
        if any(element in self.guilty for element in elements):
            if isinstance(self.refusal, Partial):
                self.stored += [each for each in elements if each not in self.guilty]
            return Exchanged(self.refusal, 1)
        self.stored += elements
        return Exchanged(Accepted(), 1)


def numbered(count: int) -> Sequence[Outgoing]:
    return [outgoing(f"profile:customer:{number}", body={"n": number}) for number in range(count)]


@settings(deadline=None)
@given(
    st.integers(1, 80),
    st.sets(st.integers(0, 79), max_size=6),
    st.sampled_from([Refused(400), Refused(404), Partial()]),
    st.integers(12, 400),
)
def test_the_guilty_are_refused_and_all_others_accepted(
    count: int, guilty_numbers: set[int], refusal: Decision, limit_bytes: int
) -> None:
    payloads = numbered(count)
    guilty = frozenset(p.content for p in payloads if p.payload.body["n"] in guilty_numbers)
    exchange = GuiltyExchange(guilty, refusal, limit_bytes)
    sender = Sender("main", exchange, RetrySettings(), Health("main"), threading.Event())
    results = sender.send(payloads, Progress())
    assert Counter(id(result.outgoing) for result in results) == Counter(map(id, payloads))
    refused = {r.outgoing.content for r in results if r.verdict is Verdict.REFUSED}
    assert refused == guilty
    assert set(exchange.stored) == {p.content for p in payloads} - guilty
    if not guilty and limit_bytes == 400:
        assert exchange.request_count <= 2 * count
