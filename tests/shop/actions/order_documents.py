"""Invoices, shipments, refunds and cancellations of whole orders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.shop.actions.done import ActionDone
from tests.shop.actions.reservations import (
    write_message,
    write_message_status,
    write_reservations,
)
from tests.shop.sales import changes

if TYPE_CHECKING:
    from tests.shop.actions.session import ShopSession
    from tests.shop.database import Row

_COPIED = (
    "store_id base_grand_total grand_total tax_amount base_tax_amount base_discount_amount "
    "discount_amount shipping_amount base_shipping_amount subtotal base_subtotal "
    "billing_address_id shipping_address_id order_currency_code base_currency_code"
)


class OrderDocumentActions:
    """Actions that write a document of an order; each works on the whole order."""

    def __init__(self, session: ShopSession) -> None:
        self._session = session

    def invoice(self, order_id: int) -> ActionDone:
        """Invoice and pay an order that is new (or shipped already)."""
        session = self._session
        order, items = self._read(order_id)
        payment = session.row("sales_order_payment", "*", {"parent_id": order_id})
        with session.transaction():
            row = self._document(order, "invoice") | {"state": 2, "total_qty": len(items)}
            invoice_id = session.insert("sales_invoice", row)
            for item in items:
                session.insert("sales_invoice_item", self._document_item(invoice_id, item))
                where = {"item_id": item["item_id"]}
                session.update("sales_order_item", changes.invoiced_item(item), where)
            after = changes.invoiced_order(order)
            if any(item["qty_shipped"] for item in items):
                after |= {"state": "complete", "status": "complete"}
            session.update("sales_order", after, {"entity_id": order_id})
            paid = changes.paid_payment(payment)
            session.update("sales_order_payment", paid, {"parent_id": order_id})
            self._update_grid(order_id, after, "total_paid base_total_paid")
        return ActionDone("order.invoice", {"order_id": order_id, "invoice_id": invoice_id})

    def ship(self, order_id: int) -> ActionDone:
        """Ship an order: stock goes down and the reservations are balanced."""
        session = self._session
        order, items = self._read(order_id)
        shipped = [item for item in items if item["parent_item_id"] is None]
        with session.transaction():
            row: Row = {"store_id": order["store_id"], "order_id": order_id}
            row |= {"increment_id": self._next_number(order, "shipment"), "total_qty": len(shipped)}
            row["shipping_address_id"] = order["shipping_address_id"]
            shipment_id = session.insert("sales_shipment", row)
            self._move_stock(order, _leaves(items), "shipment_created", sign=-1)
            for item in shipped:
                line: Row = {"parent_id": shipment_id, "qty": item["qty_ordered"]}
                line |= {"order_item_id": item["item_id"], "product_id": item["product_id"]}
                line |= {"name": item["name"], "sku": item["sku"], "price": item["price"]}
                session.insert("sales_shipment_item", line)
            source: Row = {"shipment_id": shipment_id, "source_code": "default"}
            session.insert("inventory_shipment_source", source)
            after = changes.shipped_order(order)
            session.update("sales_order", after, {"entity_id": order_id})
            for item in shipped:
                where = {"item_id": item["item_id"]}
                session.update("sales_order_item", changes.shipped_item(item), where)
            self._update_grid(order_id, after, "")
        return ActionDone("order.ship", {"order_id": order_id, "shipment_id": shipment_id})

    def refund(self, order_id: int) -> ActionDone:
        """Refund an order offline and put its goods back; the order changes before the memo."""
        session = self._session
        order, items = self._read(order_id)
        payment = session.row("sales_order_payment", "*", {"parent_id": order_id})
        with session.transaction():
            after = changes.refunded_order(order)
            session.update("sales_order", after, {"entity_id": order_id})
            for item in items:
                where = {"item_id": item["item_id"]}
                session.update("sales_order_item", changes.refunded_item(item), where)
            refunded = changes.refunded_payment(payment)
            session.update("sales_order_payment", refunded, {"parent_id": order_id})
            history: Row = {"parent_id": order_id, "status": "closed", "is_customer_notified": 0}
            history |= {"comment": "We refunded it offline.", "entity_name": "creditmemo"}
            session.insert("sales_order_status_history", history)
            self._update_grid(order_id, after, "total_refunded")
            row = self._document(order, "creditmemo") | {"state": 2}
            memo_id = session.insert("sales_creditmemo", row)
            for item in items:
                session.insert("sales_creditmemo_item", self._document_item(memo_id, item))
            self._move_stock(order, _leaves(items), "creditmemo_created", sign=1)
        return ActionDone("order.refund", {"order_id": order_id, "creditmemo_id": memo_id})

    def cancel(self, order_id: int) -> ActionDone:
        """Cancel an order that is not paid; its reservations are given back."""
        session = self._session
        order, items = self._read(order_id)
        with session.transaction():
            for item in _leaves(items):
                self._reserve(order, item, "order_canceled")
                write_message_status(session, write_message(session, "order.canceled"))
            after = changes.canceled_order(order)
            session.update("sales_order", after, {"entity_id": order_id})
            for item in items:
                where = {"item_id": item["item_id"]}
                row = changes.canceled_item(item) | {"updated_at": session.now}
                session.update("sales_order_item", row, where)
            self._update_grid(order_id, after, "")
        return ActionDone("order.cancel", {"order_id": order_id})

    def _read(self, order_id: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        session = self._session
        order = session.row("sales_order", "*", {"entity_id": order_id})
        items = session.rows("sales_order_item", "*", {"order_id": order_id}, "item_id")
        return order, items

    def _document(self, order: dict[str, Any], kind: str) -> Row:
        row: Row = {name: order[name] for name in _COPIED.split()}
        return row | {
            "order_id": order["entity_id"],
            "increment_id": self._next_number(order, kind),
        }

    def _next_number(self, order: dict[str, Any], kind: str) -> str:
        store_id = order["store_id"] or 0
        number = self._session.insert(f"sequence_{kind}_{store_id}", {"sequence_value": None})
        return f"{number:09d}" if store_id < 2 else f"{store_id}{number:09d}"

    def _document_item(self, parent_id: int, item: dict[str, Any]) -> Row:
        row: Row = {"parent_id": parent_id, "order_item_id": item["item_id"]}
        row |= {"qty": item["qty_ordered"], "price": item["price"], "sku": item["sku"]}
        return row | {"name": item["name"], "product_id": item["product_id"]}

    def _update_grid(self, order_id: int, after: Row, names: str) -> None:
        row: Row = {"status": after["status"]}
        if names == "total_refunded":
            row["total_refunded"] = after["total_refunded"]
        elif names:
            row |= {name: after[name] for name in names.split()}
        self._session.update("sales_order_grid", row, {"entity_id": order_id})

    def _website_id(self, order: dict[str, Any]) -> int | None:
        """Return the website of the order; None when its store view is gone."""
        if order["store_id"] is None:
            return None
        return self._session.shop.view(order["store_id"]).website_id

    def _reserve(self, order: dict[str, Any], item: dict[str, Any], event: str) -> None:
        website_id = self._website_id(order)
        if website_id is not None:
            quantities = [(str(item["sku"]), str(item["qty_ordered"]))]
            number = str(order["increment_id"])
            write_reservations(self._session, website_id, number, event, quantities)

    def _move_stock(
        self, order: dict[str, Any], items: list[dict[str, Any]], event: str, *, sign: int
    ) -> None:
        """Take goods from the default source or put them back, then balance the reservations."""
        session = self._session
        for item in items:
            where: Row = {"sku": item["sku"], "source_code": "default"}
            for found in session.rows("inventory_source_item", "source_item_id quantity", where):
                quantity = {"quantity": found["quantity"] + sign * item["qty_ordered"]}
                key = {"source_item_id": found["source_item_id"]}
                session.update("inventory_source_item", quantity, key)
        for table in ("cataloginventory_stock_item", "cataloginventory_stock_status"):
            for item in items:
                where = {"product_id": item["product_id"], "stock_id": 1}
                for found in session.rows(table, "qty", where):
                    qty = {"qty": (found["qty"] or 0) + sign * item["qty_ordered"]}
                    session.update(table, qty, where)
        for item in items:
            self._reserve(order, item, event)


def _leaves(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """List the items that stand for goods: children of configurables and bundles, and the rest."""
    parents = {item["parent_item_id"] for item in items}
    return [item for item in items if item["item_id"] not in parents]
