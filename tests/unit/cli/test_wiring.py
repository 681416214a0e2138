"""Parts of the daemon: how a delivery begins, ends, and fails."""

from __future__ import annotations

from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any, cast

import pytest

from cdc.errors import ConsumerFenced, LogMisconfigured, LogUnavailable, Stopped
from cdc.log.factory import open_log
from cdc.log.protocol import TopicLog
from cdc.retry import Waits
from cli import wiring
from cli.tasks import PartEnded
from cli.wiring import delivery_part, make_topics
from config.settings import Settings
from sinks.delivery import Delivery


class LyingDelivery:
    """A delivery whose lanes do what the test says."""

    def __init__(
        self, stop: Event, *, failure: Exception | None = None, ends: bool = False
    ) -> None:
        self._stop = stop
        self.failure = None
        self._late_failure = failure
        self._ends = ends
        self.workspace = SimpleNamespace(name="alpha")
        self.happened: list[str] = []

    def start(self) -> None:
        self.happened.append("started")

    @property
    def is_alive(self) -> bool:
        return not self._ends

    def join(self, timeout_s: float | None = None) -> bool:
        # Lanes end only after the stop; one that fails while it drains has failed, too.
        assert self._stop.is_set()
        self.happened.append("joined")
        self.failure = cast(Any, self._late_failure)
        return True


def part_of(delivery: LyingDelivery, stop: Event, begin: Event) -> wiring.Part:
    """The part that runs a delivery."""
    return delivery_part(cast(Delivery, delivery), stop, begin)


@pytest.fixture
def stop() -> Event:
    """Give a stop that is not set."""
    return Event()


@pytest.fixture
def begin() -> Event:
    """Give leave to begin."""
    event = Event()
    event.set()
    return event


def test_failure_while_it_drains_is_not_lost(stop: Event, begin: Event) -> None:
    delivery = LyingDelivery(stop, failure=ConsumerFenced("committing: taken over"))
    stop.set()
    with pytest.raises(ConsumerFenced):
        part_of(delivery, stop, begin)()
    assert delivery.happened == ["started", "joined"]


def test_failed_lane_stops_the_other_one_before_the_error_is_told(
    stop: Event, begin: Event
) -> None:
    delivery = LyingDelivery(stop, failure=ConsumerFenced("committing: taken over"), ends=True)
    with pytest.raises(ConsumerFenced):
        part_of(delivery, stop, begin)()
    assert stop.is_set()
    assert delivery.happened == ["started", "joined"]


def test_delivery_that_ends_by_itself_without_an_error_is_one(stop: Event, begin: Event) -> None:
    with pytest.raises(PartEnded, match="alpha"):
        part_of(LyingDelivery(stop, ends=True), stop, begin)()


def test_delivery_that_may_not_begin_takes_nothing_over(stop: Event) -> None:
    delivery = LyingDelivery(stop)
    stop.set()
    part_of(delivery, stop, Event())()
    assert delivery.happened == []


def test_topics_are_made_once_the_log_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: Event
) -> None:
    log = open_log(Settings(state_dir=tmp_path))
    answers = iter([LogUnavailable("opening: no broker"), LogUnavailable("opening: no broker")])
    admin = log.admin

    def flaky() -> object:
        error = next(answers, None)
        if error is not None:
            raise error
        return admin()

    monkeypatch.setattr(log, "admin", flaky)
    monkeypatch.setattr(Waits, "wait", lambda self: None)
    make_topics(log, stop)
    assert admin().missing_topics() == []


def test_stop_ends_the_wait_for_the_log(stop: Event) -> None:
    def away() -> object:
        raise LogUnavailable("opening: no broker")

    stop.set()
    with pytest.raises(Stopped):
        make_topics(cast(TopicLog, SimpleNamespace(admin=away)), stop)


def test_log_that_does_not_fit_is_told_at_once(stop: Event) -> None:
    def misfit() -> object:
        raise LogMisconfigured("ensuring topics: wrong")

    with pytest.raises(LogMisconfigured):
        make_topics(cast(TopicLog, SimpleNamespace(admin=misfit)), stop)
