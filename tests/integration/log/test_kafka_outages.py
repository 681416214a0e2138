"""What the Kafka log does when brokers go away, and what it leaves behind."""

from __future__ import annotations

import gc
import logging
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from kafka import KafkaConsumer

from cdc.errors import LogUnavailable, PublisherFenced
from cdc.log import kafka_connection, kafka_consumer, kafka_reading
from cdc.log.kafka_log import KafkaLog
from cdc.log.kafka_producer import BoundedProducer
from cdc.log.protocol import Consumer, Entry
from config.topiclog import KafkaLogSettings
from tests.integration.log.backends import (
    LogSpec,
    behind,
    closing,
    elapsed_s,
    opened,
    read,
    read_to_end,
    values,
)
from tests.servers.availability import require
from tests.servers.kafka import KafkaBroker
from tests.servers.ports import free_port
from tests.waiting import wait_until

pytestmark = pytest.mark.kafka


@pytest.fixture
def spec(kafka_broker: KafkaBroker, unique_name: str) -> LogSpec:
    return LogSpec("kafka", unique_name, kafka_broker.bootstrap)


@pytest.fixture(scope="module")
def faulty_broker() -> Iterator[KafkaBroker]:
    """Give a broker that the tests of this file kill, freeze and restart."""
    require(KafkaBroker)
    # A transaction that is left open is given up within a second.
    options = {"transaction.abort.timed.out.transaction.cleanup.interval.ms": 500}
    with KafkaBroker(options) as broker:
        yield broker


@pytest.fixture
def faulty(faulty_broker: KafkaBroker, unique_name: str) -> LogSpec:
    faulty_broker.start()
    return LogSpec("kafka", unique_name, faulty_broker.bootstrap)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every wait short, so that a broker that is away is noticed in test time."""
    for module in (kafka_connection, kafka_reading, kafka_consumer):
        monkeypatch.setattr(module, "REQUEST_TIMEOUT_MS", 2_000)
    monkeypatch.setattr(kafka_connection, "BOOTSTRAP_TIMEOUT_MS", 500)
    for module in (kafka_reading, kafka_consumer):
        monkeypatch.setattr(module, "PULSE_S", 0.5)


def settings_of(spec: LogSpec, **changes: object) -> KafkaLogSettings:
    return spec.kafka_settings().model_copy(update=changes)


def log_with(spec: LogSpec, **changes: object) -> KafkaLog:
    return KafkaLog(settings_of(spec, **changes), spec.names, "shop")


def held() -> tuple[int, int]:
    """Count this process's threads and open files."""
    gc.collect()
    return threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.usefixtures("impatient")
def test_attempts_to_connect_leave_nothing_behind(
    unique_name: str, caplog: pytest.LogCaptureFixture
) -> None:
    # Captured lines of the client's log would keep its sockets.
    caplog.set_level(logging.CRITICAL, "kafka")
    log = LogSpec("kafka", unique_name, f"127.0.0.1:{free_port()}").log()
    thread_count, file_count = held()
    attempts: list[Callable[[], object]] = [log.admin, log.publisher().open, log.admin] * 3
    for attempt in attempts:
        with pytest.raises(LogUnavailable):
            attempt()
    threads_after_count, files_after_count = held()
    assert threads_after_count == thread_count
    # Left alone each would keep four. Some sockets of refused connections wait for the collector.
    assert files_after_count - file_count < 2 * len(attempts)


def test_closing_leaves_nothing_behind(spec: LogSpec, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "kafka")
    log = spec.log()
    before = held()
    with opened(log) as publisher:
        publisher.publish([spec.entry("a")], b"c")
    appender = log.appender()
    appender.append([Entry(spec.names.control, b"k", b"v")])
    appender.close()
    for consumer in (log.consumer(spec.group, [spec.topic]), log.reader([spec.topic])):
        read_to_end(consumer)
        consumer.close()
    log.admin().close()
    assert held() == before


@pytest.mark.usefixtures("impatient")
def test_no_broker_is_reported_in_time(unique_name: str) -> None:
    log = LogSpec("kafka", unique_name, f"127.0.0.1:{free_port()}").log()
    for use in (
        log.publisher().open,
        log.admin,
        lambda: log.consumer("g", ["t"]),
        lambda: log.appender().append([Entry("t", b"k", b"v")]),
    ):
        with pytest.raises(LogUnavailable):
            use()


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
def test_consumer_notices_a_broker_that_is_away_and_goes_on_when_it_is_back(
    faulty_broker: KafkaBroker, faulty: LogSpec, impatient: None
) -> None:
    log = faulty.log()
    with opened(log) as publisher:
        publisher.publish([faulty.entry("a", b"1"), faulty.entry("a", b"2")], b"c")

    def is_reported(by: Consumer) -> bool:
        try:
            by.poll(10, 0.1)
        except LogUnavailable:
            return True
        return False

    with (
        closing(log.consumer(faulty.group, [faulty.topic])) as consumer,
        closing(log.reader([faulty.topic])) as reader,
    ):
        read(reader, 2)
        messages = read(consumer, 2)
        consumer.commit(behind(messages))
        faulty_broker.kill()
        for one in (consumer, reader):
            wait_until(partial(is_reported, one), timeout_s=30, what="report of the lost broker")
        faulty_broker.start()
        with opened(log) as publisher:
            publisher.publish([faulty.entry("a", b"3")], b"d")
        found: list[bytes | None] = []

        def has_it() -> bool:
            try:
                found.extend(values(consumer.poll(10, 0.5)))
            except LogUnavailable:
                return False
            return bool(found)

        wait_until(has_it, timeout_s=60, what="the message after the outage")
        assert found == [b"3"]


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
    from kafka import TopicPartition as ClientPartition

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
