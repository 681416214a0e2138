"""The inbox between the thread that follows the binlog and the thread that publishes."""

from __future__ import annotations

import time
from collections.abc import Iterable
from threading import Condition

from cdc.dirty import DirtyKey, DirtySet
from cdc.names import Name
from cdc.position import Position
from config.source import SettleByModel


class Inbox:
    """A dirty set behind a lock. Bounded: naming waits while it is full.

    One thread names and commits, one takes; both may be ended by `fail` or `close`.
    """

    def __init__(self, settle: SettleByModel, start: Position, keys_max: int) -> None:
        self._dirty = DirtySet(settle, start)
        self._keys_max = keys_max
        self._changed = Condition()
        self._error: BaseException | None = None
        self._is_closed = False

    def name(self, table: str, names: Iterable[Name]) -> None:
        """Add what rows of the open transaction name."""
        with self._changed:
            self._dirty.name(table, names)

    def commit(
        self, position: Position, committed_ms: int, *, resume: Position | None = None
    ) -> None:
        """The open transaction ended; waits while the inbox is full. See `DirtySet.commit`.

        One transaction may name more keys than there is room for: none of them could be taken
        before its commit.

        Blocks: until the publisher has made room, or the inbox is closed.
        """
        with self._changed:
            self._dirty.commit(position, committed_ms, time.monotonic(), resume=resume)
            self._changed.notify_all()
            while len(self._dirty) >= self._keys_max and not self._is_closed:
                self._changed.wait(0.5)

    def take(self, limit: int) -> list[DirtyKey]:
        """Settled keys, at most `limit`; raises what the naming thread failed with."""
        with self._changed:
            self._raise_failure()
            return self._dirty.take(limit, time.monotonic())

    def wait(self, longest_s: float) -> None:
        """Return when a key may have settled, something failed, or the time is over.

        Blocks: at most `longest_s`.
        """
        with self._changed:
            self._raise_failure()
            ready_s = self._dirty.next_ready_s()
            wait_s = longest_s
            if ready_s is not None:
                wait_s = min(wait_s, ready_s - time.monotonic())
            if wait_s > 0 and not self._is_closed:
                self._changed.wait(wait_s)

    def checkpoint(self, published: Iterable[DirtyKey] = ()) -> Position:
        """Position that holds once `published` is durable."""
        with self._changed:
            return self._dirty.checkpoint(published)

    def done(self, keys: Iterable[DirtyKey]) -> None:
        """These keys are durably published."""
        with self._changed:
            self._dirty.done(keys)
            self._changed.notify_all()

    @property
    def position(self) -> Position:
        """End of the last committed transaction that was seen."""
        with self._changed:
            return self._dirty.position

    def __len__(self) -> int:
        with self._changed:
            return len(self._dirty)

    @property
    def is_closed(self) -> bool:
        """Whether the naming thread has to end."""
        return self._is_closed

    def fail(self, error: BaseException) -> None:
        """The naming thread ended with an error; the taking side raises it."""
        with self._changed:
            self._error = error
            self._changed.notify_all()

    def close(self) -> None:
        """End all waits."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def wake(self) -> None:
        """End the publisher's wait now."""
        with self._changed:
            self._changed.notify_all()

    def _raise_failure(self) -> None:
        if self._error is not None:
            raise self._error
