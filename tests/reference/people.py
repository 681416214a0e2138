"""What profiles and transactions should say, customer by customer and order by order."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from tests.reference.rows import Row, cents
from tests.reference.shop import ReferenceShop


def expected_customers(shop: ReferenceShop, views: list[Row]) -> dict[str, dict[str, Any]]:
    """Custom id → profile fields, of customers of these views."""
    found: dict[str, dict[str, Any]] = {}
    for row in shop.rows.all("SELECT * FROM {customer_entity} ORDER BY entity_id"):
        if row["store_id"] in [view["store_id"] for view in views]:
            profile = {"email": row["email"].strip()}
            if (row["firstname"] or "").strip():
                profile["firstName"] = row["firstname"]
            if (row["lastname"] or "").strip():
                profile["lastName"] = row["lastname"]
            found[str(row["entity_id"])] = profile
    return found


def expected_consents(shop: ReferenceShop, views: list[Row]) -> dict[str, bool]:
    """E-mail address → consent, of addresses subscribed in these views."""
    newest: dict[str, tuple[str, int, bool]] = {}
    for row in shop.rows.all("SELECT * FROM {newsletter_subscriber} ORDER BY subscriber_id"):
        email = (row["subscriber_email"] or "").strip()
        if not email or row["store_id"] not in [view["store_id"] for view in views]:
            continue
        changed = str(row["change_status_at"] or "")
        mark = (changed, row["subscriber_id"], row["subscriber_status"] == 1)
        if email not in newest or mark[:2] > newest[email][:2]:
            newest[email] = mark
    return {email: mark[2] for email, mark in newest.items()}


def expected_transactions(shop: ReferenceShop, views: list[Row]) -> dict[str, dict[str, Any]]:
    """Order id → what the transaction should say of the order as it is now.

    Addresses, pictures and categories of products are those of the last change of the order, which
    nobody can tell afterwards: they are not part of it.
    """
    found: dict[str, dict[str, Any]] = {}
    for order in shop.rows.all("SELECT * FROM {sales_order} ORDER BY entity_id"):
        view = next((one for one in views if one["store_id"] == order["store_id"]), None)
        # Zero dates are no dates to the driver, which gives them as text; such an order is refused.
        if view is None or not isinstance(order["created_at"], datetime):
            continue
        transaction = _transaction(shop, order, view)
        if transaction["products"]:
            found[order["increment_id"]] = transaction
    return found


def _transaction(shop: ReferenceShop, order: Row, view: Row) -> dict[str, Any]:
    currency = order["order_currency_code"]
    rows = shop.rows.all(
        "SELECT * FROM {sales_order_item} WHERE order_id=%s ORDER BY item_id", order["entity_id"]
    )
    products = []
    revenue = value = Decimal(0)
    for row in rows:
        if row["parent_item_id"] is None and Decimal(row["qty_ordered"] or 0) > 0:
            children = [child for child in rows if child["parent_item_id"] == row["item_id"]]
            unit, net = _amounts(row, children)
            quantity = Decimal(row["qty_ordered"])
            revenue += unit * quantity
            value += net
            products.append(_product(shop, row, unit, currency, view))
    revenue = cents(revenue)
    transaction: dict[str, Any] = {
        "recordedAt": order["created_at"].strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "paymentInfo": {"method": _payment(shop, order)},
        "revenue": {"amount": float(revenue), "currency": currency},
        "value": {"amount": float(min(cents(value), revenue)), "currency": currency},
        "products": products,
        "metadata": _metadata(shop, order, view),
    }
    discount = cents(abs(Decimal(order["discount_amount"] or 0)))
    if discount > 0:
        transaction["discountAmount"] = {"amount": float(discount), "currency": currency}
    return transaction


def _amounts(row: Row, children: list[Row]) -> tuple[Decimal, Decimal]:
    """Unit price with tax after discounts, and net of the line; money may sit on the children."""

    def amount(name: str) -> Decimal:
        own = Decimal(row[name] or 0)
        return own or sum((Decimal(child[name] or 0) for child in children), Decimal(0))

    net = amount("row_total") - amount("discount_amount")
    gross = max(net + amount("tax_amount"), Decimal(0))
    return cents(gross / Decimal(row["qty_ordered"])), max(net, Decimal(0))


def _product(
    shop: ReferenceShop, row: Row, unit: Decimal, currency: str, view: Row
) -> dict[str, Any]:
    quantity = float(row["qty_ordered"])
    del shop
    return {
        "name": row["name"].strip(),
        "sold": row["sku"].strip(),
        "finalUnitPrice": {"amount": float(unit), "currency": currency},
        "quantity": quantity,
        "storeId": view["store_id"],
    }


def _payment(shop: ReferenceShop, order: Row) -> str:
    method = shop.rows.value(
        "SELECT method FROM {sales_order_payment} WHERE parent_id=%s ORDER BY entity_id LIMIT 1",
        order["entity_id"],
    )
    return str(method).strip() if method else "unknown"


def _metadata(shop: ReferenceShop, order: Row, view: Row) -> dict[str, Any]:
    amount = order["shipping_incl_tax"]
    if amount is None:
        amount = order["shipping_amount"] or 0
    shipping: dict[str, Any] = {"amount": float(cents(Decimal(amount)))}
    if order["shipping_method"]:
        shipping["method"] = order["shipping_method"].strip()
    metadata: dict[str, Any] = {"shipping": shipping, "storeId": str(view["store_id"])}
    if order["status"]:
        metadata["orderStatus"] = order["status"]
    if order["coupon_code"]:
        metadata["discountCode"] = order["coupon_code"].strip()
    del shop
    return metadata
