"""The ledger: what was refused, and what was accepted although a client must not do it.

Violations (B4, B5, B6, B8, B10, B15) are faults of the client that the real service swallows.
Notes are remarkable but legal. Both keep a count per code without limit and a bounded list.
"""

from collections import Counter, deque
from typing import Any

from sinks.sandbox.text_rules import Breach
from sinks.sandbox.times import to_iso

VIOLATION_CODES = frozenset({"B4", "B5", "B6", "B8", "B10", "B15"})
KEPT_COUNT = 10_000


class Ledger:
    """Records of one sandbox. Not thread-safe: lives on the server's event loop."""

    def __init__(self) -> None:
        self.violations: deque[dict[str, Any]] = deque(maxlen=KEPT_COUNT)
        self.notes: deque[dict[str, Any]] = deque(maxlen=KEPT_COUNT)
        self.rejects: deque[dict[str, Any]] = deque(maxlen=KEPT_COUNT)
        self.violation_counts: Counter[str] = Counter()
        self.note_counts: Counter[str] = Counter()
        self.reject_counts: Counter[str] = Counter()

    def record(self, code: str, text: str, *, route: str, workspace: str, now_ms: int) -> None:
        """Record one behaviour; whether it is a violation or a note follows from its code."""
        is_violation = code in VIOLATION_CODES
        counts = self.violation_counts if is_violation else self.note_counts
        entries = self.violations if is_violation else self.notes
        counts[code] += 1
        entries.append(
            {
                "code": code,
                "text": text,
                "route": route,
                "workspace": workspace,
                "at": to_iso(now_ms),
            }
        )

    def reject(self, found: Breach, *, route: str, workspace: str | None, now_ms: int) -> None:
        """Record one refusal. The refused value is left out."""
        self.reject_counts[found.rule] += 1
        self.rejects.append(
            {
                "rule": found.rule,
                "field": found.field,
                "text": found.message,
                "route": route,
                "workspace": workspace,
                "at": to_iso(now_ms),
            }
        )

    def violations_view(self) -> dict[str, Any]:
        """Show violations and notes as plain values."""
        return {
            "violations": list(self.violations),
            "notes": list(self.notes),
            "violation_counts": dict(self.violation_counts),
            "note_counts": dict(self.note_counts),
        }

    def rejects_view(self) -> dict[str, Any]:
        """Show refusals as plain values."""
        return {"rejects": list(self.rejects), "counts": dict(self.reject_counts)}
