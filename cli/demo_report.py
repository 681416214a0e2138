"""What the demo measured, and whether the sandbox holds what the shop says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from cli.dead_letters import read_dead_letters
from cli.demo_screen import Screen
from cli.demo_stage import WORKSPACES, Stage
from sinks.sandbox.stats import KINDS
from tests.reference.comparison import differences

_SHOWN_MAX = 20


@dataclass(frozen=True, slots=True)
class Told:
    """A step of the story as it went. `elapsed_ms` is None where there was nothing to wait for."""

    label: str
    title: str
    held: str
    elapsed_ms: float | None


@dataclass(slots=True)
class Timings:
    """Milliseconds by group of steps, in the order of the story."""

    groups: dict[str, list[float]] = field(default_factory=dict)

    def add(self, group: str, *elapsed_ms: float) -> None:
        """Add measured times to a group."""
        self.groups.setdefault(group, []).extend(elapsed_ms)

    def summary(self) -> dict[str, dict[str, float]]:
        """Group → count, p50 and max."""
        return {
            name: {
                "count": len(values),
                "p50_ms": round(median(values), 1),
                "max_ms": round(max(values), 1),
            }
            for name, values in self.groups.items()
        }


def faults_of(stage: Stage) -> list[str]:
    """Everything wrong with what the sandbox holds or had to refuse; empty when all is well."""
    websites: dict[str, Sequence[int]] = {
        name: [website_id] for name, website_id in WORKSPACES.items()
    }
    found = differences(stage.shop.connection, stage.admin.state(), websites)
    verdict = stage.admin.invariants()
    for name, charges in verdict["duplicate_charges"].items():
        found.extend(f"{name}: order {number} charged {count} times"
                     for number, count in charges.items())  # fmt: skip
    for each in verdict["violations"]:
        found.append(f"{each['workspace']}: {each['route']} broke rule {each['code']}")
    if verdict["overlapping_write_count"]:
        found.append(f"{verdict['overlapping_write_count']} writes of one object overlapped")
    for each in stage.admin.rejects()["rejects"]:
        found.append(f"{each['workspace']}: {each['route']} refused by rule {each['rule']}")
    for letter in read_dead_letters(stage.daemon.settings):
        found.append(f"{letter['workspace']}: dead letter of {letter['model']}: {letter['reason']}")
    if not found and not verdict["ok"]:
        found.append("the sandbox reports a broken invariant: see /__admin/invariants")
    return found


def accepted_counts(stats: dict[str, Any]) -> tuple[int, int]:
    """How many requests the sandbox answered, and how many of those with success."""
    answers = [
        (int(status), count)
        for by_status in stats["answers"].values()
        for status, count in by_status.items()
    ]
    total = sum(count for _, count in answers)
    return total, sum(count for status, count in answers if 200 <= status < 300)


def show_summary(screen: Screen, stats: dict[str, Any], timings: Timings) -> None:
    """Write the tables: payloads by workspace and kind, times by group."""
    total, accepted = accepted_counts(stats)
    screen.heading(f"Summary: {accepted} of {total} requests accepted")
    rows = [
        [name, *(stats["payloads"].get(name, {}).get(kind, 0) for kind in KINDS)]
        for name in WORKSPACES
    ]
    screen.table(["payloads accepted", *KINDS], rows)
    screen.table(
        ["commit to accepted", "measured", "p50 ms", "max ms"],
        [
            [name, one["count"], f"{one['p50_ms']:.0f}", f"{one['max_ms']:.0f}"]
            for name, one in timings.summary().items()
        ],
    )


def show_verdict(screen: Screen, faults: list[str]) -> None:
    """Write whether shop and sandbox agree, or the list of what is wrong."""
    if not faults:
        screen.note(
            "The sandbox holds exactly what the shop says: nothing lost, nothing stale, no order "
            "charged twice, nothing refused.",
            "bold green",
        )
        return
    screen.note(f"The sandbox does not hold what the shop says: {len(faults)} fault(s).",
                "bold red")  # fmt: skip
    for line in faults[:_SHOWN_MAX]:
        screen.note(f"  {line}")
    if len(faults) > _SHOWN_MAX:
        screen.note(f"  … and {len(faults) - _SHOWN_MAX} more")
