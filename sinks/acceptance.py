"""What is remembered of an acceptance, and what one cycle changes of it. Pure values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from mappers.person import email_claim


class AcceptedRow(NamedTuple):
    """What was last accepted for one target.

    Attributes:
        fingerprint: blake2b of the payload's bytes; empty when the payload has to be sent again.
        version: version of the payload, 0 when it has none.
        topic, partition, offset: where the record was.
        captured_ms: when the entity was read, Unix milliseconds.
        accepted_ms: when it was accepted, Unix milliseconds.
        email: e-mail address that a profile was given, None for all else.
    """

    target: str
    fingerprint: bytes
    version: int
    topic: str
    partition: int
    offset: int
    captured_ms: int
    accepted_ms: int
    email: str | None = None

    @property
    def email_claim(self) -> str | None:
        """The claim on the address, None without one."""
        return None if self.email is None else email_claim(self.email)


class Successor(NamedTuple):
    """Who holds the profile that a claim once led to.

    Attributes:
        claim: on a customer's custom id, or on an e-mail address that a customer left.
        custom_id: of the customer who holds it; None for a deleted customer whose profile nobody
            has taken over.
        seq: publishing step that made it known.
    """

    claim: str
    custom_id: str | None
    seq: int


@dataclass(slots=True)
class AcceptedChanges:
    """What one cycle changes: rows to write, persons removed or back again, profiles taken over.

    A claim in `successors` without a successor leads to its own person again.
    """

    rows: dict[str, AcceptedRow] = field(default_factory=dict)
    removed: dict[str, int] = field(default_factory=dict)
    returned: set[str] = field(default_factory=set)
    successors: dict[str, Successor | None] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.rows or self.removed or self.returned or self.successors)


def scope_of(target: str) -> str:
    """The part of a target's name that groups it: "profile:customer", "item:<catalog>", …"""
    kind, _, rest = target.partition(":")
    if kind in ("profile", "item"):
        return f"{kind}:{rest.partition(':')[0]}"
    return kind
