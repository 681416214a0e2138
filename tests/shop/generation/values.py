"""Writes attribute values of many entities into the right value tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.shop.database import Value
    from tests.shop.generation.attributes import PlannedAttribute
    from tests.shop.generation.bulk import BulkLoad, BulkTable


class ValueWriter:
    """Values of one entity type; catalog values have a store, customer values have none."""

    def __init__(
        self,
        load: BulkLoad,
        attributes: Mapping[tuple[str, str], PlannedAttribute],
        entity_type: str,
        *,
        has_stores: bool,
    ) -> None:
        self._has_stores = has_stores
        columns = "attribute_id store_id entity_id value"
        if not has_stores:
            columns = "attribute_id entity_id value"
        self._targets: dict[str, tuple[BulkTable, int]] = {
            code: (load.table(item.attribute.table, columns), item.attribute.attribute_id)
            for (owner, code), item in attributes.items()
            if owner == entity_type and item.attribute.backend != "static"
        }

    def put(self, entity_id: int, code: str, value: Value, store_id: int = 0) -> None:
        """Take one value; None becomes a row that holds NULL, which is not the same as no row."""
        table, attribute_id = self._targets[code]
        if self._has_stores:
            table.add(attribute_id, store_id, entity_id, value)
        else:
            table.add(attribute_id, entity_id, value)
