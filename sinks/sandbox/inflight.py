"""Detects two writes of one key in flight at the same time (invariant 4)."""

from collections import deque
from collections.abc import Callable
from functools import cached_property
from typing import Any

KEPT_COUNT = 1_000

Keys = Callable[[], frozenset[str]]


def no_keys() -> frozenset[str]:
    """Name the keys of a call that writes nothing."""
    return frozenset()


class Flight:
    """One write between acceptance of its request and the moment before its answer leaves.

    Its keys are computed when first asked for, that is, when a second write is in flight.
    """

    def __init__(self, route: str, keys: Keys) -> None:
        self.route = route
        self._keys = keys

    @cached_property
    def keys(self) -> frozenset[str]:
        """Keys that the write touches, such as ``email=…``, ``order=…``, ``item=…``."""
        return self._keys()


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
        keys: Keys,
        expand: Callable[[frozenset[str]], frozenset[str]],
        at: str,
    ) -> int:
        """Register a write, record every overlap; returns the number to leave with or 0."""
        if keys is no_keys:
            return 0
        flight = Flight(route, keys)
        if self._flights:
            mine = expand(flight.keys)
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
        self._flights[self._next] = flight
        return self._next

    def leave(self, number: int) -> None:
        """Forget a write; unknown numbers are ignored."""
        self._flights.pop(number, None)

    def clear(self) -> None:
        """Forget recorded overlaps; writes still in flight stay."""
        self.overlaps.clear()
        self.overlap_count = 0
