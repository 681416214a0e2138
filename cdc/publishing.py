"""Publishing steps: records and checkpoint in one atomic step, then the identity index."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence

import orjson

from cdc.checkpoint import Checkpoint
from cdc.composer import Composed
from cdc.dirty import DirtyKey
from cdc.errors import RecordTooLarge
from cdc.identity_index import IdentityIndex
from cdc.inbox import Inbox
from cdc.log.protocol import Entry, Writer
from cdc.log.topics import TopicNames
from cdc.position import Position
from cdc.records import ChangeRecord, encode_record
from cdc.runs import Run
from cdc.status import CaptureStatus

logger = logging.getLogger(__name__)

POSITION_EVERY_S = 2.0
TOMBSTONES_EVERY_S = 60.0
TOMBSTONES_COUNT = 500


class Step:
    """Makes work durable, step by step, in the order that promises nothing lost:

    1. records and checkpoint, atomically, in the topic log;
    2. the identity index (may be one step behind after a crash, never ahead);
    3. the inbox lets go of the keys.
    """

    def __init__(
        self,
        *,
        publisher: Writer,
        names: TopicNames,
        index: IdentityIndex,
        inbox: Inbox,
        checkpoint: Checkpoint,
        tombstone_after_ms: int,
        status: CaptureStatus,
        on_published: Callable[[], None] = lambda: None,
        clock_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self._publisher = publisher
        self._names = names
        self._index = index
        self._inbox = inbox
        self._seq = checkpoint.seq
        self._saved = checkpoint.position
        self._log_id = checkpoint.log_id
        self._saved_s = time.monotonic()
        self._tombstone_after_ms = tombstone_after_ms
        self._tombstones_s = 0.0
        self._status = status
        self._on_published = on_published
        self._clock_ms = clock_ms

    @property
    def next_seq(self) -> int:
        """Ordinal that the records of the next step carry."""
        return self._seq + 1

    def publish(self, composed: Composed, runs: tuple[Run, ...], keys: Sequence[DirtyKey]) -> None:
        """Publish records, made with `next_seq`, and let the keys go.

        Raises:
            PublisherFenced, LogUnavailable: nothing is marked done; start again from the log's
                checkpoint.
        """
        started_s = time.monotonic()
        position = self._inbox.checkpoint(keys)
        checkpoint = self._checkpoint(position, runs)
        entries = [self._entry(record) for record in composed.records]
        kept = self._publish_without_oversized(entries, list(composed.records), checkpoint)
        self._seq += 1
        self._index.apply(kept, self._seq, hashes=composed.hashes)
        self._inbox.done(keys)
        self._saved, self._saved_s = position, time.monotonic()
        self._count(kept, keys, started_s)
        self._on_published()

    def _checkpoint(self, position: Position, runs: tuple[Run, ...]) -> bytes:
        return Checkpoint(self.next_seq, position, runs, self._log_id).encode()

    def _entry(self, record: ChangeRecord) -> Entry:
        return Entry(self._names.model(record.model), record.key.encode(), encode_record(record))

    def _publish_without_oversized(
        self, entries: list[Entry], records: list[ChangeRecord], checkpoint: bytes
    ) -> list[ChangeRecord]:
        """A record over the log's limit goes to the dead letters with its key, not its content."""
        while True:
            try:
                self._publisher.publish(entries, checkpoint)
            except RecordTooLarge as exc:
                record = records.pop(exc.index)
                entry = entries.pop(exc.index)
                entries.append(self._dead_letter(record, len(entry.value or b"")))
                logger.error(
                    "record.too_large",
                    extra={"model": record.model.value, "batch_bytes": len(entry.value or b"")},
                )
                self._status.oversized_count += 1
            else:
                return records

    def _dead_letter(self, record: ChangeRecord, size_bytes: int) -> Entry:
        fields = {
            "v": 1,
            "id": f"capture-{record.model.value}-{record.key}-{record.seq}",
            "at_ms": self._clock_ms(),
            "workspace": None,
            "model": record.model.value,
            "topic": self._names.model(record.model),
            "partition": None,
            "offset": None,
            "key": record.key,
            "reason": f"the record has {size_bytes} bytes, more than the topic log takes; "
            "on Kafka raise max.message.bytes of the topic. The next change publishes it again",
            "status": None,
            "request": None,
            "response": None,
            "attempts": 0,
        }
        return Entry(self._names.dead_letter, record.key.encode(), orjson.dumps(fields))

    def tidy(self, runs: tuple[Run, ...]) -> None:
        """Now and then move the checkpoint past unwatched changes, and let old deletes go."""
        now_s = time.monotonic()
        if now_s - self._saved_s > POSITION_EVERY_S:
            self.save_position(runs)
        if now_s >= self._tombstones_s:
            is_all = self._bury(runs)
            self._tombstones_s = now_s + (TOMBSTONES_EVERY_S if is_all else 0.0)

    def save_position(self, runs: tuple[Run, ...]) -> None:
        """Write a checkpoint without records where the position moved."""
        self._saved_s = time.monotonic()
        if self._inbox.checkpoint() != self._saved:
            self.publish(Composed(), runs, ())

    def _bury(self, runs: tuple[Run, ...]) -> bool:
        """Write tombstones for keys deleted long ago, so that erasure in the topics is real.

        Returns: whether those were all.
        """
        before_ms = self._clock_ms() - self._tombstone_after_ms
        keys = self._index.gone_before(before_ms, TOMBSTONES_COUNT)
        if not keys:
            return True
        position = self._inbox.checkpoint()
        entries = [Entry(self._names.model(model), key.encode(), None) for model, key in keys]
        self._publisher.publish(entries, self._checkpoint(position, runs))
        self._seq += 1
        self._index.apply((), self._seq, forgotten=keys)
        self._saved, self._saved_s = position, time.monotonic()
        logger.info("keys.buried", extra={"batch_count": len(keys)})
        return len(keys) < TOMBSTONES_COUNT

    def _count(
        self, records: Sequence[ChangeRecord], keys: Sequence[DirtyKey], started_s: float
    ) -> None:
        status = self._status
        status.steps_count += 1
        for record in records:
            status.published_count[record.model] += 1
            if record.is_delete:
                status.deleted_count[record.model] += 1
        if records:
            logger.info(
                "step.published",
                extra={
                    "batch_count": len(records),
                    "keys_count": len(keys),
                    "seq": self._seq,
                    "elapsed_ms": round((time.monotonic() - started_s) * 1000, 1),
                },
            )
