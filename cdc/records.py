"""The change record: what one message on a model's topic says.

A record is self-contained (a mapper never needs the database) and cumulative where messages may
be collapsed: `identity` names every store view the object was ever published for, so that the last
record of a key alone is enough to bring the target to the right state, deletes included.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cdc.errors import RecordUndecodable

RECORD_VERSION = 1


class Model(StrEnum):
    """The four things that are synchronized; each has a topic of its own."""

    CUSTOMER = "customer"
    PRODUCT = "product"
    ORDER = "order"
    SUBSCRIBER = "subscriber"


class Op(StrEnum):
    """What happened: created, updated, deleted, or read (named by a scan, not by a change)."""

    CREATE = "c"
    UPDATE = "u"
    DELETE = "d"
    READ = "r"


Cause = Literal["stream", "full", "batch", "dependency", "schedule", "sweep"]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(_Strict):
    """Where in the binlog the newest change that named the key ended."""

    server: Annotated[str, Field(description="Identity of the database server (uuid).")]
    gtid: Annotated[
        str, Field(description="GTID position or set after the change; empty without GTIDs.")
    ]
    file: Annotated[str, Field(description="Binlog file of the end of the transaction.")]
    pos: Annotated[int, Field(description="Offset of the end of the transaction, in bytes.")]


class ChangeRecord(_Strict):
    """One message of a model's topic (format version 1)."""

    v: Annotated[int, Field(description="Format version of the record.")] = RECORD_VERSION
    op: Annotated[Op, Field(description="c created, u updated, d deleted, r read by a scan.")]
    model: Annotated[Model, Field(description="Which kind of entity.")]
    id: Annotated[
        str, Field(description="Magento's entity id as text; for subscribers the e-mail address.")
    ]
    key: Annotated[
        str,
        Field(description="The message key: SKU, customer id, order id, or e-mail address."),
    ]
    seq: Annotated[
        int,
        Field(description="Ordinal of the publishing step; grows over all topics of a source."),
    ]
    ts_ms: Annotated[
        int, Field(description="Commit time of the newest change, Unix milliseconds; 0 for scans.")
    ]
    captured_ms: Annotated[
        int, Field(description="When the entity was read from the database, Unix milliseconds.")
    ]
    cause: Annotated[Cause, Field(description="Who named the key.")]
    changed: Annotated[
        tuple[str, ...],
        Field(description="Tables whose rows named the key, without table prefix."),
    ] = ()
    source: Annotated[Source, Field(description="Position of the newest change.")]
    identity: Annotated[
        dict[str, Any],
        Field(
            description=(
                "What the target knows the object by, over its whole life: sku and stores it was "
                "ever published for, e-mail addresses, the identity an order was first sent with."
            )
        ),
    ]
    after: Annotated[
        dict[str, Any] | None,
        Field(description="The whole entity, or null when it no longer exists under this key."),
    ]
    stores: Annotated[
        tuple[int, ...] | None,
        Field(description="Store views the change is restricted to; null means all."),
    ] = None

    @property
    def is_delete(self) -> bool:
        """Whether the entity no longer exists under this key."""
        return self.after is None


def encode_record(record: ChangeRecord) -> bytes:
    """Serialize a record as JSON, keys in declaration order."""
    # Both are flat, and a generic dump costs more than the rest of publishing a record.
    return orjson.dumps({**record.__dict__, "source": record.source.__dict__})


def decode_record(value: bytes) -> ChangeRecord:
    """Parse a message value.

    Raises:
        RecordUndecodable: not JSON, of another format version, or a field is wrong. The text
            names the fields and never holds values.
    """
    try:
        fields = orjson.loads(value)
    except orjson.JSONDecodeError as exc:
        raise RecordUndecodable("decoding a record: the value is not JSON") from exc
    if not isinstance(fields, dict) or fields.get("v") != RECORD_VERSION:
        raise RecordUndecodable(
            f"decoding a record: format version is not {RECORD_VERSION}; upgrade the consumer first"
        )
    try:
        return ChangeRecord.model_validate(fields)
    except ValidationError as exc:
        places = ", ".join(".".join(map(str, error["loc"])) for error in exc.errors())
        raise RecordUndecodable(f"decoding a record: bad fields {places}") from exc
