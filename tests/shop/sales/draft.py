"""Turns what somebody buys into the rows of sales_order and its tables. Pure: no I/O, no clock."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.shop.generation.size import money

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.shop.database import Row
    from tests.shop.generation.people import Place

ZERO = "0.0000"
_ORDER_CURRENCY_RATES = {"EUR": 10_000, "PLN": 42_500, "USD": 10_877}
_WITHOUT_SHIPPING = ("virtual", "downloadable")


@dataclass(frozen=True, slots=True)
class SaleLine:
    """One line of a cart; `child` is what a configurable was narrowed to: (id, sku, name, axes)."""

    product_id: int
    product_type: str
    sku: str
    name: str
    price_cents: int
    qty: int
    child: tuple[int, str, str, dict[str, str]] | None = None

    @property
    def stock_sku(self) -> str:
        """Return the SKU whose stock the line takes."""
        return self.child[1] if self.child else self.sku


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who buys; `customer_id` None is a guest."""

    customer_id: int | None
    email: str
    firstname: str | None
    lastname: str | None
    group_id: int
    billing: Place
    shipping: Place


@dataclass(frozen=True, slots=True)
class Sale:
    """Everything that is known of a sale when it is made."""

    increment_id: str
    store_id: int
    store_name: str
    currency: str
    buyer: Buyer
    lines: Sequence[SaleLine]
    method: str = "checkmo"
    shipping_cents: int = 1500
    tax_percent: int = 23
    discount_percent: int = 0
    coupon_code: str | None = None
    remote_ip: str | None = "192.0.2.10"
    created_at: str | None = None


@dataclass(slots=True)
class OrderRows:
    """Rows without ids. `items` pairs a row with the index of its parent item, None without one."""

    order: Row
    items: list[tuple[Row, int | None]]
    payment: Row
    shipping_address: Row | None
    billing_address: Row


@dataclass(slots=True)
class _Amounts:
    """Base amounts in cents; a line or the sum of lines."""

    subtotal: int = 0
    tax: int = 0
    discount: int = 0
    tax_on_full: int = 0


def draft_order(sale: Sale) -> OrderRows:
    """Write the rows that Magento inserts for a new order, pending and unpaid."""
    total = _Amounts()
    items: list[tuple[Row, int | None]] = []
    for line in sale.lines:
        amounts = _line_amounts(sale, line)
        total.subtotal += amounts.subtotal
        total.tax += amounts.tax
        total.discount += amounts.discount
        total.tax_on_full += amounts.tax_on_full
        items.append((_item_row(sale, line, amounts), None))
        if line.child:
            items.append((_child_row(sale, line), len(items) - 1))
    is_virtual = all(line.product_type in _WITHOUT_SHIPPING for line in sale.lines)
    shipping = 0 if is_virtual else sale.shipping_cents
    order = _order_row(sale, total, shipping, is_virtual=is_virtual)
    return OrderRows(
        order=order,
        items=items,
        payment=_payment_row(sale, order),
        shipping_address=None if is_virtual else _address_row(sale, "shipping"),
        billing_address=_address_row(sale, "billing"),
    )


def _line_amounts(sale: Sale, line: SaleLine) -> _Amounts:
    subtotal = line.price_cents * line.qty
    discount = subtotal * sale.discount_percent // 100
    return _Amounts(
        subtotal=subtotal,
        discount=discount,
        tax=(subtotal - discount) * sale.tax_percent // 100,
        tax_on_full=subtotal * sale.tax_percent // 100,
    )


