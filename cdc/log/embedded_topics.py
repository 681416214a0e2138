"""Topics of the embedded log: names, partitions, and where a message lies in the file."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from zlib import crc32

from cdc.errors import LogMisconfigured
from cdc.log.plan import TopicPlan
from cdc.log.protocol import TopicPartition

logger = logging.getLogger(__name__)

# A message's id is its place in the high bits and its offset in the low 40 (10^12 messages).
OFFSET_BITS = 40
_OFFSET_MASK = (1 << OFFSET_BITS) - 1


@dataclass(frozen=True, slots=True)
class StoredTopic:
    """A topic of the file. `places` has the id of each partition."""

    name: str
    is_compacted: bool
    places: tuple[int, ...]

    def place_of(self, key: bytes) -> int:
        """Place of a key: the same for every writer and for ever, as the partition count stays."""
        if len(self.places) == 1:
            return self.places[0]
        return self.places[crc32(key) % len(self.places)]


class StoredTopics:
    """All topics of a file, as they were when it was opened. They never change after creation."""

    def __init__(self, topics: Iterable[StoredTopic]) -> None:
        self._by_name = {topic.name: topic for topic in topics}
        self._partition_of_place = {
            place: TopicPartition(topic.name, partition)
            for topic in self._by_name.values()
            for partition, place in enumerate(topic.places)
        }
        self._place_of_partition = {
            partition: place for place, partition in self._partition_of_place.items()
        }

    def topic(self, name: str) -> StoredTopic:
        """Return a topic.

        Raises:
            LogMisconfigured: there is none of that name.
        """
        try:
            return self._by_name[name]
        except KeyError:
            raise LogMisconfigured(f"using topic {name}: it is not in the log") from None

    def place(self, partition: TopicPartition) -> int:
        """Return the place of a partition.

        Raises:
            LogMisconfigured: there is no such topic or partition.
        """
        try:
            return self._place_of_partition[TopicPartition(*partition)]
        except KeyError:
            raise LogMisconfigured(
                f"using partition {partition[1]} of topic {partition[0]}: it is not in the log"
            ) from None

    def places(self, names: Iterable[str]) -> list[int]:
        """Return the places of all partitions of some topics, sorted by topic and partition."""
        return [place for name in sorted(set(names)) for place in self.topic(name).places]

    def partition(self, place: int) -> TopicPartition:
        """Return the topic and partition of a place."""
        return self._partition_of_place[place]


def first_id(place: int) -> int:
    """Return the id of offset 0 of a place; those of the place are below that of the next one."""
    return place << OFFSET_BITS


def offset_of(message_id: int) -> int:
    """Return the offset in a message's id."""
    return message_id & _OFFSET_MASK


def place_of(message_id: int) -> int:
    """Return the place in a message's id."""
    return message_id >> OFFSET_BITS


def ensure_topics(connection: sqlite3.Connection, plans: Sequence[TopicPlan]) -> StoredTopics:
    """Create what is missing, inside the caller's write transaction, and return all topics.

    A topic that exists keeps its partitions, since another count would move keys.
    """
    known = {topic.name: topic for topic in load_topics(connection)}
    for plan in plans:
        topic = known.get(plan.name)
        if topic is None:
            _create(connection, plan)
        elif len(topic.places) != plan.partition_count:
            logger.warning(
                "topic.partitions_kept",
                extra={
                    "topic": plan.name,
                    "partition_count": len(topic.places),
                    "wanted_count": plan.partition_count,
                },
            )
    return StoredTopics(load_topics(connection))


def has_topics(connection: sqlite3.Connection, plans: Sequence[TopicPlan]) -> bool:
    """Tell whether nothing is missing, without a write."""
    known = {topic.name for topic in load_topics(connection)}
    return all(plan.name in known for plan in plans)


def load_topics(connection: sqlite3.Connection) -> list[StoredTopic]:
    """Read all topics of the file."""
    rows = connection.execute(
        "SELECT topic.name, topic.is_compacted, place.id FROM topic"
        " JOIN place ON place.topic_id = topic.id ORDER BY topic.id, place.partition"
    ).fetchall()
    places: dict[tuple[str, bool], list[int]] = {}
    for name, is_compacted, place in rows:
        places.setdefault((name, bool(is_compacted)), []).append(place)
    return [StoredTopic(*topic, tuple(ids)) for topic, ids in places.items()]


def _create(connection: sqlite3.Connection, plan: TopicPlan) -> None:
    cursor = connection.execute(
        "INSERT INTO topic (name, is_compacted) VALUES (?, ?)", (plan.name, plan.is_compacted)
    )
    connection.executemany(
        "INSERT INTO place (topic_id, partition) VALUES (?, ?)",
        [(cursor.lastrowid, partition) for partition in range(plan.partition_count)],
    )
