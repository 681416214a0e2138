"""The rows of sales_order_item for one line of a cart. Pure: no I/O, no clock."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.shop.generation.size import money

if TYPE_CHECKING:
    from tests.shop.database import Row
    from tests.shop.sales.draft import Sale

ZERO = "0.0000"
ORDER_CURRENCY_RATES = {"EUR": 10_000, "PLN": 42_500, "USD": 10_877}
"""Units of order currency for 10,000 units of base currency."""
WITHOUT_SHIPPING = ("virtual", "downloadable")


@dataclass(frozen=True, slots=True)
class SaleLine:
    """One line of a cart, prices in cents of the base currency.

    `child` is what a configurable was narrowed to: (id, sku, name, axes). `parts` are the chosen
    products of a bundle, whose price is their sum.
    """

    product_id: int
    product_type: str
    sku: str
    name: str
    price_cents: int
    qty: int
    child: tuple[int, str, str, dict[str, str]] | None = None
    parts: tuple[SaleLine, ...] = ()

    @property
    def stock(self) -> list[tuple[str, int]]:
        """List the SKUs whose stock the line takes, with quantities."""
        if self.parts:
            return [(part.sku, part.qty * self.qty) for part in self.parts]
        return [(self.child[1] if self.child else self.sku, self.qty)]


@dataclass(slots=True)
class Amounts:
    """Base amounts in cents; of a line or the sum of lines."""

    subtotal: int = 0
    tax: int = 0
    discount: int = 0
    tax_on_full: int = 0

    def __add__(self, other: Amounts) -> Amounts:
        return Amounts(
            self.subtotal + other.subtotal,
            self.tax + other.tax,
            self.discount + other.discount,
            self.tax_on_full + other.tax_on_full,
        )


class MoneyColumns:
    """Writes a base amount under its base and its order-currency column."""

    def __init__(self, row: Row, currency: str) -> None:
        self._row = row
        self._rate = ORDER_CURRENCY_RATES[currency]

    def put(self, name: str, cents: int, base_name: str | None = None) -> None:
        """Set `base_<name>` and `<name>`; one column has a clipped base name."""
        self._row[base_name or f"base_{name}"] = money(cents)
        self._row[name] = money(cents * self._rate // 10_000)


def times(sale: Sale) -> Row:
    """Return the time columns, none when the server is to fill them in."""
    if sale.created_at is None:
        return {}
    return {"created_at": sale.created_at, "updated_at": sale.created_at}


def line_rows(sale: Sale, line: SaleLine) -> tuple[Row, list[Row], Amounts]:
    """Write the item row of a line, those of its children, and what the line adds to the totals.

    A configurable has the money on its own row and zeros on its child. A bundle shows the sum as
    its price, but tax and discount are on the parts.
    """
    if line.parts:
        return _bundle_rows(sale, line)
    amounts = _line_amounts(sale, line)
    row = _item_row(sale, line, amounts)
    children = [_child_row(sale, line, line.child)] if line.child else []
    return row, children, amounts


def _bundle_rows(sale: Sale, line: SaleLine) -> tuple[Row, list[Row], Amounts]:
    total = Amounts()
    children: list[Row] = []
    for part in line.parts:
        bought = SaleLine(
            part.product_id,
            part.product_type,
            part.sku,
            part.name,
            part.price_cents,
            part.qty * line.qty,
        )
        amounts = _line_amounts(sale, bought)
        total += amounts
        children.append(_item_row(sale, bought, amounts))
    shown = Amounts(subtotal=total.subtotal, tax_on_full=total.tax_on_full)
    return _item_row(sale, line, shown), children, total


def _line_amounts(sale: Sale, line: SaleLine) -> Amounts:
    subtotal = line.price_cents * line.qty
    discount = subtotal * sale.discount_percent // 100
    return Amounts(
        subtotal=subtotal,
        discount=discount,
        tax=(subtotal - discount) * sale.tax_percent // 100,
        tax_on_full=subtotal * sale.tax_percent // 100,
    )


def _plain_row(sale: Sale, product_id: int, product_type: str, sku: str, name: str) -> Row:
    row: Row = {
        "store_id": sale.store_id,
        "product_id": product_id,
        "product_type": product_type,
        "weight": "1.0000",
        "is_virtual": int(product_type in WITHOUT_SHIPPING),
        "sku": sku,
        "name": name,
        "is_qty_decimal": 0,
        "no_discount": 0,
        "free_shipping": 0,
    }
    return row | times(sale)


def _item_row(sale: Sale, line: SaleLine, amounts: Amounts) -> Row:
    sku = line.child[1] if line.child else line.sku
    row = _plain_row(sale, line.product_id, line.product_type, sku, line.name)
    row["product_options"] = _options(line)
    row["qty_ordered"] = f"{line.qty}.0000"
    row["applied_rule_ids"] = "1" if sale.discount_percent else None
    row["tax_percent"] = f"{sale.tax_percent}.0000"
    row["discount_percent"] = f"{sale.discount_percent}.0000"
    cents = MoneyColumns(row, sale.currency)
    cents.put("price", line.price_cents)
    cents.put("original_price", line.price_cents)
    cents.put("tax_amount", amounts.tax)
    cents.put("discount_amount", amounts.discount)
    cents.put("row_total", amounts.subtotal)
    cents.put("price_incl_tax", line.price_cents * (100 + sale.tax_percent) // 100)
    cents.put("row_total_incl_tax", amounts.subtotal + amounts.tax_on_full)
    cents.put("discount_tax_compensation_amount", 0)
    return row


def _child_row(sale: Sale, line: SaleLine, child: tuple[int, str, str, dict[str, str]]) -> Row:
    product_id, sku, name, _ = child
    row = _plain_row(sale, product_id, "simple", sku, name)
    row["product_options"] = _options(line, is_child=True)
    row["qty_ordered"] = f"{line.qty}.0000"
    row["price"] = row["base_price"] = row["original_price"] = ZERO
    row["row_total"] = row["base_row_total"] = row["tax_amount"] = ZERO
    return row


def _options(line: SaleLine, *, is_child: bool = False) -> str:
    request: dict[str, object] = {"qty": line.qty}
    options: dict[str, object] = {"info_buyRequest": request}
    if line.child:
        request["super_attribute"] = line.child[3]
        if not is_child:
            options["simple_name"], options["simple_sku"] = line.child[2], line.child[1]
    if line.parts:
        options["product_calculations"], options["shipment_type"] = 0, "0"
    return json.dumps(options, separators=(",", ":"))
