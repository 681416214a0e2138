"""One line of what `check` finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "ok"]


@dataclass(frozen=True, slots=True)
class Line:
    """One finding.

    Attributes:
        part: what was looked at.
        name: of the setting, variable or error.
        what: what was found.
        why, fix: why it matters and how to mend it; None where all is well.
    """

    severity: Severity
    part: str
    name: str
    what: str
    why: str | None = None
    fix: str | None = None
