"""A payload on its way: serialized once, with the record it came from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any

import orjson

from cdc.log.protocol import TopicPartition
from mappers.payload import Payload, PayloadKind
from mappers.person import email_claim

CUSTOMER_PROFILE = "profile:customer:"
SUBSCRIBER_PROFILE = "profile:subscriber:"
GUEST_PROFILE = "profile:guest:"
EMAIL_CLAIM = "email:"
CUSTOM_ID_CLAIM = "customId:"
FINGERPRINT_BYTES = 16


@dataclass(slots=True, eq=False)
class Origin:
    """The record a payload was made of. Only the lane's own thread changes `open_count`.

    Attributes:
        place: topic and partition of the message.
        offset: its offset.
        key: message key as text.
        model: name of the model, "" when the record could not be read.
        record_id: Magento's id, "" when the record could not be read.
        seq: ordinal of the publishing step.
        ts_ms: commit time, Unix milliseconds; 0 when unknown.
        captured_ms: when the entity was read, Unix milliseconds.
        open_count: payloads of the record that are not finished.
    """

    place: TopicPartition
    offset: int
    key: str
    model: str = ""
    record_id: str = ""
    seq: int = 0
    ts_ms: int = 0
    captured_ms: int = 0
    open_count: int = 0


@dataclass(slots=True, eq=False)
class Outgoing:
    """One payload, its bytes and its fingerprint; what is asked often is looked up once.

    Attributes:
        kind: which endpoint takes it.
        target: name of the target object.
        is_customer: whether it writes the profile of a registered customer.
        email: address that a profile payload writes, None for all else.
        claims: starts as the payload's and may gain addresses that the person is known by, so
            that whoever writes the same person under another name waits.
    """

    payload: Payload
    content: bytes
    fingerprint: bytes
    origin: Origin
    kind: PayloadKind
    target: str
    is_customer: bool
    email: str | None
    claims: frozenset[str]
    conflict_cycles_count: int = 0

    def sell_to(self, custom_id: str) -> None:
        """Let a transaction name another customer."""
        self._rewrite({**self.payload.body, "client": {"customId": custom_id}})

    def leave_uuid_out(self) -> None:
        """Let a profile be found by its e-mail address alone."""
        self._rewrite({key: each for key, each in self.payload.body.items() if key != "uuid"})

    def _rewrite(self, body: dict[str, Any]) -> None:
        self.payload = replace(self.payload, body=body)
        self.content, self.fingerprint = _serialized(body)

    @property
    def client(self) -> dict[str, Any]:
        """Whom a transaction names; empty for all other payloads."""
        if self.kind is not PayloadKind.TRANSACTION:
            return {}
        client: dict[str, Any] = self.payload.body["client"]
        return client

    @property
    def is_guest(self) -> bool:
        """Whether it writes the profile of a guest."""
        return self.target.startswith(GUEST_PROFILE)

    @property
    def left_addresses(self) -> frozenset[str]:
        """Claims of e-mail addresses that a customer had and left; empty for all other payloads."""
        if not self.is_customer or self.email is None:
            return frozenset()
        own = email_claim(self.email)
        claims = self.payload.claims
        return frozenset(c for c in claims if c.startswith(EMAIL_CLAIM) and c != own)

    @property
    def custom_id(self) -> str | None:
        """Custom id that a profile payload or a profile delete names."""
        if self.kind not in (PayloadKind.PROFILE, PayloadKind.PROFILE_DELETE):
            return None
        value = self.payload.body.get("customId")
        return value if isinstance(value, str) else None


def prepare(payload: Payload, origin: Origin) -> Outgoing:
    """Serialize a payload; the same bytes are measured, fingerprinted and sent.

    Raises:
        TypeError: the body holds a value that JSON does not have.
    """
    content, fingerprint = _serialized(payload.body)
    is_profile = payload.kind is PayloadKind.PROFILE
    email = payload.body.get("email") if is_profile else None
    return Outgoing(
        payload,
        content,
        fingerprint,
        origin,
        payload.kind,
        payload.target,
        is_profile and payload.target.startswith(CUSTOMER_PROFILE),
        email if isinstance(email, str) else None,
        payload.claims,
    )


def _serialized(body: dict[str, Any]) -> tuple[bytes, bytes]:
    content = orjson.dumps(body)
    return content, blake2b(content, digest_size=FINGERPRINT_BYTES).digest()
