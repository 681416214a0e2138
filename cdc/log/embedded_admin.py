"""Topics and offsets of the embedded log, for set-up and the command line."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping

from cdc.errors import LogMisconfigured, LogUnavailable
from cdc.log.embedded_database import Database, translate
from cdc.log.embedded_file import EmbeddedFile
from cdc.log.embedded_groups import committed_offsets, group_id, group_names, store_offsets
from cdc.log.embedded_locks import group_lock, publisher_lock
from cdc.log.embedded_topics import StoredTopics, first_id, load_topics, offset_of
from cdc.log.protocol import TopicPartition


class EmbeddedAdmin:
    """`LogAdmin` on the SQLite file, which may come into being later."""

    def __init__(self, file: EmbeddedFile) -> None:
        self._file = file
        self._opened: Database | None = None
        self._stored = StoredTopics([])
        self._missing = file.missing([])

    def ensure_topics(self) -> None:
        """Make the file and its topics. See `LogAdmin.ensure_topics`."""
        if self._look() is None or self._missing:
            self.close()
            self._opened, self._stored = self._file.open(is_durable=True)
            self._missing = []
        if self._opened is not None:
            self._opened.check_file()

    def missing_topics(self) -> list[str]:
        """Names of topics that are not in the file; all of them when there is no file."""
        self._look()
        return list(self._missing)

    def has_publisher(self) -> bool | None:
        """Whether a process holds the publisher's lock."""
        try:
            return publisher_lock(self._file.path).is_taken()
        except OSError as exc:
            raise translate(exc, "looking for the publisher") from exc

    def groups(self) -> list[str]:
        """Names of groups that have committed offsets."""
        database = self._look()
        if database is None:
            return []
        with database.reading("listing groups") as connection:
            return group_names(connection)

    def partitions(self, topics: Iterable[str]) -> list[TopicPartition]:
        """All partitions of the topics, sorted."""
        _, places = self._places(topics)
        return [self._stored.partition(place) for place in places]

    def committed(self, group: str) -> dict[TopicPartition, int]:
        """Committed next offsets of a group."""
        database = self._look()
        if database is None:
            return {}
        with database.reading("reading committed offsets") as connection:
            found = committed_offsets(connection, group)
        return {self._stored.partition(place): offset for place, offset in sorted(found.items())}

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
            database, _ = self._places({topic for topic, _ in offsets})
            with database.writing(f"moving group {group}") as connection:
                store_offsets(connection, group_id(connection, group), self._stored, offsets)
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
        return self._offsets(topics, "begin offsets", lambda found, at: _next_offset(found, at, 0))

    def end_offsets(self, topics: Iterable[str]) -> dict[TopicPartition, int]:
        """Offset behind the last entry of every partition."""
        return self._offsets(topics, "end offsets", _end)

    def offsets_at(self, topics: Iterable[str], timestamp_ms: int) -> dict[TopicPartition, int]:
        """First offset at or after a time in every partition; the end when there is none."""
        return self._offsets(
            topics, "offsets by time", lambda found, place: _offset_at(found, place, timestamp_ms)
        )

    def checkpoint(self) -> bytes | None:
        """Last checkpoint."""
        database = self._look()
        if database is None or self._file.names.checkpoint in self._missing:
            return None
        return self._file.read_checkpoint(database, self._stored)

    def close(self) -> None:
        """Release the connection."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def _look(self) -> Database | None:
        """The file, None while there is none. Topics are looked up until none is missing."""
        if self._opened is None:
            self._opened = self._file.find()
        if self._opened is not None and self._missing:
            with self._opened.reading("reading the topics") as connection:
                topics = load_topics(connection)
            self._stored = StoredTopics(topics)
            self._missing = self._file.missing(topic.name for topic in topics)
        return self._opened

    def _places(self, topics: Iterable[str]) -> tuple[Database, list[int]]:
        names = sorted(set(topics))
        database = self._look()
        absent = sorted(set(names).intersection(self._missing))
        if database is None or absent:
            raise LogMisconfigured(
                f"looking up topics: {(absent or names)[0]} does not exist; start capture first,"
                " which creates the topics"
            )
        return database, self._stored.places(names)

    def _offsets(
        self,
        topics: Iterable[str],
        what: str,
        offset_of_place: Callable[[sqlite3.Connection, int], int],
    ) -> dict[TopicPartition, int]:
        database, places = self._places(topics)
        with database.reading(f"reading {what}") as connection:
            return {
                self._stored.partition(place): offset_of_place(connection, place)
                for place in places
            }


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
