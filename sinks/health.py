"""Whether deliveries to a workspace go through, and since when they do not."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from types import TracebackType
from typing import Literal, Self

logger = logging.getLogger(__name__)

Reason = Literal[
    "unavailable", "throttled", "unauthorized", "forbidden", "topic log", "stale catalog"
]
ALARMS: frozenset[Reason] = frozenset({"unauthorized", "forbidden"})


@dataclass(frozen=True, slots=True)
class HealthState:
    """`reason` and `since_ms` (Unix milliseconds) are those of the oldest wait, if any."""

    is_ok: bool
    reason: Reason | None = None
    since_ms: int | None = None


class Health:
    """Collects the waits of all threads that serve one workspace. Thread safe.

    A workspace is ok when nobody waits. Reasons that need a person (credentials, permissions)
    are logged as errors when they begin; all others as warnings.
    """

    def __init__(self, workspace: str, now_s: Callable[[], float] = time.time) -> None:
        self._workspace = workspace
        self._now_s = now_s
        self._lock = threading.Lock()
        self._numbers = count()
        self._waits: dict[int, tuple[Reason, int]] = {}

    @property
    def state(self) -> HealthState:
        """The state now."""
        with self._lock:
            if not self._waits:
                return HealthState(is_ok=True)
            reason, since_ms = min(self._waits.values(), key=lambda wait: wait[1])
            return HealthState(is_ok=False, reason=reason, since_ms=since_ms)

    def trouble(self) -> Trouble:
        """A fresh handle for one series of attempts; it ends with its `with` block."""
        return Trouble(self, next(self._numbers))

    def _began(self, number: int, reason: Reason) -> None:
        with self._lock:
            known = self._waits.get(number)
            if known is not None and known[0] == reason:
                return
            since_ms = int(self._now_s() * 1000) if known is None else known[1]
            is_first = all(wait[0] != reason for wait in self._waits.values())
            self._waits[number] = (reason, since_ms)
        if is_first:
            level = logging.ERROR if reason in ALARMS else logging.WARNING
            logger.log(
                level,
                "workspace.waiting",
                extra={"workspace": self._workspace, "reason": reason},
            )

    def _ended(self, number: int) -> None:
        with self._lock:
            is_recovered = self._waits.pop(number, None) is not None and not self._waits
        if is_recovered:
            logger.info("workspace.recovered", extra={"workspace": self._workspace})


class Trouble:
    """One caller's wait: silent until `waits` is called, over at the end of the `with` block."""

    def __init__(self, health: Health, number: int) -> None:
        self._health = health
        self._number = number

    def waits(self, reason: Reason) -> None:
        """Note that this caller waits, and why; a second call changes the reason."""
        self._health._began(self._number, reason)

    def over(self) -> None:
        """Note that this caller waits no longer."""
        self._health._ended(self._number)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.over()
