"""Reading from Kafka: what consumers of a group and readers without one have in common."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kafka import KafkaConsumer
from kafka import TopicPartition as ClientPartition

from cdc.errors import LogMisconfigured, LogUnavailable
from cdc.log.kafka_connection import REQUEST_TIMEOUT_MS, connect, connection_options
from cdc.log.kafka_errors import kafka_door
from cdc.log.protocol import Message, TopicPartition
from config.topiclog import KafkaLogSettings

PULSE_S = 5.0
"""Idle time after which a consumer makes sure that the brokers are still there."""

_MIB = 1024 * 1024
_FETCH_BYTES = 16 * _MIB
_PARTITION_FETCH_BYTES = 4 * _MIB


def consumer_options(settings: KafkaLogSettings, role: str) -> dict[str, Any]:
    """Return the options of every consumer."""
    return connection_options(settings, role) | {
        "isolation_level": "read_committed",
        "enable_auto_commit": False,
        # Never jump silently: a missing offset is the earliest one, a lost offset is an error.
        "auto_offset_reset": "none",
        "allow_auto_create_topics": False,
        "fetch_max_bytes": _FETCH_BYTES,
        "max_partition_fetch_bytes": _PARTITION_FETCH_BYTES,
        "metrics_enabled": False,
    }


class KafkaReading:
    """Messages and positions of one client consumer. One thread uses it.

    What was taken from the client is remembered for each partition, and nothing before that is
    taken again: when the client joins its group anew after a lost session, it begins at the
    committed offsets, but to the caller reading just goes on.
    """

    def __init__(self, consumer: Any, partitions: Iterable[TopicPartition]) -> None:
        self._client = consumer
        self.partitions = sorted(partitions)
        self._edge: dict[TopicPartition, int] = {}
        self._ahead: deque[Message] = deque()

    def fetch(self, max_messages: int, timeout_s: float) -> list[Message]:
        """Return messages in the order of each partition.

        Raises:
            KafkaError.
        """
        if not self._ahead:
            self._take(self._client.poll(timeout_ms=timeout_s * 1000, max_records=max_messages))
        count = min(max_messages, len(self._ahead))
        return [self._ahead.popleft() for _ in range(count)]

    def look(self, timeout_s: float) -> None:
        """Let the client do its duties; what it fetches is returned by the next `fetch`.

        Raises:
            KafkaError.
        """
        # With messages in hand nothing more is fetched, or a long wait would fill the memory.
        held = self._client.assignment() if self._ahead else set()
        self._client.pause(*held)
        try:
            self._take(self._client.poll(timeout_ms=timeout_s * 1000, max_records=1))
        finally:
            self._client.resume(*(held & self._client.assignment()))

    def standing(self, partition: TopicPartition) -> int | None:
        """Return the next offset for the caller, None before the first message or seek."""
        first = next((one.offset for one in self._ahead if one.place == partition), None)
        return self._edge.get(partition) if first is None else first

    def seek(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Continue at these offsets. The partitions must be assigned."""
        for partition, offset in offsets.items():
            self._client.seek(ClientPartition(*partition), offset)
            self._edge[TopicPartition(*partition)] = offset
        moved = {TopicPartition(*partition) for partition in offsets}
        self._ahead = deque(message for message in self._ahead if message.place not in moved)

    def positions(self) -> dict[TopicPartition, int]:
        """Next offset of every partition; markers of transactions that follow count as read."""
        positions = {}
        ahead = {message.place: message.offset for message in reversed(self._ahead)}
        for partition in self.partitions:
            if partition in ahead:
                positions[partition] = ahead[partition]
                continue
            position = self._client.position(
                ClientPartition(*partition), timeout_ms=REQUEST_TIMEOUT_MS
            )
            if position is None:
                raise LogUnavailable(f"reading positions: {partition.topic} has none yet")
            positions[partition] = max(position, self._edge.get(partition, 0))
        return positions

    def end_offsets(self) -> dict[TopicPartition, int]:
        """Offset behind the last committed transaction of every partition. Raises KafkaError."""
        return self._listed(self._client.end_offsets)

    def begin_offsets(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """First offset of partitions. Raises KafkaError."""
        wanted = [ClientPartition(*partition) for partition in partitions]
        found = self._client.beginning_offsets(wanted, timeout_ms=REQUEST_TIMEOUT_MS)
        return {TopicPartition(*partition): offset for partition, offset in found.items()}

    def _listed(self, ask: Any) -> dict[TopicPartition, int]:
        wanted = [ClientPartition(*partition) for partition in self.partitions]
        found = ask(wanted, timeout_ms=REQUEST_TIMEOUT_MS)
        return {TopicPartition(*partition): found[partition] for partition in sorted(found)}

    def _take(self, found: Mapping[Any, Sequence[Any]]) -> None:
        for (topic, number), records in found.items():
            place = TopicPartition(topic, number)
            least = self._edge.get(place, 0)
            self._ahead.extend(
                Message(topic, number, record.offset, record.key, record.value, record.timestamp)
                for record in records
                if record.offset >= least
            )
            self._edge[place] = max(least, records[-1].offset + 1)


class KafkaReader:
    """`Consumer` without a group: all partitions from the earliest offsets, commits nothing."""

    def __init__(self, settings: KafkaLogSettings, partitions: Iterable[TopicPartition]) -> None:
        """Connect and stand at the earliest offsets.

        Raises:
            LogUnavailable, LogMisconfigured.
        Blocks: 30 s.
        """
        self._client = connect(
            KafkaConsumer, consumer_options(settings, "reader"), "opening a reader"
        )
        self._reading = KafkaReading(self._client, partitions)
        self._heard_s = time.monotonic()
        self._is_closed = False
        try:
            with kafka_door("opening a reader"):
                self._client.assign([ClientPartition(*one) for one in self._reading.partitions])
                self._reading.seek(self._reading.begin_offsets(self._reading.partitions))
        except BaseException:
            self.close()
            raise

    def poll(self, max_messages: int, timeout_s: float) -> list[Message]:
        """Return the next messages. See `Consumer.poll`."""
        if max_messages <= 0:
            return []
        with kafka_door("reading messages"):
            messages = self._reading.fetch(max_messages, timeout_s)
            if messages:
                self._heard_s = time.monotonic()
            elif time.monotonic() - self._heard_s >= PULSE_S:
                # The client keeps silent while brokers are away; this does not.
                self._reading.end_offsets()
                self._heard_s = time.monotonic()
        return messages

    def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Refuse: there is no group."""
        raise LogMisconfigured("committing offsets: a reader has no group")

    def seek(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Continue at these offsets. See `Consumer.seek`."""
        check_assigned(offsets, self._reading.partitions)
        self._reading.seek(offsets)

    def positions(self) -> dict[TopicPartition, int]:
        """Next offset to read of every partition."""
        with kafka_door("reading positions"):
            return self._reading.positions()

    def committed(self) -> dict[TopicPartition, int]:
        """Return nothing: there is no group."""
        return {}

    def end_offsets(self) -> dict[TopicPartition, int]:
        """Offset behind the last committed entry of every partition."""
        with kafka_door("reading end offsets"):
            return self._reading.end_offsets()

    def close(self) -> None:
        """Release the connection."""
        if not self._is_closed:
            self._is_closed = True
            self._client.close()


def check_assigned(offsets: Mapping[TopicPartition, int], own: Sequence[TopicPartition]) -> None:
    """Make sure that all partitions are among those read.

    Raises:
        LogMisconfigured: one is not.
    """
    for partition in offsets:
        if TopicPartition(*partition) not in own:
            raise LogMisconfigured(
                f"seeking: partition {partition[1]} of {partition[0]} is not subscribed"
            )
