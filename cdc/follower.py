"""The follower: a thread that turns the binlog into names in the inbox."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Thread
from typing import Protocol

from cdc.binlog.changes import (
    Change,
    Committed,
    Heartbeat,
    RowChanges,
    SchemaChanged,
    Unreadable,
)
from cdc.errors import StreamPoisoned
from cdc.inbox import Inbox
from cdc.names import Kind, Name
from cdc.records import Model
from cdc.status import CaptureStatus
from cdc.watch import INDEX_TABLES, models_of, names_of
from config.source import CaptureSettings

logger = logging.getLogger(__name__)


class Stream(Protocol):
    """What the follower needs of a binlog stream."""

    def read(self) -> list[Change]:
        """Next changes; returns at least once in a heartbeat."""
        ...

    def close(self) -> None:
        """End the connection."""
        ...


class Follower:
    """Reads until it is stopped or the stream fails. The capture loop owns it."""

    def __init__(
        self,
        open_stream: Callable[[], Stream],
        inbox: Inbox,
        settings: CaptureSettings,
        status: CaptureStatus,
    ) -> None:
        self._open_stream = open_stream
        self._inbox = inbox
        self._settings = settings
        self._status = status
        self._thread = Thread(target=self._run, name="binlog", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def join(self, timeout_s: float) -> None:
        """Wait for the thread to end; the inbox has to be closed first.

        It ends at the next heartbeat. One that does not (a connection that hangs) is left behind:
        nobody listens to it any more, and the server ends it when the next reader comes.
        """
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            logger.warning("follower.left_behind", extra={"wait_s": timeout_s})

    def _run(self) -> None:
        # Whatever ends this thread has to reach the publisher, or capture would stand still.
        try:
            stream = self._open_stream()
            try:
                while not self._inbox.is_closed:
                    for change in stream.read():
                        self.handle(change)
            finally:
                stream.close()
        except BaseException as exc:
            self._inbox.fail(exc)

    def handle(self, change: Change) -> None:
        """Take one change in.

        Raises:
            StreamPoisoned: it cannot be decoded and the policy is to stop.
        """
        if isinstance(change, RowChanges):
            self._status.rows_count += len(change.before) or len(change.after)
            self._inbox.name(change.table, names_of(change))
        elif isinstance(change, Committed):
            self._inbox.commit(change.position, change.committed_ms, resume=change.resume)
            self._status.seen(change.position, change.committed_ms)
        elif isinstance(change, Heartbeat):
            self._status.heartbeat()
        elif isinstance(change, SchemaChanged):
            self._schema_changed(change)
        else:
            self._unreadable(change)

    def _schema_changed(self, change: SchemaChanged) -> None:
        """Metadata may differ now; rows that went without events ask for a full run.

        Index tables are swapped by RENAME at each full reindex and are left out, see
        `cdc.watch.INDEX_TABLES`.
        """
        tables = [table for table in change.tables if table not in INDEX_TABLES]
        if not tables:
            return
        logger.info("schema.changed", extra={"verb": change.verb, "tables": tables})
        self._inbox.name("", [Name(Kind.SHOP, "")])
        if change.verb in ("truncate", "drop", "rename"):
            self._request(models_of(tables))

    def _unreadable(self, change: Unreadable) -> None:
        facts = {"reason": change.reason, "tables": change.tables, "place": change.place}
        if self._settings.poison == "stop":
            raise StreamPoisoned(
                f"reading the binlog at {change.place}: {change.reason}; set capture.poison to "
                "resync to go on with a full run of the models concerned"
            )
        logger.error("event.unreadable", extra={**facts, "disposition": "resync"})
        self._status.unreadable_count += 1
        self._request(models_of(change.tables))

    def _request(self, models: frozenset[Model]) -> None:
        names = [Name(Kind.FULL, model.value) for model in sorted(models)]
        self._inbox.name("", names)
