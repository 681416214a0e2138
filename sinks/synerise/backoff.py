"""How long to wait after a failed request, and the wait itself."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Protocol

import backoff

from cdc.errors import Stopped

RETRY_AFTER_LONGEST_S = 3600.0


class StopSignal(Protocol):
    """The part of `threading.Event` that waits need."""

    def is_set(self) -> bool:
        """Whether a stop was asked for."""
        ...

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the stop at most `timeout` seconds; True when it was asked for."""
        ...


class Waits:
    """Waits of one series of attempts: doubled each time, with full jitter, never over a maximum.

    Source: library `backoff` (generator `expo`, `full_jitter`).

    Attributes:
        taken_count: waits that were asked for.
    """

    def __init__(
        self,
        base_s: float,
        longest_s: float,
        jitter: Callable[[float], float] = backoff.full_jitter,
    ) -> None:
        self._steps: Generator[float, Any, None] = backoff.expo(
            base=2, factor=base_s, max_value=longest_s
        )
        next(self._steps)
        self._jitter = jitter
        self.taken_count = 0

    def next_s(self, at_least_s: float | None = None) -> float:
        """Seconds before the next attempt; what the server asked for is a minimum."""
        self.taken_count += 1
        wait_s = self._jitter(next(self._steps))
        return wait_s if at_least_s is None else max(wait_s, at_least_s)


def pause(stop: StopSignal, wait_s: float, what: str) -> None:
    """Wait, but no longer than until a stop.

    Raises:
        Stopped: a stop was asked for before or while waiting.
    """
    if stop.wait(max(wait_s, 0.0)):
        raise Stopped(f"waiting to {what}: stop asked for")


def retry_after_s(header: str | None, now: datetime) -> float | None:
    """Read a Retry-After header: seconds or a date; None when absent or unreadable.

    Returns:
        Seconds from `now`, 0 … one hour: a server cannot silence us for longer.
    Source: RFC 9110, "Retry-After".
    """
    if header is None:
        return None
    text = header.strip()
    try:
        seconds = float(text)
    except ValueError:
        seconds = _seconds_until(text, now)
    if not math.isfinite(seconds):
        return None
    return min(max(seconds, 0.0), RETRY_AFTER_LONGEST_S)


def _seconds_until(text: str, now: datetime) -> float:
    """Seconds from `now` to an HTTP date; NaN when the text is none."""
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return math.nan
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - now).total_seconds()
