"""Writers on Kafka: the one publisher, and appenders for side topics."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence

from kafka.errors import KafkaError

from cdc.errors import (
    LogMisconfigured,
    LogUnavailable,
    PublisherFenced,
    RecordTooLarge,
    TopicError,
)
from cdc.log.kafka_checkpoint import read_checkpoint
from cdc.log.kafka_connection import admin_client
from cdc.log.kafka_errors import kafka_door, meaning, translate
from cdc.log.kafka_partitioner import partition_of
from cdc.log.kafka_producer import OVERHEAD_BYTES, BoundedProducer
from cdc.log.kafka_topics import BrokerTopic, ensure_topics
from cdc.log.plan import plan_topics
from cdc.log.protocol import Entry
from cdc.log.topics import TopicNames
from config.topiclog import KafkaLogSettings

logger = logging.getLogger(__name__)

_ABORT_TIMEOUT_S = 5.0
_VERDICT_TIMEOUT_S = 5.0


class KafkaPublisher:
    """`Publisher` on Kafka: each `publish` is one transaction.

    The transactional id comes from the topics' prefix, as the topics are what must have one writer:
    a second daemon that opens on them fences this one, whatever its source is called.
    """

    takes_over = True

    def __init__(self, settings: KafkaLogSettings, names: TopicNames, source: str) -> None:
        self._settings = settings
        self._names = names
        self._checkpoint_key = source.encode()
        self._producer: BoundedProducer | None = None
        self._topics: Mapping[str, BrokerTopic] = {}

    def open(self) -> bytes | None:
        """Fence others and return the last checkpoint. See `Publisher.open`."""
        self.close()
        self._topics = _ensured(self._settings, self._names)
        producer = self._fencing_producer()
        try:
            # Only now is no older transaction open that could still add a checkpoint.
            checkpoint = read_checkpoint(self._settings, self._names, self._checkpoint_key)
        except BaseException:
            producer.abandon()
            raise
        self._producer = producer
        logger.info(
            "publisher.opened",
            extra={"prefix": self._names.prefix, "has_checkpoint": checkpoint is not None},
        )
        return checkpoint

    def publish(self, entries: Sequence[Entry], checkpoint: bytes | None) -> None:
        """Write entries and checkpoint in one transaction. See `Publisher.publish`."""
        producer = self._producer
        if producer is None:
            raise LogUnavailable("publishing: the publisher is not open")
        if checkpoint is not None:
            entries = [*entries, Entry(self._names.checkpoint, self._checkpoint_key, checkpoint)]
        if not entries:
            return
        _check(entries, self._topics)
        try:
            producer.begin()
            _send_all(producer, entries, self._topics)
        except KafkaError as exc:
            raise self._failure(producer, exc) from exc
        except BaseException:
            self._drop()  # an interrupt leaves the transaction open: the next open ends it
            raise
        try:
            producer.commit()
        except KafkaError as exc:
            raise self._lost(producer, exc) from exc
        except BaseException:
            self._drop()
            raise

    def forget_checkpoint(self) -> None:
        """Write that there is none. See `Publisher.forget_checkpoint`."""
        self.publish([Entry(self._names.checkpoint, self._checkpoint_key, None)], None)

    def close(self) -> None:
        """Give the role up. See `Publisher.close`."""
        producer, self._producer = self._producer, None
        if producer is not None:
            producer.close()

    def _fencing_producer(self) -> BoundedProducer:
        producer = BoundedProducer(
            self._settings,
            "publisher",
            transactional_id=f"{self._names.prefix}.publisher",
            largest_bytes=_largest_bytes(self._topics),
        )
        try:
            with kafka_door("opening the publisher"):
                producer.init_transactions()
        except BaseException:
            producer.abandon()
            raise
        return producer

    def _failure(self, producer: BoundedProducer, exc: KafkaError) -> TopicError:
        """Undo the transaction and say what went wrong."""
        error = _verdict(producer, exc)
        try:
            producer.abort(_ABORT_TIMEOUT_S)
        except KafkaError as abort_exc:
            # The broker undoes it when the next publisher opens, or after its time-out.
            logger.warning("transaction.abort_failed", extra={"error": type(abort_exc).__name__})
            self._drop()
            return error
        self._drop()
        if isinstance(error, RecordTooLarge):
            # The caller goes on without that record. The client cannot: it has counted the refused
            # one, and the broker would miss that number. As the abort went through, we still had
            # the role and may take it again.
            self._producer = self._fencing_producer()
        return error

    def _lost(self, producer: BoundedProducer, exc: KafkaError) -> TopicError:
        """Say what went wrong while committing, where only the checkpoint can tell the outcome."""
        error = _verdict(producer, exc)
        self._drop()
        return error

    def _drop(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            producer.abandon()


class KafkaAppender:
    """`Appender` on Kafka: an idempotent producer that is made anew after a failure."""

    def __init__(self, settings: KafkaLogSettings, names: TopicNames) -> None:
        self._settings = settings
        self._names = names
        self._producer: BoundedProducer | None = None
        self._topics: Mapping[str, BrokerTopic] = {}

    def append(self, entries: Sequence[Entry]) -> None:
        """Write entries. After a failure any of them may be there. See `Appender.append`."""
        if not entries:
            return
        producer = self._connected()
        _check(entries, self._topics)
        try:
            _send_all(producer, entries, self._topics)
        except KafkaError as exc:
            error = _translated(producer, exc, "appending")
            self._drop()
            raise error from exc
        except BaseException:
            self._drop()
            raise

    def close(self) -> None:
        """Release the connection."""
        producer, self._producer = self._producer, None
        if producer is not None:
            producer.close()

    def _connected(self) -> BoundedProducer:
        if self._producer is None:
            self._topics = _ensured(self._settings, self._names)
            self._producer = BoundedProducer(
                self._settings,
                "appender",
                transactional_id=None,
                largest_bytes=_largest_bytes(self._topics),
            )
        return self._producer

    def _drop(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            producer.abandon()


def _ensured(settings: KafkaLogSettings, names: TopicNames) -> Mapping[str, BrokerTopic]:
    with admin_client(settings, "ensuring topics") as admin:
        return ensure_topics(admin, settings, plan_topics(names, settings.partitions), names)


def _largest_bytes(topics: Mapping[str, BrokerTopic]) -> int:
    return min(topic.largest_bytes for topic in topics.values())


def _check(entries: Sequence[Entry], topics: Mapping[str, BrokerTopic]) -> None:
    for index, entry in enumerate(entries):
        topic = topics.get(entry.topic)
        if topic is None:
            raise LogMisconfigured(f"using topic {entry.topic}: it is not in the log")
        size_bytes = len(entry.key) + len(entry.value or b"")
        if size_bytes + OVERHEAD_BYTES > topic.largest_bytes:
            raise RecordTooLarge(
                f"publishing to {entry.topic}: a record of {size_bytes} bytes is over the topic's"
                f" max.message.bytes of {topic.largest_bytes}",
                index=index,
            )


def _send_all(
    producer: BoundedProducer, entries: Sequence[Entry], topics: Mapping[str, BrokerTopic]
) -> None:
    now_ms = time.time_ns() // 1_000_000
    producer.start()
    for entry in entries:
        partition = partition_of(entry.key, topics[entry.topic].partition_count)
        producer.send(entry.topic, partition, entry.key, entry.value, now_ms)
    producer.settle()


def _verdict(producer: BoundedProducer, exc: KafkaError) -> TopicError:
    producer.await_verdict(_VERDICT_TIMEOUT_S)
    fault = producer.fault
    if fault is not None and isinstance(translate(fault, ""), PublisherFenced):
        return translate(fault, "publishing")
    error = _translated(producer, exc, "publishing")
    if isinstance(error, PublisherFenced):
        # The epoch was refused, but a new one was granted: the broker had only lost patience.
        return LogUnavailable("publishing: the broker gave the transaction up")
    return error


def _translated(producer: BoundedProducer, exc: KafkaError, doing: str) -> TopicError:
    # Once a record has failed, the client answers every call with a general error about it.
    cause = exc if meaning(type(exc)) is not None else producer.fault or exc
    error = translate(cause, doing)
    if isinstance(error, RecordTooLarge):
        index = producer.failed_index(_VERDICT_TIMEOUT_S)
        return error if index is None else translate(cause, doing, index=index)
    return error
