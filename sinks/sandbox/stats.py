"""Counts of calls and payloads, and when which payload was accepted."""

from collections import Counter, deque
from typing import Any, NamedTuple

KINDS = ("profiles", "events", "transactions", "items")


class _Block(NamedTuple):
    """Payloads accepted by one request; ``first`` is the number of the first one."""

    first: int
    at_s: float
    workspace: str
    keys: list[tuple[Any, ...]]


class Stats:
    """Counters of one sandbox since start or reset.

    Of each kind the last ``log_size`` accepted payloads (rounded up to whole requests) are logged
    with a running number, so that a caller can poll and measure the time from commit to acceptance.
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
        self._blocks: dict[str, deque[_Block]] = {kind: deque() for kind in KINDS}

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
        blocks = self._blocks[kind]
        blocks.append(_Block(self._sequence[kind] + 1, at_s, workspace, keys))
        self._sequence[kind] += len(keys)
        oldest = self._sequence[kind] - self.log_size
        while blocks[0].first + len(blocks[0].keys) - 1 <= oldest:
            blocks.popleft()

    def accepted_after(self, kind: str, after: int, limit: int) -> list[dict[str, Any]]:
        """Return logged payloads with a number above ``after``, oldest first.

        Each is ``{seq, at, workspace, keys}`` with ``at`` in epoch seconds.
        """
        found: list[dict[str, Any]] = []
        for block in self._blocks[kind]:
            if block.first + len(block.keys) - 1 <= after:
                continue
            for seq, keys in enumerate(block.keys, block.first):
                if len(found) >= limit:
                    return found
                if seq > after:
                    found.append(_entry(seq, block, keys))
        return found

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


def _entry(seq: int, block: _Block, keys: tuple[Any, ...]) -> dict[str, Any]:
    return {
        "seq": seq,
        "at": block.at_s,
        "workspace": block.workspace,
        "keys": [key for key in keys if key is not None],
    }
