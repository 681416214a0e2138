"""The accepted index: what Synerise last took for each target object of a workspace.

Written after acceptance, never ahead of it: losing the file costs repeats, and a removed person's
late writes would no longer be held back. One SQLite file per workspace.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from cdc.side_files import look_at
from sinks.acceptance import AcceptedChanges, AcceptedRow, Successor, scope_of
from sinks.accepted_file import connect, failure

_SCHEMA = """
CREATE TABLE IF NOT EXISTS accepted (
    target TEXT PRIMARY KEY,
    scope TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    version INTEGER NOT NULL,
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    captured_ms INTEGER NOT NULL,
    first_ms INTEGER NOT NULL,
    accepted_ms INTEGER NOT NULL,
    email TEXT,
    email_claim TEXT
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS accepted_email ON accepted (email_claim) WHERE email_claim IS NOT NULL;
CREATE TABLE IF NOT EXISTS removed (
    claim TEXT PRIMARY KEY,
    removed_ms INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS state (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS successor (
    claim TEXT PRIMARY KEY,
    custom_id TEXT,
    seq INTEGER NOT NULL
) WITHOUT ROWID;
"""
_COUNTS = "SELECT scope, count(*) FROM accepted GROUP BY scope ORDER BY scope"
_FORGET = "UPDATE accepted SET fingerprint = x'', captured_ms = 0"
_RESTART = "restart:"
_CHUNK_COUNT = 500
_COLUMNS = "target, fingerprint, version, topic, partition, offset, captured_ms, accepted_ms, email"
_UPSERT = """
INSERT INTO accepted (target, scope, fingerprint, version, topic, partition, offset, captured_ms,
                      first_ms, accepted_ms, email, email_claim)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9, ?10, ?11)
ON CONFLICT (target) DO UPDATE SET
    fingerprint = excluded.fingerprint, version = excluded.version, topic = excluded.topic,
    partition = excluded.partition, offset = excluded.offset, captured_ms = excluded.captured_ms,
    accepted_ms = excluded.accepted_ms, email = excluded.email,
    email_claim = excluded.email_claim
"""


class AcceptedIndex:
    """The index file of one workspace. Many threads use it, one at a time; its owner closes it.

    A file that is damaged when it is opened is moved aside, and a new one begins.

    Raises (all methods):
        LogUnavailable: the file is busy, or its disk is full.
        AcceptedDamaged: the file was found damaged.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._connection = connect(path, _SCHEMA)
        try:
            self._has_removed = bool(self._select("SELECT 1 FROM removed LIMIT 1", ()))
        except BaseException:
            self._connection.close()
            raise

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def load(self, targets: Iterable[str]) -> dict[str, AcceptedRow]:
        """What was last accepted for these targets; unknown ones are left out."""
        return {
            row[0]: AcceptedRow(*row)
            for chunk in _chunks(targets)
            for row in self._select(
                f"SELECT {_COLUMNS} FROM accepted WHERE target IN ({_marks(chunk)})", chunk
            )
        }

    def removed(self, claims: Iterable[str]) -> set[str]:
        """Those of the claims that belong to a removed person."""
        if not self._has_removed:
            return set()
        return {
            row[0]
            for chunk in _chunks(claims)
            for row in self._select(
                f"SELECT claim FROM removed WHERE claim IN ({_marks(chunk)})", chunk
            )
        }

    def holders(self, claims: Iterable[str]) -> list[AcceptedRow]:
        """All targets that were last accepted with an e-mail address of one of these claims."""
        return [
            AcceptedRow(*row)
            for chunk in _chunks(claims)
            for row in self._select(
                f"SELECT {_COLUMNS} FROM accepted WHERE email_claim IN ({_marks(chunk)})", chunk
            )
        ]

    def successors(self, claims: Iterable[str]) -> dict[str, Successor]:
        """Those of the claims whose profile somebody else holds, by claim."""
        return {
            row[0]: Successor(*row)
            for chunk in _chunks(claims)
            for row in self._select(
                f"SELECT claim, custom_id, seq FROM successor WHERE claim IN ({_marks(chunk)})",
                chunk,
            )
        }

    def counts(self) -> dict[str, int]:
        """Number of accepted targets by scope."""
        return dict(self._select(_COUNTS, ()))

    def write(self, changes: AcceptedChanges) -> None:
        """Store what a cycle changed, in one transaction."""
        if not changes:
            return
        rows = [
            (
                row.target,
                scope_of(row.target),
                row.fingerprint,
                row.version,
                row.topic,
                row.partition,
                row.offset,
                row.captured_ms,
                row.accepted_ms,
                row.email,
                row.email_claim,
            )
            for row in changes.rows.values()
        ]
        with self._writing() as connection:
            connection.executemany(_UPSERT, rows)
            connection.executemany(
                "DELETE FROM removed WHERE claim = ?", [(c,) for c in changes.returned]
            )
            connection.executemany(
                "INSERT OR REPLACE INTO removed (claim, removed_ms) VALUES (?, ?)",
                list(changes.removed.items()),
            )
            self._write_successors(changes.successors)
        self._has_removed = self._has_removed or bool(changes.removed)

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    yield self._connection
                except BaseException:
                    # A full disk has ended the transaction already; its error is the one to tell.
                    if self._connection.in_transaction:
                        self._connection.execute("ROLLBACK")
                    raise
                self._connection.execute("COMMIT")
            except sqlite3.Error as exc:
                raise failure("writing the accepted index", self._path, exc) from exc

    def _write_successors(self, successors: Mapping[str, Successor | None]) -> None:
        self._connection.executemany(
            "DELETE FROM successor WHERE claim = ?",
            [(claim,) for claim, successor in successors.items() if successor is None],
        )
        self._connection.executemany(
            "INSERT OR REPLACE INTO successor (claim, custom_id, seq) VALUES (?, ?, ?)",
            [successor for successor in successors.values() if successor is not None],
        )

    def forget(self, scope: str | None = None) -> int:
        """Forget fingerprints, so that a replay sends everything again; None means all scopes.

        Versions, addresses and removed persons stay known. Returns the number of targets.
        """
        where = "" if scope is None else " WHERE scope = ?"
        values = () if scope is None else (scope,)
        with self._writing() as connection:
            return connection.execute(_FORGET + where, values).rowcount

    def aim(self, target: str, lanes: Iterable[str]) -> bool:
        """Say which workspace of the service is written to; whether it was another one before.

        What another one took says nothing of this one. So all fingerprints are forgotten, and the
        lanes have to start again at the first record (`has_to_restart`).
        """
        with self._writing() as connection:
            found = connection.execute("SELECT value FROM state WHERE name = 'target'").fetchall()
            if found == [(target,)]:
                return False
            connection.execute("INSERT OR REPLACE INTO state VALUES ('target', ?)", (target,))
            if found:
                connection.execute(_FORGET)
                connection.executemany(
                    "INSERT OR REPLACE INTO state VALUES (?, '')",
                    [(_RESTART + lane,) for lane in lanes],
                )
            return bool(found)

    def has_to_restart(self, lane: str) -> bool:
        """Whether a lane has to go back to the first record and has not done so yet."""
        statement = "SELECT 1 FROM state WHERE name = ?"
        return bool(self._select(statement, (_RESTART + lane,)))

    def restarted(self, lane: str) -> None:
        """Note that a lane stands at the first record."""
        with self._writing() as connection:
            connection.execute("DELETE FROM state WHERE name = ?", (_RESTART + lane,))

    def _select(self, statement: str, values: Sequence[str]) -> list[tuple[Any, ...]]:
        with self._lock:
            try:
                return self._connection.execute(statement, values).fetchall()
            except sqlite3.Error as exc:
                raise failure("reading the accepted index", self._path, exc) from exc


def accepted_path(state_dir: Path, workspace: str) -> Path:
    """File of a workspace's index."""
    return state_dir / f"accepted-{workspace}.sqlite"


def accepted_counts(path: Path) -> dict[str, int] | None:
    """Number of accepted targets by scope in an index that may be in use; None without a file.

    Raises:
        LogUnavailable: the file cannot be read now.
    """
    with look_at(path) as connection:
        return None if connection is None else dict(connection.execute(_COUNTS).fetchall())


def _chunks(values: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Cut into pieces that fit a statement's list of parameters."""
    iterator = iter(values)
    while chunk := tuple(islice(iterator, _CHUNK_COUNT)):
        yield chunk


def _marks(values: Sequence[str]) -> str:
    return ",".join("?" * len(values))
