"""The broker takes transactions, keeps records over a kill, and can be cut off by its proxy."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from kafka import KafkaConsumer, KafkaProducer
from kafka.errors import KafkaError

from tests.servers.availability import require
from tests.servers.kafka import KafkaBroker
from tests.waiting import wait_until


def values_in(broker: KafkaBroker, topic: str, count: int) -> list[bytes]:
    """Read the first `count` committed values of a topic."""
    consumer = KafkaConsumer(
        topic,
        bootstrap_servers=broker.bootstrap,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        group_id=None,
    )
    values: list[bytes] = []

    def has_all() -> bool:
        for records in consumer.poll(timeout_ms=200).values():
            values.extend(record.value for record in records)
        return len(values) >= count

    try:
        wait_until(has_all, timeout_s=20, what=f"{count} records in {topic}")
    finally:
        consumer.close()
    return values


def send_in_transaction(broker: KafkaBroker, topic: str, values: list[bytes]) -> None:
    """Write values in one transaction."""
    producer = KafkaProducer(
        bootstrap_servers=broker.bootstrap, acks="all", transactional_id=f"{topic}-writer"
    )
    try:
        producer.init_transactions()
        producer.begin_transaction()
        for value in values:
            producer.send(topic, value)
        producer.commit_transaction()
    finally:
        producer.close()


@pytest.fixture
def own_broker() -> Iterator[KafkaBroker]:
    """Give a broker of this test's own, so that it may be killed and cut off."""
    require(KafkaBroker)
    with KafkaBroker(has_proxy=True) as broker:
        yield broker


def test_committed_transaction_survives_a_kill(own_broker: KafkaBroker) -> None:
    own_broker.create_topic("orders", partition_count=1)
    send_in_transaction(own_broker, "orders", [b"one", b"two"])
    own_broker.kill()
    own_broker.start()
    send_in_transaction(own_broker, "orders", [b"three"])
    assert values_in(own_broker, "orders", 3) == [b"one", b"two", b"three"]


def test_client_behind_the_proxy_is_cut_off_and_others_are_not(own_broker: KafkaBroker) -> None:
    own_broker.create_topic("orders")
    producer = KafkaProducer(
        bootstrap_servers=own_broker.proxied_bootstrap,
        acks="all",
        # With idempotence, kafka-python 3.0.12 sometimes never asks for a new producer id after a
        # record that it had sent has expired, and hangs. This test is about the proxy.
        enable_idempotence=False,
        request_timeout_ms=1000,
        delivery_timeout_ms=2000,
        max_block_ms=2000,
    )
    try:
        producer.send("orders", b"before").get(timeout=10)
        own_broker.proxy.refuse()
        own_broker.proxy.cut()
        with pytest.raises(KafkaError):
            producer.send("orders", b"lost").get(timeout=10)
        send_in_transaction(own_broker, "orders", [b"meanwhile"])
        own_broker.proxy.accept()
        wait_until(
            lambda: _is_sent(producer, b"after"), timeout_s=30, what="the producer to come back"
        )
    finally:
        producer.close(timeout=5)
    values = values_in(own_broker, "orders", 3)
    assert values[:2] == [b"before", b"meanwhile"]
    assert b"after" in values[2:]


def _is_sent(producer: KafkaProducer, value: bytes) -> bool:
    try:
        producer.send("orders", value).get(timeout=5)
    except KafkaError:
        return False
    return True


def test_topics_are_not_made_by_accident(kafka_broker: KafkaBroker, unique_name: str) -> None:
    producer = KafkaProducer(bootstrap_servers=kafka_broker.bootstrap, max_block_ms=300)
    try:
        with pytest.raises(KafkaError):
            producer.send(unique_name, b"lost").get(timeout=5)
    finally:
        producer.close(timeout=5)
    admin = kafka_broker.admin()
    assert unique_name not in admin.list_topics()
    admin.close()
