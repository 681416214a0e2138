"""Dead letters: what was refused for good, with the reason and all that is needed to repeat it."""

from __future__ import annotations

from hashlib import blake2b
from typing import Annotated, Any

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from cdc.errors import RecordUndecodable
from mappers.payload import Payload, PayloadKind
from sinks.outgoing import Origin

DEAD_LETTER_VERSION = 1
_ID_BYTES = 12


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DeadRequest(_Strict):
    """The payload that was refused; enough to send it again."""

    kind: Annotated[PayloadKind, Field(description="Which endpoint takes the payload.")]
    target: Annotated[str, Field(description="Name of the target object in the workspace.")]
    body: Annotated[dict[str, Any], Field(description="The payload as it was sent.")]
    claims: Annotated[tuple[str, ...], Field(description="Identity values it touches.")] = ()
    catalog: Annotated[str | None, Field(description="Catalog name, for items.")] = None
    version: Annotated[int, Field(description="Version of the state that it shows.")] = 0

    def payload(self) -> Payload:
        """The payload, ready to be sent again."""
        return Payload(
            self.kind, self.target, self.body, frozenset(self.claims), self.catalog, self.version
        )


class DeadLetter(_Strict):
    """One message of the dead-letter topic (format version 1)."""

    v: Annotated[int, Field(description="Format version.")] = DEAD_LETTER_VERSION
    id: Annotated[
        str, Field(description="Message key: the same for a second delivery of the same payload.")
    ]
    at_ms: Annotated[int, Field(description="When it was given up, Unix milliseconds.")]
    workspace: Annotated[
        str | None, Field(description="Name of the workspace; null when capture gave it up.")
    ]
    model: Annotated[str, Field(description="Model of the record; empty when it is unreadable.")]
    record_id: Annotated[str, Field(description="Magento's id; empty when it is unreadable.")] = ""
    topic: Annotated[str, Field(description="Topic of the record.")]
    partition: Annotated[
        int | None, Field(description="Partition of the record; null when it never got there.")
    ]
    offset: Annotated[
        int | None, Field(description="Offset of the record; null when it never got there.")
    ]
    key: Annotated[str, Field(description="Message key of the record.")]
    reason: Annotated[str, Field(description="Why it was given up; names fields, not values.")]
    status: Annotated[int | None, Field(description="HTTP status of the last answer.")] = None
    request: Annotated[
        DeadRequest | None, Field(description="The payload; null when none could be made.")
    ] = None
    response: Annotated[str, Field(description="First kilobyte of the last answer.")] = ""
    attempts: Annotated[int, Field(description="Requests that were made for it.")] = 0

    @field_validator("response", mode="before")
    @classmethod
    def _no_answer_is_empty(cls, value: object) -> object:
        # Capture, which asks nobody, writes null.
        return "" if value is None else value


def dead_letter_id(workspace: str, origin: Origin, target: str) -> str:
    """A name that depends only on what was refused and where the record is."""
    parts = (workspace, origin.place.topic, origin.place.partition, origin.offset, target)
    return blake2b(orjson.dumps(parts), digest_size=_ID_BYTES).hexdigest()


def dead_letter(
    workspace: str,
    origin: Origin,
    reason: str,
    at_ms: int,
    *,
    payload: Payload | None = None,
    status: int | None = None,
    response: str = "",
    attempts_count: int = 0,
) -> DeadLetter:
    """Describe a record or payload that is given up."""
    request = None
    if payload is not None:
        request = DeadRequest(
            kind=payload.kind,
            target=payload.target,
            body=payload.body,
            claims=tuple(sorted(payload.claims)),
            catalog=payload.catalog,
            version=payload.version,
        )
    return DeadLetter(
        id=dead_letter_id(workspace, origin, payload.target if payload else ""),
        at_ms=at_ms,
        workspace=workspace,
        model=origin.model,
        record_id=origin.record_id,
        topic=origin.place.topic,
        partition=origin.place.partition,
        offset=origin.offset,
        key=origin.key,
        reason=reason,
        status=status,
        request=request,
        response=response,
        attempts=attempts_count,
    )


def encode_dead_letter(letter: DeadLetter) -> bytes:
    """Serialize as JSON, keys in declaration order."""
    return orjson.dumps(letter.model_dump(mode="json"))


def decode_dead_letter(value: bytes) -> DeadLetter:
    """Parse a message of the dead-letter topic.

    Raises:
        RecordUndecodable: not a dead letter of this format version.
    """
    try:
        return DeadLetter.model_validate_json(value)
    except ValidationError as exc:
        raise RecordUndecodable("decoding a dead letter: not of this format") from exc
