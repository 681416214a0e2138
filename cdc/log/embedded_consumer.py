"""Consumers and readers of the embedded log."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from cdc.errors import LogMisconfigured, LogUnavailable, OffsetLost
from cdc.log.embedded_database import Database
from cdc.log.embedded_doorbell import Listener, doorbell
from cdc.log.embedded_file import EmbeddedFile
from cdc.log.embedded_groups import Membership, committed_offsets, store_offsets
from cdc.log.embedded_locks import group_lock
from cdc.log.embedded_topics import first_id
from cdc.log.protocol import Message, TopicPartition

_LOOK_S = 0.004
# With the publisher in this process its bell rings; looking is only for what cannot ring.
_LOOK_WITH_BELL_S = 0.25
_CHECK_FILE_S = 1.0
_LOCK_TIMEOUT_S = 5.0

_READ = (
    "SELECT id, key, value, timestamp_ms FROM message WHERE id >= ? AND id < ? ORDER BY id LIMIT ?"
)


class EmbeddedConsumer:
    """`Consumer` on the SQLite file; without a group it is a reader from the earliest offsets.

    While idle it asks SQLite every 4 ms whether anybody committed, which costs microseconds; a
    publisher in the same process wakes it at once instead. A lock of the operating system shows
    that the group is live, until the process ends or `close`.
    """

    def __init__(self, file: EmbeddedFile, group: str | None, topics: Sequence[str]) -> None:
        self._lock = None if group is None else group_lock(file.path, group)
        self._hold_group(file, group)
        self._database: Database | None = None
        self._bell: Listener | None = None
        try:
            # Offsets may be lost with the power, as the messages then come again.
            self._database, self._topics = file.open(is_durable=False)
            self._places = self._topics.places(topics)
            self._membership = self._claim(self._database, group, topics)
            self._positions = self._start(self._database)
        except BaseException:
            self.close()
            raise
        self._bell = doorbell(file.path).listen()
        self._has_rings = file.are_published(topics)
        self._seen_version: int | None = None
        self._turn = 0
        self._file_checked_s = time.monotonic()

    def poll(self, max_messages: int, timeout_s: float) -> list[Message]:
        """Return the next messages. See `Consumer.poll`; with 0 messages it returns at once."""
        deadline_s = time.monotonic() + timeout_s
        while True:
            messages = self._news(max_messages)
            left_s = deadline_s - time.monotonic()
            if messages or left_s <= 0 or max_messages <= 0:
                return messages
            self._wait(left_s)

    def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Store the group's next offsets. See `Consumer.commit`."""
        if self._membership is None:
            raise LogMisconfigured("committing offsets: a reader has no group")
        if not offsets:
            return
        with self._open_database().writing("committing offsets") as connection:
            self._membership.check(connection)
            store_offsets(connection, self._membership.group_id, self._topics, offsets)

    def seek(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Continue at these offsets. See `Consumer.seek`."""
        for partition, offset in offsets.items():
            place = self._topics.place(partition)
            if place not in self._positions:
                raise LogMisconfigured(f"seeking in {partition[0]}: the topic is not subscribed")
            self._positions[place] = offset
        self._seen_version = None

    def positions(self) -> dict[TopicPartition, int]:
        """Next offset to read of every partition."""
        return self._named(self._positions)

    def committed(self) -> dict[TopicPartition, int]:
        """Committed next offsets of the subscribed partitions that have one."""
        if self._membership is None:
            return {}
        with self._open_database().reading("reading committed offsets") as connection:
            found = committed_offsets(connection, self._membership.group)
        return self._named({place: found[place] for place in self._places if place in found})

    def end_offsets(self) -> dict[TopicPartition, int]:
        """Offset behind the last entry of every partition."""
        database = self._open_database()
        with database.reading("reading end offsets"):
            return self._named(self._ends(database))

    def close(self) -> None:
        """Leave the group without committing. Calling it again does nothing."""
        if self._database is not None:
            self._database.close()
            self._database = None
        if self._bell is not None:
            self._bell.close()
            self._bell = None
        if self._lock is not None:
            self._lock.release()

    def _wait(self, longest_s: float) -> None:
        bell = self._bell
        if bell is not None:
            is_rung = self._has_rings and bell.has_publisher
            bell.wait(min(longest_s, _LOOK_WITH_BELL_S if is_rung else _LOOK_S))

    def _news(self, max_messages: int) -> list[Message]:
        database = self._open_database()
        now_s = time.monotonic()
        if now_s - self._file_checked_s >= _CHECK_FILE_S:
            database.check_file()
            self._file_checked_s = now_s
        version = database.version()
        if version == self._seen_version:
            return []
        with database.reading("reading messages") as connection:
            if self._membership is not None:
                self._membership.check(connection)
            ends = self._ends(database)
            messages = self._read(database, ends, max_messages)
        # What is left over or came meanwhile must be seen by the next call.
        is_all = all(self._positions[place] >= end for place, end in ends.items())
        self._seen_version = version if is_all else None
        return messages

    def _read(
        self, database: Database, ends: Mapping[int, int], max_messages: int
    ) -> list[Message]:
        messages: list[Message] = []
        # A place with a long backlog must not starve the others: each call begins one further.
        self._turn = (self._turn + 1) % max(1, len(self._places))
        for place in self._places[self._turn :] + self._places[: self._turn]:
            room_count = max_messages - len(messages)
            if room_count <= 0:
                break
            position = self._positions[place]
            if position > ends[place]:
                topic, partition = self._topics.partition(place)
                raise OffsetLost(
                    f"reading {topic}: offset {position} of partition {partition} is beyond the"
                    f" end {ends[place]}; the log was made anew"
                )
            if position < ends[place]:
                messages += self._read_place(database, place, ends[place], room_count)
        return messages

    def _read_place(
        self, database: Database, place: int, end: int, room_count: int
    ) -> list[Message]:
        base = first_id(place)
        rows = database.connection.execute(
            _READ, (base + self._positions[place], base + end, room_count)
        ).fetchall()
        topic, partition = self._topics.partition(place)
        # Fewer than asked for means that all up to the end was seen, cleaned offsets included.
        is_all = len(rows) < room_count
        self._positions[place] = end if is_all else rows[-1][0] - base + 1
        return [
            Message(topic, partition, message_id - base, key, value, timestamp_ms)
            for message_id, key, value, timestamp_ms in rows
        ]

    def _ends(self, database: Database) -> dict[int, int]:
        wanted = ",".join(map(str, self._places))
        rows = database.connection.execute(
            f"SELECT id, next_offset FROM place WHERE id IN ({wanted})"
        ).fetchall()
        return dict(rows)

    def _start(self, database: Database) -> dict[int, int]:
        positions = dict.fromkeys(self._places, 0)
        if self._membership is not None:
            with database.reading("reading committed offsets") as connection:
                found = committed_offsets(connection, self._membership.group)
            positions.update({place: found[place] for place in self._places if place in found})
        return positions

    def _claim(
        self, database: Database, group: str | None, topics: Sequence[str]
    ) -> Membership | None:
        if group is None:
            return None
        with database.writing(f"joining group {group}") as connection:
            return Membership(connection, group, topics)

    def _hold_group(self, file: EmbeddedFile, group: str | None) -> None:
        if self._lock is None:
            return
        file.make_folder()
        try:
            is_held = self._lock.acquire(is_shared=True, timeout_s=_LOCK_TIMEOUT_S)
        except OSError as exc:
            raise LogUnavailable(f"joining group {group}: {exc}") from exc
        if not is_held:
            raise LogUnavailable(f"joining group {group}: its offsets are being moved")

    def _open_database(self) -> Database:
        if self._database is None:
            raise LogUnavailable("consuming: the consumer is closed")
        return self._database

    def _named(self, offsets: Mapping[int, int]) -> dict[TopicPartition, int]:
        return {self._topics.partition(place): offset for place, offset in offsets.items()}
