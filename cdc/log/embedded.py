"""The embedded log: topics in one SQLite file, for one machine, with nothing to run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from cdc.log.embedded_admin import EmbeddedAdmin
from cdc.log.embedded_cleaning import Retention
from cdc.log.embedded_consumer import EmbeddedConsumer
from cdc.log.embedded_file import EmbeddedFile
from cdc.log.embedded_publisher import EmbeddedAppender, EmbeddedPublisher, wall_clock_ms
from cdc.log.protocol import Appender, Consumer, LogAdmin, Publisher
from cdc.log.topics import TopicNames

_BUSY_TIMEOUT_S = 10.0


class EmbeddedLog:
    """`TopicLog` in a SQLite file that several processes of one machine use at once.

    Args:
        path: the file; made with its folder when missing. Lock files are made beside it. It must be
            on a local disk.
        partitions: of each model topic when it is created; an existing topic keeps its own.
        retention: how long superseded messages and tombstones stay.
        busy_timeout_s: longest wait for another process's turn before LogUnavailable.
        now_ms: Unix time in milliseconds.
    """

    def __init__(
        self,
        path: Path,
        names: TopicNames,
        partitions: int,
        *,
        retention: Retention | None = None,
        busy_timeout_s: float = _BUSY_TIMEOUT_S,
        now_ms: Callable[[], int] = wall_clock_ms,
    ) -> None:
        self._file = EmbeddedFile(path, names, partitions, retention or Retention(), busy_timeout_s)
        self._now_ms = now_ms

    def publisher(self) -> Publisher:
        """A publisher; not yet open."""
        return EmbeddedPublisher(self._file, self._now_ms)

    def appender(self) -> Appender:
        """A writer for side topics."""
        return EmbeddedAppender(self._file, self._now_ms)

    def consumer(self, group: str, topics: Sequence[str]) -> Consumer:
        """A consumer of a group. It takes over from an older one of the same group and topics."""
        return EmbeddedConsumer(self._file, group, topics)

    def reader(self, topics: Sequence[str]) -> Consumer:
        """A consumer without a group."""
        return EmbeddedConsumer(self._file, None, topics)

    def admin(self) -> LogAdmin:
        """Topics and offsets."""
        return EmbeddedAdmin(self._file)
