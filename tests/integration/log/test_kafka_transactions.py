"""Transactions of the Kafka log when the broker or the publisher goes away in the middle."""

from __future__ import annotations

import threading

import pytest
from kafka import KafkaConsumer
from kafka import TopicPartition as ClientPartition

from cdc.errors import LogUnavailable, PublisherFenced
from cdc.log.kafka_log import KafkaLog
from cdc.log.kafka_producer import BoundedProducer
from tests.integration.log.backends import (
    LogSpec,
    child,
    closing,
    elapsed_s,
    read,
    read_to_end,
    values,
)
from tests.servers.kafka import KafkaBroker
from tests.waiting import wait_until

pytestmark = pytest.mark.kafka


@pytest.fixture
def spec(kafka_broker: KafkaBroker, unique_name: str) -> LogSpec:
    return LogSpec("kafka", unique_name, kafka_broker.bootstrap)


def log_with(spec: LogSpec, **changes: object) -> KafkaLog:
    settings = spec.kafka_settings().model_copy(update=changes)
    return KafkaLog(settings, spec.names, "shop")


@pytest.mark.slow
def test_restart_while_publishing_loses_and_doubles_nothing(
    faulty_broker: KafkaBroker, faulty: LogSpec
) -> None:
    log = faulty.log()
    window_count = 60
    failures: list[str] = []
    restarted = threading.Event()

    def restart() -> None:
        faulty_broker.restart()
        restarted.set()

    publisher = log.publisher()
    window = int(publisher.open() or b"0")
    restarting: threading.Thread | None = None
    while window < window_count:
        if window == 20 and restarting is None:
            restarting = threading.Thread(target=restart)
            restarting.start()
        entries = [faulty.entry(f"{window}/{n}") for n in range(20)]
        try:
            publisher.publish(entries, b"%d" % (window + 1))
            window += 1
        except LogUnavailable as exc:
            failures.append(str(exc))
            publisher.close()
            restarted.wait(60)
            window = int(publisher.open() or b"0")
    publisher.close()
    assert restarting is not None
    restarting.join()
    with closing(log.consumer(faulty.group, [faulty.topic])) as consumer:
        keys = [message.key.decode() for message in read_to_end(consumer)]
    assert sorted(keys) == sorted(f"{w}/{n}" for w in range(window_count) for n in range(20))


@pytest.mark.slow
def test_killed_broker_makes_publish_fail_in_time_and_reopening_goes_on(
    faulty_broker: KafkaBroker, faulty: LogSpec, impatient: None
) -> None:
    log = log_with(faulty, transaction_timeout_ms=3_000)
    publisher = log.publisher()
    publisher.open()
    publisher.publish([faulty.entry("a", b"1")], b"one")
    faulty_broker.kill()

    def publish() -> None:
        with pytest.raises(LogUnavailable):
            publisher.publish([faulty.entry("a", b"2")], b"two")

    assert elapsed_s(publish) < 25
    assert elapsed_s(publisher.close) < 10
    faulty_broker.start()
    assert publisher.open() == b"one"
    publisher.publish([faulty.entry("a", b"2")], b"two")
    publisher.close()
    with closing(log.reader([faulty.topic])) as reader:
        assert values(read_to_end(reader)) == [b"1", b"2"]


@pytest.mark.slow
@pytest.mark.parametrize("is_commit", [False, True], ids=["sending", "committing"])
def test_transaction_whose_broker_was_killed_holds_nobody_up_once_it_is_back(
    faulty_broker: KafkaBroker,
    faulty: LogSpec,
    is_commit: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    log = log_with(faulty, transaction_timeout_ms=60_000)
    publisher = log.publisher()
    publisher.open()
    publisher.publish([faulty.entry("a", b"1")], b"one")
    settle = BoundedProducer.settle

    def settle_and_lose_the_broker(producer: BoundedProducer) -> None:
        settle(producer)
        faulty_broker.kill()

    if is_commit:
        monkeypatch.setattr(BoundedProducer, "settle", settle_and_lose_the_broker)
    else:
        faulty_broker.kill()

    def publish() -> None:
        with pytest.raises(LogUnavailable):
            publisher.publish([faulty.entry("a", b"2")], b"two")

    def go_on() -> None:
        assert publisher.open() == b"one"
        publisher.publish([faulty.entry("a", b"3")], b"three")
        with closing(log.consumer(faulty.group, [faulty.topic])) as consumer:
            assert values(read(consumer, 2)) == [b"1", b"3"]

    assert elapsed_s(publish) < 20
    monkeypatch.setattr(BoundedProducer, "settle", settle)
    faulty_broker.start()
    assert elapsed_s(go_on) < 20
    publisher.close()


def test_transaction_of_a_killed_publisher_holds_nobody_up_once_another_has_opened(
    spec: LogSpec,
) -> None:
    log = log_with(spec, transaction_timeout_ms=60_000)
    with child(spec, "die_before_commit") as killed:
        killed.wait()
    publisher = log.publisher()

    def go_on() -> None:
        assert publisher.open() == b"checkpoint 1"
        publisher.publish([spec.entry("a", b"3")], b"checkpoint 2")
        with closing(log.consumer(spec.group, [spec.topic])) as consumer:
            assert sorted(filter(None, values(read(consumer, 2)))) == [b"1", b"3"]

    assert elapsed_s(go_on) < 15
    publisher.close()


def test_transaction_that_took_too_long_publishes_nothing(
    faulty: LogSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = log_with(faulty, transaction_timeout_ms=1_000)
    publisher = log.publisher()
    publisher.open()
    settle = BoundedProducer.settle
    consumer = KafkaConsumer(
        bootstrap_servers=faulty.address, group_id=None, isolation_level="read_committed"
    )
    place = ClientPartition(faulty.names.checkpoint, 0)

    def settle_and_sleep(producer: BoundedProducer) -> None:
        settle(producer)
        # The stable end moves when the broker has given the transaction up.
        wait_until(lambda: consumer.end_offsets([place])[place] > 0, timeout_s=20)
        monkeypatch.setattr(BoundedProducer, "settle", settle)

    monkeypatch.setattr(BoundedProducer, "settle", settle_and_sleep)
    with pytest.raises((LogUnavailable, PublisherFenced)):
        publisher.publish([faulty.entry("a", b"late")], b"late")
    consumer.close()
    publisher.close()
    assert publisher.open() is None
    publisher.publish([faulty.entry("a", b"1")], b"one")
    publisher.close()
    with closing(log.reader([faulty.topic])) as reader:
        assert values(read_to_end(reader)) == [b"1"]
