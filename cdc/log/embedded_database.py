"""The SQLite file of the embedded log: connections, transactions, schema, errors."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cdc.errors import LogMisconfigured, LogUnavailable, TopicError
from cdc.log.embedded_creation import make_private

logger = logging.getLogger(__name__)

_APPLICATION_ID = 0x4D434443
_SCHEMA_VERSION = 1
_PAGE_BYTES = 8192
_CACHE_KIB = 32 * 1024
_WAL_PAGES = 4000
_WAL_LIMIT_BYTES = 256 * 1024 * 1024
_TURN_S = 0.001

# message.id carries place and offset (see embedded_topics), so that one b-tree serves both writing
# at the end of a place and reading from an offset. `superseded` and `tombstone` are queues in order
# of time: cleaning takes from their heads and never searches.
_SCHEMA = """
CREATE TABLE topic (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, is_compacted INTEGER NOT NULL);
CREATE TABLE place (
    id INTEGER PRIMARY KEY, topic_id INTEGER NOT NULL REFERENCES topic (id),
    partition INTEGER NOT NULL, next_offset INTEGER NOT NULL DEFAULT 0,
    last_ms INTEGER NOT NULL DEFAULT 0, UNIQUE (topic_id, partition));
CREATE TABLE message (
    id INTEGER PRIMARY KEY, key BLOB NOT NULL, value BLOB, timestamp_ms INTEGER NOT NULL);
CREATE TABLE newest (
    place INTEGER NOT NULL, key BLOB NOT NULL, id INTEGER NOT NULL, at_ms INTEGER NOT NULL,
    PRIMARY KEY (place, key)) WITHOUT ROWID;
CREATE TABLE superseded (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id INTEGER NOT NULL, at_ms INTEGER NOT NULL);
CREATE TABLE tombstone (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id INTEGER NOT NULL, at_ms INTEGER NOT NULL);
CREATE TRIGGER newest_moved AFTER UPDATE OF id ON newest BEGIN
    INSERT INTO superseded (id, at_ms) VALUES (OLD.id, NEW.at_ms);
