"""Reading entities: names become loaded entities, all from one consistent read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from cdc.composer import Batch, Named, keys_to_check
from cdc.database import Reader
from cdc.entities.dependents import Dependents
from cdc.entities.loader import Loader, ScanChunk
from cdc.entities.product import ProductLoader
from cdc.entities.shop import Shop, load_shop
from cdc.identity_index import IdentityIndex
from cdc.records import Model

NamedByModel = dict[Model, dict[str, Named]]

# Customers first: what they are known by decides how orders and addresses are.
_ORDER = (Model.CUSTOMER, Model.SUBSCRIBER, Model.ORDER, Model.PRODUCT)


@dataclass(slots=True)
class Reading:
    """Loads entities. Holds the cached shop metadata; used by the publisher's thread alone."""

    loaders: Mapping[Model, Loader]
    dependents: Dependents
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
            self._shop = load_shop(reader, self.prefix, self.clock())
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

    def add_skus(self, reader: Reader, named: NamedByModel, skus: Mapping[str, Named]) -> None:
        """Name the products that have these SKUs now."""
        if not skus:
            return
        products = named.setdefault(Model.PRODUCT, {})
        for sku, found in self.dependents.products_by_sku(reader, list(skus)).items():
            for entity_id in found:
                products.setdefault(str(entity_id), skus[sku])

    def add_relatives(self, reader: Reader, named: NamedByModel) -> None:
        """Name parents and children of named products: what is sent of one shows the other.

        Parents that lost a child by a cascade are known from what was last published.
        """
        products = named.get(Model.PRODUCT)
        if not products:
            return
        relatives: dict[str, Named] = {}
        for entity_id, found in self.dependents.relatives(reader, list(map(int, products))):
            relatives.setdefault(str(found), products[str(entity_id)])
        for entity_id in products:
            for found in self.index.linked("child", [entity_id]):
                relatives.setdefault(found, products[entity_id])
        for found, reason in relatives.items():
            products.setdefault(found, as_dependency(reason))

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


def as_dependency(named: Named) -> Named:
    """The same reason, for an entity that was not named itself."""
    return Named("dependency", named.committed_ms, named.tables, named.source)
