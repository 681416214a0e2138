"""What the binlog reader hands to capture: values without any driver type."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cdc.position import Position

Row = tuple[Any, ...]


class RowKind(StrEnum):
    """Kind of a rows event."""

    INSERT = "insert"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class RowChanges:
    """The rows of one rows event of a watched table.

    `table` is the name without the installation's prefix. `before` and `after` hold the columns
    asked for, in the order asked for; they are as long as each other for updates, and the one
    that does not exist (before of an insert, after of a delete) is empty.
    Values: int, str (decimals and dates as text: "12.5000", "2024-01-31 00:00:00"), float, bytes,
    None. Columns the table lacks are None.
    """

    table: str
    kind: RowKind
    before: tuple[Row, ...]
    after: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Committed:
    """A transaction ended; `position` is behind it. Also sent for unwatched transactions.

    `committed_ms` is Unix milliseconds, exact where the server tells (MySQL 8 GTID events), else
    the second of the event. `resume` is set while an XA transaction is prepared and not yet
    committed: its rows are delivered at its commit, so a restart must read from before it.
    """

    position: Position
    committed_ms: int
    resume: Position | None = None

    @property
    def checkpoint(self) -> Position:
        """The position to store: where a restarted stream misses nothing."""
        return self.resume or self.position


@dataclass(frozen=True, slots=True)
class SchemaChanged:
    """DDL or TRUNCATE that touched watched tables (names without prefix).

    `verb` is one of "create", "alter", "drop", "rename", "truncate". Rows came or went without
    events under the last three.
    """

    verb: str
    tables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Changes that are in the log but cannot be known.

    A poison event, a DML statement as text, or rows without metadata. `tables` are watched tables
    whose models need a full run; empty means any watched table may be meant.
    """

    reason: str
    tables: tuple[str, ...]
    place: str


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The link is alive and everything written so far was delivered."""


Change = RowChanges | Committed | SchemaChanged | Unreadable | Heartbeat
