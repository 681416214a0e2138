"""Runs: scans of a whole model that the publisher does between live changes. Pure values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from cdc.records import Model


class Phase(StrEnum):
    """What a run is doing."""

    SCAN = "scan"
    SWEEP = "sweep"


@dataclass(frozen=True, slots=True)
class Run:
    """A full run of one model: scan all primary keys upward, then sweep for lost deletes.

    Attributes:
        model: which model.
        reason: what asked for it ("initial load", "change of the shop"); shown in status.
        phase: scan or sweep.
        after: last primary key scanned.
        highest: primary key at which the scan began to count, for progress.
        sweep_after: last message key swept.
        sent_count: records published so far.
    """

    model: Model
    reason: str
    phase: Phase = Phase.SCAN
    after: int = 0
    highest: int = 0
    sweep_after: str = ""
    sent_count: int = 0

    def to_json(self) -> dict[str, Any]:
        """A plain dict that `from_json` reads."""
        return {
            "model": self.model.value,
            "reason": self.reason,
            "phase": self.phase.value,
            "after": self.after,
            "highest": self.highest,
            "sweep_after": self.sweep_after,
            "sent_count": self.sent_count,
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Run:
        """Read what `to_json` wrote. Raises KeyError or ValueError on anything else."""
        return cls(
            model=Model(value["model"]),
            reason=str(value["reason"]),
            phase=Phase(value["phase"]),
            after=int(value["after"]),
            highest=int(value["highest"]),
            sweep_after=str(value["sweep_after"]),
            sent_count=int(value["sent_count"]),
        )

    @property
    def is_begun(self) -> bool:
        """Whether any chunk was read."""
        return self.phase is not Phase.SCAN or self.after > 0 or self.highest > 0

    def begun(self, highest: int) -> Run:
        """The run once it is known how far the scan has to go."""
        return replace(self, highest=highest)

    def scanned(self, after: int | None, sent_count: int) -> Run:
        """The run after a scanned chunk; `after` None means that the scan is complete."""
        total = self.sent_count + sent_count
        if after is None:
            return replace(self, phase=Phase.SWEEP, sent_count=total)
        return replace(self, after=after, sent_count=total)

    def swept(self, last_key: str, sent_count: int) -> Run:
        """The run after a swept chunk."""
        return replace(self, sweep_after=last_key, sent_count=self.sent_count + sent_count)


def with_requests(runs: Iterable[Run], models: Iterable[Model], reason: str) -> tuple[Run, ...]:
    """Runs with a full run for each model that begins after now.

    One that waits is enough. One that works goes on and another one follows, as rows it has
    scanned may have changed without any event; starting over instead would never end in a shop
    that asks more often than a run takes.
    """
    found = tuple(runs)
    waiting = {run.model for run in found if not run.is_begun}
    wanted = set(models) - waiting
    return found + tuple(Run(model, reason) for model in Model if model in wanted)
