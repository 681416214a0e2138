"""The ports of the topic log. Capture and delivery see these, never a backend.

Two backends keep the same promises (one contract test suite runs on both):

* `publish` is atomic: all entries and the checkpoint become visible together, or none does.
* One publisher per source: a second one fences the first (Kafka) or is refused (embedded).
* Offsets of one partition grow; within one partition order is the order of publishing.
* Consumers see committed entries only. Nothing is acknowledged but by `commit`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol


class TopicPartition(NamedTuple):
    """A topic's full name and a partition number."""

    topic: str
    partition: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One message to publish. `value` None is a tombstone: the key may be forgotten."""

    topic: str
    key: bytes
    value: bytes | None


@dataclass(frozen=True, slots=True)
class Message:
    """One message as consumed."""

    topic: str
    partition: int
    offset: int
    key: bytes
    value: bytes | None
    timestamp_ms: int

    @property
    def place(self) -> TopicPartition:
        """Topic and partition of the message."""
        return TopicPartition(self.topic, self.partition)


class Writer(Protocol):
    """What publishing steps need of a publisher that is open."""

    def publish(self, entries: Sequence[Entry], checkpoint: bytes | None) -> None:
        """Make entries and checkpoint visible in one atomic step; return when they are durable.

        Blocks: at most the delivery time-out of the backend.
        Raises:
            PublisherFenced: stop at once, nothing was published.
            RecordTooLarge: `.index` names the entry; nothing was published.
            LogUnavailable: the outcome may be unknown; close, open again and go on from the
                checkpoint that `open` returns.
        """
        ...


class Publisher(Writer, Protocol):
    """The single writer of a source's model topics. One thread uses it and closes it."""

    @property
    def takes_over(self) -> bool:
        """Whether `open` takes the role from another publisher, instead of being refused."""
        ...

    def open(self) -> bytes | None:
        """Become the one publisher and return the last checkpoint, None when there is none.

        Blocks: until topics exist and the lock or the fence is taken, at most 60 s.
        Raises:
            PublisherFenced: another publisher holds the lock (embedded).
            LogUnavailable, LogMisconfigured.
        """
        ...

    def forget_checkpoint(self) -> None:
        """Make the next `open` find no checkpoint, as in new topics; the records stay.

        Raises:
            As `publish`.
        """
        ...

    def close(self) -> None:
        """Give the role up. Never raises for a broken connection."""
        ...


class Appender(Protocol):
    """A plain durable writer for side topics (dead letters, control), many at a time."""

    def append(self, entries: Sequence[Entry]) -> None:
        """Return when all entries are durable.

        Raises:
            LogUnavailable, RecordTooLarge.
        """
        ...

    def close(self) -> None:
        """Release the connection."""
        ...


class Consumer(Protocol):
    """A consumer group's view of some topics. One thread uses it and closes it."""

    def poll(self, max_messages: int, timeout_s: float) -> list[Message]:
        """Return the next messages in partition order, at most `max_messages`, maybe none.

        Starts at the committed offsets, or at the earliest one where nothing is committed.
        With 0 messages it only keeps the membership of the group.
        Raises:
            OffsetLost: a committed offset is no longer in the topic.
            LogUnavailable.
        """
        ...

    def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Store, per partition, the next offset to read for the group.

        Raises:
            LogUnavailable.
            ConsumerFenced: another process consumes for the group now.
        """
        ...

    def seek(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Continue reading at these offsets; nothing is committed by it."""
        ...

    def positions(self) -> dict[TopicPartition, int]:
        """Next offset to read of every partition of the subscribed topics."""
        ...

    def committed(self) -> dict[TopicPartition, int]:
        """Committed next offsets; partitions without one are left out."""
        ...

    def end_offsets(self) -> dict[TopicPartition, int]:
        """Offset behind the last committed entry of every partition, or a little further.

        Never less than what any other partition shows of the same transaction.
        """
        ...

    def close(self) -> None:
        """Leave the group without committing."""
        ...


class LogAdmin(Protocol):
    """Topics and offsets for set-up and for the command line.

    Nothing is created but by `ensure_topics`. While topics are missing, whatever asks for their
    partitions or offsets raises LogMisconfigured.
    """

    def ensure_topics(self) -> None:
        """Create what is missing with the right settings.

        Raises:
            LogUnavailable, LogMisconfigured.
        """
        ...

    def missing_topics(self) -> list[str]:
        """Verify the topics that exist; names of those that `ensure_topics` would create, sorted.

        Raises:
            LogUnavailable.
            LogMisconfigured: a topic that exists is kept in a way that loses messages.
        """
        ...

    def has_publisher(self) -> bool | None:
        """Whether a publisher is open in a living process; None where that cannot be told."""
        ...

    def groups(self) -> list[str]:
        """Names of consumer groups that have committed offsets."""
        ...

    def partitions(self, topics: Iterable[str]) -> list[TopicPartition]:
        """All partitions of the topics, sorted."""
        ...

    def committed(self, group: str) -> dict[TopicPartition, int]:
        """Committed next offsets of a group."""
        ...

    def set_committed(self, group: str, offsets: Mapping[TopicPartition, int]) -> None:
        """Move a group. Raises GroupBusy through LogMisconfigured while the group is live."""
        ...

    def is_live(self, group: str) -> bool:
        """Whether a consumer of the group is connected now (seen within the last seconds)."""
        ...

    def begin_offsets(self, topics: Iterable[str]) -> dict[TopicPartition, int]:
        """First offset still readable of every partition."""
        ...

    def end_offsets(self, topics: Iterable[str]) -> dict[TopicPartition, int]:
        """Offset behind the last committed entry of every partition."""
        ...

    def offsets_at(self, topics: Iterable[str], timestamp_ms: int) -> dict[TopicPartition, int]:
        """First offset whose message is at or after the time; the end offset when there is none."""
        ...

    def checkpoint(self) -> bytes | None:
        """Last checkpoint without becoming the publisher."""
        ...

    def close(self) -> None:
        """Release the connection."""
        ...


class TopicLog(Protocol):
    """A backend: makes publishers, consumers, appenders and admins for one set of topics."""

    def publisher(self) -> Publisher:
        """A publisher; not yet open."""
        ...

    def appender(self) -> Appender:
        """A writer for side topics."""
        ...

    def consumer(self, group: str, topics: Sequence[str]) -> Consumer:
        """A consumer of a group; offsets start at the earliest where none is committed."""
        ...

    def reader(self, topics: Sequence[str]) -> Consumer:
        """A consumer without a group: starts at the earliest, commits nothing."""
        ...

    def admin(self) -> LogAdmin:
        """Topics and offsets."""
        ...
