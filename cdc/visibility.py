"""Consistent reads that provably include a position of the binlog.

A row event can arrive before its transaction is visible to other sessions: both servers write the
log first and commit in the engine afterwards. So a read that was named by an event asks the server
first:

* MariaDB: START TRANSACTION WITH CONSISTENT SNAPSHOT fixes the read view and the place in the
  binlog together; the status variables Binlog_snapshot_file and Binlog_snapshot_position tell it.
  When that place is before the position, roll back and try again.
* MySQL with GTIDs: a transaction enters gtid_executed after its commit in the engine, so
  WAIT_FOR_EXECUTED_GTID_SET before the read view opens is a proof.
* MySQL without GTIDs: there is no proof. The end of the log has to be at or behind the position,
  and `capture.fallback_delay_ms` passes before the read view opens. Turn GTIDs on.

Sources: MariaDB manual "START TRANSACTION" (WITH CONSISTENT SNAPSHOT); MySQL manual "Functions Used
with Global Transaction Identifiers".
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from cdc.binlog.server import (
    ServerIdentity,
    current_position,
    mariadb_gtid_at,
    server_identity,
)
from cdc.database import Database
from cdc.errors import SourceError, SourceMisconfigured, SourceUnavailable, Stopped
from cdc.position import MariaDBGtid, Position
from config.source import CaptureSettings

_SNAPSHOT = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.001, 0.05
# One wait of MySQL's function; a stop is noticed in between.
_GTID_WAIT_S = 1.0
_VISIBLE_WITHIN_S = 60.0

# Identities of the servers that open connections lead to; asked once a connection.
_identities: WeakKeyDictionary[Database, ServerIdentity] = WeakKeyDictionary()


class StopSignal(Protocol):
    """What is needed of threading.Event."""

    def is_set(self) -> bool:
        """Whether a stop was asked for."""
        ...

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until a stop is asked for; False when the time is over first."""
        ...


