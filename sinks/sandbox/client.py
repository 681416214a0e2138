"""A small client of the admin interface, for tests, the demo and benchmarks."""

import json
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlencode


class AdminRefused(Exception):
    """The admin interface refused a call; the text says why."""


class SandboxAdmin:
    """Talks to ``<url>/__admin``. Stateless; may be shared between threads.

    Every method raises AdminRefused for a refused call and OSError when nobody answers.
    Blocks: ``timeout_s`` per call.
    """

    def __init__(self, url: str, *, timeout_s: float = 30.0) -> None:
        self._base = url.rstrip("/") + "/__admin/"
        self._timeout_s = timeout_s
        # Never through a proxy of the environment: the interface answers loopback only.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def state(self, workspace: str | None = None) -> dict[str, Any]:
        """Return the whole dump, or the part of one workspace."""
        return self._call("GET", "state", query={"workspace": workspace})

    def compare(
        self,
        expected: dict[str, Any],
        *,
        exact: bool = False,
        ignore: tuple[str, ...] = (),
        limit: int = 1000,
    ) -> list[dict[str, Any]]:
        """Return the differences between ``expected`` (shaped like a dump) and the state."""
        asked = {"expected": expected, "exact": exact, "ignore": list(ignore), "limit": limit}
        found: list[dict[str, Any]] = self._call("POST", "compare", asked)["differences"]
        return found

    def load(self, dumped: dict[str, Any]) -> None:
        """Restore a dump."""
        self._call("POST", "load", dumped)

    def save(self) -> None:
        """Write the state file now."""
        self._call("POST", "save", {})

    def violations(self) -> dict[str, Any]:
        """Return ``{violations, notes, violation_counts, note_counts}``."""
        return self._call("GET", "violations")

    def rejects(self) -> dict[str, Any]:
        """Return ``{rejects: [{rule, field, text, route, workspace, at}], counts}``."""
        return self._call("GET", "rejects")

    def invariants(self) -> dict[str, Any]:
        """Return the verdict over a run; ``ok`` is its summary."""
        return self._call("GET", "invariants")

    def stats(self, *accepted: str, after: int = 0, limit: int = 10_000) -> dict[str, Any]:
        """Return counters; kinds named in ``accepted`` add ``accepted_at`` entries.

        Args:
            accepted: some of profiles, events, transactions, items.
            after: only entries with a higher ``seq``.
            limit: largest number of entries per kind.
        """
        query = {"accepted": ",".join(accepted) or None, "after": after, "limit": limit}
        return self._call("GET", "stats", query=query)

    def faults(self, *rules: dict[str, Any]) -> list[dict[str, Any]]:
        """Arm fault rules, then return all armed ones with their counters."""
        if rules:
            self._call("POST", "faults", list(rules))
        found: list[dict[str, Any]] = self._call("GET", "faults")["faults"]
        return found

    def clear_faults(self) -> None:
        """Disarm every fault."""
        self._call("DELETE", "faults")

    def options(self, **changes: Any) -> dict[str, Any]:
        """Change options, if any are given, and return all."""
        if changes:
            return self._call("POST", "options", changes)
        return self._call("GET", "options")

    def workspace(self, **spec: Any) -> dict[str, Any]:
        """Create a workspace or change an existing one; returns ``{name, guid}``."""
        return self._call("POST", "workspaces", spec)

    def workspaces(self) -> list[dict[str, Any]]:
        """Return the workspaces without their keys."""
        found: list[dict[str, Any]] = self._call("GET", "workspaces")["workspaces"]
        return found

    def expire_tokens(self, workspace: str | None = None) -> int:
        """End the tokens of one workspace, or of all; returns how many were valid."""
        answer = self._call("POST", "expire-tokens", {}, query={"workspace": workspace})
        return int(answer["expired"])

    def reset(self) -> None:
        """Forget data, records, counters, faults and tokens."""
        self._call("POST", "reset", {})

    def _call(
        self, method: str, name: str, body: Any = None, *, query: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        pairs = {key: value for key, value in (query or {}).items() if value is not None}
        url = self._base + name + (f"?{urlencode(pairs)}" if pairs else "")
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            url,
            data=data,
            method=method,
            headers={"Content-Type": "application/json", "User-Agent": "sandbox-admin"},
        )
        try:
            with self._opener.open(request, timeout=self._timeout_s) as response:
                answer: dict[str, Any] = json.load(response)
        except urllib.error.HTTPError as exc:
            with exc:
                text = exc.read(2000).decode(errors="replace")
            raise AdminRefused(f"{method} {name}: {exc.code} {text}") from exc
        return answer
