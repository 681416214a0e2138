"""The SQLite file of the identity index: schema, version, errors."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cdc.errors import LogMisconfigured, LogUnavailable

logger = logging.getLogger(__name__)

# Of the schema and of how content hashes are made.
VERSION = 3
TABLES = ("known", "link", "retired", "holder", "place", "state", "origin")
_DOING = "opening the identity index"
_REMEDY = "capture builds it again when it starts"
_SCHEMA = f"""
BEGIN IMMEDIATE;
CREATE TABLE known (
    model TEXT NOT NULL, key TEXT NOT NULL, entity_id TEXT NOT NULL, hash BLOB,
    seq INTEGER NOT NULL, gone_ms INTEGER, identity BLOB NOT NULL,
    PRIMARY KEY (model, key)) WITHOUT ROWID;
CREATE INDEX known_entity ON known (model, entity_id) WHERE gone_ms IS NULL;
CREATE INDEX known_gone ON known (gone_ms) WHERE gone_ms IS NOT NULL;
CREATE TABLE link (
    kind TEXT NOT NULL, id TEXT NOT NULL, key TEXT NOT NULL,
    PRIMARY KEY (kind, id, key)) WITHOUT ROWID;
CREATE INDEX link_key ON link (key);
CREATE TABLE retired (
    email TEXT NOT NULL, customer_id INTEGER NOT NULL, store_id INTEGER, website_id INTEGER,
    PRIMARY KEY (email, customer_id)) WITHOUT ROWID;
CREATE INDEX retired_customer ON retired (customer_id);
CREATE TABLE holder (customer_id INTEGER PRIMARY KEY, email TEXT NOT NULL);
CREATE INDEX holder_email ON holder (email);
CREATE TABLE place (
    topic TEXT NOT NULL, partition INTEGER NOT NULL, next_offset INTEGER NOT NULL,
    PRIMARY KEY (topic, partition)) WITHOUT ROWID;
CREATE TABLE state (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE origin (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
PRAGMA user_version = {VERSION};
COMMIT;
"""


class IndexUnusable(LogMisconfigured):
    """The file is no index of this version. Capture makes it anew, see `remove_unusable`."""


def connect(path: Path) -> sqlite3.Connection:
    """Open the file, or make it.

    Raises:
        IndexUnusable: it is damaged, or of another version.
        LogUnavailable: the disk or another process is in the way.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with door(_DOING):
        # It holds e-mail addresses. Where it cannot be made, SQLite says why.
        with suppress(OSError):
            path.touch(mode=0o600)
        db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            db.execute("PRAGMA journal_mode=WAL")
            # A lost tail is rebuilt from the topics, so an fsync for each step buys nothing.
            db.execute("PRAGMA synchronous=NORMAL")
            if db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is None:
                db.executescript(_SCHEMA)
            (version,) = db.execute("PRAGMA user_version").fetchone()
            if version != VERSION:
                raise IndexUnusable(f"{_DOING}: version {version}, not {VERSION}; {_REMEDY}")
        except sqlite3.OperationalError:
            db.close()
            raise
        except sqlite3.DatabaseError as exc:
            db.close()
            raise IndexUnusable(f"{_DOING}: {exc}; {_REMEDY}") from exc
        except BaseException:
            db.close()
            raise
    return db


def remove_unusable(path: Path) -> None:
    """Delete a file that `connect` refuses as unusable: all of it is in the topics.

    Raises:
        LogUnavailable: as `connect`.
    """
    try:
        connect(path).close()
    except IndexUnusable as exc:
        logger.warning("identity.unusable", extra={"path": str(path), "error": str(exc)})
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)


@contextmanager
def door(doing: str) -> Iterator[None]:
    """Turn errors of the driver into ours."""
    try:
        yield
    except sqlite3.Error as exc:
        raise LogUnavailable(f"{doing}: {exc}") from exc
