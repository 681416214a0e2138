"""What every part of the embedded log knows of its file: path, topics, limits, checkpoint."""

from __future__ import annotations

import errno
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cdc.errors import LogMisconfigured, LogUnavailable
from cdc.log.embedded_cleaning import Retention
from cdc.log.embedded_database import Database, translate
from cdc.log.embedded_topics import StoredTopics, ensure_topics, has_topics, load_topics
from cdc.log.plan import plan_topics
from cdc.log.protocol import Entry
from cdc.log.topics import TopicNames


@dataclass(frozen=True, slots=True)
class EmbeddedFile:
    """One file of an embedded log. Opening it makes it, with all topics, when missing."""

    path: Path
    names: TopicNames
    partition_count: int
    retention: Retention
    busy_timeout_s: float

    def open(self, *, is_durable: bool) -> tuple[Database, StoredTopics]:
        """Connect; the caller closes the database.

        Raises:
            LogUnavailable, LogMisconfigured.
        """
        database = Database(self.path, is_durable=is_durable, busy_timeout_s=self.busy_timeout_s)
        try:
            return database, self._topics(database)
        except BaseException:
            database.close()
            raise

    def find(self) -> Database | None:
        """Connect to a file that exists, None when there is none; the caller closes it.

        Raises:
            LogUnavailable, LogMisconfigured.
        """
        try:
            if not self.path.exists():
                return None
        except OSError as exc:
            raise translate(exc, f"opening the topic log {self.path}") from exc
        return Database(self.path, is_durable=True, busy_timeout_s=self.busy_timeout_s)

    def missing(self, topics: Iterable[str]) -> list[str]:
        """Names of our topics that are not among these, sorted."""
        plans = plan_topics(self.names, self.partition_count)
        return sorted({plan.name for plan in plans}.difference(topics))

    def make_folder(self) -> None:
        """Make the folder of the file.

        Raises:
            LogMisconfigured: it cannot be made.
            LogUnavailable: the disk is full.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as exc:
            error = LogUnavailable if exc.errno == errno.ENOSPC else LogMisconfigured
            raise error(f"making the folder of the topic log: {exc}") from exc

    def are_published(self, topics: Iterable[str]) -> bool:
        """Tell whether only the publisher writes to these topics, and no appender."""
        return not {self.names.control, self.names.dead_letter} & set(topics)

    def checkpoint_entry(self, checkpoint: bytes | None) -> Entry:
        """Make the message that carries a checkpoint, or says that there is none."""
        return Entry(self.names.checkpoint, self._checkpoint_key, checkpoint)

    def read_checkpoint(self, database: Database, topics: StoredTopics) -> bytes | None:
        """Return the last checkpoint, None when there is none.

        Raises:
            LogUnavailable, LogMisconfigured.
        """
        place = topics.topic(self.names.checkpoint).place_of(self._checkpoint_key)
        with database.reading("reading the checkpoint") as connection:
            row = connection.execute(
                "SELECT value FROM message"
                " WHERE id = (SELECT id FROM newest WHERE place = ? AND key = ?)",
                (place, self._checkpoint_key),
            ).fetchone()
        return None if row is None else row[0]

    @property
    def _checkpoint_key(self) -> bytes:
        return self.names.prefix.encode()

    def _topics(self, database: Database) -> StoredTopics:
        plans = plan_topics(self.names, self.partition_count)
        # Most openings find all topics and need no turn at writing.
        with database.reading("reading the topics") as connection:
            if has_topics(connection, plans):
                return StoredTopics(load_topics(connection))
        with database.writing("creating the topics") as connection:
            return ensure_topics(connection, plans)
