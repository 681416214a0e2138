"""When a product can be bought. Pure rules over what the loaders read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

ENABLED = "1"
ZERO = Decimal(0)

# Types whose stock is that of other products; their own quantity says nothing.
COMPOSITE_TYPES = frozenset({"configurable", "bundle", "grouped"})


@dataclass(frozen=True, slots=True)
class StockItem:
    """The stock item of a product with the shop's configuration already filled in.

    qty, min_qty: as text with the column's scale; backorders: 0 no, 1 yes, 2 yes and notify.
    """

    is_in_stock: int
    qty: str | None
    min_qty: str
    manage_stock: bool
    backorders: int


@dataclass(frozen=True, slots=True)
class SourceQuantities:
    """What the enabled sources of a stock hold of one SKU."""

    is_any_in_stock: bool
    quantity: Decimal


def is_enough(item: StockItem, quantity: Decimal, reserved: Decimal) -> bool:
    """Whether a quantity can be sold from, reservations and backorders considered.

    Args:
        reserved: sum of the reservations: negative while orders wait to be shipped.
    Source: Magento inventory, conditions of "is product salable".
    """
    left = quantity + reserved - Decimal(item.min_qty)
    if item.backorders:
        # A threshold below zero is how far backorders may go; without one there is no end.
        return Decimal(item.min_qty) >= ZERO or left > ZERO
    return left > ZERO


def is_item_in_stock(item: StockItem, reserved: Decimal | None, *, is_composite: bool) -> bool:
    """Whether the default stock has the product.

    Args:
        reserved: sum of reservations; None in shops without multi-source inventory, where the
            flag alone counts.
    """
    if not item.manage_stock:
        return True
    if not item.is_in_stock:
        return False
    if is_composite or reserved is None:
        return True
    return is_enough(item, Decimal(item.qty or ZERO), reserved)


def is_source_in_stock(item: StockItem, held: SourceQuantities | None, reserved: Decimal) -> bool:
    """Whether a stock with sources of its own has the product; None: no source lists the SKU."""
    if held is None:
        return False
    if not item.manage_stock:
        return True
    return held.is_any_in_stock and is_enough(item, held.quantity, reserved)


def any_salable(members: Iterable[bool | None]) -> bool:
    """Whether a configurable or grouped product has a member that can be bought."""
    return any(members)


def is_bundle_salable(options: Iterable[tuple[bool, Iterable[bool | None]]]) -> bool:
    """Whether a bundle can be put together.

    Args:
        options: for each option whether it is required, and which of its selections can be bought.
    Source: Magento bundle product type: each required option needs a salable selection, and at
        least one selection of the whole bundle must be salable.
    """
    has_any = False
    for is_required, selections in options:
        is_salable = any(selections)
        if is_required and not is_salable:
            return False
        has_any = has_any or is_salable
    return has_any
