"""Lines of an order become the products of a transaction.

Every top-level line is one product, in the order of item ids: Synerise tells the lines of a
repeated transaction apart by their place, and Magento only ever adds lines at the end.

Amounts of a line, in order currency and exact arithmetic:
    gross  = row_total + tax_amount - discount_amount, never below 0
    net    = row_total - discount_amount, never below 0
    finalUnitPrice = gross / qty_ordered, rounded, halves away from zero
    regularPrice   = the greater of original_price and price_incl_tax (price where both are null):
                     the catalog price under a special price, and never less than a unit cost
                     with tax before cart discounts; left out when it is not known
An amount that the line itself does not carry is the sum over its children: a bundle with dynamic
prices keeps its money there. A line without a positive quantity cannot be sent (the API wants
one) and is left out and counted; Magento never changes the quantity ordered, so the places of
the other lines are stable.

Source: Synerise API: transactions, products; Magento table sales_order_item.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from cdc.errors import MappingFailed
from mappers.fields import Fields
from mappers.money import EXACT, count, priced, rounded, total
from mappers.payload import Skipped


@dataclass(frozen=True, slots=True)
class Sale:
    """What all lines of an order have in common: where it was sold, and the currency."""

    store_id: int
    store_url: str | None
    currency: str


@dataclass(frozen=True, slots=True)
class Lines:
    """Products of a transaction, and the totals that belong to them.

    Attributes:
        products: elements of `products`; may be empty.
        gross: sum of finalUnitPrice * quantity over the products, as rounded in them.
        net: sum of the lines before tax, after discounts.
        skipped: lines that were left out.
    """

    products: list[dict[str, Any]]
    gross: Decimal
    net: Decimal
    skipped: list[Skipped]


def order_lines(order: Fields, identity: Fields, sale: Sale) -> Lines:
    """The top-level lines of an order.

    Raises:
        MappingFailed: a line has no SKU, or an amount is no number.
    """
    top, children = _by_parent(order)
    known_skus = identity.part("product_skus")
    products: list[dict[str, Any]] = []
    skipped: list[Skipped] = []
    gross = net = Decimal(0)
    for line in top:
        quantity = line.money("qty_ordered")
        if quantity <= 0:
            skipped.append(Skipped("order line without quantity"))
            continue
        line_gross, line_net = _totals([line, *children[line.integer("item_id")]])
        unit = rounded(EXACT.divide(line_gross, quantity), sale.currency)
        products.append(_product(line, known_skus, sale, unit, quantity))
        gross = EXACT.add(gross, EXACT.multiply(unit, quantity))
        net = EXACT.add(net, line_net)
    return Lines(products, gross, net, skipped)


def _by_parent(order: Fields) -> tuple[list[Fields], dict[int | None, list[Fields]]]:
    """Top-level lines by item id, and the children of each."""
    top: list[Fields] = []
    children: dict[int | None, list[Fields]] = defaultdict(list)
    for line in order.parts("items"):
        parent_id = line.integer("parent_item_id")
        if parent_id is None:
            top.append(line)
        else:
            children[parent_id].append(line)
    top.sort(key=lambda line: line.integer("item_id") or 0)
    return top, children


def _totals(money: list[Fields]) -> tuple[Decimal, Decimal]:
    """Gross and net of a line, which comes first, and its children."""
    net = EXACT.subtract(_amount(money, "row_total"), _amount(money, "discount_amount"))
    gross = EXACT.add(net, _amount(money, "tax_amount"))
    return max(Decimal(0), gross), max(Decimal(0), net)


def _amount(money: list[Fields], name: str) -> Decimal:
    """An amount of a line, or of its children where the line has none."""
    line, *children = money
    return line.money(name) or total(child.money(name) for child in children)


def _product(
    line: Fields, known_skus: Fields | None, sale: Sale, unit: Decimal, quantity: Decimal
) -> dict[str, Any]:
    current = line.part("product")
    first = known_skus.filled(str(line.integer("item_id"))) if known_skus is not None else None
    sku, variant = _skus(line, current, first)
    product: dict[str, Any] = {"sku": sku}
    if variant is not None:
        product["skuVariant"] = variant
    product["name"] = line.filled("name") or sku
    regular = _regular_price(line)
    # A bundle that keeps its money on its children has no price of its own: not one of zero.
    if regular is not None and (regular > 0 or unit == 0):
        product["regularPrice"] = priced(regular, sale.currency)
    product["finalUnitPrice"] = priced(unit, sale.currency)
    product["quantity"] = count(quantity)
    product["storeId"] = sale.store_id
    optional = {"storeUrl": sale.store_url, **_catalog_data(current)}
    optional["promotionRules"] = line.texts("promotion_rules")
    product.update({key: value for key, value in optional.items() if value})
    return product


def _skus(line: Fields, current: Fields | None, first: str | None) -> tuple[str, str | None]:
    """The item key that the line refers to, and the SKU sold when that is another one.

    A configurable's line carries the SKU of the chosen child; its own is that of the product, as
    first published: with another one at its place a repeated transaction would turn what was
    bought into something else. When the product was gone by then, the line's SKU is all there is.
    """
    sold = line.filled("sku")
    own = first or (current.filled("sku") if current is not None else None)
    sku = (own or sold) if line.text("product_type") == "configurable" else (sold or own)
    if sku is None:
        raise MappingFailed(f"{line.path('sku')} is empty")
    return sku, (sold if sold != sku else None)


def _regular_price(line: Fields) -> Decimal | None:
    known = [line.decimal("original_price"), line.decimal("price_incl_tax")]
    prices = [price for price in known if price is not None]
    regular = max(prices) if prices else line.decimal("price")
    return None if regular is None else max(Decimal(0), regular)


def _catalog_data(current: Fields | None) -> dict[str, Any]:
    """URL, categories and image of the product as it is now; nothing when it is gone."""
    if current is None:
        return {}
    image = current.filled("image")
    return {
        "url": current.filled("url"),
        "categories": current.texts("categories"),
        "image": None if image is None or image.endswith("no_selection") else image,
    }
