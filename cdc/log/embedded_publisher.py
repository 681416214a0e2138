"""Writers of the embedded log: the one publisher, and appenders for side topics."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence

from cdc.errors import LogUnavailable, PublisherFenced
from cdc.log.embedded_cleaning import clean
from cdc.log.embedded_database import Database
from cdc.log.embedded_doorbell import Doorbell, doorbell
from cdc.log.embedded_file import EmbeddedFile
from cdc.log.embedded_locks import publisher_lock
from cdc.log.embedded_topics import StoredTopics
from cdc.log.embedded_writing import check_sizes, write_entries
from cdc.log.protocol import Entry

logger = logging.getLogger(__name__)

# A command that looks whether the lock is taken holds it for microseconds.
_LOOKERS_S = 0.2


class EmbeddedPublisher:
    """`Publisher` on the SQLite file. A lock of the operating system makes it the only one.

    The lock ends with the process, however that ends, so a restart never waits.
    """

    takes_over = False

    def __init__(self, file: EmbeddedFile, now_ms: Callable[[], int]) -> None:
        self._file = file
        self._now_ms = now_ms
        self._lock = publisher_lock(file.path)
        self._bell: Doorbell | None = None
        self._database: Database | None = None
        self._topics: StoredTopics | None = None

    def open(self) -> bytes | None:
        """Take the lock and return the last checkpoint. See `Publisher.open`."""
        self.close()
        self._take_lock()
        try:
            self._database, self._topics = self._file.open(is_durable=True)
            checkpoint = self._file.read_checkpoint(self._database, self._topics)
        except BaseException:
            self.close()
            raise
        self._bell = doorbell(self._file.path)
        self._bell.publisher_came()
        logger.info(
            "publisher.opened",
            extra={"path": str(self._file.path), "has_checkpoint": checkpoint is not None},
        )
        return checkpoint

    def publish(self, entries: Sequence[Entry], checkpoint: bytes | None) -> None:
        """Write entries and checkpoint in one transaction. See `Publisher.publish`."""
        if self._database is None or self._topics is None or self._bell is None:
            raise LogUnavailable("publishing: the publisher is not open")
        check_sizes(entries)
        if checkpoint is not None:
            entries = [*entries, self._file.checkpoint_entry(checkpoint)]
        if not entries:
            return
        self._database.check_file()
        with self._database.writing("publishing") as connection:
            timestamp_ms = write_entries(connection, self._topics, entries, self._now_ms())
            clean(connection, self._file.retention, timestamp_ms, len(entries))
        self._bell.ring()

    def forget_checkpoint(self) -> None:
        """Write that there is none. See `Publisher.forget_checkpoint`."""
        self.publish([self._file.checkpoint_entry(None)], None)

    def close(self) -> None:
        """Give the role up. See `Publisher.close`."""
        if self._bell is not None:
            self._bell.publisher_left()
            self._bell = None
        if self._database is not None:
            self._database.close()
            self._database = None
        self._lock.release()

    def _take_lock(self) -> None:
        self._file.make_folder()
        try:
            is_mine = self._lock.acquire(is_shared=False, timeout_s=_LOOKERS_S)
        except OSError as exc:
            raise LogUnavailable(f"opening the publisher: {exc}") from exc
        if not is_mine:
            raise PublisherFenced(
                f"opening the publisher: {self._lock.holder} publishes to {self._file.path}; stop"
                " it first"
            )


class EmbeddedAppender:
    """`Appender` on the SQLite file. Any number may work at a time."""

    def __init__(self, file: EmbeddedFile, now_ms: Callable[[], int]) -> None:
        self._file = file
        self._now_ms = now_ms
        self._bell = doorbell(file.path)
        self._opened: tuple[Database, StoredTopics] | None = None

    def append(self, entries: Sequence[Entry]) -> None:
        """Write entries in one transaction. See `Appender.append`."""
        check_sizes(entries)
        if not entries:
            return
        if self._opened is None:
            self._opened = self._file.open(is_durable=True)
        database, topics = self._opened
        database.check_file()
        with database.writing("appending") as connection:
            write_entries(connection, topics, entries, self._now_ms())
        self._bell.ring()

    def close(self) -> None:
        """Release the connection."""
        if self._opened is not None:
            self._opened[0].close()
            self._opened = None


def wall_clock_ms() -> int:
    """Return Unix time in milliseconds."""
    return time.time_ns() // 1_000_000
