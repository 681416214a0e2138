"""Detects two writes of one key in flight at the same time (invariant 4)."""

from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

KEPT_COUNT = 1_000


class Flight(NamedTuple):
    """One write between acceptance of its request and the moment before its answer leaves."""

    route: str
    keys: frozenset[str]


class InFlight:
    """Writes of one workspace that have not been answered yet.

    ``expand`` maps keys to the keys of the stored object too, so that a customId and an e-mail of
    one person meet; it is only called when two writes are in flight.
    """

    def __init__(self) -> None:
        self._flights: dict[int, Flight] = {}
        self._next = 0
        self.overlaps: deque[dict[str, Any]] = deque(maxlen=KEPT_COUNT)
        self.overlap_count = 0

    def enter(
        self,
        route: str,
        keys: frozenset[str],
        expand: Callable[[frozenset[str]], frozenset[str]],
        at: str,
    ) -> int:
        """Register a write, record every overlap; returns the number to leave with."""
        if self._flights and keys:
            mine = expand(keys)
            for other in self._flights.values():
                shared = mine & expand(other.keys)
                if shared:
                    self.overlap_count += 1
                    self.overlaps.append(
                        {
                            "first": other.route,
                            "second": route,
                            "keys": sorted(shared)[:20],
                            "at": at,
                        }
                    )
        self._next += 1
        if keys:
            self._flights[self._next] = Flight(route, keys)
        return self._next

    def leave(self, number: int) -> None:
        """Forget a write; unknown numbers are ignored."""
        self._flights.pop(number, None)

    def clear(self) -> None:
        """Forget recorded overlaps; writes still in flight stay."""
        self.overlaps.clear()
        self.overlap_count = 0
