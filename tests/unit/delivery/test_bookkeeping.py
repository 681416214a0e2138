"""Intake, settlement, dead letters, counters, health."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from cdc.errors import LogUnavailable, MappingFailed, RecordTooLarge, RecordUndecodable
from cdc.log.protocol import Consumer, Entry, Message, TopicPartition
from cdc.log.topics import TopicNames
from cdc.records import ChangeRecord, Model, encode_record
from mappers.payload import Mapped, Payload, PayloadKind, Skipped
from sinks.accepted import AcceptedIndex
from sinks.dead_letter import DeadLetter, decode_dead_letter, encode_dead_letter
from sinks.deliver.gate import Gate
from sinks.deliver.intake import Intake
from sinks.deliver.settlement import Settlement
from sinks.health import Health, HealthState
from sinks.outgoing import Outgoing
from sinks.progress import Progress, Reservoir
from sinks.synerise.results import SendResult, Verdict
from tests.unit.delivery.making import CallableMapper, change

NAMES = TopicNames("shop")
CUSTOMERS = NAMES.model(Model.CUSTOMER)
ORDERS = NAMES.model(Model.ORDER)


class FakeAppender:
    """Keeps entries; refuses values over a size."""

    def __init__(self, limit_bytes: int = 1_000_000) -> None:
        self.entries: list[Entry] = []
        self.limit_bytes = limit_bytes

    def append(self, entries: Sequence[Entry]) -> None:
        for place, entry in enumerate(entries):
            if len(entry.value or b"") > self.limit_bytes:
                raise RecordTooLarge("appending: too large", index=place)
        self.entries += entries

    def close(self) -> None:
        self.entries.clear()

    @property
    def letters(self) -> list[DeadLetter]:
        return [decode_dead_letter(entry.value or b"") for entry in self.entries]


class FakeConsumer:
    """Keeps what was committed."""

    def __init__(self) -> None:
        self.offsets: dict[TopicPartition, int] = {}
        self.error: Exception | None = None
        self.position = 0

    def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        if self.error is not None:
            raise self.error
        self.offsets.update(offsets)

    def poll(self, max_messages: int, timeout_s: float) -> list[Message]:
        return []

    def seek(self, offsets: Mapping[TopicPartition, int]) -> None:
        self.offsets.update(offsets)

    def positions(self) -> dict[TopicPartition, int]:
        return {TopicPartition(topic, 0): self.position for topic in NAMES.models.values()}

    def committed(self) -> dict[TopicPartition, int]:
        return dict(self.offsets)

    def end_offsets(self) -> dict[TopicPartition, int]:
        return {}

    def close(self) -> None:
        self.offsets.clear()


@dataclass
class Desk:
    """A lane's bookkeeping without the lane."""

    index: AcceptedIndex
    settlement: Settlement
    intake: Intake
    progress: Progress
    appender: FakeAppender = field(default_factory=FakeAppender)
    consumer: FakeConsumer = field(default_factory=FakeConsumer)

    def take(self, *messages: Message) -> list[Outgoing]:
        for message in messages:
            self.settlement.take(message)
        return self.intake.payloads(messages)

    def flush(self) -> None:
        consumers: dict[str, Consumer] = dict.fromkeys(NAMES.models.values(), self.consumer)
        self.settlement.flush(self.appender, consumers)

    def committed(self, topic: str) -> int | None:
        return self.consumer.offsets.get(TopicPartition(topic, 0))


def plain(record: ChangeRecord) -> Mapped:
    """One payload a record; some ids misbehave."""
    if record.id == "bad":
        raise MappingFailed("email is empty")
    if record.id == "bug":
        raise KeyError("secret@example.com")
    if record.id == "odd":
        return Mapped((Payload(PayloadKind.PROFILE, "t", {"value": object()}),))
    if record.id == "out":
        return Mapped((), (Skipped("out of scope"),))
    target = f"{record.model.value}:{record.id}"
    return Mapped((Payload(PayloadKind.PROFILE, target, dict(record.after or {})),))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    index = AcceptedIndex(tmp_path / "accepted.sqlite")
    progress = Progress()
    gate = Gate(index)
    settlement = Settlement("main", NAMES, gate, index, progress, lambda: 77)
    intake = Intake(CallableMapper(plain), settlement, progress, gate.note_gone)
    yield Desk(index, settlement, intake, progress)
    index.close()


