"""Turns what somebody buys into the rows of sales_order and its tables. Pure: no I/O, no clock."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.shop.sales.items import (
    ORDER_CURRENCY_RATES,
    WITHOUT_SHIPPING,
    ZERO,
    Amounts,
    MoneyColumns,
    line_rows,
    times,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.shop.database import Row
    from tests.shop.generation.people import Place
    from tests.shop.sales.items import SaleLine


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


def draft_order(sale: Sale) -> OrderRows:
    """Write the rows that Magento inserts for a new order, pending and unpaid."""
    total = Amounts()
    items: list[tuple[Row, int | None]] = []
    for line in sale.lines:
        parent, children, amounts = line_rows(sale, line)
        total += amounts
        position = len(items)
        items.append((parent, None))
        items.extend((child, position) for child in children)
    is_virtual = all(line.product_type in WITHOUT_SHIPPING for line in sale.lines)
    shipping = 0 if is_virtual else sale.shipping_cents
    order = _order_row(sale, total, shipping, is_virtual=is_virtual)
    return OrderRows(
        order=order,
        items=items,
        payment=_payment_row(sale, order),
        shipping_address=None if is_virtual else _address_row(sale, "shipping"),
        billing_address=_address_row(sale, "billing"),
    )


def _order_row(sale: Sale, total: Amounts, shipping: int, *, is_virtual: bool) -> Row:
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
    amounts = MoneyColumns(row, sale.currency)
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
        "base_to_order_rate": f"{ORDER_CURRENCY_RATES[sale.currency] / 10_000:.4f}",
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
    return row | times(sale)


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
