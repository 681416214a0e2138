"""One call on its way through the sandbox: request, checked call, prepared write."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import parse_qs

from sinks.sandbox.answers import ACCEPTED, Answer, Rejected, error_items, json_answer
from sinks.sandbox.auth import Gatekeeper
from sinks.sandbox.context import Context
from sinks.sandbox.inflight import Keys, no_keys
from sinks.sandbox.text_rules import Breach
from sinks.sandbox.workspace import Workspace

_FORCED = Breach("P3", "email", "refused by a fault", "")


@dataclass(slots=True, frozen=True)
class Request:
    """An HTTP request as it arrived; header names are lower case, ``path`` is still encoded."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    remote_ip: str = "127.0.0.1"
    query: str = ""

    def parameters(self) -> dict[str, str]:
        """Return the query parameters, the first value of each."""
        return {name: values[0] for name, values in parse_qs(self.query).items()}


class Prepared(NamedTuple):
    """A call that passed every check: ``commit`` has all effects, ``keys()`` names what it writes.

    A refused call is prepared too: its commit only answers.
    """

    commit: Callable[[Context], Answer]
    keys: Keys = no_keys
    route: str = ""
    workspace: Workspace | None = None


@dataclass(slots=True)
class Call:
    """A call that passed the checks common to its route.

    ``refused_positions`` are batch elements that a fault refuses although they are good.
    """

    request: Request
    args: dict[str, str]
    payload: Any
    context: Context
    gate: Gatekeeper
    record_accepted: Callable[[str, str, float, list[tuple[Any, ...]]], None]
    owner: Workspace | None = None
    refused_positions: frozenset[int] = field(default_factory=frozenset)

    @property
    def workspace(self) -> Workspace:
        """The caller's workspace; only for routes that need credentials."""
        if self.owner is None:
            raise LookupError("this route needs no credentials and has no workspace")
        return self.owner

    def accepted(self, kind: str, keys: list[tuple[Any, ...]], context: Context) -> None:
        """Log payloads as accepted now."""
        self.record_accepted(kind, self.workspace.name, context.now_ms / 1000, keys)

    def refuse(self, found: Sequence[Breach]) -> None:
        """Raise a 400 for a single payload when any rule is broken."""
        if found:
            raise Rejected(400, found[0].rule, "Validation failed", breaches=found)

    def triage(
        self, check: Callable[[Any], list[Breach]], mode: str
    ) -> tuple[list[Any], list[Breach]]:
        """Split a batch into good elements and one breach per refused element.

        Raises:
            Rejected: 400 in mode whole with a bad element, or (switchable) when all are bad.
        """
        good: list[Any] = []
        refused: list[Breach] = []
        forced: list[Breach] = []
        everything: list[Breach] = []
        for position, element in enumerate(self.payload):
            if position in self.refused_positions:
                forced.append(_FORCED)
                continue
            found = check(element)
            if found:
                refused.append(found[0])
                everything += found
            else:
                good.append(element)
        is_lost = not good and not forced and self.context.options.all_refused_status == 400
        if refused and (mode == "whole" or is_lost):
            raise Rejected(400, refused[0].rule, "Validation failed", breaches=everything)
        for one in everything:
            self.context.ledger.reject(
                one,
                route=self.context.route,
                workspace=self.context.workspace,
                now_ms=self.context.now_ms,
            )
        return good, refused + forced


def batch_answer(refused: list[Breach]) -> Answer:
    """Answer a batch: 202, or 207 with the errors of the refused elements."""
    return json_answer(error_items(refused), 207) if refused else ACCEPTED