def message(model: Model, key: str, offset: int, after: dict[str, Any] | None) -> Message:
    """A message of a change."""
    value = encode_record(change(model, key, after, seq=offset))
    return Message(NAMES.model(model), 0, offset, key.encode(), value, 0)


def accepted(payloads: Sequence[Outgoing]) -> list[SendResult]:
    return [SendResult(each, Verdict.ACCEPTED) for each in payloads]


def test_several_records_of_a_key_collapse_to_the_last(desk: Desk) -> None:
    payloads = desk.take(*(message(Model.ORDER, "1", n, {"n": n}) for n in range(3)))
    assert [each.payload.body for each in payloads] == [{"n": 2}]
    assert desk.progress.shot().collapsed_count == 2


def test_customers_keep_each_address_of_their_way(desk: Desk) -> None:
    mails = ["a", "a", "b", "b", "a"]
    payloads = desk.take(
        *(message(Model.CUSTOMER, "1", n, {"email": mail}) for n, mail in enumerate(mails))
    )
    assert [each.origin.offset for each in payloads] == [1, 3, 4]


def test_a_deleted_customer_collapses_all_that_went_before(desk: Desk) -> None:
    payloads = desk.take(
        message(Model.CUSTOMER, "1", 0, {"email": "a"}),
        message(Model.CUSTOMER, "1", 1, {"email": "b"}),
        message(Model.CUSTOMER, "1", 2, None),
    )
    assert [each.origin.offset for each in payloads] == [0, 2]


def test_tombstones_and_skipped_records_are_counted_and_committed(desk: Desk) -> None:
    tombstone = Message(ORDERS, 0, 4, b"9", None, 0)
    assert desk.take(tombstone, message(Model.ORDER, "out", 5, {})) == []
    desk.flush()
    assert desk.progress.shot().skipped == {"tombstone": 1, "out of scope": 1}
    assert desk.committed(ORDERS) == 6


