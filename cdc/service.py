"""The capture service: sessions one after the other until stop or an error nobody can retry."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Event
from uuid import uuid4

from cdc.binlog.server import current_position, require_available, server_identity
from cdc.binlog.stream import BinlogStream
from cdc.capture import CaptureLoop
from cdc.checkpoint import Checkpoint
from cdc.database import Database
from cdc.entities.loaders import loaders
from cdc.errors import (
    Disposition,
    PipelineError,
    ServerIdClash,
    SourceDenied,
    Stopped,
    TopicError,
)
from cdc.follower import Follower
from cdc.identity_file import remove_unusable
from cdc.identity_index import IdentityIndex
from cdc.identity_origin import Origin, Shop
from cdc.identity_replay import catch_up
from cdc.inbox import Inbox
from cdc.log.protocol import TopicLog
from cdc.log.topics import TopicNames
from cdc.ownership import Ownership
from cdc.position import Position
from cdc.preflight import preflight, require
from cdc.publishing import Step
from cdc.reading import Reading
from cdc.retry import Waits
from cdc.runs import with_requests
from cdc.status import CaptureStatus
from cdc.watch import WATCHED_COLUMNS
from config.settings import Settings
from config.source import DatabaseSettings

logger = logging.getLogger(__name__)

CLASH_TRIES_COUNT = 5
JOIN_S = 10.0
# A shop that is back is followed again soon: one connection every few seconds harms no server.
LONGEST_WAIT_S = 5.0


class CaptureService:
    """Captures one shop. `run` blocks; one thread runs it, any thread may set `stop`.

    Args:
        on_owned: called when this process has become the only publisher, each time anew.
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
        self._ownership = Ownership(log, on_owned)
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
        try:
            while not self._stop.is_set():
                try:
                    self._session()
                except PipelineError as exc:
                    self._wait_after(exc)
        except Stopped:
            return
        finally:
            self._ownership.close()

    def _wait_after(self, exc: PipelineError) -> None:
        """Wait for the next try; raise what no try can mend."""
        if not self._is_worth_another_try(exc):
            raise exc
        if isinstance(exc, TopicError):
            self._ownership.close()
        self.status.reconnects_count += 1
        self.status.trouble = type(exc).__name__
        logger.warning(
            "capture.interrupted",
            extra={
                "error": f"{type(exc).__name__}: {exc}",
                "disposition": exc.disposition.value,
                "attempt": self._waits.failures_count + 1,
            },
        )
        self._waits.wait()

    def _is_worth_another_try(self, exc: PipelineError) -> bool:
        if exc.disposition is not Disposition.RETRY:
            return False
        if isinstance(exc, SourceDenied) and not self._was_ready:
            return False  # wrong from the start: a person is watching, say it at once
        return not (
            isinstance(exc, ServerIdClash) and self._waits.failures_count >= CLASH_TRIES_COUNT
        )

    def _session(self) -> None:
        database = Database(self._settings.database)
        index: IdentityIndex | None = None
        try:
            # What would take the role from a healthy daemon waits until this one could do better.
            self._ownership.take(is_forced=False)
            require(preflight(database, self._settings.database, self._settings.capture))
            raw = self._ownership.take()
            checkpoint = None if raw is None else Checkpoint.decode(raw)
            if checkpoint is not None:
                self._require_available(database, checkpoint.position)
            remove_unusable(self.index_path)
            index = IdentityIndex(self.index_path)
            checkpoint = self._begin(database, index, checkpoint)
            self._capture(database, index, checkpoint)
        finally:
            if index is not None:
                index.close()
            database.close()

    def _require_available(self, database: Database, position: Position) -> None:
        if self._settings.capture.position == "file":
            position = replace(position, gtid="")
        require_available(database, position)

    def _begin(
        self, database: Database, index: IdentityIndex, stored: Checkpoint | None
    ) -> Checkpoint:
        """Make index and topics agree; the checkpoint to go on from.

        Where topics have lost something, full runs of their models are asked for first. Without a
        stored position it is the server's present one, taken before anything is read.
        """
        shop = shop_of(database, self._settings.database)
        caught_up = catch_up(index, self._log, self._names, shop, stored)
        log_id = (stored.log_id if stored else "") or uuid4().hex
        index.set_origin(Origin(shop, log_id))
        if stored is not None and not caught_up.lost:
            index.set_places(caught_up.ends)
            self._log_start(stored, "checkpoint")
            return replace(stored, log_id=log_id)
        why = "topics lost records" if stored else "initial load"
        runs = with_requests(stored.runs if stored else (), caught_up.lost, why)
        position = stored.position if stored else current_position(database)
        checkpoint = Checkpoint(index.seq + 1, position, runs, log_id)
        self._ownership.publish([], checkpoint.encode())
        index.apply((), checkpoint.seq)
        # Only now: until the runs are durable, it has to be seen again what the topics lost.
        index.set_places(caught_up.ends)
        self._log_start(checkpoint, why if stored else f"no checkpoint: {why}")
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

    def _capture(self, database: Database, index: IdentityIndex, checkpoint: Checkpoint) -> None:
        settings = self._settings.capture
        self.status.position = checkpoint.position
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
            publisher=self._ownership,
            names=self._names,
            index=index,
            inbox=inbox,
            checkpoint=checkpoint,
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
            self.status.trouble = None
            self._on_ready()
            loop.run()
        finally:
            inbox.close()
            follower.join(JOIN_S)

    def _progressed(self) -> None:
        self._waits.reset()


def shop_of(database: Database, settings: DatabaseSettings) -> Shop:
    """Which shop this is. Raises as `server_identity`."""
    address = settings.unix_socket or f"{settings.host}:{settings.port}"
    server = server_identity(database).server
    return Shop(server, str(address), settings.name, settings.table_prefix)
