"""The daemon's own rate limit: a token bucket that slows down when the service asks for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from sinks.synerise.backoff import StopSignal, pause

_SLOWEST_FRACTION = 1 / 64
_RECOVERY_FRACTION = 1 / 50
_HALVING_REST_S = 1.0
_BURST_COUNT = 5.0
_BURST_S = 0.05


class RateLimiter:
    """At most `rate_per_s` requests a second, after a short burst. Shared by many threads.

    A 429 halves the rate (once a second at most, because requests in flight fail together);
    every accepted request gives a fiftieth of the full rate back.
    Source: Synerise API: no rate is documented, so the limit is our own.
    """

    def __init__(self, rate_per_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._full_per_s = rate_per_s
        self._rate_per_s = rate_per_s
        self._clock = clock
        self._lock = threading.Lock()
        self._capacity = max(1.0, min(rate_per_s, _BURST_COUNT), rate_per_s * _BURST_S)
        self._tokens = self._capacity
        self._refilled_at = clock()
        self._paused_until = -1.0
        self._halved_at = float("-inf")

    @property
    def rate_per_s(self) -> float:
        """The rate allowed now."""
        with self._lock:
            return self._rate_per_s

    def take(self) -> float:
        """Take a token and return 0, or return the seconds to wait before asking again."""
        with self._lock:
            now = self._clock()
            if now < self._paused_until:
                return self._paused_until - now
            self._tokens = min(
                self._capacity, self._tokens + (now - self._refilled_at) * self._rate_per_s
            )
            self._refilled_at = now
            # The tolerance keeps rounding from asking for a wait of a few attoseconds.
            if self._tokens >= 1.0 - 1e-9:
                self._tokens -= 1.0
                return 0.0
            return (1.0 - self._tokens) / self._rate_per_s

    def acquire(self, stop: StopSignal) -> None:
        """Wait for a token.

        Raises:
            Stopped: a stop ended the wait, or was asked for before.
        """
        pause(stop, 0.0, "send a request")
        while (wait_s := self.take()) > 0.0:
            pause(stop, wait_s, "send a request")

    def throttled(self, pause_s: float) -> None:
        """Halve the rate and let nobody through for `pause_s` seconds."""
        with self._lock:
            now = self._clock()
            self._paused_until = max(self._paused_until, now + pause_s)
            if now - self._halved_at >= _HALVING_REST_S:
                self._halved_at = now
                self._rate_per_s = max(self._rate_per_s / 2, self._full_per_s * _SLOWEST_FRACTION)

    def accepted(self) -> None:
        """Give a small part of a lost rate back."""
        if self._rate_per_s >= self._full_per_s:
            return
        with self._lock:
            self._rate_per_s = min(
                self._full_per_s, self._rate_per_s + self._full_per_s * _RECOVERY_FRACTION
            )