def test_a_customer_whose_last_message_is_a_tombstone_is_still_delivered(desk: Desk) -> None:
    payloads = desk.take(
        message(Model.CUSTOMER, "1", 0, {"email": "a"}), Message(CUSTOMERS, 0, 1, b"1", None, 0)
    )
    assert [each.origin.offset for each in payloads] == [0]


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("bad", "email is empty"),
        ("bug", "mapping a record: unexpected KeyError in plain, line "),
        ("odd", "mapping a record: unexpected TypeError in _serialized, line "),
    ],
)
def test_records_that_cannot_be_mapped_are_dead_and_leak_no_value(
    key: str, reason: str, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        assert desk.take(message(Model.CUSTOMER, key, 3, {"email": "a"})) == []
        desk.flush()
    (letter,) = desk.appender.letters
    assert letter.reason.startswith(reason)
    assert (letter.model, letter.record_id, letter.offset) == ("customer", key, 3)
    assert desk.committed(CUSTOMERS) == 4
    assert "secret" not in caplog.text + str([vars(record) for record in caplog.records])
    assert "secret" not in letter.reason


def test_a_record_is_finished_only_with_its_last_payload(desk: Desk) -> None:
    first, second = desk.take(message(Model.ORDER, "1", 0, {}), message(Model.ORDER, "2", 1, {}))
    desk.settlement.settle(accepted([second]))
    desk.flush()
    assert desk.committed(ORDERS) == 0
    desk.settlement.settle(accepted([first]))
    desk.flush()
    assert desk.committed(ORDERS) == 2


def test_unfinished_payloads_stay_open(desk: Desk) -> None:
    payloads = desk.take(message(Model.ORDER, "1", 0, {}))
    desk.settlement.settle([SendResult(payloads[0], Verdict.UNFINISHED)])
    desk.flush()
    assert desk.committed(ORDERS) == 0
    assert desk.index.load(["order:1"]) == {}


def test_offsets_without_records_are_committed_when_nothing_is_open(desk: Desk) -> None:
    payloads = desk.take(message(Model.ORDER, "1", 3, {}))
    desk.consumer.position = 9
    desk.flush()
    assert desk.committed(ORDERS) == 3
    desk.settlement.settle(accepted(payloads))
    desk.flush()
    assert desk.committed(ORDERS) == 9
    assert desk.committed(CUSTOMERS) is None


def test_dead_letters_are_written_before_the_index_and_the_index_before_the_offsets(
    desk: Desk,
) -> None:
    good, bad = desk.take(message(Model.ORDER, "1", 0, {}), message(Model.ORDER, "2", 1, {}))
    desk.settlement.settle(accepted([good]))
    desk.settlement.settle([SendResult(bad, Verdict.REFUSED, "refused", 400, "no", 3)])
    desk.consumer.error = LogUnavailable("away")
    with pytest.raises(LogUnavailable):
        desk.flush()
    assert len(desk.appender.letters) == 1
    assert desk.index.load(["order:1"]).keys() == {"order:1"}
    assert desk.committed(ORDERS) is None


def test_a_dead_letter_has_the_same_id_when_the_record_comes_again(desk: Desk) -> None:
    for _ in range(2):
        (payload,) = desk.take(message(Model.ORDER, "1", 0, {"n": 1}))
        desk.settlement.settle([SendResult(payload, Verdict.REFUSED, "refused", 400, "no", 3)])
        desk.flush()
        desk.settlement.begin()
    first, second = desk.appender.letters
    assert first == second
    assert desk.appender.entries[0].key == first.id.encode()
    assert first.request is not None
    assert first.request.payload() == payload.payload


def test_a_dead_letter_over_the_logs_limit_goes_without_its_payload(desk: Desk) -> None:
    desk.appender.limit_bytes = 2000
    payloads = desk.take(
        message(Model.ORDER, "1", 0, {"n": 1}), message(Model.ORDER, "2", 1, {"n": "x" * 3000})
    )
    desk.settlement.settle([SendResult(each, Verdict.REFUSED, "refused", 400) for each in payloads])
    desk.flush()
    small, large = desk.appender.letters
    assert small.request is not None
    assert large.request is None
    assert large.reason == "refused (payload too large to keep)"


def test_dead_letters_of_another_format_are_refused() -> None:
    letter = DeadLetter(
        id="x",
        at_ms=1,
        workspace="w",
        model="order",
        topic="t",
        partition=0,
        offset=1,
        key="k",
        reason="r",
    )
    assert decode_dead_letter(encode_dead_letter(letter)) == letter
    with pytest.raises(RecordUndecodable):
        decode_dead_letter(b'{"v": 1}')


def test_latencies_are_those_of_a_bounded_uniform_sample() -> None:
    reservoir = Reservoir(size_count=500)
    assert reservoir.quantile(0.5) is None
    for value in range(10_000):
        reservoir.add(value)
    middle, high = reservoir.quantile(0.5), reservoir.quantile(0.99)
    assert middle is not None
    assert high is not None
    assert 4000 < middle < 6000
    assert 9500 < high < 10_000


def test_progress_counts_latency_from_commit_to_acceptance() -> None:
    progress = Progress()
    progress.accepted("profile", [1000, 0, 5000], 1600)
    shot = progress.shot()
    assert shot.accepted == {"profile": 3}
    assert (shot.latency_p50_ms, shot.latency_p99_ms) == (600.0, 600.0)
    assert shot.last_accepted_ms == 1600


def test_health_shows_the_oldest_wait_and_recovers_when_nobody_waits(
    caplog: pytest.LogCaptureFixture,
) -> None:
    now_s = [10.0]
    health = Health("main", lambda: now_s[0])
    with caplog.at_level(logging.INFO), health.trouble() as first:
        first.waits("throttled")
        now_s[0] = 20.0
        with health.trouble() as second:
            second.waits("forbidden")
            second.waits("forbidden")
            assert (health.state.reason, health.state.since_ms) == ("throttled", 10_000)
        first.waits("unavailable")
        assert (health.state.reason, health.state.since_ms) == ("unavailable", 10_000)
        first.over()
        assert health.state == HealthState(is_ok=True)
    logged = [(record.levelname, record.message) for record in caplog.records]
    assert logged == [
        ("WARNING", "workspace.waiting"),
        ("ERROR", "workspace.waiting"),
        ("WARNING", "workspace.waiting"),
        ("INFO", "workspace.recovered"),
    ]
