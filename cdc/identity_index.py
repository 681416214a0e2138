"""The identity index: per message key what was last published. SQLite, beside the daemon.

It is written after the publishing step it describes, so it may be one step behind the topics and
never ahead; `IdentityIndex.seq` says how far it got, and `cdc.identity_replay` brings it up to
date from the topics (or rebuilds it when the file is missing). For that its content is a function
of the newest record of each key, whatever the order in which the records are applied.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import orjson

from cdc.identity import Client, Identity
from cdc.identity_store import IdentityStore
from cdc.records import ChangeRecord, Model

_UPSERT = "INSERT OR REPLACE INTO known VALUES (?, ?, ?, ?, ?, ?, ?)"


@dataclass(frozen=True, slots=True)
class Known:
    """What was last published under a key.

    `hash` is None for deleted objects, and for those that the topics do not hold any more.
    """

    key: str
    entity_id: str
    hash: bytes | None
    seq: int
    is_gone: bool
    identity: Identity


@dataclass(frozen=True, slots=True)
class KeyPage:
    """Keys of one page and where the next one starts, None at the end."""

    entity_ids: tuple[str, ...]
    after: str | None


class IdentityIndex(IdentityStore):
    """What is known of keys; the publisher's thread owns and closes it."""

    @property
    def highest_seq(self) -> int:
        """Highest ordinal of any key's record, 0 without one. Reads the whole table."""
        return int(self._rows("SELECT COALESCE(MAX(seq), 0) FROM known")[0][0])

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
        statement = (
            "SELECT key, entity_id, hash, seq, gone_ms, identity FROM known "
            f"WHERE model = ? AND {column} IN (%s) {extra}"
        )
        for key, entity_id, digest, seq, gone_ms, identity in self._in(
            statement, values, model.value
        ):
            yield Known(key, entity_id, digest, seq, gone_ms is not None, orjson.loads(identity))

    def live_after(self, model: Model, key: str, limit: int) -> list[tuple[str, str]]:
        """Next live (key, entity id) behind `key` in key order, for sweeps."""
        rows = self._rows(
            "SELECT key, entity_id FROM known WHERE model = ? AND key > ? AND gone_ms IS NULL "
            "ORDER BY key LIMIT ?",
            model.value,
            key,
            limit,
        )
        return [(str(found), str(entity_id)) for found, entity_id in rows]

    def counts(self) -> dict[Model, int]:
        """Live keys of each model."""
        rows = self._rows("SELECT model, COUNT(*) FROM known WHERE gone_ms IS NULL GROUP BY model")
        found = {Model(model): int(count) for model, count in rows}
        return {model: found.get(model, 0) for model in Model}

    @property
    def models(self) -> frozenset[Model]:
        """Models of which any key is known."""
        statement = "SELECT 1 FROM known WHERE model = ? LIMIT 1"
        return frozenset(model for model in Model if self._rows(statement, model.value))

    def retired(self, emails: Iterable[str]) -> dict[str, Client]:
        """Those of the addresses that a customer once had and left, with that customer.

        Of several customers the one with the lowest id counts.
        """
        statement = (
            "SELECT email, customer_id, store_id, website_id FROM retired WHERE email IN (%s) "
            "ORDER BY customer_id DESC"
        )
        return {
            email: Client(customer_id, store_id, website_id, email)
            for email, customer_id, store_id, website_id in self._in(statement, emails)
        }

    def holders(self, emails: Iterable[str]) -> dict[str, str]:
        """Entity id → address, of live customers that were last published with one of these."""
        statement = "SELECT customer_id, email FROM holder WHERE email IN (%s)"
        return {str(customer_id): email for customer_id, email in self._in(statement, emails)}

    def linked(self, kind: str, ids: Iterable[str]) -> set[str]:
        """Ids of products last published with a link of this kind: in a category, with a child."""
        statement = (
            "SELECT entity_id FROM link JOIN known ON model = 'product' AND known.key = link.key "
            "WHERE kind = ? AND id IN (%s)"
        )
        return {str(row[0]) for row in self._in(statement, ids, kind)}

    def linked_page(self, kind: str, link_id: str, after: str, limit: int) -> KeyPage:
        """The same of one link in pages, in key order behind `after`."""
        rows = self._rows(
            "SELECT link.key, entity_id FROM link "
            "JOIN known ON model = 'product' AND known.key = link.key "
            "WHERE kind = ? AND id = ? AND link.key > ? ORDER BY link.key LIMIT ?",
            kind,
            link_id,
            after,
            limit,
        )
        return KeyPage(
            tuple(str(row[1]) for row in rows), str(rows[-1][0]) if len(rows) == limit else None
        )

    def gone_before(self, before_ms: int, limit: int) -> list[tuple[Model, str]]:
        """Keys deleted before a time, oldest first."""
        rows = self._rows(
            "SELECT model, key FROM known WHERE gone_ms < ? ORDER BY gone_ms LIMIT ?",
            before_ms,
            limit,
        )
        return [(Model(model), str(key)) for model, key in rows]

    def apply(
        self,
        records: Iterable[ChangeRecord],
        seq: int,
        *,
        hashes: Mapping[tuple[Model, str], bytes] | None = None,
        forgotten: Iterable[tuple[Model, str]] = (),
    ) -> None:
        """Store what a durable publishing step said; idempotent.

        Args:
            records: records of the step or of a replay, those of one key in the topic's order; one
                that is older than what is known of its key changes nothing.
            seq: ordinal of the step.
            hashes: content hashes of records by model and key, where they were made already.
            forgotten: keys whose newest message is a tombstone.
        Raises:
            LogUnavailable: nothing was stored.
        """
        with self._writing("writing the identity index"):
            self._store(self._newest(records), hashes or {})
            self._drop(forgotten)
            self._db.execute("INSERT OR REPLACE INTO state VALUES ('seq', ?)", (seq,))

    def _newest(self, records: Iterable[ChangeRecord]) -> dict[tuple[Model, str], ChangeRecord]:
        """The last record of each key, without those that are older than what is known."""
        newest: dict[tuple[Model, str], ChangeRecord] = {}
        for record in records:
            newest[record.model, record.key] = record
        statement = "SELECT key, seq FROM known WHERE model = ? AND key IN (%s)"
        for model in {model for model, _ in newest}:
            keys = [key for of_model, key in newest if of_model is model]
            for key, seq in self._in(statement, keys, model.value):
                if newest[model, key].seq < seq:
                    del newest[model, key]
        return newest

    def _store(
        self,
        newest: Mapping[tuple[Model, str], ChangeRecord],
        hashes: Mapping[tuple[Model, str], bytes],
    ) -> None:
        rows = []
        for place, record in newest.items():
            digest = hashes.get(place)
            if digest is None and record.after is not None:
                digest = content_hash(record.after)
            gone_ms = record.captured_ms if record.is_delete else None
            identity = orjson.dumps(record.identity, option=orjson.OPT_SORT_KEYS)
            model, key = place
            rows.append((model.value, key, record.id, digest, record.seq, gone_ms, identity))
        self._db.executemany(_UPSERT, rows)
        self._link([record for record in newest.values() if record.model is Model.PRODUCT])
        customers = [record for record in newest.values() if record.model is Model.CUSTOMER]
        self._retire(customers)
        self._hold(customers)

    def _link(self, products: Sequence[ChangeRecord]) -> None:
        """Bring links up to date; most records change none, so only differences are written."""
        statement = "SELECT kind, id, key FROM link WHERE key IN (%s)"
        before = set(self._in(statement, [record.key for record in products]))
        now = {link for record in products for link in _links(record)}
        self._db.executemany(
            "DELETE FROM link WHERE kind = ? AND id = ? AND key = ?", list(before - now)
        )
        self._db.executemany("INSERT INTO link VALUES (?, ?, ?)", list(now - before))

    def _retire(self, customers: Sequence[ChangeRecord]) -> None:
        """Remember which addresses customers left: their profiles moved on, guest orders too."""
        statement = "SELECT email, customer_id, store_id, website_id FROM retired WHERE "
        ids = [record.identity["entity_id"] for record in customers]
        before = set(self._in(f"{statement} customer_id IN (%s)", ids))
        now = {
            (email, identity["entity_id"], identity["store_id"], identity["website_id"])
            for identity in (record.identity for record in customers)
            for email in identity.get("former_emails", ())
        }
        self._db.executemany(
            "DELETE FROM retired WHERE email = ? AND customer_id = ?",
            [row[:2] for row in before - now],
        )
        self._db.executemany("INSERT INTO retired VALUES (?, ?, ?, ?)", list(now - before))

    def _hold(self, customers: Sequence[ChangeRecord]) -> None:
        """Remember which address each customer has."""
        ids = {record.identity["entity_id"] for record in customers}
        now = {
            (record.identity["entity_id"], record.identity["email"])
            for record in customers
            if not record.is_delete and record.identity.get("email")
        }
        statement = "SELECT customer_id, email FROM holder WHERE customer_id IN (%s)"
        before = set(self._in(statement, sorted(ids)))
        gone = {row[0] for row in before} - {row[0] for row in now}
        self._db.executemany("DELETE FROM holder WHERE customer_id = ?", [(i,) for i in gone])
        self._db.executemany("INSERT OR REPLACE INTO holder VALUES (?, ?)", list(now - before))

    def _drop(self, keys: Iterable[tuple[Model, str]]) -> None:
        for model, key in keys:
            self._db.execute("DELETE FROM known WHERE model = ? AND key = ?", (model.value, key))
            if model is Model.PRODUCT:
                self._db.execute("DELETE FROM link WHERE key = ?", (key,))
            elif model is Model.CUSTOMER:
                self._db.execute("DELETE FROM retired WHERE customer_id = ?", (int(key),))
                self._db.execute("DELETE FROM holder WHERE customer_id = ?", (int(key),))

    def mistrust(self, models: Iterable[Model]) -> None:
        """The topics of these models do not hold what is known here: let all of it be sent again.

        Nothing counts as unchanged. Keys that are gone count as live once more, as their deletes
        went with the topics; the sweep of the next full run finds that they are gone.
        """
        with self._writing("writing the identity index"):
            self._db.executemany(
                "UPDATE known SET hash = NULL, gone_ms = NULL WHERE model = ?",
                [(model.value,) for model in models],
            )


def content_hash(entity: dict[str, Any]) -> bytes:
    """Fingerprint of an entity's content, 16 bytes; key order does not matter."""
    return blake2b(orjson.dumps(entity, option=orjson.OPT_SORT_KEYS), digest_size=16).digest()


def _links(record: ChangeRecord) -> Iterator[tuple[str, str, str]]:
    after = record.after or {}
    for category_id in after.get("category_ids", ()):
        yield "category", str(category_id), record.key
    for child_id in after.get("child_ids", ()):
        yield "child", str(child_id), record.key
