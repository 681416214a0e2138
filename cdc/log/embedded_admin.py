"""Topics and offsets of the embedded log, for set-up and the command line."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping

from cdc.errors import LogMisconfigured, LogUnavailable
from cdc.log.embedded_file import EmbeddedFile
from cdc.log.embedded_groups import committed_offsets, group_id, group_names, store_offsets
from cdc.log.embedded_locks import group_lock
from cdc.log.embedded_topics import first_id, offset_of
from cdc.log.protocol import TopicPartition


class EmbeddedAdmin:
    """`LogAdmin` on the SQLite file. Opening it makes the file and its topics when missing."""

    def __init__(self, file: EmbeddedFile) -> None:
        self._file = file
        self._database, self._topics = file.open(is_durable=True)

    def ensure_topics(self) -> None:
        """Do nothing more: opening has made all topics."""
        self._database.check_file()

    def groups(self) -> list[str]:
        """Names of groups that have committed offsets."""
        with self._database.reading("listing groups") as connection:
            return group_names(connection)

    def partitions(self, topics: Iterable[str]) -> list[TopicPartition]:
        """All partitions of the topics, sorted."""
        return [self._topics.partition(place) for place in self._topics.places(topics)]

    def committed(self, group: str) -> dict[TopicPartition, int]:
        """Committed next offsets of a group."""
        with self._database.reading("reading committed offsets") as connection:
            found = committed_offsets(connection, group)
        return {self._topics.partition(place): offset for place, offset in sorted(found.items())}

    def set_committed(self, group: str, offsets: Mapping[TopicPartition, int]) -> None:
        """Move a group. No consumer of it can start before this returns."""
        lock = group_lock(self._file.path, group)
        try:
            is_alone = lock.acquire(is_shared=False)
        except OSError as exc:
            raise LogUnavailable(f"moving group {group}: {exc}") from exc
        if not is_alone:
            raise LogMisconfigured(f"moving group {group}: it is live; stop its delivery first")
        try:
            with self._database.writing(f"moving group {group}") as connection:
                store_offsets(connection, group_id(connection, group), self._topics, offsets)
        finally:
            lock.release()

    def is_live(self, group: str) -> bool:
        """Whether a consumer of the group is open in a living process."""
        try:
            return group_lock(self._file.path, group).is_taken()
        except OSError as exc:
            raise LogUnavailable(f"looking at group {group}: {exc}") from exc

    def begin_offsets(self, topics: Iterable[str]) -> dict[TopicPartition, int]:
        """Offset of the first message of every partition; the end offset when there is none."""
        with self._database.reading("reading begin offsets") as connection:
            return {
                self._topics.partition(place): _next_offset(connection, place, 0)
                for place in self._topics.places(topics)
            }

    def end_offsets(self, topics: Iterable[str]) -> dict[TopicPartition, int]:
        """Offset behind the last entry of every partition."""
        with self._database.reading("reading end offsets") as connection:
            return {
                self._topics.partition(place): _end(connection, place)
                for place in self._topics.places(topics)
            }

    def offsets_at(self, topics: Iterable[str], timestamp_ms: int) -> dict[TopicPartition, int]:
        """First offset at or after a time in every partition; the end when there is none."""
        with self._database.reading("searching offsets by time") as connection:
            return {
                self._topics.partition(place): _offset_at(connection, place, timestamp_ms)
                for place in self._topics.places(topics)
            }

    def checkpoint(self) -> bytes | None:
        """Last checkpoint."""
        return self._file.read_checkpoint(self._database, self._topics)

    def close(self) -> None:
        """Release the connection."""
        self._database.close()


def _end(connection: sqlite3.Connection, place: int) -> int:
    (end,) = connection.execute("SELECT next_offset FROM place WHERE id = ?", (place,)).fetchone()
    return int(end)


def _next_offset(connection: sqlite3.Connection, place: int, offset: int) -> int:
    """Return the first offset from `offset` on that still has a message, or the end."""
    row = connection.execute(
        "SELECT id FROM message WHERE id >= ? AND id < ? ORDER BY id LIMIT 1",
        (first_id(place) + offset, first_id(place + 1)),
    ).fetchone()
    return _end(connection, place) if row is None else offset_of(row[0])


def _offset_at(connection: sqlite3.Connection, place: int, timestamp_ms: int) -> int:
    # Timestamps never fall within a place, so the border can be halved for, over holes as well.
    low, high = 0, _end(connection, place)
    while low < high:
        middle = (low + high) // 2
        row = connection.execute(
            "SELECT id, timestamp_ms FROM message WHERE id >= ? AND id < ? ORDER BY id LIMIT 1",
            (first_id(place) + middle, first_id(place) + high),
        ).fetchone()
        if row is None or row[1] >= timestamp_ms:
            high = middle
        else:
            low = offset_of(row[0]) + 1
    return _next_offset(connection, place, low)
