"""The publisher's role is held while the log is well, and taken anew after it failed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import pytest

from cdc.errors import LogUnavailable, PublisherFenced, RecordTooLarge
from cdc.log.protocol import Entry, TopicLog
from cdc.ownership import Ownership


class FakeLog:
    """A log whose publishers note what is done with them; each fails once as told."""

    def __init__(self, *, takes_over: bool = False) -> None:
        self.takes_over = takes_over
        self.stored: bytes | None = b"stored"
        self.done: list[str] = []
        self.error: Exception | None = None

    def publisher(self) -> FakeLog:
        return self

    def open(self) -> bytes | None:
        self.done.append("open")
        return self.stored

    def publish(self, entries: Sequence[Entry], checkpoint: bytes | None) -> None:
        self.done.append("publish")
        error, self.error = self.error, None
        if error is not None:
            raise error
        if checkpoint is not None:
            self.stored = checkpoint

    def close(self) -> None:
        self.done.append("close")


def owner(log: FakeLog) -> Ownership:
    return Ownership(cast(TopicLog, log), lambda: log.done.append("owned"))


def test_the_role_is_taken_once_and_knows_the_newest_checkpoint() -> None:
    log = FakeLog()
    held = owner(log)
    assert held.take() == b"stored"
    held.publish([], b"newer")
    held.publish([], None)
    assert held.take() == b"newer"
    assert log.done == ["open", "owned", "publish", "publish"]
    held.close()
    held.close()
    assert log.done[4:] == ["close"]


@pytest.mark.parametrize("takes_over", [True, False])
def test_unforced_it_takes_the_role_from_nobody(takes_over: bool) -> None:
    log = FakeLog(takes_over=takes_over)
    held = owner(log)
    held.take(is_forced=False)
    assert log.done == ([] if takes_over else ["open", "owned"])
    assert held.take() == b"stored"
    assert log.done == ["open", "owned"]


@pytest.mark.parametrize("error", [LogUnavailable("away"), PublisherFenced("a second one")])
def test_after_a_publish_that_failed_only_the_log_knows_the_checkpoint(error: Exception) -> None:
    log = FakeLog()
    held = owner(log)
    held.take()
    log.error, log.stored = error, b"got there all the same"
    with pytest.raises(type(error)):
        held.publish([], b"uncertain")
    assert log.done == ["open", "owned", "publish", "close"]
    assert held.take() == b"got there all the same"


def test_a_record_that_is_too_large_does_not_cost_the_role() -> None:
    log = FakeLog()
    held = owner(log)
    held.take()
    log.error = RecordTooLarge("too large", index=0)
    with pytest.raises(RecordTooLarge):
        held.publish([], b"refused")
    assert held.take() == b"stored"
    assert "close" not in log.done
