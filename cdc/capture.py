"""The capture loop: settled keys and runs become records, one atomic step after the other."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from threading import Event
from typing import TypeVar

from cdc.composer import Batch, Composed, Composer, Named
from cdc.database import Database
from cdc.dirty import DirtyKey
from cdc.errors import SourceUnavailable
from cdc.expansion import Expansion
from cdc.identity_index import IdentityIndex
from cdc.inbox import Inbox
from cdc.names import Kind
from cdc.naming import later, named_by_all, named_by_model, newest, parts_of, source_of
from cdc.position import Position
from cdc.publishing import Step
from cdc.reading import NamedByModel, Reading
from cdc.records import Model
from cdc.runs import Phase, Run, with_requests
from cdc.status import CaptureStatus
from cdc.visibility import ConsistentRead, open_read
from config.source import CaptureSettings

logger = logging.getLogger(__name__)

T = TypeVar("T")

IDLE_WAIT_S = 0.2
# Runs and expansions get a chunk at least this often, however busy the live side is.
BACKGROUND_EVERY_S = 1.0
_READ_TRIES_COUNT = 3

# Customers first: what they are known by decides how orders and addresses are.
_ORDER = (Model.CUSTOMER, Model.SUBSCRIBER, Model.ORDER, Model.PRODUCT)


class CaptureLoop:
    """One session: from a checkpoint until stop or the first error. Used by one thread, once.

    Live changes go first, with two kinds of work behind them: expansions (a category's products)
    and full runs. These take turns, and one chunk of them is done now and then even while there is
    always something live.
    """

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
        self._is_runs_turn = False
        self._background_s = time.monotonic()
        # Newest position that any taken key had. Each read includes it: the cached metadata, once
        # a change of it was taken, must not be read again from a view before that change.
        self._taken = inbox.position
        self._status = status
        self._stop = stop
        self._clock_ms = clock_ms

    def run(self) -> None:
        """Work until stop, then save how far it got. Raises the first error of either thread."""
        while not self._stop.is_set():
            is_idle = not self.work()
            self._step.tidy(self._runs)
            if is_idle:
                self._inbox.wait(IDLE_WAIT_S)
        self._step.save_position(self._runs)

    def work(self) -> bool:
        """Do one piece of work, live changes first; False when there is none."""
        self._status.dirty_count = len(self._inbox)
        self._status.runs = [run.to_json() for run in self._runs]
        has_more = bool(self._runs or self._expansions)
        is_due = has_more and time.monotonic() - self._background_s > BACKGROUND_EVERY_S
        keys = [] if is_due else self._inbox.take(self._settings.window_keys)
        if keys:
            self._live(keys)
        elif has_more:
            self._in_background()
            self._background_s = time.monotonic()
        return bool(keys) or has_more

    def _in_background(self) -> None:
        self._is_runs_turn = not self._is_runs_turn
        if not self._runs or (self._expansions and not self._is_runs_turn):
            self._expand(self._expansions[0])
        elif self._runs[0].phase is Phase.SCAN:
            self._scan(self._runs[0])
        else:
            self._sweep(self._runs[0])

    def _live(self, keys: list[DirtyKey]) -> None:
        self._taken = later(self._taken, newest(keys))
        if any(key.kind in (Kind.SHOP, Kind.CATEGORY, Kind.FULL) for key in keys):
            self._reading.invalidate()
        requested = [Model(key.id) for key in keys if key.kind is Kind.FULL]
        if requested:
            self._runs = with_requests(self._runs, requested, "change of the shop")
            logger.info("run.requested", extra={"models": sorted(requested)})
        self._add_expansion([key for key in keys if key.kind is Kind.CATEGORY])
        done = [key for key in keys if key.kind is not Kind.CATEGORY]
        named = named_by_model(done)
        skus = [key.id for key in done if key.kind is Kind.SKU]
        composed = Composed()
        if named or skus:
            reason = named_by_all(done)

            def read(reader: ConsistentRead) -> Composed:
                everything = {model: dict(of_model) for model, of_model in named.items()}
                self._reading.add_skus(reader, everything, skus, reason)
                self._reading.add_relatives(reader, everything, reason)
                return self._compose(reader, everything, reason, self._settings.window_keys)

            composed = self._read(self._taken, read)
        self._step.publish(composed, self._runs, done)

    def _add_expansion(self, keys: list[DirtyKey]) -> None:
        if not keys:
            return
        if self._expansions and not self._expansions[-1].is_begun:
            self._expansions[-1] = self._expansions[-1].with_keys(keys)
        else:
            self._expansions.append(Expansion.of(keys))

    def _expand(self, expansion: Expansion) -> None:
        reason = named_by_all(expansion.keys)
        limit = self._settings.window_keys

        def read(reader: ConsistentRead) -> tuple[Composed, Expansion]:
            ids, further = self._reading.category_page(reader, expansion, limit)
            named = {Model.PRODUCT: dict.fromkeys(ids, reason)}
            return self._compose(reader, named, reason, limit), further

        composed, further = self._read(self._taken, read)
        self._expansions[0] = further
        done: Sequence[DirtyKey] = ()
        if further.is_finished:
            self._expansions.pop(0)
            done = further.keys
        self._step.publish(composed, self._runs, done)

    def _scan(self, run: Run) -> None:
        position = self._inbox.position
        reason = Named("full", 0, (), source_of(position))
        limit = self._settings.scan_chunk_keys

        def read(reader: ConsistentRead) -> tuple[Run, int | None, Composed]:
            begun = run
            if not run.is_begun:
                begun = run.begun(self._reading.highest(reader, run.model))
            chunk = self._reading.scan(reader, run.model, run.after, limit)
            named = {run.model: dict.fromkeys(chunk.keys, reason)}
            return begun, chunk.last, self._compose(reader, named, reason, limit)

        begun, last, composed = self._read(position, read)
        run = begun.scanned(last, len(composed.records))
        self._runs = (run, *self._runs[1:])
        self._step.publish(composed, self._runs, ())
        if run.phase is Phase.SWEEP:
            self._log_run("run.scanned", run)

    def _sweep(self, run: Run) -> None:
        """Publish deletes that no event told of: keys in the topics that Magento has no more."""
        limit = self._settings.scan_chunk_keys
        keys = self._index.live_after(run.model, run.sweep_after, limit)
        position = self._inbox.position
        composed = Composed()
        if keys:
            reason = Named("sweep", self._clock_ms(), (), source_of(position))

            def read(reader: ConsistentRead) -> Composed:
                ids = [entity_id for _, entity_id in keys]
                missing = self._reading.missing(reader, run.model, ids)
                named = {run.model: dict.fromkeys(missing, reason)}
                return self._compose(reader, named, reason, limit)

            composed = self._read(position, read)
            run = run.swept(keys[-1][0], len(composed.records))
        is_finished = len(keys) < limit
        self._runs = self._runs[1:] if is_finished else (run, *self._runs[1:])
        self._step.publish(composed, self._runs, ())
        if is_finished:
            self._log_run("run.finished", run)

    def _read(self, position: Position, read: Callable[[ConsistentRead], T]) -> T:
        """Call `read` inside a consistent read that includes `position`.

        A read view can be lost for harmless reasons (an index table was swapped while it was
        open), so it is tried again before the session is given up.
        """
        for tries_left in reversed(range(_READ_TRIES_COUNT)):
            with open_read(self._database, position, self._stop, self._settings) as reader:
                try:
                    return read(reader)
                except SourceUnavailable as exc:
                    if not (reader.is_broken and tries_left):
                        raise
                    logger.warning("read.repeated", extra={"error": str(exc)})
        raise AssertionError("the last try returns or raises")

    def _compose(
        self, reader: ConsistentRead, named: NamedByModel, reason: Named, limit: int
    ) -> Composed:
        """Compose everything that is named.

        What relatives bring along has no bound, so what is over `limit` entities is published at
        once, without letting go of any key; the rest comes back.
        """
        websites = self._reading.websites(reader)
        composed = Composed()
        for model in _ORDER:
            for part in parts_of(named.get(model, {}), limit):
                if composed.records and len(composed.records) + len(part) > limit:
                    self._step.publish(composed, self._runs, ())
                    composed = Composed()
                batch = self._reading.batch(reader, model, part, reason)
                self._compose_before(reader, batch, reason, composed, websites)
                found = self._composed(batch, composed, websites)
                if model is Model.CUSTOMER:
                    self._reading.add_subscribers(named, found.retired, reason)
                composed.add(found)
        return composed

    def _compose_before(
        self,
        reader: ConsistentRead,
        batch: Batch,
        reason: Named,
        composed: Composed,
        websites: Mapping[int, int],
    ) -> None:
        """Add the customers that the batch must not come before, and whose address they left."""
        named = self._reading.customers_before(reader, batch, reason)
        customers = composed.without(Model.CUSTOMER, named)
        if not customers:
            return
        read = self._reading.batch(reader, Model.CUSTOMER, customers, reason)
        found = self._composed(read, composed, websites)
        composed.add(found)
        left: NamedByModel = {}
        self._reading.add_subscribers(left, found.retired, reason)
        left = {model: composed.without(model, each) for model, each in left.items()}
        for model, subscribers in left.items():
            others = {each: subscribers[each] for each in subscribers if each not in batch.named}
            read = self._reading.batch(reader, model, others, reason)
            composed.add(self._composed(read, composed, websites))

    def _composed(self, batch: Batch, before: Composed, websites: Mapping[int, int]) -> Composed:
        """Records of a batch, for the step that holds those of `before` already."""
        found = self._composer.compose(
            batch,
            seq=self._step.next_seq,
            captured_ms=self._clock_ms(),
            websites=websites,
            retired=before.retired,
        )
        self._status.unchanged_count[batch.model] += found.unchanged_count
        return found

    def _log_run(self, message: str, run: Run) -> None:
        logger.info(
            message,
            extra={"model": run.model.value, "reason": run.reason, "sent_count": run.sent_count},
        )
