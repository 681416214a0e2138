"""What both lanes share: consumers, bookkeeping, and the loop that survives a broken topic log."""

from __future__ import annotations

import logging
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

from cdc.errors import Disposition, PipelineError, Stopped
from cdc.log.protocol import Appender, Consumer, TopicLog, TopicPartition
from cdc.log.topics import TopicNames
from config.workspace import WorkspaceSettings
from sinks.accepted import AcceptedIndex
from sinks.deliver.courier import Courier
from sinks.deliver.gate import Gate
from sinks.deliver.identity import IdentityResolver
from sinks.deliver.intake import Intake, RecordMapper
from sinks.deliver.settlement import Settlement
from sinks.outgoing import Outgoing
from sinks.progress import Progress
from sinks.synerise.backoff import StopSignal, Waits, pause
from sinks.synerise.client import SyneriseClient
from sinks.synerise.requests import limits_by_kind

logger = logging.getLogger(__name__)

POLL_COUNT = 500
CYCLE_BYTES_MAX = 32_000_000
# A lane looks at two consumers in turn; this is the longest that one can keep it from the other.
IDLE_S = 0.02
REST_S = 1.0
# A topic log that is back is read again soon: one connection every few seconds harms no broker.
LOG_BASE_S = 0.2
LOG_LONGEST_S = 5.0


def wall_clock_ms() -> int:
    """Unix time in milliseconds."""
    return time.time_ns() // 1_000_000


