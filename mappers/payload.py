"""What mappers produce: one thing to send, with the names of all it touches."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class PayloadKind(StrEnum):
    """Which endpoint takes the payload."""

    PROFILE = "profile"
    PROFILE_DELETE = "profile_delete"
    EVENT = "event"
    TRANSACTION = "transaction"
    ITEM = "item"


@dataclass(frozen=True, slots=True)
class Payload:
    """One element of a request.

    Attributes:
        kind: which endpoint takes it.
        target: name of the target object in the workspace ("profile:customer:17",
            "profile:subscriber:<e-mail>", "profile:guest:<e-mail>", "transaction:100000012",
            "item:<catalog>:<sku>", "event:deleteAccount:17"). What is accepted is remembered
            under it. The target of an EVENT is sent once: a repetition at another time would be
            a second event, whatever its salt.
        body: JSON-ready object, exactly as sent (for PROFILE_DELETE: {"customId": …}).
        claims: identity values it reads or writes ("email:…", "customId:…", "item:<catalog>:…",
            "order:…"). Two payloads with a common claim are never in flight together nor in one
            request, and keep the order of their records.
        catalog: catalog name, for items only.
        version: grows with the state that the payload shows; a lower one never follows a higher
            one of the same target (0 = decided by record order alone).
    """

    kind: PayloadKind
    target: str
    body: dict[str, Any]
    claims: frozenset[str] = field(default=frozenset())
    catalog: str | None = None
    version: int = 0


@dataclass(frozen=True, slots=True)
class Skipped:
    """A record or store view that yields nothing to send, and why; counted, never silent."""

    reason: str


@dataclass(frozen=True, slots=True)
class Mapped:
    """All that one record means for one workspace, in sending order; may be empty.

    Attributes:
        gone: custom id of a customer who was deleted without a word to the workspace: whoever
            comes to the address next takes the profile over.
    """

    payloads: tuple[Payload, ...]
    skipped: tuple[Skipped, ...] = ()
    gone: str | None = None
