"""A consumer of a group on Kafka."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from typing import Any
from zlib import crc32

from kafka import KafkaConsumer, OffsetAndMetadata
from kafka import TopicPartition as ClientPartition
from kafka.admin import MemberToRemove
from kafka.errors import (
    CommitFailedError,
    KafkaError,
    NoOffsetForPartitionError,
    RebalanceInProgressError,
)

from cdc.errors import LogUnavailable, TopicError
from cdc.log.kafka_connection import REQUEST_TIMEOUT_MS, admin_client, connect
from cdc.log.kafka_errors import kafka_door
from cdc.log.kafka_reading import PULSE_S, KafkaReading, check_assigned, consumer_options
from cdc.log.protocol import Message, TopicPartition
from config.topiclog import KafkaLogSettings

logger = logging.getLogger(__name__)

_JOIN_TIMEOUT_S = 60.0
_JOIN_STEP_S = 0.05
_JOIN_WAIT_MS = 5000
_JOIN_START_MS = 200
_COMMIT_TIMEOUT_S = 15.0
_LEAVE_TIMEOUT_MS = 2_000
# Nobody else would take the partitions of a process that hangs, so patience costs nothing.
_LONGEST_PAUSE_MS = 30 * 60 * 1000


class KafkaGroupConsumer:
    """`Consumer` of a group: a static member that has all partitions of its topics to itself.

    Two processes must not deliver for one group. Membership sees to that: the instance id is made
    of the group and its topics, so a second process takes the place of the first, and the broker
    refuses every further commit of the first, which then stops. Assigning partitions without
    membership would start faster but let both work side by side, unseen by the broker and by
    `LogAdmin.is_live`.

    The client keeps silent while brokers are away and after it was replaced. So every few idle
    seconds this asks the broker something that fails in both cases.
    """

    def __init__(
        self,
        settings: KafkaLogSettings,
        group: str,
        topics: Sequence[str],
        partitions: Sequence[TopicPartition],
    ) -> None:
        """Connect and begin to join; the first call that needs the group waits for it.

        A broker keeps the first member of a group waiting, three seconds by default, and so the
        consumers of a lane wait at the same time instead of one after the other.

        Raises:
            LogUnavailable, LogMisconfigured.
        Blocks: 15 s.
        """
        self._settings = settings
        self._group = group
        self._instance = _instance_id(group, topics)
        options = consumer_options(settings, "consumer") | {
            "group_id": group,
            "group_instance_id": self._instance,
            "session_timeout_ms": settings.session_timeout_ms,
            "heartbeat_interval_ms": min(3000, settings.session_timeout_ms // 3),
            "max_poll_interval_ms": max(_LONGEST_PAUSE_MS, settings.session_timeout_ms),
        }
        self._client = connect(KafkaConsumer, options, f"joining group {group}")
        self._reading = KafkaReading(self._client, partitions)
        self._asking: KafkaReading | None = None
        self._asking_client: Any = None
        self._last_commit: dict[TopicPartition, int] = {}
        self._commit_generation = -1
        self._heard_s = time.monotonic()
        self._is_closed = False
        self._client.subscribe(topics=sorted(set(topics)))
        # Joining before the client knows the topics would end in a second round of joining.
        try:
            with kafka_door(f"joining group {group}"):
                self._reading.end_offsets()
                self._stay_joined(_JOIN_START_MS)
        except BaseException:
            self.close()
            raise

    def poll(self, max_messages: int, timeout_s: float) -> list[Message]:
        """Return the next messages. See `Consumer.poll`; 0 messages only keep the place."""
        deadline_s = time.monotonic() + timeout_s
        with kafka_door(f"consuming as group {self._group}"):
            messages = self._look(max_messages, 0.0 if max_messages <= 0 else timeout_s)
            while not messages and max_messages > 0 and time.monotonic() < deadline_s:
                messages = self._look(max_messages, deadline_s - time.monotonic())
            if messages:
                self._heard_s = time.monotonic()
            elif time.monotonic() - self._heard_s >= PULSE_S:
                self._feel_pulse()
        return messages

    def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Store the group's next offsets. See `Consumer.commit`.

        A membership that was lost, after a long pause for example, is renewed first.
        """
        if not offsets:
            return
        deadline_s = time.monotonic() + _COMMIT_TIMEOUT_S
        with kafka_door(f"committing offsets of group {self._group}"):
            while not self._is_stored(offsets, is_last=time.monotonic() >= deadline_s):
                self._look(0, _JOIN_STEP_S)
        self._commit_generation = self._generation()
        self._last_commit.update(
            {TopicPartition(*partition): offset for partition, offset in offsets.items()}
        )

    def seek(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Continue at these offsets. See `Consumer.seek`."""
        check_assigned(offsets, self._reading.partitions)
        self._join()
        self._reading.seek(offsets)

    def positions(self) -> dict[TopicPartition, int]:
        """Next offset to read of every partition."""
        self._join()
        with kafka_door(f"reading positions of group {self._group}"):
            try:
                return self._reading.positions()
            except NoOffsetForPartitionError as exc:
                self._place([TopicPartition(*partition) for partition in exc.args[0]])
            return self._reading.positions()

    def committed(self) -> dict[TopicPartition, int]:
        """Committed next offsets of the subscribed partitions that have one."""
        found: dict[TopicPartition, int] = {}
        with kafka_door(f"reading committed offsets of group {self._group}"):
            for partition in self._reading.partitions:
                offset = self._client.committed(
                    ClientPartition(*partition), timeout_ms=REQUEST_TIMEOUT_MS
                )
                if offset is not None:
                    found[partition] = offset
        return found

    def end_offsets(self) -> dict[TopicPartition, int]:
        """Offset behind the last entry of every partition. See `Consumer.end_offsets`.

        Entries whose commit is under way count: one partition can show a transaction before another
        one does, and who has read it there must not miss it here.

        Asked over a connection of its own: a broker answers the requests of a connection one after
        the other, and on that of the reading a fetch waits for news, up to half a second.
        """
        if self._asking is None:
            options = consumer_options(self._settings, "consumer-ends")
            options["isolation_level"] = "read_uncommitted"
            self._asking_client = connect(KafkaConsumer, options, "reading end offsets")
            self._asking = KafkaReading(self._asking_client, self._reading.partitions)
        with kafka_door("reading end offsets"):
            return self._asking.end_offsets()

    def close(self) -> None:
        """Leave the group without committing, so that it may be moved at once.

        While the brokers are away the place stays ours, for whoever opens next in our name.
        """
        if self._is_closed:
            return
        self._is_closed = True
        if self._asking_client is not None:
            self._asking_client.close(autocommit=False, timeout_ms=3000)
        member = self._client.group_metadata().member_id
        is_reachable = not self._client._coordinator.coordinator_unknown()
        try:
            self._client.close(autocommit=False, timeout_ms=3000)
        except KafkaError as exc:
            logger.warning("consumer.close_failed", extra={"error": type(exc).__name__})
        if member and is_reachable:
            self._leave(member)

    def _leave(self, member: str) -> None:
        # The client never leaves for a static member. With the member's own id the broker refuses
        # to remove a successor that took the place.
        me = MemberToRemove(member_id=member, group_instance_id=self._instance, reason="closed")
        try:
            doing = f"leaving group {self._group}"
            with admin_client(self._settings, doing, patience_ms=_LEAVE_TIMEOUT_MS) as admin:
                admin.remove_group_members(self._group, [me])
        except TopicError as exc:
            logger.warning("consumer.leave_failed", extra={"group": self._group, "error": str(exc)})

    def _stay_joined(self, timeout_ms: int = _JOIN_WAIT_MS) -> None:
        """Finish a pending join before anything else.

        kafka-python 3.0.12 sends the request to join again when its answer came between two short
        polls, so that polls shorter than a join would join for ever, seen with a timeout of 0.

        Blocks: `timeout_ms`, only while the group is being joined.
        """
        coordinator = self._client._coordinator
        if not coordinator.need_rejoin():
            return
        coordinator.poll(timeout_ms=timeout_ms)
        if not coordinator.need_rejoin():
            logger.info(
                "consumer.joined", extra={"group": self._group, "generation": self._generation()}
            )

    def _look(self, max_messages: int, timeout_s: float) -> list[Message]:
        try:
            self._stay_joined()
            if max_messages > 0:
                return self._reading.fetch(max_messages, timeout_s)
            self._reading.look(timeout_s)
        except NoOffsetForPartitionError as exc:
            self._place([TopicPartition(*partition) for partition in exc.args[0]])
        return []

    def _join(self) -> None:
        """Wait until all partitions are ours."""
        wanted = {ClientPartition(*partition) for partition in self._reading.partitions}
        deadline_s = time.monotonic() + _JOIN_TIMEOUT_S
        with kafka_door(f"joining group {self._group}"):
            while not wanted <= set(self._client.assignment()):
                if time.monotonic() >= deadline_s:
                    raise LogUnavailable(
                        f"joining group {self._group}: the broker keeps us waiting"
                    )
                self._look(0, _JOIN_STEP_S)

    def _place(self, bare: Sequence[TopicPartition]) -> None:
        """Stand where we stood, or at the earliest offset, in partitions without a commit."""
        begins = self._reading.begin_offsets(bare)
        standing = {one: self._reading.standing(one) for one in bare}
        self._reading.seek(
            {one: begins[one] if offset is None else offset for one, offset in standing.items()}
        )

    def _feel_pulse(self) -> None:
        """Ask the broker what fails when it is away or when another process replaced us."""
        if self._last_commit and self._generation() == self._commit_generation:
            self._store(self._last_commit)
        else:
            self._reading.end_offsets()
        self._heard_s = time.monotonic()

    def _generation(self) -> int:
        return int(self._client.group_metadata().generation_id)

    def _is_stored(self, offsets: Mapping[TopicPartition, int], *, is_last: bool) -> bool:
        self._join()
        try:
            self._store(offsets)
        except (CommitFailedError, RebalanceInProgressError):
            if is_last:
                raise
            return False
        return True

    def _store(self, offsets: Mapping[TopicPartition, int]) -> None:
        self._client.commit(
            {
                ClientPartition(*partition): OffsetAndMetadata(offset, "", -1)
                for partition, offset in offsets.items()
            },
            timeout_ms=REQUEST_TIMEOUT_MS,
        )


def _instance_id(group: str, topics: Sequence[str]) -> str:
    # Two consumers of one group with different topics are two members.
    return f"{group}-{crc32(chr(10).join(sorted(set(topics))).encode()):08x}"
