"""Reading entities: names become loaded entities, all from one consistent read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cdc.composer import Batch, Named, keys_to_check
from cdc.database import Reader
from cdc.entities.dependents import (
    START,
    Cursor,
    Page,
    emails_of_customers,
    invisible_children,
    parents_of_products,
    products_of_categories,
    products_of_skus,
)
from cdc.entities.product import ProductLoader
from cdc.entities.protocol import Loader, ScanChunk
from cdc.entities.shop import Shop, load_shop
from cdc.expansion import Expansion, IndexCursor
from cdc.identity import order_email
from cdc.identity_index import IdentityIndex
from cdc.records import Model

PAGE = 5000
NamedByModel = dict[Model, dict[str, Named]]


@dataclass(slots=True)
class Reading:
    """Loads entities. Holds the cached shop metadata; used by the publisher's thread alone."""

    loaders: Mapping[Model, Loader]
    index: IdentityIndex
    prefix: str
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    _shop: Shop | None = None

    def invalidate(self) -> None:
        """Metadata changed: load it again with the next read."""
        self._shop = None

    def shop(self, reader: Reader) -> Shop:
        """Shop metadata, from the cache where nothing changed."""
        if self._shop is None:
            self._shop = load_shop(reader, self.prefix)
        return self._shop.at(self.clock())

    def scan(self, reader: Reader, model: Model, after: int, limit: int) -> ScanChunk:
        """Next keys of a scan in primary key order."""
        return self.loaders[model].scan(reader, after, limit)

    def highest(self, reader: Reader, model: Model) -> int:
        """Highest primary key of a model now."""
        return self.loaders[model].highest(reader)

    def missing(self, reader: Reader, model: Model, ids: Iterable[str]) -> list[str]:
        """Those of the entity ids that do not exist any more."""
        wanted = list(ids)
        existing = self.loaders[model].existing(reader, wanted)
        return [found for found in wanted if found not in existing]

    def websites(self, reader: Reader) -> dict[int, int]:
        """Website of every store view that exists."""
        views = self.shop(reader).stores.views
        return {store_id: view.website_id for store_id, view in views.items() if store_id > 0}

    def category_page(
        self, reader: Reader, expansion: Expansion, limit: int
    ) -> tuple[tuple[str, ...], Expansion]:
        """Next products of an expansion, at most `limit`, and where it goes on."""
        if expansion.index_cursor is not None:
            number, after = expansion.index_cursor
            page = self.index.linked_page("category", expansion.gone_ids[number], after, limit)
            following: IndexCursor | None = (number, page.after or "")
            if page.after is None:
                is_last = number + 1 == len(expansion.gone_ids)
                following = None if is_last else (number + 1, "")
            return page.entity_ids, expansion.at(expansion.cursor, following)
        if expansion.cursor is None:
            return (), expansion
        found = products_of_categories(
            reader, self.shop(reader), expansion.category_ids, expansion.cursor, limit
        )
        return found.keys, expansion.at(found.after, None)

    def add_skus(
        self, reader: Reader, named: NamedByModel, skus: Sequence[str], reason: Named
    ) -> None:
        """Name the products that have these SKUs now; inventory tables know nothing else."""
        if not skus:
            return
        products = named.setdefault(Model.PRODUCT, {})
        for entity_id in products_of_skus(reader, self.shop(reader), skus):
            products.setdefault(entity_id, reason)

    def add_relatives(self, reader: Reader, named: NamedByModel, reason: Named) -> None:
        """Name parents and invisible children of named products: what is sent of one shows both.

        Parents that lost a child by a cascade are known from what was last published.
        """
        products = named.get(Model.PRODUCT)
        if not products:
            return
        shop = self.shop(reader)
        ids = sorted(int(found) for found in products)
        relatives = self.index.linked("child", list(products))
        relatives |= _all_pages(lambda at: parents_of_products(reader, shop, ids, at, PAGE))
        relatives |= _all_pages(lambda at: invisible_children(reader, shop, ids, at, PAGE))
        for found in sorted(relatives):
            products.setdefault(found, reason)

    def add_subscribers(self, named: NamedByModel, emails: Iterable[str], reason: Named) -> None:
        """Name the subscribers whose address a customer has just left, as far as they are known."""
        known = self.index.get(Model.SUBSCRIBER, sorted(emails))
        for email, subscriber in known.items():
            if not (subscriber.is_gone or subscriber.identity["retired"]):
                named.setdefault(Model.SUBSCRIBER, {}).setdefault(email, reason)

    def customers_before(self, reader: Reader, batch: Batch, reason: Named) -> dict[str, Named]:
        """Name the customers that have to be published no later than orders or subscribers.

        An entity may be read before its customer's own change is due, or is even read from the
        binlog. But a transaction makes a profile of a customer who was never published, and what
        comes under an address goes to the customer who, as far as was published, still has it.
        """
        ids: set[str] = set()
        emails: set[str | None] = set()
        if batch.model is Model.ORDER:
            orders = batch.entities.values()
            ids = {str(order["customer"]["entity_id"]) for order in orders if order["customer"]}
            emails = {order_email(order) for order in orders if not order["customer"]}
        elif batch.model is Model.SUBSCRIBER:
            emails = set(batch.named)
        held = self.index.holders(sorted(filter(None, emails)))
        now = emails_of_customers(reader, self.shop(reader), sorted(map(int, held)))
        moved = {found for found, email in held.items() if now.get(found, email) != email}
        live = self.index.live_keys(Model.CUSTOMER, sorted(ids))
        # What has no hash is known from topics that are no more, and not published in these yet.
        unknown = ids - {found for found, keys in live.items() if any(key.hash for key in keys)}
        return dict.fromkeys(sorted(moved | unknown, key=int), reason)

    def batch(
        self, reader: Reader, model: Model, named: Mapping[str, Named], reason: Named
    ) -> Batch:
        """Load entities of one model.

        A product that has taken the SKU of a named one is loaded too (for `reason`): the key is
        that product's from now on.
        """
        loader = self.loaders[model]
        batch = Batch(model, named, loader.load(reader, self.shop(reader), list(named)))
        skus = keys_to_check(self.index, batch)
        if not skus:
            return batch
        assert isinstance(loader, ProductLoader)
        held = loader.entity_ids_by_sku(reader, skus)
        holders = {sku: str(entity_id) for sku, entity_id in held.items()}
        others = [found for found in dict.fromkeys(holders.values()) if found not in named]
        found = loader.load(reader, self.shop(reader), others)
        return Batch(
            model,
            {**named, **dict.fromkeys(others, reason)},
            {**batch.entities, **found},
            holders,
        )


def _all_pages(step: Callable[[Cursor], Page]) -> set[str]:
    keys: set[str] = set()
    cursor: Cursor | None = START
    while cursor is not None:
        page = step(cursor)
        keys.update(page.keys)
        cursor = page.after
    return keys
