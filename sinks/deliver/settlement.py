"""The end of every payload: accepted, skipped or dead, and then the commit."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping

from cdc.errors import RecordTooLarge
from cdc.log.protocol import Appender, Consumer, Entry, Message, TopicPartition
from cdc.log.topics import TopicNames
from sinks.accepted import AcceptedIndex
from sinks.dead_letter import DeadLetter, dead_letter, encode_dead_letter
from sinks.deliver.gate import Gate
from sinks.deliver.ledger import Ledger
from sinks.outgoing import Origin, Outgoing
from sinks.progress import Progress
from sinks.synerise.results import SendResult, Verdict

logger = logging.getLogger(__name__)


class Settlement:
    """Books what became of a lane's records. Used by the lane's thread alone.

    The order of writing is what makes a crash harmless: dead letters, then the accepted index,
    then the offsets. A crash in between repeats records; what was accepted is then skipped as
    unchanged, and a dead letter is written again under the same key.
    """

    def __init__(
        self,
        workspace: str,
        names: TopicNames,
        gate: Gate,
        index: AcceptedIndex,
        progress: Progress,
        now_ms: Callable[[], int],
    ) -> None:
        self._workspace = workspace
        self._topic = names.dead_letter
        self._gate = gate
        self._index = index
        self._progress = progress
        self._now_ms = now_ms
        self._ledgers: dict[str, Ledger] = {}
        self._letters: list[DeadLetter] = []

    def begin(self) -> None:
        """Forget everything in hand: the consumers start again at their committed offsets."""
        self._ledgers.clear()
        self._letters.clear()

    def take(self, message: Message) -> None:
        """Note a message that was polled."""
        ledger = self._ledgers.setdefault(message.topic, Ledger())
        ledger.take(message.place, message.offset)

    def finish(self, place: TopicPartition, offset: int) -> None:
        """Note that a record needs nothing (more)."""
        self._ledgers[place.topic].finish(place, offset)

    def collapse(self, place: TopicPartition, offset: int) -> None:
        """Note a record that a later one of its key replaces."""
        self._progress.collapsed()
        self.finish(place, offset)

    def supersede(self, payload: Outgoing) -> None:
        """Note a payload that a later one of its target replaces."""
        self._progress.collapsed()
        self._close(payload.origin)

    def skip(self, payload: Outgoing, reason: str) -> None:
        """Note a payload that is not sent."""
        self._progress.skipped(reason)
        self._close(payload.origin)

    def settle(self, results: Iterable[SendResult]) -> None:
        """Note what a request decided; unfinished payloads stay open."""
        now_ms = self._now_ms()
        accepted: list[Outgoing] = []
        for result in results:
            if result.verdict is Verdict.ACCEPTED:
                self._gate.accept(result.outgoing, now_ms)
                self._close(result.outgoing.origin)
                accepted.append(result.outgoing)
            elif result.verdict is Verdict.REFUSED:
                self.refuse(result)
        if accepted:
            commits_ms = [payload.origin.ts_ms for payload in accepted]
            self._progress.accepted(accepted[0].kind.value, commits_ms, now_ms)

    def refuse(self, result: SendResult) -> None:
        """Make a dead letter of a payload."""
        self._bury(
            dead_letter(
                self._workspace,
                result.outgoing.origin,
                result.reason,
                self._now_ms(),
                payload=result.outgoing.payload,
                status=result.status,
                response=result.response,
                attempts_count=result.attempts_count,
            )
        )
        self._close(result.outgoing.origin)

    def refuse_record(self, origin: Origin, reason: str) -> None:
        """Make a dead letter of a record that no payload could be made of."""
        self._bury(dead_letter(self._workspace, origin, reason, self._now_ms()))
        self.finish(origin.place, origin.offset)

    def flush(self, appender: Appender, consumers: dict[str, Consumer]) -> None:
        """Write dead letters, then the index, then commit what is finished.

        Args:
            consumers: by topic.
        Raises:
            LogUnavailable: what was not written yet is lost; start again from the offsets.
        """
        if self._letters:
            self._append(appender, self._letters)
            self._letters = []
        self._index.write(self._gate.take_changes())
        for consumer in {id(each): each for each in consumers.values()}.values():
            self._commit(consumer, consumer.positions())

    def _commit(self, consumer: Consumer, positions: Mapping[TopicPartition, int]) -> None:
        """Commit what is finished; a partition without open records up to where reading stands."""
        offsets: dict[TopicPartition, int] = {}
        for place, position in positions.items():
            ledger = self._ledgers.get(place.topic)
            if ledger is not None:
                ledger.advance(place, position)
                offsets |= ledger.committable()
        if offsets:
            consumer.commit(offsets)
            for place, offset in offsets.items():
                self._ledgers[place.topic].committed({place: offset})

    def _close(self, origin: Origin) -> None:
        origin.open_count -= 1
        if origin.open_count == 0:
            self.finish(origin.place, origin.offset)

    def _bury(self, letter: DeadLetter) -> None:
        self._progress.dead()
        self._letters.append(letter)
        logger.error(
            "payload.refused",
            extra={
                "workspace": self._workspace,
                "topic": letter.topic,
                "partition": letter.partition,
                "offset": letter.offset,
                "reason": letter.reason,
                "status": letter.status,
                "dead_letter": letter.id,
            },
        )

    def _append(self, appender: Appender, letters: list[DeadLetter]) -> None:
        """Append letters; one that is over the log's limit goes without its payload."""
        entries = [self._entry(letter) for letter in letters]
        while True:
            try:
                appender.append(entries)
                return
            except RecordTooLarge as exc:
                letter = letters[exc.index]
                if letter.request is None:
                    raise
                letter = letter.model_copy(
                    update={
                        "request": None,
                        "reason": f"{letter.reason} (payload too large to keep)",
                    }
                )
                letters[exc.index] = letter
                entries[exc.index] = self._entry(letter)

    def _entry(self, letter: DeadLetter) -> Entry:
        return Entry(self._topic, letter.id.encode(), encode_dead_letter(letter))
