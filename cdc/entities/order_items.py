"""The rows of orders, as they were ordered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from cdc.database import Reader
from cdc.entities.shop import Shop
from cdc.entities.tables import select_in

Item = dict[str, Any]

_PLAIN = (
    "item_id",
    "parent_item_id",
    "product_id",
    "product_type",
    "store_id",
    "sku",
    "name",
    "applied_rule_ids",
)
_DECIMALS = (
    "qty_ordered",
    "qty_canceled",
    "qty_refunded",
    "price",
    "original_price",
    "price_incl_tax",
    "row_total",
    "row_total_incl_tax",
    "tax_amount",
    "tax_percent",
    "discount_amount",
)
_COLUMNS = (*_PLAIN, *_DECIMALS)
_SELECT = f"""
SELECT {", ".join(_PLAIN)}, {", ".join(f"CAST({column} AS CHAR)" for column in _DECIMALS)}, order_id
FROM {{sales_order_item}} WHERE order_id IN %s ORDER BY item_id
"""


@dataclass(slots=True)
class OrderItems:
    """Items by order, ascending by item id."""

    of_order: dict[int, list[Item]] = field(default_factory=dict)

    def all(self) -> Iterator[Item]:
        """Walk through the items of all orders."""
        for items in self.of_order.values():
            yield from items


def load_items(reader: Reader, shop: Shop, order_ids: Sequence[int]) -> OrderItems:
    """Read all items of some orders, children of composite items too."""
    found = OrderItems()
    of_order = found.of_order
    for row in select_in(reader, shop.tables.sql(_SELECT), order_ids):
        item = dict(zip(_COLUMNS, row, strict=False))
        order_id = row[-1]
        if order_id in of_order:
            of_order[order_id].append(item)
        else:
            of_order[order_id] = [item]
    return found
