"""Waits after failures, Retry-After, and the rate limit."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest

from cdc.errors import Stopped
from sinks.synerise.backoff import RETRY_AFTER_LONGEST_S, Waits, pause, retry_after_s
from sinks.synerise.limits import RateLimiter

NOW = datetime(2026, 5, 1, 10, 0, 0, tzinfo=UTC)


def unchanged(value: float) -> float:
    return value


def test_waits_double_up_to_the_longest() -> None:
    waits = Waits(0.5, 4.0, unchanged)
    assert [waits.next_s() for _ in range(6)] == [0.5, 1.0, 2.0, 4.0, 4.0, 4.0]


def test_jitter_spreads_waits_between_nothing_and_the_full_step() -> None:
    waits = Waits(1.0, 1.0)
    values = [waits.next_s() for _ in range(200)]
    assert all(0.0 <= value <= 1.0 for value in values)
    assert max(values) - min(values) > 0.5


def test_what_the_server_asks_for_is_a_minimum() -> None:
    waits = Waits(0.5, 4.0, unchanged)
    assert waits.next_s(at_least_s=3.0) == 3.0
    assert waits.next_s(at_least_s=0.1) == 1.0


@pytest.mark.parametrize(
    ("header", "expected_s"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("120", 120.0),
        (" 1.5 ", 1.5),
        ("-3", 0.0),
        ("999999", RETRY_AFTER_LONGEST_S),
        ("Fri, 01 May 2026 10:00:30 GMT", 30.0),
        ("Fri, 01 May 2026 12:00:30 +0200", 30.0),
        ("Fri, 01 May 2026 09:00:00 GMT", 0.0),
        ("Fri, 01 May 2099 09:00:00 GMT", RETRY_AFTER_LONGEST_S),
    ],
)
def test_retry_after_is_read_in_both_forms(header: str | None, expected_s: float | None) -> None:
    assert retry_after_s(header, NOW) == expected_s


def test_a_pause_ends_with_the_stop() -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Stopped, match="waiting to send"):
        pause(stop, 1000.0, "send")


class Clock:
    """A clock that moves when told to."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def drain(limiter: RateLimiter) -> int:
    """Tokens that can be had at once."""
    count = 0
    while limiter.take() == 0.0:
        count += 1
    return count


def test_the_rate_holds_after_a_short_burst() -> None:
    clock = Clock()
    limiter = RateLimiter(10.0, clock)
    assert drain(limiter) == 5
    taken = 0
    for _ in range(100):
        clock.now_s += 0.1
        taken += drain(limiter)
    assert taken == 100


def test_a_slow_rate_has_no_burst_and_says_how_long_to_wait() -> None:
    clock = Clock()
    limiter = RateLimiter(0.5, clock)
    assert limiter.take() == 0.0
    assert limiter.take() == pytest.approx(2.0)
    clock.now_s += 2.0
    assert limiter.take() == 0.0


def test_a_throttled_rate_is_halved_once_a_second_and_comes_back_slowly() -> None:
    clock = Clock()
    limiter = RateLimiter(100.0, clock)
    for _ in range(3):
        limiter.throttled(0.0)
    assert limiter.rate_per_s == 50.0
    clock.now_s += 1.0
    limiter.throttled(0.0)
    assert limiter.rate_per_s == 25.0
    limiter.accepted()
    assert limiter.rate_per_s == 27.0
    for _ in range(100):
        limiter.accepted()
    assert limiter.rate_per_s == 100.0


def test_a_rate_never_falls_to_nothing() -> None:
    clock = Clock()
    limiter = RateLimiter(64.0, clock)
    for _ in range(100):
        clock.now_s += 1.0
        limiter.throttled(0.0)
    assert limiter.rate_per_s == 1.0


def test_nobody_passes_during_the_pause_the_server_asked_for() -> None:
    clock = Clock()
    limiter = RateLimiter(10.0, clock)
    limiter.throttled(7.0)
    limiter.throttled(3.0)
    assert limiter.take() == pytest.approx(7.0)
    clock.now_s += 7.0
    assert limiter.take() == 0.0


def test_waiting_for_a_token_ends_with_the_stop() -> None:
    limiter = RateLimiter(0.001)
    stop = threading.Event()
    limiter.acquire(stop)
    stop.set()
    with pytest.raises(Stopped):
        limiter.acquire(stop)
