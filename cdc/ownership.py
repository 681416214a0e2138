"""The publisher's role, held over sessions for as long as the topic log is well."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cdc.errors import RecordTooLarge
from cdc.log.protocol import Entry, Publisher, TopicLog


class Ownership:
    """A publisher that outlives sessions, so that nobody slips in while the database is away.

    A publish whose outcome is not known ends the role at once: only opening again tells which
    checkpoint counts. One thread uses it and closes it.

    Args:
        on_owned: called when this process has become the only publisher, each time anew.
    """

    def __init__(self, log: TopicLog, on_owned: Callable[[], None]) -> None:
        self._log = log
        self._on_owned = on_owned
        self._publisher: Publisher | None = None
        self._checkpoint: bytes | None = None

    def take(self, *, is_forced: bool = True) -> bytes | None:
        """Be the one publisher and return the last checkpoint, None when there is none.

        Args:
            is_forced: False takes nothing where that would take the role from somebody else.
        Raises:
            As `Publisher.open`.
        """
        if self._publisher is None:
            publisher = self._log.publisher()
            if publisher.takes_over and not is_forced:
                return None
            self._checkpoint = publisher.open()
            self._publisher = publisher
            self._on_owned()
        return self._checkpoint

    def publish(self, entries: Sequence[Entry], checkpoint: bytes | None) -> None:
        """Publish as the owner. See `Writer.publish`."""
        assert self._publisher is not None, "publishing without the role"
        try:
            self._publisher.publish(entries, checkpoint)
        except RecordTooLarge:
            raise  # nothing was published, which is certain
        except BaseException:
            self.close()
            raise
        if checkpoint is not None:
            self._checkpoint = checkpoint

    def close(self) -> None:
        """Give the role up; does nothing without it."""
        publisher, self._publisher = self._publisher, None
        if publisher is not None:
            publisher.close()
