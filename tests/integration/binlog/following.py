"""Following the binlog of a real server in tests, up to a place the test chooses."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar

from cdc.binlog.changes import (
    Change,
    Committed,
    Heartbeat,
    Row,
    RowChanges,
    SchemaChanged,
    Unreadable,
)
from cdc.binlog.server import current_position
from cdc.binlog.stream import BinlogStream
from cdc.database import Database
from cdc.position import Position
from config.source import CaptureSettings, DatabaseSettings
from tests.servers.database import DatabaseServer, Schema
from tests.waiting import WaitExpired

TIMEOUT_S = 20.0
MARKER = "end_marker"

C = TypeVar("C")


def settings_of(server: DatabaseServer, schema: str = "", **values: Any) -> DatabaseSettings:
    """Settings that lead to a test server as root."""
    known = {"host": server.host, "port": server.port, "user": server.user, "name": schema or "x"}
    return DatabaseSettings.model_validate(known | values)


def capture_settings(**values: Any) -> CaptureSettings:
    """Capture settings with a short heartbeat."""
    return CaptureSettings.model_validate({"heartbeat_s": 0.2, "server_id": 47_200} | values)


def position_of(server: DatabaseServer, *, with_gtid: bool = True) -> Position:
    """End of the server's log now."""
    database = Database(settings_of(server, "mysql"))
    try:
        return current_position(database, with_gtid=with_gtid)
    finally:
        database.close()


class Following:
    """A stream from the end of the log as it is now, and all it has delivered so far.

    Args:
        tables: watched tables and their columns.
        start: begin here instead.
        port: connect to this port instead of the server's (a proxy).
    """

    def __init__(
        self,
        schema: Schema,
        tables: Mapping[str, Sequence[str]],
        *,
        start: Position | None = None,
        port: int | None = None,
        prefix: str = "",
        **capture: Any,
    ) -> None:
        self._schema = schema
        self._marker = prefix + MARKER
        schema.execute(
            f"CREATE TABLE IF NOT EXISTS {self._marker} (id INT AUTO_INCREMENT PRIMARY KEY)"
        )
        self.capture = capture_settings(**capture)
        self.start = start or position_of(schema.server, with_gtid=self.capture.position != "file")
        values = {"table_prefix": prefix} | ({} if port is None else {"port": port})
        settings = settings_of(schema.server, schema.name, **values)
        self.stream = BinlogStream(settings, self.capture, self.start, {**tables, MARKER: ("id",)})
        self.changes: list[Change] = []

    def read_until(self, is_enough: Callable[[], bool], what: str) -> None:
        """Read on until the condition holds."""
        deadline_s = time.monotonic() + TIMEOUT_S
        while not is_enough():
            if time.monotonic() > deadline_s:
                raise WaitExpired(f"waited {TIMEOUT_S:g} s for {what}; got {self.changes}")
            self.changes += self.stream.read()

    def catch_up(self) -> list[Change]:
        """Read until everything that is in the log now was delivered; all but heartbeats and
        positions of what happened since the last call."""
        self._schema.execute(f"INSERT INTO {self._marker} VALUES ()")
        ((number,),) = self._schema.execute(f"SELECT MAX(id) FROM {self._marker}")
        first = len(self.changes)

        def is_there() -> bool:
            seen = [after[0] for _, _, after in self.rows(MARKER)]
            return number in seen and isinstance(self.changes[-1], Committed | Heartbeat)

        self.read_until(is_there, f"the end marker {number}")
        return [
            change
            for change in self.changes[first:]
            if not isinstance(change, Committed | Heartbeat)
            and not (isinstance(change, RowChanges) and change.table == MARKER)
        ]

    def positions(self) -> list[Position]:
        """Positions reported so far."""
        return [change.position for change in self.of(Committed)]

    def of(self, kind: type[C]) -> list[C]:
        """Changes of one kind so far."""
        return [change for change in self.changes if isinstance(change, kind)]

    def rows(self, table: str) -> list[tuple[str, Row, Row]]:
        """Every row of a table so far as (kind, before, after); () where there is none."""
        return rows_of(self.changes, table)

    def unreadable(self) -> list[Unreadable]:
        """What could not be read so far."""
        return self.of(Unreadable)

    def schema_changes(self) -> list[tuple[str, tuple[str, ...]]]:
        """DDL so far."""
        return [(change.verb, change.tables) for change in self.of(SchemaChanged)]

    def close(self) -> None:
        """End the stream."""
        self.stream.close()

    def __enter__(self) -> Self:
        """Return the following; it connects at the first read, and starts at its position."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the stream."""
        self.close()


def rows_of(changes: Sequence[Change], table: str) -> list[tuple[str, Row, Row]]:
    """Rows of a table as (kind, before, after), in order."""
    found: list[tuple[str, Row, Row]] = []
    for change in changes:
        if isinstance(change, RowChanges) and change.table == table:
            count = len(change.before) or len(change.after)
            before = change.before or ((),) * count
            after = change.after or ((),) * count
            found += zip([change.kind.value] * count, before, after, strict=True)
    return found