END;
CREATE TABLE consumer_group (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE committed (
    group_id INTEGER NOT NULL REFERENCES consumer_group (id), place INTEGER NOT NULL,
    next_offset INTEGER NOT NULL, PRIMARY KEY (group_id, place)) WITHOUT ROWID;
CREATE TABLE membership (
    group_id INTEGER NOT NULL REFERENCES consumer_group (id), topics TEXT NOT NULL,
    token TEXT NOT NULL, PRIMARY KEY (group_id, topics)) WITHOUT ROWID;
"""

_TRANSIENT = {
    sqlite3.SQLITE_BUSY: "another process held the file for too long",
    sqlite3.SQLITE_LOCKED: "another process held the file for too long",
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_IOERR: "the disk failed to read or write",
    sqlite3.SQLITE_NOMEM: "memory ran out",
    sqlite3.SQLITE_CANTOPEN: "the file cannot be opened",
}
# Capture notices that the topics are gone, and the identity index tells it what was deleted.
_REMEDY = (
    "stop the daemon and remove it with its -wal and -shm; the next start loads everything from the"
    " shop anew"
)
_PERMANENT = {
    sqlite3.SQLITE_CORRUPT: f"the file is damaged; {_REMEDY}",
    sqlite3.SQLITE_NOTADB: f"the file is damaged, or log.embedded.path names another; {_REMEDY}",
    sqlite3.SQLITE_READONLY: "the file is read-only for this user",
    sqlite3.SQLITE_PERM: "this user may not use the file",
    sqlite3.SQLITE_AUTH: "this user may not use the file",
}


class Database:
    """One connection to the file, made with its schema when missing. One thread at a time.

    Args:
        is_durable: each commit survives a power loss. Without it a power loss may take the newest
            commits back (never in the middle of one), which is right for consumers' offsets: the
            messages come again.
    Raises:
        LogUnavailable, LogMisconfigured.
    Blocks: busy_timeout_s for each transaction.
    """

    def __init__(self, path: Path, *, is_durable: bool, busy_timeout_s: float) -> None:
        self.path = path
        self._busy_timeout_s = busy_timeout_s
        with _door(f"opening the topic log {path}"):
            make_private(path)
            self.connection = sqlite3.connect(
                path, timeout=busy_timeout_s, isolation_level=None, check_same_thread=False
            )
            try:
                self._prepare(is_durable)
            except BaseException:
                self.connection.close()
                raise
            self._inode = path.stat().st_ino

    def close(self) -> None:
        """Close the connection; an open transaction is undone."""
        self.connection.close()

    @contextmanager
    def writing(self, doing: str) -> Iterator[sqlite3.Connection]:
        """Run the block as one atomic write transaction, alone among all processes.

        Raises:
            LogUnavailable, LogMisconfigured: nothing of the block is kept, unless the disk failed
                in the very commit.
        """
        with _door(doing):
            self._await_turn()
            with self._finishing() as connection:
                yield connection

    @contextmanager
    def reading(self, doing: str) -> Iterator[sqlite3.Connection]:
        """Run the block on one unchanging view of the file.

        Raises:
            LogUnavailable, LogMisconfigured.
        """
        with _door(doing), self._transaction("BEGIN") as connection:
            yield connection

    def version(self) -> int:
        """Return a number that changes when another connection has committed. Costs microseconds.

        Raises:
            LogUnavailable, LogMisconfigured.
        """
        with _door("watching the topic log"):
            (number,) = self.connection.execute("PRAGMA data_version").fetchone()
        return int(number)

    def check_file(self) -> None:
        """Make sure that the path still leads to the file that is open.

        Raises:
            LogUnavailable: it was deleted or replaced; what is written would be seen by nobody.
        """
        try:
            is_same = self.path.stat().st_ino == self._inode
        except OSError as exc:
            raise LogUnavailable(f"using the topic log {self.path}: the file is gone") from exc
        if not is_same:
            raise LogUnavailable(f"using the topic log {self.path}: the file was replaced")

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        self.connection.execute(begin)
        with self._finishing() as connection:
            yield connection

    @contextmanager
    def _finishing(self) -> Iterator[sqlite3.Connection]:
        connection = self.connection
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            # SQLite may have rolled back by itself; a failure here would hide the real one.
            with suppress(sqlite3.Error):
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
            raise

    def _await_turn(self) -> None:
        # SQLite itself would try less and less often, up to ten times a second, and beside a
        # publisher that writes without a pause a consumer's commit would wait for seconds.
        execute = self.connection.execute
        deadline_s = time.monotonic() + self._busy_timeout_s
        execute("PRAGMA busy_timeout = 0")
        try:
            while True:
                try:
                    execute("BEGIN IMMEDIATE")
                    return
                except sqlite3.OperationalError as exc:
                    if not _is_busy(exc) or time.monotonic() >= deadline_s:
                        raise
                time.sleep(_TURN_S)
        finally:
            execute(f"PRAGMA busy_timeout = {int(self._busy_timeout_s * 1000)}")

    def _prepare(self, is_durable: bool) -> None:
        execute = self.connection.execute
        execute(f"PRAGMA page_size = {_PAGE_BYTES}")
        execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        execute("PRAGMA temp_store = MEMORY")
        # Customers' data that was deleted must not linger in pages that are still in use.
        execute("PRAGMA secure_delete = FAST")
        self._refuse_foreign()
        self._enter_wal()
        execute(f"PRAGMA synchronous = {'FULL' if is_durable else 'NORMAL'}")
        execute(f"PRAGMA wal_autocheckpoint = {_WAL_PAGES if is_durable else 2 * _WAL_PAGES}")
        execute(f"PRAGMA journal_size_limit = {_WAL_LIMIT_BYTES}")
        if not self._is_ours():
            self._await_turn()
            with self._finishing():
                self._make_schema()

    def _enter_wal(self) -> None:
        # SQLite does not wait for others in this one statement, so processes that make the file
        # together would fail: wait here.
        deadline_s = time.monotonic() + self._busy_timeout_s
        while True:
            try:
                (mode,) = self.connection.execute("PRAGMA journal_mode = WAL").fetchone()
                break
            except sqlite3.OperationalError as exc:
                if not _is_busy(exc) or time.monotonic() >= deadline_s:
                    raise
                time.sleep(_TURN_S)
        if mode != "wal":
            raise LogMisconfigured(
                f"opening the topic log {self.path}: this file system cannot share memory between"
                " processes; put the file on a local disk"
            )

    def _is_ours(self) -> bool:
        (version,) = self.connection.execute("PRAGMA user_version").fetchone()
        (application,) = self.connection.execute("PRAGMA application_id").fetchone()
        return bool(version == _SCHEMA_VERSION and application == _APPLICATION_ID)

    def _refuse_foreign(self) -> None:
        # Before anything is changed: even the journal mode is written into the file. One view of
        # it, as another process may be making the schema just now.
        with self._transaction("BEGIN"):
            is_ours = self._is_ours()
            (version,) = self.connection.execute("PRAGMA user_version").fetchone()
            (count,) = self.connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if not is_ours and (count or version):
            raise LogMisconfigured(
                f"opening the topic log {self.path}: the file is another program's database or of"
                f" another version (found {version}, known {_SCHEMA_VERSION})"
            )

    def _make_schema(self) -> None:
        if self._is_ours():
            return  # another process was faster
        for statement in _statements(_SCHEMA):
            self.connection.execute(statement)
        self.connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        self.connection.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")
        logger.info("log.created", extra={"path": str(self.path)})


def translate(exc: Exception, doing: str) -> TopicError:
    """Make one of our errors of what SQLite or the file system raised."""
    if isinstance(exc, sqlite3.Error):
        code = getattr(exc, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if code in _PERMANENT:
            return LogMisconfigured(f"{doing}: {_PERMANENT[code]} ({exc})")
        reason = _TRANSIENT.get(code)
        return LogUnavailable(f"{doing}: {reason} ({exc})" if reason else f"{doing}: {exc}")
    if isinstance(exc, PermissionError):
        return LogMisconfigured(f"{doing}: {exc}")
    return LogUnavailable(f"{doing}: {exc}")


def _is_busy(exc: sqlite3.OperationalError) -> bool:
    return exc.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY


@contextmanager
def _door(doing: str) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as exc:
        raise translate(exc, doing) from exc


def _statements(script: str) -> Iterator[str]:
    # sqlite3.executescript would commit the transaction that makes the schema atomic.
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
