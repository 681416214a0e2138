"""A topic log that fails where a test says so."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cdc.checkpoint import Checkpoint
from cdc.log.protocol import Appender, Consumer, Entry, LogAdmin, Publisher, TopicLog
from cdc.position import Position


class FaultyLog:
    """Wraps logs; the plan of failures is shared by all publishers that come from it.

    Args:
        takes_over: opening a publisher counts as taking the role over, as on Kafka.
    """

    def __init__(self, *, takes_over: bool = False) -> None:
        self.takes_over = takes_over
        self.opened_count = 0
        self.failed_count = 0
        self.checkpoints_at_failure: list[Position] = []
        self._error: Exception | None = None
        self._when = b""
        self._skip_count = 0
        self._count = 0
        self._is_after = False

    def fail(
        self,
        error: Exception,
        *,
        when: str = "",
        skip_count: int = 0,
        count: int = 1,
        is_after: bool = False,
    ) -> None:
        """Plan failures of publishing.

        Args:
            when: text that an entry's value must hold; "" means each step with entries.
            skip_count: so many such steps succeed first.
            count: so many fail then.
            is_after: publish first, then raise, as when the answer is lost.
        """
        self._error, self._when = error, when.encode()
        self._skip_count, self._count, self._is_after = skip_count, count, is_after

    def around(self, log: TopicLog) -> TopicLog:
        """The log with failures."""
        return _Log(log, self)

    def publish(
        self, publish: Callable[[], None], entries: Sequence[Entry], checkpoint: bytes | None
    ) -> None:
        """Publish, or fail by plan."""
        is_meant = any(self._when in (entry.value or b"") for entry in entries)
        if self._error is None or not self._count or not is_meant:
            publish()
            return
        if self._skip_count:
            self._skip_count -= 1
            publish()
            return
        self._count -= 1
        self.failed_count += 1
        if checkpoint is not None:
            self.checkpoints_at_failure.append(Checkpoint.decode(checkpoint).position)
        if self._is_after:
            publish()
        raise self._error


class _Log:
    def __init__(self, log: TopicLog, plan: FaultyLog) -> None:
        self._log = log
        self._plan = plan

    def publisher(self) -> Publisher:
        return _Publisher(self._log.publisher(), self._plan)

    def appender(self) -> Appender:
        return self._log.appender()

    def consumer(self, group: str, topics: Sequence[str]) -> Consumer:
        return self._log.consumer(group, topics)

    def reader(self, topics: Sequence[str]) -> Consumer:
        return self._log.reader(topics)

    def admin(self) -> LogAdmin:
        return self._log.admin()


class _Publisher:
    def __init__(self, publisher: Publisher, plan: FaultyLog) -> None:
        self._publisher = publisher
        self._plan = plan
        self.takes_over = plan.takes_over

    def open(self) -> bytes | None:
        self._plan.opened_count += 1
        return self._publisher.open()

    def publish(self, entries: Sequence[Entry], checkpoint: bytes | None) -> None:
        self._plan.publish(
            lambda: self._publisher.publish(entries, checkpoint), entries, checkpoint
        )

    def forget_checkpoint(self) -> None:
        self._publisher.forget_checkpoint()

    def close(self) -> None:
        self._publisher.close()
