"""The capture service: sessions one after the other until stop or an error nobody can retry."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from threading import Event

from cdc.binlog.server import current_position
from cdc.binlog.stream import BinlogStream
from cdc.capture import CaptureLoop
from cdc.checkpoint import Checkpoint
from cdc.database import Database
from cdc.entities.loaders import loaders
from cdc.errors import Disposition, PipelineError, ServerIdClash, SourceDenied, Stopped
from cdc.follower import Follower
from cdc.identity_file import remove_unusable
from cdc.identity_index import IdentityIndex
from cdc.identity_replay import catch_up
from cdc.inbox import Inbox
from cdc.log.protocol import Publisher, TopicLog
from cdc.log.topics import TopicNames
from cdc.preflight import preflight, require
from cdc.publishing import Step
from cdc.reading import Reading
from cdc.records import Model
from cdc.retry import Waits
from cdc.runs import with_requests
from cdc.status import CaptureStatus
from cdc.watch import WATCHED_COLUMNS
from config.settings import Settings

logger = logging.getLogger(__name__)

CLASH_TRIES_COUNT = 5
JOIN_S = 10.0
# A shop that is back is followed again soon: one connection every few seconds harms no server.
LONGEST_WAIT_S = 5.0


class CaptureService:
    """Captures one shop. `run` blocks; one thread runs it, any thread may set `stop`.

    Args:
        on_owned: called when this process has become the only publisher, at each connection anew.
        on_ready: called when capture is about to read the binlog, at each connection anew.
    """

    def __init__(
        self,
        settings: Settings,
        log: TopicLog,
        stop: Event,
        *,
        status: CaptureStatus | None = None,
        on_owned: Callable[[], None] = lambda: None,
        on_ready: Callable[[], None] = lambda: None,
    ) -> None:
        self._settings = settings
        self._log = log
        self._names = TopicNames(settings.log.prefix)
        self._stop = stop
        self.status = status or CaptureStatus()
        self._on_owned = on_owned
        self._on_ready = on_ready
        self._waits = Waits(stop, base_s=0.2, longest_s=LONGEST_WAIT_S)
        self._was_ready = False

    @property
    def index_path(self) -> Path:
        """File of the identity index."""
        return self._settings.state_dir / "identity.sqlite"

    def run(self) -> None:
        """Capture until stop.

        Raises:
            PipelineError: with disposition STOP, or one that only an operator can mend.
        """
        while not self._stop.is_set():
            try:
                self._session()
            except Stopped:
                return
            except PipelineError as exc:
                if not self._is_worth_another_try(exc):
                    raise
                self.status.reconnects_count += 1
                logger.warning(
                    "capture.interrupted",
                    extra={
                        "error": f"{type(exc).__name__}: {exc}",
                        "disposition": exc.disposition.value,
                        "attempt": self._waits.failures_count + 1,
                    },
                )
                try:
                    self._waits.wait()
                except Stopped:
                    return

    def _is_worth_another_try(self, exc: PipelineError) -> bool:
        if exc.disposition is not Disposition.RETRY:
            return False
        if isinstance(exc, SourceDenied) and not self._was_ready:
            return False  # wrong from the start: a person is watching, say it at once
        return not (
            isinstance(exc, ServerIdClash) and self._waits.failures_count >= CLASH_TRIES_COUNT
        )

    def _session(self) -> None:
        publisher = self._log.publisher()
        database = Database(self._settings.database)
        index: IdentityIndex | None = None
        try:
            raw = publisher.open()
            self._on_owned()
            require(preflight(database, self._settings.database, self._settings.capture))
            checkpoint = None if raw is None else Checkpoint.decode(raw)
            remove_unusable(self.index_path)
            index = IdentityIndex(self.index_path)
            catch_up(index, self._log, self._names, checkpoint.seq if checkpoint else None)
            why = "checkpoint"
            if checkpoint is None:
                why = "no checkpoint: initial load"
                checkpoint = self._new_beginning(publisher, database, index)
            self._log_start(checkpoint, why)
            self._capture(publisher, database, index, checkpoint)
        finally:
            if index is not None:
                index.close()
            database.close()
            publisher.close()

    def _new_beginning(
        self, publisher: Publisher, database: Database, index: IdentityIndex
    ) -> Checkpoint:
        """The position first, then a full run of everything.

        Topics that lost their checkpoint still hold records; ordinals go on behind theirs.
        """
        position = current_position(database)
        checkpoint = Checkpoint(index.seq + 1, position, with_requests((), Model, "initial load"))
        publisher.publish([], checkpoint.encode())
        index.apply((), checkpoint.seq)
        return checkpoint

    def _log_start(self, checkpoint: Checkpoint, why: str) -> None:
        logger.info(
            "capture.starting",
            extra={
                "position": str(checkpoint.position.coordinates),
                "gtid": checkpoint.position.gtid,
                "seq": checkpoint.seq,
                "reason": why,
            },
        )

    def _capture(
        self,
        publisher: Publisher,
        database: Database,
        index: IdentityIndex,
        checkpoint: Checkpoint,
    ) -> None:
        settings = self._settings.capture
        inbox = Inbox(settings.settle, checkpoint.position, settings.dirty_keys_max)
        follower = Follower(
            lambda: BinlogStream(
                self._settings.database, settings, checkpoint.position, WATCHED_COLUMNS
            ),
            inbox,
            settings,
            self.status,
        )
        prefix = self._settings.database.table_prefix
        reading = Reading(loaders(prefix), index, prefix)
        step = Step(
            publisher=publisher,
            names=self._names,
            index=index,
            inbox=inbox,
            seq=checkpoint.seq,
            saved=checkpoint.position,
            tombstone_after_ms=round(settings.tombstone_after_h * 3_600_000),
            status=self.status,
            on_published=self._progressed,
        )
        loop = CaptureLoop(
            settings=settings,
            database=database,
            reading=reading,
            index=index,
            inbox=inbox,
            step=step,
            runs=checkpoint.runs,
            status=self.status,
            stop=self._stop,
        )
        follower.start()
        try:
            self._was_ready = True
            self._on_ready()
            loop.run()
        finally:
            inbox.close()
            follower.join(JOIN_S)

    def _progressed(self) -> None:
        self._waits.reset()