class ConsistentRead:
    """A reader inside one read view. Made by `open_read`, of no use behind its `with` block."""

    def __init__(self, database: Database, position: Position) -> None:
        self._database = database
        self._position = position
        self._is_broken = False

    @property
    def position(self) -> Position:
        """A position the read view includes. On MariaDB exactly what it includes by file."""
        return self._position

    @property
    def is_broken(self) -> bool:
        """Whether a statement failed, so that the read view is gone."""
        return self._is_broken

    def rows(self, sql: str, args: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Run one statement and return all rows as dicts by column name.

        Raises:
            SourceUnavailable, SourceDenied, SourceError: the read view is gone then.
        """
        with self._guarded():
            return self._database.rows(sql, args)

    def tuples(self, sql: str, args: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement and return all rows as tuples. Raises as `rows`."""
        with self._guarded():
            return self._database.tuples(sql, args)

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        # The database object connects again by itself, which would be outside the read view.
        if self._is_broken:
            raise SourceUnavailable("reading from the database: the consistent read was lost")
        try:
            yield
        except SourceError:
            self._is_broken = True
            raise


@contextmanager
def open_read(
    database: Database,
    at_least: Position | None,
    stop: StopSignal,
    capture: CaptureSettings | None = None,
) -> Iterator[ConsistentRead]:
    """Open a consistent read that includes everything up to `at_least`.

    Args:
        at_least: position of the newest change that named what will be read; None for a read of
            whatever is visible now.
        stop: ends the waiting.
    Raises:
        Stopped: the stop came while waiting.
        SourceUnavailable: connection lost, or the position did not become visible in 60 s.
        SourceMisconfigured: MariaDB without binlog.
        SourceDenied, SourceError.
    Blocks: until the position is visible, at most 60 s.
    """
    reader: ConsistentRead | None = None
    try:
        position = _begin(database, at_least, stop, capture or CaptureSettings())
        reader = ConsistentRead(database, position)
        yield reader
    except SourceError:
        _identities.pop(database, None)
        raise
    finally:
        if reader is None or reader.is_broken:
            database.close()
        else:
            _roll_back(database)


def _roll_back(database: Database) -> None:
    try:
        database.run("ROLLBACK")
    except SourceError:
        # The database closed the connection on the error, and with it the transaction.
        _identities.pop(database, None)


def _begin(
    database: Database, at_least: Position | None, stop: StopSignal, capture: CaptureSettings
) -> Position:
    identity = _identities.get(database)
    if identity is None:
        identity = _identities[database] = server_identity(database)
    if identity.flavor == "mariadb":
        return _begin_mariadb(database, identity, at_least, stop)
    position = at_least or current_position(database)
    if position.gtid and not (at_least and capture.position == "file"):
        _await_gtids(database, position.gtid, stop)
    else:
        _await_log_end(database, identity, position, stop)
        _pause(stop, capture.fallback_delay_ms / 1000)
    database.run(_SNAPSHOT)
    return position


def _begin_mariadb(
    database: Database, identity: ServerIdentity, at_least: Position | None, stop: StopSignal
) -> Position:
    for wait_s in _waits():
        database.run(_SNAPSHOT)
        position = _snapshot_position(database, identity)
        if at_least is None or _includes(database, position, at_least):
            gtid = position.gtid or (at_least.gtid if at_least else "")
            if at_least is None:
                gtid = mariadb_gtid_at(database, position.file, position.offset)
            return Position("mariadb", identity.server, position.file, position.offset, gtid)
        database.run("ROLLBACK")
        _pause(stop, wait_s)
    raise _not_visible()


def _snapshot_position(database: Database, identity: ServerIdentity) -> Position:
    found = dict(database.tuples("SHOW STATUS LIKE 'binlog_snapshot_%'"))
    status = {str(name).lower(): str(value) for name, value in found.items()}
    file = status.get("binlog_snapshot_file", "")
    if not file:
        raise SourceMisconfigured("opening a consistent read: log_bin is OFF on the server")
    offset = int(status["binlog_snapshot_position"])
    return Position("mariadb", identity.server, file, offset)


def _includes(database: Database, snapshot: Position, wanted: Position) -> bool:
    if snapshot.server == wanted.server:
        return snapshot.coordinates.is_at_or_after(wanted.coordinates)
    if not wanted.gtid:
        raise SourceUnavailable(
            "opening a consistent read: the connection leads to another server than the stream's"
        )
    # After a fail-over files mean nothing; sequence numbers of a domain go on.
    here = MariaDBGtid.parse(mariadb_gtid_at(database, snapshot.file, snapshot.offset))
    reached = {domain: sequence for domain, _, sequence in here.triples}
    return all(
        reached.get(domain, 0) >= sequence
        for domain, _, sequence in MariaDBGtid.parse(wanted.gtid).triples
    )


def _await_gtids(database: Database, gtid: str, stop: StopSignal) -> None:
    deadline_s = time.monotonic() + _VISIBLE_WITHIN_S
    while time.monotonic() < deadline_s:
        late = database.value("SELECT WAIT_FOR_EXECUTED_GTID_SET(%s, %s)", (gtid, _GTID_WAIT_S))
        if late == 0:
            return
        if stop.is_set():
            raise Stopped("opening a consistent read: stopped")
    raise _not_visible()


def _await_log_end(
    database: Database, identity: ServerIdentity, position: Position, stop: StopSignal
) -> None:
    if identity.server != position.server:
        raise SourceUnavailable(
            "opening a consistent read: the connection leads to another server than the stream's"
        )
    for wait_s in _waits():
        end = current_position(database, with_gtid=False)
        if end.coordinates.is_at_or_after(position.coordinates):
            return
        _pause(stop, wait_s)
    raise _not_visible()


def _waits() -> Iterator[float]:
    """Growing waits, until the position should long have been visible."""
    deadline_s = time.monotonic() + _VISIBLE_WITHIN_S
    wait_s = _FIRST_WAIT_S
    while time.monotonic() < deadline_s:
        yield wait_s
        wait_s = min(wait_s * 2, _LONGEST_WAIT_S)


def _pause(stop: StopSignal, wait_s: float) -> None:
    if stop.wait(wait_s):
        raise Stopped("opening a consistent read: stopped")


def _not_visible() -> SourceUnavailable:
    return SourceUnavailable(
        f"opening a consistent read: the position did not become visible in {_VISIBLE_WITHIN_S:g} s"
    )
