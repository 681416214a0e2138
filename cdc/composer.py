"""Composing records: loaded entities plus what was last published become change records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cdc.identity import (
    Client,
    Identity,
    customer_identity,
    message_key,
    order_email,
    order_identity,
    product_identity,
    subscriber_identity,
)
from cdc.identity_index import IdentityIndex, Known, content_hash
from cdc.records import Cause, ChangeRecord, Model, Op, Source


@dataclass(frozen=True, slots=True)
class Named:
    """Why an entity is read: the newest change that named it.

    `is_deleted` says that its own row was deleted, `image` what that row held.
    """

    cause: Cause
    committed_ms: int
    tables: tuple[str, ...]
    source: Source
    image: tuple[Any, ...] | None = None
    is_deleted: bool = False

    @property
    def is_delete_awaited(self) -> bool:
        """Whether an entity that is missing all the same will be named again by its deleted row.

        The read view may be ahead of the binlog. Only the row's own event knows the last e-mail
        address, and it gives a replaced product its time to come back. Nothing else removes the
        row of an entity: no foreign key cascades to one.
        """
        return self.cause in ("stream", "dependency") and not self.is_deleted


@dataclass(slots=True)
class Composed:
    """Records of one step, in publishing order, and how many entities were left out unchanged.

    `hashes` are content hashes that were needed, by model and message key.
    """

    records: list[ChangeRecord] = field(default_factory=list)
    hashes: dict[tuple[Model, str], bytes] = field(default_factory=dict)
    unchanged_count: int = 0

    @property
    def retired(self) -> dict[str, Client]:
        """Addresses that customers among the records had and left."""
        return {
            email: Client(
                identity["entity_id"], identity["store_id"], identity["website_id"], email
            )
            for record in self.records
            if record.model is Model.CUSTOMER
            for identity in (record.identity,)
            for email in identity["former_emails"]
        }

    def without(self, model: Model, named: Mapping[str, Named]) -> dict[str, Named]:
        """Those of the named entities that no record is of."""
        own = {record.id for record in self.records if record.model is model}
        return {found: why for found, why in named.items() if found not in own}

    def add(self, other: Composed) -> None:
        """Append what another one has."""
        self.records += other.records
        self.hashes |= other.hashes


@dataclass(frozen=True, slots=True)
class Batch:
    """Entities of one model as read in one consistent read.

    Attributes:
        named: entity id (e-mail for subscribers) → why it is read.
        entities: what exists, by the same ids; a missing one does not exist any more.
        holders: for products, SKU → entity id of the product that holds it now, for every SKU
            that a read product was last published under and may have left.
    """

    model: Model
    named: Mapping[str, Named]
    entities: Mapping[str, dict[str, Any]]
    holders: Mapping[str, str] = field(default_factory=dict)


class Composer:
    """Makes the records of a step. Reads the identity index, writes nothing."""

    def __init__(self, index: IdentityIndex, *, publish_unchanged: bool) -> None:
        self._index = index
        self._publish_unchanged = publish_unchanged

    def compose(
        self,
        batch: Batch,
        *,
        seq: int,
        captured_ms: int,
        websites: Mapping[int, int],
        retired: Mapping[str, Client] | None = None,
    ) -> Composed:
        """Records for everything in `batch`; deletes under keys that were left come first.

        Args:
            batch: what was read.
            seq: ordinal of the step.
            captured_ms: time of the read, Unix milliseconds.
            websites: store id → website id of the views that exist.
            retired: addresses that customers of this very step have left.
        """
        ids = list(batch.named)
        live = self._index.live_keys(batch.model, ids)
        keys = {found: message_key(batch.model, entity) for found, entity in batch.entities.items()}
        known = self._index.get(batch.model, sorted({*keys.values(), *self._bare_keys(batch)}))
        all_retired = {**(retired or {}), **self._retired(batch, known)}
        step = _Step(batch, seq, captured_ms, websites, all_retired)
        composed = Composed()
        held = set(keys.values()) | set(batch.holders)
        for entity_id in ids:
            if entity_id not in batch.entities and batch.named[entity_id].is_delete_awaited:
                continue
            for left in live.get(entity_id, ()):
                if left.key not in held:
                    composed.records.append(step.deleted(entity_id, left))
            if entity_id in batch.entities:
                previous = known.get(keys[entity_id])
                record = step.live(entity_id, keys[entity_id], previous)
                if self._is_unchanged(record, previous, composed.hashes):
                    composed.unchanged_count += 1
                else:
                    composed.records.append(record)
            elif entity_id not in live:
                record_of_unknown = step.deleted_unknown(entity_id, known)
                if record_of_unknown is not None:
                    composed.records.append(record_of_unknown)
        return composed

    def _bare_keys(self, batch: Batch) -> list[str]:
        """Keys of entities that do not exist, where the key needs no entity to be known."""
        if batch.model is Model.PRODUCT:
            return []
        return [found for found in batch.named if found not in batch.entities]

    def _retired(self, batch: Batch, known: Mapping[str, Known]) -> dict[str, Client]:
        if batch.model is Model.SUBSCRIBER:
            return self._index.retired(batch.named)
        if batch.model is Model.ORDER:
            emails = {order_email(entity) for entity in batch.entities.values()}
            emails |= {order.identity["client"]["email"] for order in known.values()}
            return self._index.retired(sorted(filter(None, emails)))
        return {}

    def _is_unchanged(
        self,
        record: ChangeRecord,
        previous: Known | None,
        hashes: dict[tuple[Model, str], bytes],
    ) -> bool:
        if self._publish_unchanged or record.cause in ("full", "batch") or previous is None:
            return False
        assert record.after is not None
        digest = hashes[record.model, record.key] = content_hash(record.after)
        # A subscriber whose address was left by a customer has to be told apart from now on.
        is_same = previous.identity.get("retired") == record.identity.get("retired")
        return is_same and previous.hash == digest and previous.entity_id == record.id


@dataclass(frozen=True, slots=True)
class _Step:
    batch: Batch
    seq: int
    captured_ms: int
    websites: Mapping[int, int]
    retired: Mapping[str, Client]

    def live(self, entity_id: str, key: str, previous: Known | None) -> ChangeRecord:
        entity = self.batch.entities[entity_id]
        named = self.batch.named[entity_id]
        if named.cause in ("full", "batch"):
            op = Op.READ
        else:
            op = Op.CREATE if previous is None or previous.is_gone else Op.UPDATE
        identity = self._identity(entity, key, previous.identity if previous else None)
        return self._record(op, entity_id, key, named, identity, entity)

    def deleted(self, entity_id: str, known: Known) -> ChangeRecord:
        named = self.batch.named[entity_id]
        identity = self._last_identity(known.identity, named)
        return self._record(Op.DELETE, entity_id, known.key, named, identity, None)

    def deleted_unknown(self, entity_id: str, known: Mapping[str, Known]) -> ChangeRecord | None:
        """A delete of something never published live: only the before image knows it.

        Nothing can be in the target unless it got there by other means, so a product or an order
        needs no record; a customer's or an address's goes out for the sake of the profile.
        """
        named = self.batch.named[entity_id]
        previous = known.get(entity_id)
        if self.batch.model is Model.SUBSCRIBER:
            if previous is not None and previous.is_gone:
                return None
            stores = {
                str(store_id): {"website_id": self.websites[store_id]}
                for store_id in named.image or ()
                if store_id in self.websites
            }
            identity = subscriber_identity(
                None,
                entity_id,
                {"stores": stores},
                self.websites,
                is_retired=entity_id in self.retired,
            )
            return self._record(Op.DELETE, entity_id, entity_id, named, identity, None)
        if self.batch.model is Model.CUSTOMER and named.image and previous is None:
            email, store_id, website_id = named.image
            identity = {
                "entity_id": int(entity_id),
                "email": (email or "").strip(),
                "store_id": store_id,
                "website_id": website_id,
                "former_emails": [],
            }
            return self._record(Op.DELETE, entity_id, entity_id, named, identity, None)
        return None

    def _last_identity(self, identity: Identity, named: Named) -> Identity:
        """A deleted customer's last address and scope are those of the deleted row."""
        if self.batch.model is Model.SUBSCRIBER:
            is_retired = identity["retired"] or identity["email"] in self.retired
            return identity | {"retired": is_retired}
        if self.batch.model is not Model.CUSTOMER or not named.image:
            return identity
        email, store_id, website_id = named.image
        return customer_identity(
            {
                "entity_id": identity["entity_id"],
                "email": email,
                "store_id": store_id,
                "website_id": website_id,
            },
            identity,
        )

    def _identity(self, entity: dict[str, Any], key: str, previous: Identity | None) -> Identity:
        model = self.batch.model
        if model is Model.PRODUCT:
            return product_identity(entity, previous)
        if model is Model.CUSTOMER:
            return customer_identity(entity, previous)
        if model is Model.SUBSCRIBER:
            return subscriber_identity(
                entity, key, previous, self.websites, is_retired=key in self.retired
            )
        return order_identity(entity, previous, self.retired)

    def _record(
        self,
        op: Op,
        entity_id: str,
        key: str,
        named: Named,
        identity: Identity,
        after: dict[str, Any] | None,
    ) -> ChangeRecord:
        return ChangeRecord(
            op=op,
            model=self.batch.model,
            id=entity_id,
            key=key,
            seq=self.seq,
            ts_ms=named.committed_ms,
            captured_ms=self.captured_ms,
            cause=named.cause,
            changed=named.tables,
            source=named.source,
            identity=identity,
            after=after,
        )


def keys_to_check(index: IdentityIndex, batch: Batch) -> Sequence[str]:
    """SKUs that products of the batch were last published under and do not hold themselves."""
    if batch.model is not Model.PRODUCT:
        return ()
    held = {str(entity["sku"]).strip() for entity in batch.entities.values()}
    live = index.live_keys(batch.model, list(batch.named))
    return sorted({known.key for keys in live.values() for known in keys} - held)
