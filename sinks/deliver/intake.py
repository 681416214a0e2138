"""From polled messages to payloads that are ready to be sent."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from traceback import extract_tb
from typing import Protocol

from cdc.errors import RecordError, RecordUndecodable
from cdc.log.protocol import Message, TopicPartition
from cdc.records import ChangeRecord, Model, decode_record
from mappers.payload import Mapped
from sinks.deliver.settlement import Settlement
from sinks.outgoing import Origin, Outgoing, prepare
from sinks.progress import Progress

logger = logging.getLogger(__name__)

TOMBSTONE = "tombstone"


class RecordMapper(Protocol):
    """What delivery needs of a mapper."""

    def map(self, record: ChangeRecord) -> Mapped:
        """Everything the record means for the workspace. Raises MappingFailed."""
        ...


class Intake:
    """Collapses, decodes and maps messages. Used by the lane's thread alone.

    Several messages of one key in hand collapse to the last, as each holds the whole state. A
    customer's record is kept all the same when the next one has another e-mail address: customers
    who exchange addresses through a third one would otherwise seem to conflict.

    Args:
        note_gone: told the custom id of each customer who was deleted without a word.

    Attributes:
        newest_seqs: publishing step of the last record that was read of each partition.
    """

    def __init__(
        self,
        mapper: RecordMapper,
        settlement: Settlement,
        progress: Progress,
        note_gone: Callable[[str], None],
    ) -> None:
        self._mapper = mapper
        self._settlement = settlement
        self._progress = progress
        self._note_gone = note_gone
        self.newest_seqs: dict[TopicPartition, int] = {}

    def payloads(self, messages: Sequence[Message]) -> list[Outgoing]:
        """Payloads of the messages, in message order; what yields none is finished here."""
        self._progress.records(len(messages))
        return [
            payload
            for message, record in self._collapsed(messages)
            for payload in self._map(message, record)
        ]

    def _collapsed(self, messages: Sequence[Message]) -> Iterable[tuple[Message, ChangeRecord]]:
        last = {(message.topic, message.key): message.offset for message in messages}
        pending: dict[bytes, tuple[Message, ChangeRecord]] = {}
        for message in messages:
            is_last = last[message.topic, message.key] == message.offset
            if message.value is None:
                self._progress.skipped(TOMBSTONE)
                self._settlement.finish(message.place, message.offset)
                continue
            if not is_last and not message.topic.endswith(f".{Model.CUSTOMER.value}"):
                self._settlement.collapse(message.place, message.offset)
                continue
            record = self._decoded(message)
            if record is None:
                continue
            if record.model is Model.CUSTOMER:
                before = pending.pop(message.key, None)
                if before is not None:
                    if _has_other_email(before[1], record):
                        yield before
                    else:
                        self._settlement.collapse(before[0].place, before[0].offset)
                if not is_last:
                    pending[message.key] = (message, record)
                    continue
            yield message, record
        # The last message of these keys was a tombstone or unreadable.
        yield from pending.values()

    def _decoded(self, message: Message) -> ChangeRecord | None:
        try:
            record = decode_record(message.value or b"")
            self.newest_seqs[message.place] = record.seq
            return record
        except RecordUndecodable as exc:
            self._settlement.refuse_record(_origin(message), str(exc))
            return None

    def _map(self, message: Message, record: ChangeRecord) -> list[Outgoing]:
        origin = _origin(message, record)
        try:
            mapped = self._mapper.map(record)
            payloads = [prepare(payload, origin) for payload in mapped.payloads]
        except RecordError as exc:
            self._settlement.refuse_record(origin, str(exc))
            return []
        except Exception as exc:
            # A fault in a mapper or a hook must not stop the stream: the record is put aside,
            # and the class of the fault tells where to look. Its text may hold row values.
            fault = f"unexpected {type(exc).__name__} in {_where(exc)}"
            logger.error("record.unmappable", extra={"model": origin.model, "error": fault})
            self._settlement.refuse_record(origin, f"mapping a record: {fault}")
            return []
        for skipped in mapped.skipped:
            self._progress.skipped(skipped.reason)
        if mapped.gone is not None:
            self._note_gone(mapped.gone)
        origin.open_count = len(payloads)
        if not payloads:
            self._settlement.finish(origin.place, origin.offset)
        return payloads


def _where(exc: BaseException) -> str:
    """Function and line in which an error was raised."""
    frames = extract_tb(exc.__traceback__)
    return f"{frames[-1].name}, line {frames[-1].lineno}" if frames else "unknown"


def _has_other_email(before: ChangeRecord, after: ChangeRecord) -> bool:
    if before.after is None or after.after is None:
        return False
    return bool(before.after.get("email") != after.after.get("email"))


def _origin(message: Message, record: ChangeRecord | None = None) -> Origin:
    key = message.key.decode("utf-8", errors="replace")
    if record is None:
        return Origin(message.place, message.offset, key)
    return Origin(
        message.place,
        message.offset,
        key,
        record.model.value,
        record.id,
        record.seq,
        record.ts_ms,
        record.captured_ms,
    )
