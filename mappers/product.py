"""Products become catalog items: one per store view, in that view's catalog.

A store view that the product was ever published for and is no longer in gets the item marked
`deleted`; so does every view of a product that is gone. Items are always sent whole, and a key
that has nothing to say is null: whether a catalog replaces or merges what it holds is not
documented, and in one that merges a picture or a category taken away would stay for ever.

Source: Synerise API: catalogs, items and deletion of a product.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cdc.errors import MappingFailed
from cdc.records import ChangeRecord
from mappers.fields import Fields
from mappers.payload import Mapped, Payload, PayloadKind, Skipped
from mappers.product_values import live_values
from mappers.scope import Scope
from mappers.update_type import update_type


def map_product(record: ChangeRecord, scope: Scope) -> Mapped:
    """Items of every store view of the workspace, ascending by view.

    The item key is the record's key, the SKU without surrounding white space. It is sent even
    when it has characters that the API may refuse: only the API knows.

    `record.stores` is not looked at: an item of a view that did not change maps to what was sent
    before, and honouring the restriction would lose a change when records are collapsed.

    Raises:
        MappingFailed: the SKU is empty, the catalog is to be named by a code that the record
            lacks, or a field is of a wrong type.
    """
    if not record.key.strip():
        raise MappingFailed("sku is empty")
    items = tuple(_items(record, scope))
    return Mapped(items, () if items else (Skipped("product out of scope"),))


def _items(record: ChangeRecord, scope: Scope) -> Iterator[Payload]:
    product = None if record.after is None else Fields(record.after)
    identity = Fields(record.identity, "identity")
    sku = record.key.strip()
    live = {} if product is None else product.by_id("stores")
    views = {**identity.by_id("stores"), **live}
    entity_id = _entity_id(identity if product is None else product)
    for store_id, view in sorted(views.items()):
        if not scope.has_view(store_id, view.integer("website_id")):
            continue
        value: dict[str, Any] = {
            "itemId": sku,
            "deleted": 0 if store_id in live else 1,
            "storeId": store_id,
            "storeUrl": view.filled("url"),
            "entity_id": entity_id,
            "sku": sku,
        }
        if product is not None and store_id in live:
            value.update(live_values(product, view, scope.mapping.product.price))
            value["lastUpdateType"] = update_type(record.cause)
        catalog = _catalog(store_id, view, scope.mapping.product.catalog_name)
        yield _item(sku, catalog, value)


def _item(sku: str, catalog: str, value: dict[str, Any]) -> Payload:
    return Payload(
        kind=PayloadKind.ITEM,
        target=f"item:{catalog}:{sku}",
        body={
            "itemKey": sku,
            "value": value,
        },
        claims=frozenset({f"item:{catalog}:{sku}"}),
        catalog=catalog,
    )


def _catalog(store_id: int, view: Fields, pattern: str) -> str:
    """Name of a store view's catalog."""
    name = pattern.replace("{id}", str(store_id))
    if "{code}" not in name:
        return name
    code = view.filled("code")
    if code is None:
        raise MappingFailed(f"{view.path('code')} is empty")
    return name.replace("{code}", code)


def _entity_id(entity: Fields) -> str | None:
    entity_id = entity.integer("entity_id")
    return None if entity_id is None else str(entity_id)
