"""Reading entities: names become loaded entities, all from one consistent read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from cdc.composer import Batch, Named, keys_to_check
from cdc.database import Reader
from cdc.entities.dependents import (
    START,
    Cursor,
    Page,
    invisible_children,
    parents_of_products,
    products_of_categories,
    products_of_skus,
)
from cdc.entities.product import ProductLoader
from cdc.entities.protocol import Loader, ScanChunk
from cdc.entities.shop import Shop, load_shop
from cdc.expansion import Expansion
from cdc.identity_index import IdentityIndex
from cdc.records import Model

PAGE = 5000
NamedByModel = dict[Model, dict[str, Named]]

# Customers first: what they are known by decides how orders and addresses are.
_ORDER = (Model.CUSTOMER, Model.SUBSCRIBER, Model.ORDER, Model.PRODUCT)


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

    def category_page(self, reader: Reader, expansion: Expansion, limit: int) -> list[str]:
        """Next products of an expansion, which moves on; at most `limit`."""
        if expansion.known_ids:
            page = expansion.known_ids[:limit]
            del expansion.known_ids[:limit]
            return page
        if expansion.cursor is None:
            return []
        shop = self.shop(reader)
        found = products_of_categories(
            reader, shop, expansion.category_ids, expansion.cursor, limit
        )
        expansion.cursor = found.after
        return list(found.keys)

    def add_skus(self, reader: Reader, named: NamedByModel, skus: Mapping[str, Named]) -> None:
        """Name the products that have these SKUs now; inventory tables know nothing else."""
        if not skus:
            return
        products = named.setdefault(Model.PRODUCT, {})
        reason = as_dependency(next(iter(skus.values())))
        for entity_id in products_of_skus(reader, self.shop(reader), list(skus)):
            products.setdefault(entity_id, reason)

    def add_relatives(self, reader: Reader, named: NamedByModel) -> None:
        """Name parents and invisible children of named products: what is sent of one shows both.

        Parents that lost a child by a cascade are known from what was last published.
        """
        products = named.get(Model.PRODUCT)
        if not products:
            return
        shop = self.shop(reader)
        ids = sorted(int(found) for found in products)
        reason = as_dependency(next(iter(products.values())))
        relatives = self.index.linked("child", list(products))
        relatives |= _all_pages(lambda at: parents_of_products(reader, shop, ids, at, PAGE))
        relatives |= _all_pages(lambda at: invisible_children(reader, shop, ids, at, PAGE))
        for found in sorted(relatives):
            products.setdefault(found, reason)

    def batches(self, reader: Reader, named: NamedByModel) -> list[Batch]:
        """Load everything that is named; one batch a model."""
        shop = self.shop(reader)
        batches = []
        for model in _ORDER:
            reasons = named.get(model)
            if not reasons:
                continue
            entities = self.loaders[model].load(reader, shop, list(reasons))
            batch = Batch(model, reasons, entities)
            if model is Model.PRODUCT:
                batch = self._with_holders(reader, batch)
            batches.append(batch)
        return batches

    def _with_holders(self, reader: Reader, batch: Batch) -> Batch:
        skus = keys_to_check(self.index, batch)
        if not skus:
            return batch
        loader = self.loaders[Model.PRODUCT]
        assert isinstance(loader, ProductLoader)
        held = loader.entity_ids_by_sku(reader, skus)
        return Batch(
            batch.model,
            batch.named,
            batch.entities,
            {sku: str(entity_id) for sku, entity_id in held.items()},
        )


def _all_pages(step: Callable[[Cursor], Page]) -> set[str]:
    keys: set[str] = set()
    cursor: Cursor | None = START
    while cursor is not None:
        page = step(cursor)
        keys.update(page.keys)
        cursor = page.after
    return keys


def as_dependency(named: Named) -> Named:
    """The same reason, for an entity that was not named itself."""
    return Named("dependency", named.committed_ms, named.tables, named.source)
