"""Topics and offsets on Kafka, for set-up and the command line."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from kafka import IsolationLevel, OffsetAndMetadata, OffsetSpec
from kafka import TopicPartition as ClientPartition
from kafka.errors import (
    CoordinatorLoadInProgressError,
    CoordinatorNotAvailableError,
    GroupIdNotFoundError,
    NoError,
    NotCoordinatorError,
)

from cdc.errors import LogMisconfigured
from cdc.log.kafka_checkpoint import read_checkpoint
from cdc.log.kafka_connection import open_admin
from cdc.log.kafka_errors import kafka_door, translate
from cdc.log.kafka_topics import ensure_topics, missing_topics, partition_counts
from cdc.log.plan import plan_topics
from cdc.log.protocol import TopicPartition
from cdc.log.topics import TopicNames
from config.topiclog import KafkaLogSettings

# A cluster that had no group yet makes the topic of their offsets at the first question.
_COORDINATOR_S = 15.0
_COORDINATOR_LOOK_S = 0.1
_UNCOORDINATED = (
    CoordinatorLoadInProgressError,
    CoordinatorNotAvailableError,
    NotCoordinatorError,
)


class KafkaAdmin:
    """`LogAdmin` on Kafka. One thread uses it and closes it."""

    def __init__(self, settings: KafkaLogSettings, names: TopicNames, source: str) -> None:
        """Connect.

        Raises:
            LogUnavailable, LogMisconfigured.
        Blocks: 15 s.
        """
        self._settings = settings
        self._names = names
        self._source = source
        self._admin = open_admin(settings, "opening the topic log")

    def ensure_topics(self) -> None:
        """Create and verify topics. See `LogAdmin.ensure_topics`."""
        plans = plan_topics(self._names, self._settings.partitions)
        ensure_topics(self._admin, self._settings, plans, self._names)

    def missing_topics(self) -> list[str]:
        """Verify what exists and name the rest. See `LogAdmin.missing_topics`."""
        return missing_topics(self._admin, plan_topics(self._names, self._settings.partitions))

    def has_publisher(self) -> bool | None:
        """None: a broker does not tell who may write."""
        return None

    def groups(self) -> list[str]:
        """Names of groups under the prefix that have committed offsets, sorted."""
        with kafka_door("listing groups"):
            listed = [group["group_id"] for group in self._admin.list_groups()]
        own = [name for name in listed if name.startswith(f"{self._names.prefix}.")]
        return sorted(name for name in own if self.committed(name))

    def partitions(self, topics: Iterable[str]) -> list[TopicPartition]:
        """All partitions of the topics, sorted."""
        counts = partition_counts(self._admin, topics)
        return sorted(TopicPartition(topic, n) for topic in counts for n in range(counts[topic]))

    def committed(self, group: str) -> dict[TopicPartition, int]:
        """Committed next offsets of a group."""
        with kafka_door(f"reading committed offsets of group {group}"):
            try:
                found = _once_coordinated(lambda: self._admin.list_group_offsets([group]))
            except GroupIdNotFoundError:
                return {}
        return {
            TopicPartition(*partition): stored.offset
            for partition, stored in sorted(found.get(group, {}).items())
            if stored.offset >= 0
        }

    def set_committed(self, group: str, offsets: Mapping[TopicPartition, int]) -> None:
        """Move a group; the broker refuses while it has a member."""
        doing = f"moving group {group}"
        if not offsets:
            return
        if self.is_live(group):
            raise LogMisconfigured(
                f"{doing}: it is live; stop its delivery first, and after a crash wait until its"
                " session ends (log.kafka.session_timeout_ms)"
            )
        known = set(self.partitions({topic for topic, _ in offsets}))
        for partition, offset in offsets.items():
            if TopicPartition(*partition) not in known or offset < 0:
                raise LogMisconfigured(f"{doing}: {partition} has no offset {offset}")
        stored = {
            ClientPartition(*partition): OffsetAndMetadata(offset, "", -1)
            for partition, offset in offsets.items()
        }
        with kafka_door(doing):
            results = _once_coordinated(lambda: self._admin.alter_group_offsets(group, stored))
        for error in results.values():
            if error is not NoError:
                raise translate(error(), doing)

    def is_live(self, group: str) -> bool:
        """Whether the group has a member. One that was killed counts until its session ends."""
        with kafka_door(f"looking at group {group}"):
            try:
                described = _once_coordinated(lambda: self._admin.describe_groups([group]))
            except GroupIdNotFoundError:
                return False
        return bool(described.get(group, {}).get("members"))

    def begin_offsets(self, topics: Iterable[str]) -> dict[TopicPartition, int]:
        """First offset still readable of every partition."""
        return self._offsets(topics, OffsetSpec.EARLIEST)

    def end_offsets(self, topics: Iterable[str]) -> dict[TopicPartition, int]:
        """Offset behind the last committed entry of every partition."""
        return self._offsets(topics, OffsetSpec.LATEST)

    def offsets_at(self, topics: Iterable[str], timestamp_ms: int) -> dict[TopicPartition, int]:
        """First offset at or after a time in every partition; the end when there is none."""
        names = list(topics)
        found = self._offsets(names, timestamp_ms)
        ends = self.end_offsets(names)
        return {one: offset if offset >= 0 else ends[one] for one, offset in found.items()}

    def checkpoint(self) -> bytes | None:
        """Last committed checkpoint."""
        if not self._has_checkpoint_topic():
            return None
        return read_checkpoint(self._settings, self._names, self._source.encode())

    def close(self) -> None:
        """Release the connection."""
        with kafka_door("closing the topic log"):
            self._admin.close()

    def _has_checkpoint_topic(self) -> bool:
        with kafka_door("looking up topics"):
            return self._names.checkpoint in self._admin.list_topics()

    def _offsets(self, topics: Iterable[str], spec: Any) -> dict[TopicPartition, int]:
        wanted = {ClientPartition(*partition): spec for partition in self.partitions(topics)}
        if not wanted:
            return {}
        with kafka_door("reading offsets"):
            found = self._admin.list_partition_offsets(
                wanted, isolation_level=IsolationLevel.READ_COMMITTED
            )
        return {TopicPartition(*partition): found[partition].offset for partition in wanted}


def _once_coordinated(ask: Callable[[], Any]) -> Any:
    """Ask about a group; wait while the cluster has not made up its mind who coordinates it."""
    deadline_s = time.monotonic() + _COORDINATOR_S
    while True:
        try:
            return ask()
        except _UNCOORDINATED:
            if time.monotonic() >= deadline_s:
                raise
            time.sleep(_COORDINATOR_LOOK_S)