class Stock:
    """Payloads in hand for one cycle, bounded in number and bytes."""

    def __init__(self, count_max: int) -> None:
        self._count_max = count_max
        self._payloads: list[Outgoing] = []
        self._size_bytes = 0

    @property
    def room_count(self) -> int:
        """How many more payloads fit; 0 when the bytes are used up."""
        if self._size_bytes >= CYCLE_BYTES_MAX:
            return 0
        return max(self._count_max - len(self._payloads), 0)

    def add(self, payloads: Sequence[Outgoing]) -> None:
        """Put payloads in; one poll may go over the bound."""
        self._payloads += payloads
        self._size_bytes += sum(len(payload.content) for payload in payloads)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing in hand."""
        return not self._payloads

    def has_before(self, offsets: Mapping[TopicPartition, int]) -> bool:
        """Whether a record in hand lies before these offsets."""
        origins = (payload.origin for payload in self._payloads)
        return any(origin.offset < offsets.get(origin.place, 0) for origin in origins)

    def has_any(self, seq_max: int) -> bool:
        """Whether there are payloads of publishing steps up to this one."""
        return any(payload.origin.seq <= seq_max for payload in self._payloads)

    def empty(self, seq_max: int | None = None) -> list[Outgoing]:
        """Take payloads out: all, or those of publishing steps up to `seq_max`."""
        taken, kept = self._payloads, list[Outgoing]()
        if seq_max is not None:
            taken = [payload for payload in self._payloads if payload.origin.seq <= seq_max]
            kept = [payload for payload in self._payloads if payload.origin.seq > seq_max]
        self._payloads = kept
        self._size_bytes = sum(len(payload.content) for payload in kept)
        return taken


@dataclass(frozen=True, slots=True)
class LaneParts:
    """All that a lane is made of; the same for both lanes of a workspace."""

    workspace: WorkspaceSettings
    log: TopicLog
    names: TopicNames
    mapper: RecordMapper
    client: SyneriseClient
    index: AcceptedIndex
    stop: StopSignal


class Lane(ABC):
    """One thread that takes records of some topics and delivers them. Subclasses say in what order.

    Attributes:
        name: "people" or "catalog".
        progress: counters, readable at any time.
        failure: why the lane ended before the stop, None otherwise.
        taken_count: messages taken for the next cycle.
    """

    name = ""

    def __init__(self, parts: LaneParts) -> None:
        self._parts = parts
        self._stop = parts.stop
        self.progress = Progress()
        self.failure: BaseException | None = None
        self._gate = Gate(parts.index)
        self._settlement = Settlement(
            parts.workspace.name, parts.names, self._gate, parts.index, self.progress, wall_clock_ms
        )
        self._intake = Intake(parts.mapper, self._settlement, self.progress, self._gate.note_gone)
        self._consumers: dict[str, Consumer] = {}
        self._appender: Appender | None = None
        self._thread: threading.Thread | None = None
        self.taken_count = 0
        self._flushed_s = 0.0

    @abstractmethod
    def cycle(self) -> None:
        """Take records, deliver them, flush. Implemented by the lanes."""

    @abstractmethod
    def prepare_more(self) -> bool:
        """Take and map some records of the next cycle; False when there is nothing (more) to do."""

    @abstractmethod
    def topic_sets(self) -> Sequence[Sequence[str]]:
        """Topics of the lane, one consumer for each set."""

    @abstractmethod
    def forget(self) -> None:
        """Drop records in hand, as the consumers start again at their committed offsets."""

    def start(self) -> None:
        """Begin in a thread of its own."""
        name = f"deliver-{self._parts.workspace.name}-{self.name}"
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def join(self, timeout_s: float | None = None) -> bool:
        """Wait for the end of the thread; whether it has ended."""
        if self._thread is None:
            return True
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    @property
    def is_alive(self) -> bool:
        """Whether the lane's thread runs."""
        return self._thread is not None and self._thread.is_alive()

    def _run(self) -> None:
        """Run until the stop; a topic log that is away is waited for, anything else ends the lane.

        Errors of the API never get here: requests are repeated where they are made.
        """
        waits = Waits(LOG_BASE_S, LOG_LONGEST_S)
        try:
            with self._parts.client.health.trouble() as trouble:
                while not self._stop.is_set():
                    try:
                        with self._opened():
                            while not self._stop.is_set():
                                self.cycle()
                                trouble.over()
                                waits = Waits(LOG_BASE_S, LOG_LONGEST_S)
                    except PipelineError as exc:
                        if exc.disposition is not Disposition.RETRY:
                            raise
                        trouble.waits("topic log")
                        level = logging.INFO if waits.taken_count else logging.WARNING
                        logger.log(level, "lane.interrupted", extra=self._facts(exc))
                        pause(self._stop, waits.next_s(), "reach the topic log")
        except Stopped:
            return
        except BaseException as exc:
            self.failure = exc
            logger.error("lane.failed", extra=self._facts(exc))

    def _facts(self, exc: BaseException) -> dict[str, object]:
        # Texts of our own errors hold no row values; those of other errors may.
        text = str(exc) if isinstance(exc, PipelineError) else type(exc).__name__
        return {"workspace": self._parts.workspace.name, "lane": self.name, "error": text}

    def _opened(self) -> ExitStack:
        """Open consumers, appender and workers; all of them close with the returned stack."""
        parts = self._parts
        self.forget()
        self.taken_count = 0
        self._settlement.begin()
        self._gate.take_changes()
        self._intake.newest_seqs.clear()
        with ExitStack() as opening:
            self._consumers = {}
            for topics in self.topic_sets():
                model = parts.names.model_of(topics[0])
                group = parts.names.group_of(parts.workspace.name, model)
                consumer = parts.log.consumer(group, topics)
                opening.callback(consumer.close)
                self._consumers.update(dict.fromkeys(topics, consumer))
            if parts.index.has_to_restart(self.name):
                self._restart()
            self._appender = parts.log.appender()
            opening.callback(self._appender.close)
            pool = opening.enter_context(
                ThreadPoolExecutor(
                    parts.workspace.concurrency,
                    thread_name_prefix=f"send-{parts.workspace.name}-{self.name}",
                )
            )
            self._courier = Courier(
                parts.client,
                limits_by_kind(parts.workspace.batch),
                pool,
                self._gate,
                self._settlement,
                IdentityResolver(
                    parts.client, self.progress, self._stop, wall_clock_ms, self._gate.is_gone
                ),
                self.progress,
                self._stop,
                self.prepare_more,
                self._keep_alive,
                self._flush,
            )
            return opening.pop_all()

    def _restart(self) -> None:
        """Go back to the first record there is."""
        admin = self._parts.log.admin()
        try:
            begins = admin.begin_offsets(self._consumers)
        finally:
            admin.close()
        for consumer in {id(each): each for each in self._consumers.values()}.values():
            places = {place: begins[place] for place in consumer.positions()}
            consumer.seek(places)
            consumer.commit(places)
        self._parts.index.restarted(self.name)

    def _keep_alive(self) -> None:
        for consumer in {id(each): each for each in self._consumers.values()}.values():
            consumer.poll(0, 0.0)

    def _rest(self) -> None:
        """Called by idle cycles: commits behind markers that were read after the last record.

        Otherwise a group on Kafka would for ever seem to be a message behind.
        """
        if time.monotonic() - self._flushed_s >= REST_S:
            self._flush()

    def _flush(self) -> None:
        assert self._appender is not None
        self._flushed_s = time.monotonic()
        self._settlement.flush(self._appender, self._consumers)

    def _take(self, topic: str, count_max: int, timeout_s: float) -> list[Outgoing] | None:
        """Take messages of a topic's consumer and make payloads of them.

        Returns:
            Payloads, maybe none; None when there was no message at all.
        """
        messages = self._consumers[topic].poll(min(POLL_COUNT, count_max), timeout_s)
        if not messages:
            return None
        self.taken_count += len(messages)
        for message in messages:
            self._settlement.take(message)
        return self._intake.payloads(messages)
