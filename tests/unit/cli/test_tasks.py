"""The parts of the daemon end together, and the first error counts."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from threading import Event

import pytest

from cdc.errors import BinlogPurged, LogUnavailable, Stopped
from cli.tasks import NotDrained, PartEnded, Tasks

GRACE_S = 20.0


@pytest.fixture
def stop() -> Iterator[Event]:
    """Give a stop that is set at the end, so that no thread outlives its test."""
    event = Event()
    yield event
    event.set()


def test_all_parts_run_at_once_and_end_with_the_stop(stop: Event) -> None:
    first, second = Event(), Event()

    def one() -> None:
        first.set()
        assert second.wait(GRACE_S)
        stop.set()

    def other() -> None:
        assert first.wait(GRACE_S)
        second.set()
        stop.wait(GRACE_S)

    Tasks(stop).run({"one": one, "other": other}, GRACE_S)
    assert stop.is_set()


def test_first_error_stops_the_others_and_is_raised(stop: Event) -> None:
    drained = Event()

    def failing() -> None:
        raise BinlogPurged("reading: gone")

    def other() -> None:
        assert stop.wait(GRACE_S)
        drained.set()
        raise LogUnavailable("committing: too late")

    with pytest.raises(BinlogPurged):
        Tasks(stop).run({"other": other, "failing": failing}, GRACE_S)
    assert drained.is_set()


def test_part_that_returns_early_ends_the_others_and_is_an_error(stop: Event) -> None:
    def other() -> None:
        assert stop.wait(GRACE_S)

    with pytest.raises(PartEnded, match="early"):
        Tasks(stop).run({"other": other, "early": lambda: None}, GRACE_S)


def test_stop_that_ends_a_wait_is_no_error(stop: Event) -> None:
    def part() -> None:
        stop.set()
        raise Stopped("waiting: a stop was asked for")

    Tasks(stop).run({"part": part}, GRACE_S)


def test_part_that_does_not_finish_is_abandoned_within_one_grace_for_all(
    stop: Event, caplog: pytest.LogCaptureFixture
) -> None:
    release = Event()
    begun_s = time.monotonic()
    stop.set()
    parts = {f"stuck {number}": lambda: assert_waited(release) for number in range(4)}
    with pytest.raises(NotDrained, match="stuck 0, stuck 1, stuck 2, stuck 3 did not finish"):
        Tasks(stop).run(parts, 0.3)
    release.set()
    assert time.monotonic() - begun_s < 4 * 0.3
    abandoned = [record for record in caplog.records if record.getMessage() == "part.abandoned"]
    assert len(abandoned) == 4


def test_error_counts_more_than_a_part_that_is_abandoned(stop: Event) -> None:
    release = Event()

    def failing() -> None:
        raise BinlogPurged("reading: gone")

    with pytest.raises(BinlogPurged):
        Tasks(stop).run({"stuck": lambda: assert_waited(release), "failing": failing}, 0.2)
    release.set()


def assert_waited(event: Event) -> None:
    """Wait for an event that must come."""
    assert event.wait(GRACE_S)


def test_unforeseen_error_is_logged_by_its_place_not_by_its_text(
    stop: Event, caplog: pytest.LogCaptureFixture
) -> None:
    def failing() -> None:
        raise KeyError("robin@example.com")

    with caplog.at_level(logging.ERROR), pytest.raises(KeyError):
        Tasks(stop).run({"failing": failing}, GRACE_S)
    (record,) = [record for record in caplog.records if record.getMessage() == "part.failed"]
    facts = vars(record)
    assert facts["error"].startswith("KeyError")
    assert "robin" not in str(facts["error"]) + str(facts["trace"])
    assert any("in failing" in frame or "failing" in frame for frame in facts["trace"])
