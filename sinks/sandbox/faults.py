"""Fault injection: rules that make the n-th call of a route fail in a chosen way."""

import random
from fnmatch import fnmatchcase
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

FaultKind = Literal[
    "status",
    "html",
    "throttle",
    "token-expired",
    "expire-tokens",
    "forbidden",
    "stale-bag",
    "foreign-bag",
    "partial-refusal",
    "whole-refusal",
    "close-before",
    "close-after",
    "slow",
    "truncate",
    "empty",
]


class FaultRule(BaseModel):
    """When and how a call fails.

    ``route`` is a shell pattern on "METHOD /path"; ``first`` counts matching calls from 1;
    ``count`` None lasts for ever; ``rate`` below 1 hits that share of the chosen calls at random.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: FaultKind
    route: str = "*"
    workspace: str | None = None
    first: int = Field(1, ge=1)
    count: int | None = Field(1, ge=1)
    rate: float = Field(1.0, gt=0, le=1)
    seed: int = 0
    status: int | None = Field(None, ge=200, le=599)
    body: str | None = None
    content_type: str | None = None
    retry_after_s: float | None = Field(None, ge=0)
    retry_after_form: Literal["seconds", "date"] = "seconds"
    delay_s: float = Field(0.0, ge=0)
    apply: Literal["before", "after", "never"] = "before"
    positions: tuple[int, ...] = (0,)

    @model_validator(mode="after")
    def _status_is_given(self) -> "FaultRule":
        if self.kind == "status" and self.status is None:
            raise ValueError("kind status needs a status")
        return self


class _Armed:
    """A rule with its counters."""

    def __init__(self, number: int, rule: FaultRule) -> None:
        self.number = number
        self.rule = rule
        self.seen_count = 0
        self.hit_count = 0
        self._dice = random.Random(rule.seed)

    def strikes(self, route: str, workspace: str | None) -> bool:
        rule = self.rule
        if rule.workspace is not None and rule.workspace != workspace:
            return False
        if not fnmatchcase(route, rule.route):
            return False
        self.seen_count += 1
        if self.seen_count < rule.first:
            return False
        if rule.count is not None and self.seen_count >= rule.first + rule.count:
            return False
        if rule.rate < 1 and self._dice.random() >= rule.rate:
            return False
        self.hit_count += 1
        return True


class FaultBook:
    """The armed rules, in the order they were added; the first that strikes wins."""

    def __init__(self) -> None:
        self._armed: list[_Armed] = []
        self._next = 1

    def add(self, rule: FaultRule) -> int:
        """Arm a rule; returns its number."""
        armed = _Armed(self._next, rule)
        self._next += 1
        self._armed.append(armed)
        return armed.number

    def clear(self) -> None:
        """Disarm every rule."""
        self._armed.clear()

    def pick(self, route: str, workspace: str | None) -> FaultRule | None:
        """Return the rule that strikes this call; every matching rule counts the call."""
        struck = [armed.rule for armed in self._armed if armed.strikes(route, workspace)]
        return struck[0] if struck else None

    @property
    def is_empty(self) -> bool:
        """Whether no rule is armed."""
        return not self._armed

    def view(self) -> list[dict[str, Any]]:
        """Show the rules with their counters."""
        return [
            {
                "id": armed.number,
                "seen": armed.seen_count,
                "hits": armed.hit_count,
                **armed.rule.model_dump(exclude_defaults=True, mode="json"),
            }
            for armed in self._armed
        ]
