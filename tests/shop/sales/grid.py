"""The denormalised copy of an order that the admin grid shows. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.shop.database import Row
    from tests.shop.sales.draft import OrderRows

_COPIED = (
    "entity_id",
    "status",
    "store_id",
    "store_name",
    "customer_id",
    "base_grand_total",
    "grand_total",
    "increment_id",
    "base_currency_code",
    "order_currency_code",
    "customer_email",
    "subtotal",
)


def order_grid_row(rows: OrderRows) -> Row:
    """Return the row of sales_order_grid for an order whose ids are known."""
    order, billing = rows.order, rows.billing_address
    row: Row = {name: order[name] for name in _COPIED}
    name = f"{order['customer_firstname'] or ''} {order['customer_lastname'] or ''}"
    row |= {
        "total_paid": order.get("total_paid"),
        "base_total_paid": order.get("base_total_paid"),
        "total_refunded": order.get("total_refunded"),
        "shipping_name": name,
        "billing_name": name,
        "customer_name": name,
        "billing_address": f"{billing['street']},{billing['city']},{billing['postcode']}"[:255],
        "shipping_information": order["shipping_description"],
        "customer_group": str(order["customer_group_id"]),
        "shipping_and_handling": order["shipping_amount"],
        "payment_method": rows.payment["method"],
    }
    if "created_at" in order:
        row |= {"created_at": order["created_at"], "updated_at": order["updated_at"]}
    return row
