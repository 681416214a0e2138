"""What became of payloads that were sent."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from sinks.outgoing import Outgoing


class Verdict(Enum):
    """What became of a payload."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNFINISHED = "unfinished"  # a stop came first; it may have been accepted


class SendResult(NamedTuple):
    """Verdict on one payload; `reason`, `status` and `response` only when refused."""

    outgoing: Outgoing
    verdict: Verdict
    reason: str = ""
    status: int | None = None
    response: str = ""
    attempts_count: int = 0

    @property
    def is_accepted(self) -> bool:
        """Whether Synerise took the payload."""
        return self.verdict is Verdict.ACCEPTED
