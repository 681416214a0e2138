"""Asking a Kafka consumer where its topics end, again and again, as delivery does."""

from __future__ import annotations

import statistics
import time

import pytest
from kafka import KafkaProducer

from cdc.log.protocol import Consumer
from tests.integration.log.backends import LogSpec, closing, opened, read_to_end
from tests.servers.kafka import KafkaBroker
from tests.waiting import wait_until

pytestmark = pytest.mark.kafka

FETCH_WAIT_S = 0.5


@pytest.fixture
def spec(kafka_broker: KafkaBroker, unique_name: str) -> LogSpec:
    return LogSpec("kafka", unique_name, kafka_broker.bootstrap)


def asked_s(consumer: Consumer) -> float:
    """Seconds that a question takes while the broker holds a fetch back for want of news."""
    consumer.poll(10, 0.01)
    began_s = time.monotonic()
    consumer.end_offsets()
    return time.monotonic() - began_s


def test_end_offsets_do_not_wait_for_a_fetch_that_is_under_way(spec: LogSpec) -> None:
    log = spec.log()
    with opened(log) as publisher, closing(log.consumer(spec.group, [spec.topic])) as consumer:
        publisher.publish([spec.entry("a")], b"c")
        read_to_end(consumer)
        consumer.end_offsets()  # connects
        assert statistics.median(asked_s(consumer) for _ in range(7)) < FETCH_WAIT_S / 2


def test_end_offsets_show_what_was_published_since(spec: LogSpec) -> None:
    log = spec.log()
    with opened(log) as publisher, closing(log.consumer(spec.group, [spec.topic])) as consumer:
        totals = [total(consumer)]
        for text in (b"1", b"2", b"3"):
            publisher.publish([spec.entry("a", text)], b"c")
            totals.append(total(consumer))
        assert totals == sorted(set(totals)), "each publication moves an end"
        assert [message.value for message in read_to_end(consumer)] == [b"1", b"2", b"3"]


def total(consumer: Consumer) -> int:
    """All end offsets in one number."""
    return sum(consumer.end_offsets().values())


def test_ends_behind_an_abandoned_transaction_are_reached_once_it_is_aborted(
    spec: LogSpec,
) -> None:
    log = spec.log()
    with opened(log), closing(log.consumer(spec.group, [spec.topic])) as consumer:
        producer = KafkaProducer(
            bootstrap_servers=spec.address, transactional_id=f"{spec.prefix}.publisher"
        )
        try:
            producer.init_transactions()
            producer.begin_transaction()
            producer.send(spec.topic, key=b"a", value=b"never committed").get(10)
            ends = consumer.end_offsets()
            assert sum(ends.values()) > 0
            with opened(log):

                def is_reached() -> bool:
                    assert consumer.poll(10, 0.05) == []
                    positions = consumer.positions()
                    return all(positions[place] >= end for place, end in ends.items())

                wait_until(is_reached, timeout_s=15, what="the reading to pass what was aborted")
        finally:
            producer.close(timeout=0)
