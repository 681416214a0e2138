"""Waiting on a condition with a deadline, so that no test sleeps for a guessed time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class WaitExpired(AssertionError):
    """The awaited condition did not come true before the deadline."""


def wait_until(
    predicate: Callable[[], T],
    *,
    timeout_s: float = 30.0,
    what: str = "",
    interval_s: float = 0.02,
) -> T:
    """Call `predicate` until it returns something true, and return that.

    Args:
        predicate: asked at least once; what it raises goes straight to the caller.
        timeout_s: seconds from now after which waiting ends.
        what: the awaited condition in words, for the failure's text.
        interval_s: seconds between two calls.
    Raises:
        WaitExpired: still false at the deadline. Shows `what` and the last value.
    Blocks: timeout_s plus one call of `predicate`.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() >= deadline:
            awaited = what or getattr(predicate, "__name__", "condition")
            raise WaitExpired(f"waited {timeout_s:g} s for {awaited}; last value: {value!r}")
        time.sleep(interval_s)
