"""Live figures of capture, for the status line, the command line and tests."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from cdc.position import Position
from cdc.records import Model


def _zeros() -> dict[Model, int]:
    return dict.fromkeys(Model, 0)


@dataclass(slots=True)
class CaptureStatus:
    """Counters since the start. Written by two threads, each its own fields; read by any.

    `trouble` is the class of the error after which capture waits for its next try, None while it
    works; `position` is the checkpoint's until a transaction was read.
    """

    rows_count: int = 0
    transactions_count: int = 0
    unreadable_count: int = 0
    oversized_count: int = 0
    reconnects_count: int = 0
    trouble: str | None = None
    steps_count: int = 0
    published_count: dict[Model, int] = field(default_factory=_zeros)
    unchanged_count: dict[Model, int] = field(default_factory=_zeros)
    deleted_count: dict[Model, int] = field(default_factory=_zeros)
    runs: list[dict[str, Any]] = field(default_factory=list)
    position: Position | None = None
    last_committed_ms: int = 0
    alive_s: float = 0.0
    dirty_count: int = 0

    def seen(self, position: Position, committed_ms: int) -> None:
        """A transaction was read."""
        self.transactions_count += 1
        self.position = position
        self.last_committed_ms = committed_ms
        self.alive_s = time.monotonic()

    def heartbeat(self) -> None:
        """The server said that there is nothing new."""
        self.last_committed_ms = 0
        self.alive_s = time.monotonic()

    def to_json(self) -> dict[str, Any]:
        """All figures as plain values."""
        return {
            "rows": self.rows_count,
            "transactions": self.transactions_count,
            "unreadable": self.unreadable_count,
            "oversized": self.oversized_count,
            "reconnects": self.reconnects_count,
            "trouble": self.trouble,
            "steps": self.steps_count,
            "dirty": self.dirty_count,
            "published": {model.value: count for model, count in self.published_count.items()},
            "unchanged": {model.value: count for model, count in self.unchanged_count.items()},
            "deleted": {model.value: count for model, count in self.deleted_count.items()},
            "runs": list(self.runs),
            "position": self.position.to_json() if self.position else None,
        }
