"""The identity index: per message key what was last published. SQLite, beside the daemon.

It is written after the publishing step it describes, so it may be one step behind the topics and
never ahead; `IdentityIndex.seq` says how far it got, and `cdc.identity_replay` brings it up to
date from the topics (or rebuilds it when the file is missing).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import orjson

from cdc.identity import Identity
from cdc.log.protocol import TopicPartition
from cdc.records import ChangeRecord, Model

_SCHEMA = """
CREATE TABLE IF NOT EXISTS known (
    model TEXT NOT NULL, key TEXT NOT NULL, entity_id TEXT NOT NULL, email TEXT,
    hash BLOB, seq INTEGER NOT NULL, gone_ms INTEGER, identity BLOB NOT NULL,
    PRIMARY KEY (model, key)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS known_entity ON known (model, entity_id) WHERE gone_ms IS NULL;
CREATE INDEX IF NOT EXISTS known_email ON known (email) WHERE email IS NOT NULL;
CREATE INDEX IF NOT EXISTS known_gone ON known (gone_ms) WHERE gone_ms IS NOT NULL;
CREATE TABLE IF NOT EXISTS link (
    kind TEXT NOT NULL, id TEXT NOT NULL, entity_id TEXT NOT NULL,
    PRIMARY KEY (kind, id, entity_id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS link_entity ON link (entity_id);
CREATE TABLE IF NOT EXISTS retired (email TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS place (
    topic TEXT NOT NULL, partition INTEGER NOT NULL, next_offset INTEGER NOT NULL,
    PRIMARY KEY (topic, partition)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
"""
_VARIABLES = 500  # SQLite's limit on variables in one statement is far higher; batches stay small


@dataclass(frozen=True, slots=True)
class Known:
    """What was last published under a key. `hash` is None for deleted objects."""

    key: str
    entity_id: str
    hash: bytes | None
    seq: int
    is_gone: bool
    identity: Identity


class IdentityIndex:
    """One SQLite file; the publisher's thread owns and closes it."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        # A lost tail is rebuilt from the topics, so an fsync for each step buys nothing.
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @property
    def seq(self) -> int:
        """Ordinal of the last publishing step that is included."""
        row = self._db.execute("SELECT value FROM state WHERE name = 'seq'").fetchone()
        return int(row[0]) if row else 0

    def get(self, model: Model, keys: Sequence[str]) -> dict[str, Known]:
        """What was last published under these keys; unknown keys are left out."""
        return {known.key: known for known in self._select(model, "key", keys)}

    def live_keys(self, model: Model, entity_ids: Sequence[str]) -> dict[str, list[Known]]:
        """Live keys that were last published for these entity ids."""
        found: dict[str, list[Known]] = {}
        for known in self._select(model, "entity_id", entity_ids, "AND gone_ms IS NULL"):
            found.setdefault(known.entity_id, []).append(known)
        return found

    def _select(
        self, model: Model, column: str, values: Sequence[str], extra: str = ""
    ) -> Iterator[Known]:
        for start in range(0, len(values), _VARIABLES):
            part = values[start : start + _VARIABLES]
            marks = ",".join("?" * len(part))
            rows = self._db.execute(
                "SELECT key, entity_id, hash, seq, gone_ms, identity FROM known "
                f"WHERE model = ? AND {column} IN ({marks}) {extra}",
                (model.value, *part),
            )
            for key, entity_id, digest, seq, gone_ms, identity in rows.fetchall():
                yield Known(
                    key, entity_id, digest, seq, gone_ms is not None, orjson.loads(identity)
                )

    def live_after(self, model: Model, key: str, limit: int) -> list[tuple[str, str]]:
        """Next live (key, entity id) behind `key` in key order, for sweeps."""
        rows = self._db.execute(
            "SELECT key, entity_id FROM known WHERE model = ? AND key > ? AND gone_ms IS NULL "
            "ORDER BY key LIMIT ?",
            (model.value, key, limit),
        )
        return [(str(found), str(entity_id)) for found, entity_id in rows.fetchall()]

    def counts(self) -> dict[Model, int]:
        """Live keys of each model."""
        rows = self._db.execute(
            "SELECT model, COUNT(*) FROM known WHERE gone_ms IS NULL GROUP BY model"
        )
        found = {Model(model): int(count) for model, count in rows.fetchall()}
        return {model: found.get(model, 0) for model in Model}

    def retired(self, emails: Sequence[str]) -> set[str]:
        """Those of the addresses that a customer once had and left."""
        found: set[str] = set()
        for start in range(0, len(emails), _VARIABLES):
            part = emails[start : start + _VARIABLES]
            marks = ",".join("?" * len(part))
            rows = self._db.execute(f"SELECT email FROM retired WHERE email IN ({marks})", part)
            found.update(row[0] for row in rows.fetchall())
        return found

    def linked(self, kind: str, ids: Iterable[str]) -> set[str]:
        """Products last published with a link of this kind: in a category, or with a child."""
        found: set[str] = set()
        for link_id in ids:
            rows = self._db.execute(
                "SELECT entity_id FROM link WHERE kind = ? AND id = ?", (kind, link_id)
            )
            found.update(row[0] for row in rows.fetchall())
        return found

    def gone_before(self, before_ms: int, limit: int) -> list[tuple[Model, str]]:
        """Keys deleted before a time, oldest first."""
        rows = self._db.execute(
            "SELECT model, key FROM known WHERE gone_ms < ? ORDER BY gone_ms LIMIT ?",
            (before_ms, limit),
        )
        return [(Model(model), str(key)) for model, key in rows.fetchall()]

    def apply(self, records: Iterable[ChangeRecord], seq: int) -> None:
        """Store what a durable publishing step said; idempotent, in record order.

        Args:
            records: records of the step or of a replay; one already included changes nothing.
            seq: ordinal of the step.
        """
        self._db.execute("BEGIN IMMEDIATE")
        try:
            for record in records:
                self._apply(record)
            self._db.execute("INSERT OR REPLACE INTO state VALUES ('seq', ?)", (seq,))
            self._db.execute("COMMIT")
        except BaseException:
            self._db.execute("ROLLBACK")
            raise

    def _apply(self, record: ChangeRecord) -> None:
        email = _email(record)
        self._db.execute(
            "INSERT INTO known VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (model, key) DO UPDATE "
            "SET entity_id = excluded.entity_id, email = excluded.email, hash = excluded.hash, "
            "seq = excluded.seq, gone_ms = excluded.gone_ms, identity = excluded.identity "
            "WHERE excluded.seq >= known.seq",
            (
                record.model.value,
                record.key,
                record.id,
                email,
                content_hash(record.after) if record.after is not None else None,
                record.seq,
                record.captured_ms if record.is_delete else None,
                orjson.dumps(record.identity),
            ),
        )
        if record.model is Model.PRODUCT:
            self._link(record)
        elif record.model is Model.CUSTOMER:
            self._retire(record)

    def _link(self, record: ChangeRecord) -> None:
        self._db.execute("DELETE FROM link WHERE entity_id = ?", (record.id,))
        if record.after is None:
            return
        links = [("category", str(found)) for found in record.after.get("category_ids", ())]
        links += [("child", str(found)) for found in record.after.get("child_ids", ())]
        self._db.executemany(
            "INSERT OR IGNORE INTO link VALUES (?, ?, ?)",
            [(kind, link_id, record.id) for kind, link_id in links],
        )

    def _retire(self, record: ChangeRecord) -> None:
        """A customer left an address: its profile moved on, and its guest orders with it."""
        for email in record.identity.get("former_emails", ()):
            new = self._db.execute("INSERT OR IGNORE INTO retired VALUES (?)", (email,)).rowcount
            if not new:
                continue
            rows = self._db.execute(
                "SELECT key, identity FROM known WHERE model = 'order' AND email = ? AND seq <= ?",
                (email, record.seq),
            ).fetchall()
            for key, blob in rows:
                identity = orjson.loads(blob)
                if identity.get("email_retired"):
                    continue
                identity["client"] = {
                    "customer_id": record.identity["entity_id"],
                    "customer_store_id": record.identity["store_id"],
                    "customer_website_id": record.identity["website_id"],
                    "email": email,
                }
                self._db.execute(
                    "UPDATE known SET identity = ?, email = NULL WHERE model = 'order' AND key = ?",
                    (orjson.dumps(identity), key),
                )

    def forget(self, keys: Iterable[tuple[Model, str]], seq: int) -> None:
        """Drop keys whose tombstones are durable."""
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany(
            "DELETE FROM known WHERE model = ? AND key = ? AND gone_ms IS NOT NULL",
            [(model.value, key) for model, key in keys],
        )
        self._db.execute("INSERT OR REPLACE INTO state VALUES ('seq', ?)", (seq,))
        self._db.execute("COMMIT")

    def clear(self) -> None:
        """Forget everything, to be built anew from the topics."""
        self._db.execute("BEGIN IMMEDIATE")
        for table in ("known", "link", "retired", "place", "state"):
            self._db.execute(f"DELETE FROM {table}")  # noqa: S608
        self._db.execute("COMMIT")

    def places(self) -> dict[TopicPartition, int]:
        """Offsets up to which the topics are surely included."""
        rows = self._db.execute("SELECT topic, partition, next_offset FROM place")
        return {TopicPartition(topic, part): offset for topic, part, offset in rows.fetchall()}

    def set_places(self, places: dict[TopicPartition, int]) -> None:
        """Remember how far the topics are included."""
        self._db.executemany(
            "INSERT OR REPLACE INTO place VALUES (?, ?, ?)",
            [(place.topic, place.partition, offset) for place, offset in places.items()],
        )


def content_hash(entity: dict[str, Any]) -> bytes:
    """Fingerprint of an entity's content, 16 bytes; key order does not matter."""
    return blake2b(orjson.dumps(entity, option=orjson.OPT_SORT_KEYS), digest_size=16).digest()


def _email(record: ChangeRecord) -> str | None:
    """Address by which a guest's order is found when a customer leaves that address."""
    if record.model is not Model.ORDER:
        return None
    client = record.identity.get("client") or {}
    return client.get("email") if client.get("customer_id") is None else None
