"""What the Kafka log does when brokers go away, and what it leaves behind."""

from __future__ import annotations

import gc
import logging
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from cdc.errors import LogUnavailable
from cdc.log.kafka_log import KafkaLog
from cdc.log.protocol import Consumer, Entry
from config.topiclog import KafkaLogSettings
from tests.integration.log.backends import (
    LogSpec,
    behind,
    closing,
    opened,
    read,
    read_to_end,
    values,
)
from tests.servers.kafka import KafkaBroker
from tests.servers.ports import free_port
from tests.waiting import wait_until

pytestmark = pytest.mark.kafka


@pytest.fixture
def spec(kafka_broker: KafkaBroker, unique_name: str) -> LogSpec:
    return LogSpec("kafka", unique_name, kafka_broker.bootstrap)


def settings_of(spec: LogSpec, **changes: object) -> KafkaLogSettings:
    return spec.kafka_settings().model_copy(update=changes)


def log_with(spec: LogSpec, **changes: object) -> KafkaLog:
    return KafkaLog(settings_of(spec, **changes), spec.names, "shop")


def held() -> tuple[int, int]:
    """Count this process's threads and open files."""
    gc.collect()
    return threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.usefixtures("impatient")
@pytest.mark.filterwarnings(
    "ignore:Exception ignored.*socket:pytest.PytestUnraisableExceptionWarning"
)
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
def test_outage_is_one_line_of_the_drivers_log(
    faulty_broker: KafkaBroker,
    faulty: LogSpec,
    impatient: None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    logging.getLogger("kafka").handlers.clear()  # what earlier tests said is no longer counted
    log = log_with(faulty, transaction_timeout_ms=3_000)
    with opened(log) as publisher, closing(log.consumer(faulty.group, [faulty.topic])) as consumer:
        publisher.publish([faulty.entry("a", b"1")], b"one")
        consumer.commit(behind(read(consumer, 1)))
        faulty_broker.kill()
        with pytest.raises(LogUnavailable):
            publisher.publish([faulty.entry("a", b"2")], b"two")
        with pytest.raises(LogUnavailable):
            publisher.open()
        wait_until(partial(is_reported, consumer), timeout_s=30, what="report of the lost broker")
        consumer.close()
        lines = [one.message for one in caplog.records if one.levelno >= logging.WARNING]
    # A slow machine may need more than a minute; and an abort may not be sent any more.
    assert 1 <= lines.count("driver.complained") <= 3
    assert set(lines) <= {"driver.complained", "transaction.abort_failed"}


def is_reported(consumer: Consumer) -> bool:
    """Poll; whether that says that the broker is away."""
    try:
        consumer.poll(10, 0.1)
    except LogUnavailable:
        return True
    return False


@pytest.mark.slow
def test_consumer_notices_a_broker_that_is_away_and_goes_on_when_it_is_back(
    faulty_broker: KafkaBroker, faulty: LogSpec, impatient: None
) -> None:
    log = faulty.log()
    with opened(log) as publisher:
        publisher.publish([faulty.entry("a", b"1"), faulty.entry("a", b"2")], b"c")

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
