"""Membership of a Kafka group: restarts, long waits, commits while the group is in motion."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from kafka import KafkaConsumer
from kafka.errors import RebalanceInProgressError

from cdc.errors import LogUnavailable
from cdc.log import kafka_consumer
from cdc.log.kafka_consumer import KafkaGroupConsumer
from cdc.log.kafka_log import KafkaLog
from cdc.log.protocol import Consumer, TopicPartition
from tests.integration.log.backends import (
    SESSION_MS,
    LogSpec,
    behind,
    closing,
    elapsed_s,
    opened,
    read,
    values,
)
from tests.servers.availability import require
from tests.servers.kafka import KafkaBroker
from tests.waiting import wait_until

pytestmark = pytest.mark.kafka


@pytest.fixture
def spec(kafka_broker: KafkaBroker, unique_name: str) -> LogSpec:
    return LogSpec("kafka", unique_name, kafka_broker.bootstrap)


@pytest.fixture
def own_broker() -> Iterator[KafkaBroker]:
    """Give a broker that the test restarts."""
    require(KafkaBroker)
    with KafkaBroker() as broker:
        yield broker


def log_with(spec: LogSpec, **changes: object) -> KafkaLog:
    settings = spec.kafka_settings().model_copy(update=changes)
    return KafkaLog(settings, spec.names, "shop")


def group_consumer(log: KafkaLog, spec: LogSpec) -> KafkaGroupConsumer:
    consumer = log.consumer(spec.group, [spec.topic])
    assert isinstance(consumer, KafkaGroupConsumer)
    return consumer


def publish_numbers(log: KafkaLog, spec: LogSpec, count: int) -> None:
    with opened(log) as publisher:
        publisher.publish([spec.entry("a", b"%d" % n) for n in range(count)], b"c")


def test_a_consumer_joins_while_its_owner_is_busy_with_the_next_one(
    spec: LogSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A broker keeps the first member of a group waiting; several groups must not wait in turn.
    monkeypatch.setattr(kafka_consumer, "_JOIN_START_MS", 3000)  # for a busy machine
    log = log_with(spec)
    publish_numbers(log, spec, 1)
    admin = log.admin()
    with closing(group_consumer(log, spec)):
        wait_until(lambda: admin.is_live(spec.group), timeout_s=10, what="the consumer to join")
    admin.close()


def test_a_consumer_that_follows_a_crashed_one_has_its_partitions_at_once(spec: LogSpec) -> None:
    log = log_with(spec, session_timeout_ms=45_000)
    publish_numbers(log, spec, 10)
    crashed = group_consumer(log, spec)
    crashed.commit(behind(read(crashed, 4)))
    crashed._client.close(autocommit=False)  # as a crash does, it leaves the membership behind
    admin = log.admin()
    assert admin.is_live(spec.group)
    admin.close()
    found: list[bytes | None] = []
    with closing(group_consumer(log, spec)) as successor:

        def take_over() -> None:
            messages = read(successor, 6)
            successor.commit(behind(messages))
            found.extend(values(messages))

        assert elapsed_s(take_over) < 15
    assert found == [b"4", b"5", b"6", b"7", b"8", b"9"]


@pytest.mark.slow
def test_waiting_with_a_message_in_hand_keeps_the_place_in_the_group(
    spec: LogSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kafka_consumer, "_LONGEST_PAUSE_MS", SESSION_MS)
    log = log_with(spec)
    publish_numbers(log, spec, 10)
    consumer = group_consumer(log, spec)
    with closing(consumer):
        messages = read(consumer, 5)
        joined = consumer._client.group_metadata()
        until_s = time.monotonic() + 1.5 * SESSION_MS / 1000

        def is_over() -> bool:
            assert consumer.poll(0, 0.0) == []
            return time.monotonic() > until_s

        wait_until(is_over, timeout_s=30, what="longer than a consumer may go without polling")
        assert consumer._client.group_metadata() == joined
        consumer.commit(behind(messages))
        assert values(read(consumer, 5)) == [b"5", b"6", b"7", b"8", b"9"]


@pytest.mark.slow
def test_commits_while_the_coordinator_restarts_are_tried_again_and_nobody_is_fenced(
    own_broker: KafkaBroker, unique_name: str
) -> None:
    spec = LogSpec("kafka", unique_name, own_broker.bootstrap)
    log = log_with(spec)
    publish_numbers(log, spec, 10)
    consumer = group_consumer(log, spec)
    with closing(consumer):
        messages = read(consumer, 10)
        consumer.commit(behind(messages[:1]))
        for number, end in enumerate((own_broker.stop, own_broker.kill), 5):
            offsets = behind(messages[:number])
            is_gone = threading.Event()
            restarting = threading.Thread(target=restart, args=(own_broker, end, is_gone))
            restarting.start()
            assert is_gone.wait(30)
            wait_until(
                partial(is_committed, consumer, offsets),
                timeout_s=60,
                what="the commit to go through",
                interval_s=0,
            )
            restarting.join()
            assert consumer.committed() == offsets


def restart(broker: KafkaBroker, end: Callable[[], None], is_gone: threading.Event) -> None:
    """End a broker in one of its ways, say so, and start it again."""
    end()
    is_gone.set()
    broker.start()


def is_committed(consumer: Consumer, offsets: dict[TopicPartition, int]) -> bool:
    """Commit as a lane does: what it would try again is no failure."""
    try:
        consumer.commit(offsets)
    except LogUnavailable:
        return False
    return True


@pytest.mark.slow
def test_commits_go_through_while_another_member_makes_the_group_rebalance(spec: LogSpec) -> None:
    log = log_with(spec)
    publish_numbers(log, spec, 100)

    def come_and_go() -> None:
        other = KafkaConsumer(
            spec.names.checkpoint,
            bootstrap_servers=spec.address,
            group_id=spec.group,
            enable_auto_commit=False,
        )
        try:
            wait_until(
                lambda: other.poll(timeout_ms=100) or other.assignment(),
                timeout_s=30,
                what="the other member to join",
            )
        finally:
            other.close()

    consumer = group_consumer(log, spec)
    with closing(consumer):
        messages = read(consumer, 100)
        # One after the other: on a slow machine the group would else be in motion without end.
        for _ in range(3):
            commit_during(come_and_go, consumer, behind(messages))
        assert consumer.committed() == behind(messages)


def test_a_commit_that_meets_a_rebalance_is_tried_again(
    spec: LogSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = log_with(spec)
    publish_numbers(log, spec, 10)
    consumer = group_consumer(log, spec)
    with closing(consumer):
        messages = read(consumer, 10)
        commit = consumer._client.commit
        answers = [RebalanceInProgressError("the group is in motion")]

        def commit_at_the_second_try(*args: Any, **options: Any) -> None:
            if answers:
                raise answers.pop()
            commit(*args, **options)

        monkeypatch.setattr(consumer._client, "commit", commit_at_the_second_try)
        consumer.commit(behind(messages))
        assert not answers
        assert consumer.committed() == behind(messages)


def commit_during(
    visit: Callable[[], None], consumer: KafkaGroupConsumer, offsets: dict[TopicPartition, int]
) -> None:
    """Commit all through another member's visit, until it is over and the group has changed."""
    before = generation_of(consumer)
    visitor = threading.Thread(target=visit)
    visitor.start()
    try:
        wait_until(
            lambda: committed_generation(consumer, offsets) > before and not visitor.is_alive(),
            timeout_s=60,
            what="a commit after another member came and went",
            interval_s=0,
        )
    finally:
        visitor.join()


def committed_generation(consumer: KafkaGroupConsumer, offsets: dict[TopicPartition, int]) -> int:
    """Commit, and return the generation of the group under which that went through."""
    consumer.commit(offsets)
    assert consumer.poll(0, 0.0) == []
    return generation_of(consumer)


def generation_of(consumer: KafkaGroupConsumer) -> int:
    return int(consumer._client.group_metadata().generation_id)
