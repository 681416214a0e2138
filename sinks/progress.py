"""What a lane has done so far: counters, and how fresh the accepted state was."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

RESERVOIR_COUNT = 4096


@dataclass(frozen=True, slots=True)
class ProgressShot:
    """A copy of the counters. Latencies are commit → accepted, None before the first."""

    accepted: dict[str, int]
    skipped: dict[str, int]
    collapsed_count: int
    dead_count: int
    request_count: int
    retry_count: int
    throttled_count: int
    record_count: int
    latency_p50_ms: float | None
    latency_p99_ms: float | None
    last_accepted_ms: int | None


@dataclass(slots=True)
class _Counts:
    accepted: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    collapsed_count: int = 0
    dead_count: int = 0
    request_count: int = 0
    retry_count: int = 0
    throttled_count: int = 0
    record_count: int = 0
    last_accepted_ms: int | None = None


class Reservoir:
    """A uniform sample of bounded size of all values seen (Vitter's algorithm R)."""

    def __init__(self, size_count: int = RESERVOIR_COUNT, seed: int = 0) -> None:
        self._size_count = size_count
        self._seen_count = 0
        self._values: list[int] = []
        self._random = random.Random(seed)

    def add(self, value: int) -> None:
        """Take a value in, maybe in place of an older one."""
        self._seen_count += 1
        if len(self._values) < self._size_count:
            self._values.append(value)
            return
        place = int(self._random.random() * self._seen_count)
        if place < self._size_count:
            self._values[place] = value

    def quantile(self, share: float) -> float | None:
        """The value below which `share` (0 … 1) of the sample lies; None when empty."""
        if not self._values:
            return None
        ordered = sorted(self._values)
        return float(ordered[min(int(share * len(ordered)), len(ordered) - 1)])


class Progress:
    """Counters of one lane. Thread safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts = _Counts()
        self._latency_ms = Reservoir()

    def records(self, count: int) -> None:
        """Records taken from the topics."""
        with self._lock:
            self._counts.record_count += count

    def accepted(self, kind: str, commits_ms: Sequence[int], now_ms: int) -> None:
        """Payloads of one kind accepted; a commit time of 0 is unknown."""
        with self._lock:
            self._counts.accepted[kind] += len(commits_ms)
            self._counts.last_accepted_ms = now_ms
            for commit_ms in commits_ms:
                if commit_ms:
                    self._latency_ms.add(max(now_ms - commit_ms, 0))

    def skipped(self, reason: str, count: int = 1) -> None:
        """Something not sent, and why."""
        with self._lock:
            self._counts.skipped[reason] += count

    def collapsed(self, count: int = 1) -> None:
        """Records replaced by a later one of their key."""
        with self._lock:
            self._counts.collapsed_count += count

    def dead(self) -> None:
        """One dead letter."""
        with self._lock:
            self._counts.dead_count += 1

    def request(self, *, is_retry: bool) -> None:
        """One HTTP request begun."""
        with self._lock:
            self._counts.request_count += 1
            self._counts.retry_count += is_retry

    def throttled(self) -> None:
        """One answer 429."""
        with self._lock:
            self._counts.throttled_count += 1

    def shot(self) -> ProgressShot:
        """A consistent copy of everything."""
        with self._lock:
            counts = self._counts
            return ProgressShot(
                accepted=dict(counts.accepted),
                skipped=dict(counts.skipped),
                collapsed_count=counts.collapsed_count,
                dead_count=counts.dead_count,
                request_count=counts.request_count,
                retry_count=counts.retry_count,
                throttled_count=counts.throttled_count,
                record_count=counts.record_count,
                latency_p50_ms=self._latency_ms.quantile(0.5),
                latency_p99_ms=self._latency_ms.quantile(0.99),
                last_accepted_ms=counts.last_accepted_ms,
            )
