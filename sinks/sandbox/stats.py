"""Counts of calls and payloads, and when which payload was accepted."""

from collections import Counter, deque
from itertools import islice
from typing import Any

KINDS = ("profiles", "events", "transactions", "items")


class Stats:
    """Counters of one sandbox since start or reset.

    ``accepted`` keeps, per kind, the last ``log_size`` payloads as (time, workspace, keys) with a
    running number, so that a caller can poll for newer ones and measure commit to acceptance.
    """

    def __init__(self, log_size: int = 100_000) -> None:
        self.log_size = log_size
        self.clear()

    def clear(self) -> None:
        """Start counting again."""
        self.request_count = 0
        self.without_user_agent_count = 0
        self.without_user_agent: deque[str] = deque(maxlen=20)
        self.requests: Counter[str] = Counter()
        self.answers: Counter[tuple[str, int]] = Counter()
        self.payloads: Counter[tuple[str, str]] = Counter()
        self.body_bytes = 0
        self._sequence = dict.fromkeys(KINDS, 0)
        self._accepted: dict[str, deque[tuple[float, str, tuple[Any, ...]]]] = {
            kind: deque(maxlen=self.log_size) for kind in KINDS
        }

    def saw(self, route: str, body_bytes: int, has_user_agent: bool) -> None:
        """Count a request."""
        self.request_count += 1
        self.requests[route] += 1
        self.body_bytes += body_bytes
        if not has_user_agent:
            self.without_user_agent_count += 1
            self.without_user_agent.append(route)

    def answered(self, route: str, status: int) -> None:
        """Count an answer."""
        self.answers[route, status] += 1

    def accepted(self, kind: str, workspace: str, at_s: float, keys: list[tuple[Any, ...]]) -> None:
        """Log accepted payloads; ``keys`` holds one tuple of identifiers per payload."""
        self.payloads[workspace, kind] += len(keys)
        self._sequence[kind] += len(keys)
        self._accepted[kind].extend([(at_s, workspace, key) for key in keys])

    def accepted_after(self, kind: str, after: int, limit: int) -> list[dict[str, Any]]:
        """Return logged payloads with a number above ``after``, oldest first.

        Each is ``{seq, at, workspace, keys}`` with ``at`` in epoch seconds.
        """
        log = self._accepted[kind]
        first = self._sequence[kind] - len(log) + 1
        start = max(0, after + 1 - first)
        stop = start + limit
        return [
            {
                "seq": first + position,
                "at": at_s,
                "workspace": workspace,
                "keys": [key for key in keys if key is not None],
            }
            for position, (at_s, workspace, keys) in enumerate(islice(log, start, stop), start)
        ]

    def view(self) -> dict[str, Any]:
        """Show the counters as plain values."""
        answers: dict[str, dict[str, int]] = {}
        for (route, status), count in self.answers.items():
            answers.setdefault(route, {})[str(status)] = count
        payloads: dict[str, dict[str, int]] = {}
        for (workspace, kind), count in self.payloads.items():
            payloads.setdefault(workspace, {})[kind] = count
        return {
            "request_count": self.request_count,
            "body_bytes": self.body_bytes,
            "requests": dict(self.requests),
            "answers": answers,
            "payloads": payloads,
            "last_seq": dict(self._sequence),
            "requests_without_user_agent": self.without_user_agent_count,
        }
