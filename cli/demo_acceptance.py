"""Waiting until the sandbox has accepted what a change in the shop must lead to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cli.demo_held import HeldWorkspace
from sinks.sandbox.client import SandboxAdmin
from sinks.sandbox.stats import KINDS
from tests.waiting import wait_until

Mark = Mapping[str, int]

_POLL_S = 0.01
_ENTRIES_MAX = 100_000


@dataclass(frozen=True, slots=True)
class Awaited:
    """A payload to come: its workspace, kind and identifiers, and how to tell it was the one.

    `kind` is one of profiles, events, transactions, items; a payload fits when it carries all of
    `keys`.
    """

    workspace: str
    kind: str
    keys: frozenset[str]
    is_held: Callable[[HeldWorkspace], bool]


class Acceptances:
    """Follows the sandbox's log of accepted payloads.

    Args:
        check: called at every look; raises when there is no point in waiting on.
    """

    def __init__(self, admin: SandboxAdmin, check: Callable[[], None]) -> None:
        self._admin = admin
        self._check = check

    def mark(self) -> Mark:
        """The end of the log now: what comes after it is what is waited for."""
        mark: dict[str, int] = self._admin.stats()["last_seq"]
        return mark

    def wait(
        self, mark: Mark, awaited: Sequence[Awaited], *, timeout_s: float, what: str
    ) -> list[float]:
        """Wait until everything awaited is accepted after `mark` and held.

        Returns:
            When each was accepted, epoch seconds by the sandbox's clock, in the order of `awaited`.

        Raises:
            WaitExpired: not in time.
        """
        look = _Look(self._admin, awaited, dict(mark))

        def is_done() -> bool:
            self._check()
            look.again()
            return not look.pending

        wait_until(is_done, timeout_s=timeout_s, interval_s=_POLL_S, what=what)
        return [look.accepted_s[number] for number in range(len(awaited))]


class _Look:
    """The state of one wait: what is still pending, and when the rest was accepted."""

    def __init__(
        self, admin: SandboxAdmin, awaited: Sequence[Awaited], cursors: dict[str, int]
    ) -> None:
        self._admin = admin
        self._cursors = cursors
        self._kinds = [kind for kind in KINDS if any(one.kind == kind for one in awaited)]
        self.pending = dict(enumerate(awaited))
        self.accepted_s: dict[int, float] = {}

    def again(self) -> None:
        """Read what was accepted since the last look and settle what it fulfils."""
        touched: dict[int, float] = {}
        for kind in self._kinds:
            for entry in self._fresh(kind):
                keys = set(entry["keys"])
                for number, one in self.pending.items():
                    if (one.kind, one.workspace) == (kind, entry["workspace"]) and one.keys <= keys:
                        touched[number] = entry["at"]
        held: dict[str, HeldWorkspace] = {}
        for number, at_s in touched.items():
            one = self.pending[number]
            if one.workspace not in held:
                held[one.workspace] = HeldWorkspace.read(self._admin, one.workspace)
            if one.is_held(held[one.workspace]):
                self.accepted_s[number] = at_s
                del self.pending[number]

    def _fresh(self, kind: str) -> list[dict[str, Any]]:
        stats = self._admin.stats(kind, after=self._cursors[kind], limit=_ENTRIES_MAX)
        entries: list[dict[str, Any]] = stats["accepted_at"][kind]
        if entries:
            self._cursors[kind] = entries[-1]["seq"]
        return entries
