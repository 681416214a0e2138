"""What an invoice, a shipment, a refund and a cancellation change in an order. Pure.

Each function takes rows as they are and returns the columns to set; amounts are copied, never
computed, so rows of the database (Decimal) and drafted rows (text) both do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.shop.sales.items import ZERO

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.shop.database import Row, Value

    AnyRow = Mapping[str, Value]

_ORDER_AMOUNTS = {
    "discount": "discount_amount",
    "shipping": "shipping_amount",
    "subtotal": "subtotal",
    "tax": "tax_amount",
    "total": "grand_total",
}


def _order_amounts(order: AnyRow, verb: str) -> Row:
    """Copy each amount of the order to its `_invoiced`, `_refunded` or `_canceled` column."""
    row: Row = {}
    for name, source in _ORDER_AMOUNTS.items():
        row[f"{name}_{verb}"] = order[source]
        row[f"base_{name}_{verb}"] = order[f"base_{source}"]
    return row


def invoiced_order(order: AnyRow) -> Row:
    """Return what paying and invoicing the whole order sets in it."""
    row = _order_amounts(order, "invoiced")
    is_done = order["is_virtual"] == 1
    row |= {
        "state": "complete" if is_done else "processing",
        "status": "complete" if is_done else "processing",
        "total_paid": order["grand_total"],
        "base_total_paid": order["base_grand_total"],
        "total_due": ZERO,
        "base_total_due": ZERO,
        "base_total_invoiced_cost": ZERO,
    }
    return row


def invoiced_item(item: AnyRow) -> Row:
    """Return what invoicing sets in one item."""
    return {
        "qty_invoiced": item["qty_ordered"],
        "tax_invoiced": item.get("tax_amount") or ZERO,
        "base_tax_invoiced": item.get("base_tax_amount") or ZERO,
        "discount_invoiced": item.get("discount_amount") or ZERO,
        "base_discount_invoiced": item.get("base_discount_amount") or ZERO,
        "row_invoiced": item["row_total"],
        "base_row_invoiced": item["base_row_total"],
    }


def paid_payment(payment: AnyRow) -> Row:
    """Return what paying sets in the payment."""
    return {
        "base_shipping_captured": payment["base_shipping_amount"],
        "shipping_captured": payment["shipping_amount"],
        "base_amount_paid": payment["base_amount_ordered"],
        "amount_paid": payment["amount_ordered"],
    }


def shipped_order(order: AnyRow) -> Row:
    """Return what shipping the whole order sets in it; it is complete once it is paid too."""
    done = order["state"] == "processing"
    state = "complete" if done else "processing"
    return {"state": state, "status": state}


def shipped_item(item: AnyRow) -> Row:
    """Return what shipping sets in one item."""
    return {"qty_shipped": item["qty_ordered"]}


def refunded_order(order: AnyRow) -> Row:
    """Return what refunding the whole order sets in it."""
    row = _order_amounts(order, "refunded")
    row |= {
        "state": "closed",
        "status": "closed",
        "total_offline_refunded": order["grand_total"],
        "base_total_offline_refunded": order["base_grand_total"],
        "shipping_tax_refunded": ZERO,
        "base_shipping_tax_refunded": ZERO,
    }
    return row


def refunded_item(item: AnyRow) -> Row:
    """Return what refunding sets in one item."""
    return {
        "qty_refunded": item["qty_ordered"],
        "amount_refunded": item["row_total"],
        "base_amount_refunded": item["base_row_total"],
        "tax_refunded": item.get("tax_amount") or ZERO,
        "base_tax_refunded": item.get("base_tax_amount") or ZERO,
        "discount_refunded": item.get("discount_amount") or ZERO,
        "base_discount_refunded": item.get("base_discount_amount") or ZERO,
    }


def refunded_payment(payment: AnyRow) -> Row:
    """Return what refunding sets in the payment."""
    return {
        "amount_refunded": payment["amount_ordered"],
        "base_amount_refunded": payment["base_amount_ordered"],
        "shipping_refunded": payment["shipping_amount"],
        "base_shipping_refunded": payment["base_shipping_amount"],
    }


def canceled_order(order: AnyRow) -> Row:
    """Return what cancelling the whole order sets in it."""
    return _order_amounts(order, "canceled") | {"state": "canceled", "status": "canceled"}


def canceled_item(item: AnyRow) -> Row:
    """Return what cancelling sets in one item."""
    return {"qty_canceled": item["qty_ordered"], "tax_canceled": item.get("tax_amount") or ZERO}


def held_order(order: AnyRow) -> Row:
    """Return what putting an order on hold sets in it."""
    return {
        "state": "holded",
        "status": "holded",
        "hold_before_state": order["state"],
        "hold_before_status": order["status"],
    }


def released_order(order: AnyRow) -> Row:
    """Return what taking an order off hold sets in it."""
    return {
        "state": order["hold_before_state"],
        "status": order["hold_before_status"],
        "hold_before_state": None,
        "hold_before_status": None,
    }
