"""The capture loop: settled keys and runs become records, one atomic step after the other."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from threading import Event

from cdc.binlog.changes import Row
from cdc.composer import Composer, Named
from cdc.database import Database
from cdc.dirty import DirtyKey
from cdc.expansion import Expansion
from cdc.identity_index import IdentityIndex
from cdc.inbox import Inbox
from cdc.position import Position
from cdc.publishing import Step
from cdc.reading import NamedByModel, Reading
from cdc.records import Cause, ChangeRecord, Model, Source
from cdc.runs import Phase, Run, with_requests
from cdc.status import CaptureStatus
from cdc.visibility import ConsistentRead, open_read
from cdc.watch import MODEL_KINDS, Kind
from config.source import CaptureSettings

logger = logging.getLogger(__name__)

IDLE_WAIT_S = 0.2
RUN_SHARE_S = 1.0  # a run gets a chunk at least this often, however busy the live side is


class CaptureLoop:
    """One session: from a checkpoint until stop or the first error. Used by one thread, once."""

    def __init__(
        self,
        *,
        settings: CaptureSettings,
        database: Database,
        reading: Reading,
        index: IdentityIndex,
        inbox: Inbox,
        step: Step,
        runs: tuple[Run, ...],
        status: CaptureStatus,
        stop: Event,
        clock_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self._settings = settings
        self._database = database
        self._reading = reading
        self._index = index
        self._inbox = inbox
        self._step = step
        self._composer = Composer(index, publish_unchanged=settings.publish_unchanged)
        self._runs = runs
        self._expansions: list[Expansion] = []
        self._status = status
        self._stop = stop
        self._clock_ms = clock_ms
        self._last_run_s = time.monotonic()

    def run(self) -> None:
        """Work until stop, then save how far it got. Raises the first error of either thread."""
        while not self._stop.is_set():
            if not self.work():
                self._step.idle(self._runs)
                self._inbox.wait(IDLE_WAIT_S)
        self._step.save_position(self._runs)

    def work(self) -> bool:
        """Do one piece of work, live changes first; False when there is none."""
        self._status.dirty_count = len(self._inbox)
        self._status.runs = [run.to_json() for run in self._runs]
        is_run_due = bool(self._runs) and time.monotonic() - self._last_run_s > RUN_SHARE_S
        keys = [] if is_run_due else self._inbox.take(self._settings.window_keys)
        if keys:
            self._live(keys)
        elif self._expansions:
            self._expand(self._expansions[0])
        elif self._runs:
            self._last_run_s = time.monotonic()
            run = self._runs[0]
            (self._scan if run.phase is Phase.SCAN else self._sweep)(run)
        else:
            return False
        return True

    def _live(self, keys: list[DirtyKey]) -> None:
        if any(key.kind in (Kind.SHOP, Kind.CATEGORY, Kind.FULL) for key in keys):
            self._reading.invalidate()
        requested = [Model(key.id) for key in keys if key.kind is Kind.FULL]
        if requested:
            self._runs = with_requests(self._runs, requested, "change of the shop")
            logger.info("run.requested", extra={"models": sorted(requested)})
        categories = [key for key in keys if key.kind is Kind.CATEGORY]
        if categories:
            self._expansions.append(self._expansion(categories))
        done = [key for key in keys if key.kind is not Kind.CATEGORY]
        named = named_by_model(done)
        skus = {key.id: named_by(key) for key in done if key.kind is Kind.SKU}
        records: list[ChangeRecord] = []
        if named or skus:
            with open_read(self._database, newest(done), self._stop, self._settings) as reader:
                self._reading.add_skus(reader, named, skus)
                self._reading.add_relatives(reader, named)
                records = self._compose(reader, named)
        self._step.publish(records, self._runs, done)

    def _expansion(self, keys: list[DirtyKey]) -> Expansion:
        ids = [key.id for key in keys]
        known = sorted(self._index.linked("category", ids), key=int)
        reason = named_by(keys[-1], "dependency")
        return Expansion(keys, list(map(int, ids)), known, reason, newest(keys))

    def _expand(self, expansion: Expansion) -> None:
        limit = self._settings.window_keys
        with open_read(self._database, expansion.position, self._stop, self._settings) as reader:
            page = self._reading.category_page(reader, expansion, limit)
            records = self._compose(reader, {Model.PRODUCT: dict.fromkeys(page, expansion.named)})
        done: list[DirtyKey] = []
        if expansion.is_finished:
            self._expansions.pop(0)
            done = expansion.keys
        self._step.publish(records, self._runs, done)

    def _scan(self, run: Run) -> None:
        with open_read(self._database, self._inbox.position, self._stop, self._settings) as reader:
            if run.highest == 0:
                run = run.begun(self._reading.highest(reader, run.model))
            chunk = self._reading.scan(reader, run.model, run.after, self._settings.scan_chunk_keys)
            reason = Named("full", 0, (), self._here())
            named = {run.model: dict.fromkeys(chunk.keys, reason)}
            records = self._compose(reader, named)
        run = run.scanned(chunk.last, len(records))
        self._runs = (run, *self._runs[1:])
        self._step.publish(records, self._runs, [])
        if run.phase is Phase.SWEEP:
            self._log_run("run.scanned", run)

    def _sweep(self, run: Run) -> None:
        """Publish deletes that no event told of: keys in the topics that Magento has no more."""
        limit = self._settings.scan_chunk_keys
        keys = self._index.live_after(run.model, run.sweep_after, limit)
        records: list[ChangeRecord] = []
        if keys:
            with open_read(
                self._database, self._inbox.position, self._stop, self._settings
            ) as reader:
                ids = [entity_id for _, entity_id in keys]
                missing = self._reading.missing(reader, run.model, ids)
                reason = Named("sweep", self._clock_ms(), (), self._here())
                records = self._compose(reader, {run.model: dict.fromkeys(missing, reason)})
            run = run.swept(keys[-1][0], len(records))
        is_finished = len(keys) < limit
        self._runs = self._runs[1:] if is_finished else (run, *self._runs[1:])
        self._step.publish(records, self._runs, [])
        if is_finished:
            self._log_run("run.finished", run)

    def _compose(self, reader: ConsistentRead, named: NamedByModel) -> list[ChangeRecord]:
        records: list[ChangeRecord] = []
        left_emails: set[str] = set()
        websites = self._reading.websites(reader)
        for batch in self._reading.batches(reader, named):
            composed = self._composer.compose(
                batch,
                seq=self._step.next_seq,
                captured_ms=self._clock_ms(),
                websites=websites,
                left_emails=left_emails,
            )
            if batch.model is Model.CUSTOMER:
                for record in composed.records:
                    left_emails.update(record.identity["former_emails"])
            records += composed.records
            self._status.unchanged_count[batch.model] += composed.unchanged_count
        return records

    def _here(self) -> Source:
        return source_of(self._inbox.position)

    def _log_run(self, message: str, run: Run) -> None:
        logger.info(
            message,
            extra={"model": run.model.value, "reason": run.reason, "sent_count": run.sent_count},
        )


def newest(keys: list[DirtyKey]) -> Position:
    """Position of the key that was named last."""
    return max(
        (key.position for key in keys),
        key=lambda position: (position.coordinates.number, position.offset),
    )


def source_of(position: Position) -> Source:
    """A position as it stands in a record."""
    return Source(
        server=position.server, gtid=position.gtid, file=position.file, pos=position.offset
    )


def named_by(key: DirtyKey, cause: Cause = "stream") -> Named:
    """Why a key is read."""
    image: Row | None = key.image
    return Named(cause, key.committed_ms, tuple(sorted(key.tables)), source_of(key.position), image)


def named_by_model(keys: list[DirtyKey]) -> NamedByModel:
    """Keys that are entities, by model."""
    named: NamedByModel = {}
    for key in keys:
        model = MODEL_KINDS.get(key.kind)
        if model is not None:
            named.setdefault(model, {})[key.id] = named_by(key)
    return named
