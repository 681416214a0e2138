"""Delayed reads: a write becomes visible some time after it was accepted (behaviour B17)."""

from typing import Any

_MISSING = object()


class DelayedView:
    """Keeps, per key, what reads may show until the newest state is due.

    Only used while a delay is set; deletions show at once.
    """

    def __init__(self) -> None:
        self._versions: dict[Any, list[tuple[int, Any]]] = {}

    def wrote(self, key: Any, before: Any, after: Any, now_ms: int, delay_ms: int) -> None:
        """Note that ``key`` changed from ``before`` (None: absent) to ``after``."""
        versions = self._versions.setdefault(key, [(0, before)])
        versions.append((now_ms + delay_ms, after))

    def forget(self, key: Any) -> None:
        """Drop the history of ``key``."""
        self._versions.pop(key, None)

    def read(self, key: Any, current: Any, now_ms: int) -> Any:
        """Return the version visible at ``now_ms``; ``current`` when nothing is delayed."""
        versions = self._versions.get(key)
        if versions is None:
            return current
        shown = _MISSING
        for visible_at_ms, version in versions:
            if visible_at_ms <= now_ms:
                shown = version
        if versions[-1][0] <= now_ms:
            del self._versions[key]
        return current if shown is _MISSING else shown
