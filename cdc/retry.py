"""Waits between tries: growing, jittered, ended at once by a stop."""

from __future__ import annotations

from collections.abc import Generator
from threading import Event

import backoff

from cdc.errors import Stopped


class Waits:
    """Waits for one thing that is tried again; `reset` after progress starts over.

    The package's generators only: its decorators sleep through a stop signal.
    """

    def __init__(self, stop: Event, *, base_s: float, longest_s: float) -> None:
        self._stop = stop
        self._base_s = base_s
        self._longest_s = longest_s
        self._tries = self._fresh()
        self.failures_count = 0

    def _fresh(self) -> Generator[float, None, None]:
        tries: Generator[float, None, None] = backoff.expo(
            factor=self._base_s, max_value=self._longest_s
        )
        next(tries)  # the generator's first yield is its start signal, not a wait
        return tries

    def reset(self) -> None:
        """Something succeeded."""
        self._tries = self._fresh()
        self.failures_count = 0

    def wait(self, at_least_s: float = 0.0) -> float:
        """Wait before the next try and return how long, seconds.

        Blocks: `longest_s`, or `at_least_s` when that is longer.
        Raises:
            Stopped: a stop was asked for.
        """
        self.failures_count += 1
        wait_s = max(at_least_s, backoff.full_jitter(next(self._tries)))
        if self._stop.wait(wait_s):
            raise Stopped("a stop was asked for while waiting for the next try")
        return wait_s