class _Money:
    """Writes a base amount under its base and its order-currency column."""

    def __init__(self, row: Row, currency: str) -> None:
        self._row = row
        self._rate = _ORDER_CURRENCY_RATES[currency]

    def put(self, name: str, cents: int, base_name: str | None = None) -> None:
        """Set `base_<name>` and `<name>`; one column has a clipped base name."""
        self._row[base_name or f"base_{name}"] = money(cents)
        self._row[name] = money(cents * self._rate // 10_000)


def _order_row(sale: Sale, total: _Amounts, shipping: int, *, is_virtual: bool) -> Row:
    buyer = sale.buyer
    row: Row = {
        "state": "new",
        "status": "pending",
        "coupon_code": sale.coupon_code,
        "protect_code": f"{sum(map(ord, sale.increment_id)):032x}",
        "shipping_description": None if is_virtual else "Flat Rate - Fixed",
        "is_virtual": int(is_virtual),
        "store_id": sale.store_id,
        "customer_id": buyer.customer_id,
    }
    amounts = _Money(row, sale.currency)
    amounts.put("discount_amount", -total.discount)
    grand = total.subtotal - total.discount + total.tax + shipping
    amounts.put("grand_total", grand)
    amounts.put("shipping_amount", shipping)
    amounts.put("shipping_tax_amount", 0)
    amounts.put("shipping_discount_amount", 0)
    amounts.put("subtotal", total.subtotal)
    amounts.put("tax_amount", total.tax)
    amounts.put("subtotal_incl_tax", total.subtotal + total.tax_on_full)
    amounts.put("total_due", grand)
    amounts.put("shipping_incl_tax", shipping)
    amounts.put("discount_tax_compensation_amount", 0)
    clipped = "base_shipping_discount_tax_compensation_amnt"
    amounts.put("shipping_discount_tax_compensation_amount", 0, clipped)
    row |= {
        "base_to_global_rate": "1.0000",
        "base_to_order_rate": f"{_ORDER_CURRENCY_RATES[sale.currency] / 10_000:.4f}",
        "store_to_base_rate": ZERO,
        "store_to_order_rate": ZERO,
        "total_qty_ordered": f"{sum(line.qty for line in sale.lines)}.0000",
        "customer_is_guest": int(buyer.customer_id is None),
        "customer_note_notify": 1,
        "customer_group_id": buyer.group_id,
        "quote_id": int(sale.increment_id[-6:]),
        "weight": "1.0000",
        "increment_id": sale.increment_id,
        "applied_rule_ids": "1" if sale.discount_percent else None,
        "base_currency_code": "EUR",
        "customer_email": buyer.email,
        "customer_firstname": buyer.firstname,
        "customer_lastname": buyer.lastname,
        "global_currency_code": "EUR",
        "order_currency_code": sale.currency,
        "remote_ip": sale.remote_ip,
        "shipping_method": None if is_virtual else "flatrate_flatrate",
        "store_currency_code": "EUR",
        "store_name": sale.store_name,
        "total_item_count": len(sale.lines),
    }
    return row | _times(sale)


def _times(sale: Sale) -> Row:
    if sale.created_at is None:
        return {}
    return {"created_at": sale.created_at, "updated_at": sale.created_at}


def _plain_item(sale: Sale, product_id: int, product_type: str, sku: str, name: str) -> Row:
    row: Row = {
        "store_id": sale.store_id,
        "product_id": product_id,
        "product_type": product_type,
        "weight": "1.0000",
        "is_virtual": int(product_type in _WITHOUT_SHIPPING),
        "sku": sku,
        "name": name,
        "is_qty_decimal": 0,
        "no_discount": 0,
        "free_shipping": 0,
    }
    return row | _times(sale)


def _item_row(sale: Sale, line: SaleLine, amounts: _Amounts) -> Row:
    row = _plain_item(sale, line.product_id, line.product_type, line.stock_sku, line.name)
    row["product_options"] = _options(line)
    row["qty_ordered"] = f"{line.qty}.0000"
    row["applied_rule_ids"] = "1" if sale.discount_percent else None
    row["tax_percent"] = f"{sale.tax_percent}.0000"
    row["discount_percent"] = f"{sale.discount_percent}.0000"
    cents = _Money(row, sale.currency)
    cents.put("price", line.price_cents)
    cents.put("original_price", line.price_cents)
    cents.put("tax_amount", amounts.tax)
    cents.put("discount_amount", amounts.discount)
    cents.put("row_total", amounts.subtotal)
    cents.put("price_incl_tax", line.price_cents * (100 + sale.tax_percent) // 100)
    cents.put("row_total_incl_tax", amounts.subtotal + amounts.tax_on_full)
    cents.put("discount_tax_compensation_amount", 0)
    return row


def _child_row(sale: Sale, line: SaleLine) -> Row:
    """Write the row of the chosen child, whose prices are zero: the parent has the money."""
    assert line.child is not None
    product_id, sku, name, _ = line.child
    row = _plain_item(sale, product_id, "simple", sku, name)
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
    return json.dumps(options, separators=(",", ":"))


def _payment_row(sale: Sale, order: Row) -> Row:
    return {
        "base_shipping_amount": order["base_shipping_amount"],
        "shipping_amount": order["shipping_amount"],
        "base_amount_ordered": order["base_grand_total"],
        "amount_ordered": order["grand_total"],
        "method": sale.method,
        "additional_information": json.dumps({"method_title": sale.method.capitalize()}),
    }


def _address_row(sale: Sale, kind: str) -> Row:
    place = sale.buyer.shipping if kind == "shipping" else sale.buyer.billing
    return {
        "region_id": place.region_id,
        "customer_id": sale.buyer.customer_id,
        "region": place.region,
        "postcode": place.postcode,
        "lastname": sale.buyer.lastname,
        "street": place.street,
        "city": place.city,
        "email": sale.buyer.email,
        "telephone": place.telephone,
        "country_id": place.country_id,
        "firstname": sale.buyer.firstname,
        "address_type": kind,
        "company": place.company,
    }
