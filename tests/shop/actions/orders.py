"""Orders: placing, comments, holding, address changes, cancelling, deletion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.shop.actions.carts import make_buyer, make_guest, pick_lines
from tests.shop.actions.done import ActionDone
from tests.shop.actions.reservations import reserve
from tests.shop.generation.people import make_place
from tests.shop.sales import changes
from tests.shop.sales.draft import Sale, draft_order
from tests.shop.sales.grid import order_grid_row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.shop.actions.session import ShopSession
    from tests.shop.database import Row
    from tests.shop.sales.draft import Buyer, OrderRows
    from tests.shop.sales.items import SaleLine


class OrderActions:
    """Actions on orders but their documents."""

    def __init__(self, session: ShopSession) -> None:
        self._session = session

    def place(
        self,
        *,
        store_id: int = 1,
        customer_id: int | None = None,
        email: str | None = None,
        lines: Sequence[SaleLine] | None = None,
        coupon_code: str | None = None,
        method: str = "checkmo",
    ) -> ActionDone:
        """Place an order, as a guest without `customer_id`; lines are picked when not given.

        Raises:
            LookupError: the store view has nothing to sell.
        """
        session = self._session
        view = session.shop.view(store_id)
        lines = list(lines or pick_lines(session, view.website_id))
        if not lines:
            raise LookupError(f"placing an order: store view {store_id} has nothing to sell")
        buyer = make_guest(session, email)
        if customer_id is not None:
            buyer = make_buyer(session, customer_id)
        with session.transaction():
            number = session.insert(f"sequence_order_{store_id}", {"sequence_value": None})
        sale = self._sale(f"{number:09d}", store_id, buyer, lines, coupon_code, method)
        reserve(session, view.website_id, sale.increment_id, "order_placed", lines, sign=-1)
        order_id = self._insert(draft_order(sale))
        with session.transaction():
            row = {"send_email": 1, "email_sent": 1}
            session.update("sales_order", row, {"entity_id": order_id})
        self._close_quote(sale)
        kind = "order.place_guest" if customer_id is None else "order.place_customer"
        ids: dict[str, int | str] = {"order_id": order_id, "number": sale.increment_id}
        return ActionDone(kind, ids)

    def _sale(
        self,
        number: str,
        store_id: int,
        buyer: Buyer,
        lines: Sequence[SaleLine],
        coupon_code: str | None,
        method: str,
    ) -> Sale:
        session = self._session
        view = session.shop.view(store_id)
        website = session.shop.website(view.website_id)
        group = next(group for group in session.shop.groups if group.group_id == view.group_id)
        return Sale(
            increment_id=number if store_id == 1 else f"{store_id}{number}",
            store_id=store_id,
            store_name=f"{website.name}\n{group.name}\n{view.name}",
            currency=view.currency,
            buyer=buyer,
            lines=lines,
            method=method,
            discount_percent=10 if coupon_code else 0,
            coupon_code=coupon_code,
        )

    def _insert(self, rows: OrderRows) -> int:
        session = self._session
        with session.transaction():
            order_id = session.insert("sales_order", rows.order)
            item_ids: list[int] = []
            for item, parent in rows.items:
                row = item | {"order_id": order_id}
                row["parent_item_id"] = None if parent is None else item_ids[parent]
                item_ids.append(session.insert("sales_order_item", row))
            parent_id: Row = {"parent_id": order_id}
            session.insert("sales_order_payment", rows.payment | parent_id)
            shipping_id = None
            if rows.shipping_address:
                shipping_id = session.insert(
                    "sales_order_address", rows.shipping_address | parent_id
                )
            billing_id = session.insert("sales_order_address", rows.billing_address | parent_id)
            addresses: Row = {"billing_address_id": billing_id, "shipping_address_id": shipping_id}
            session.update("sales_order", addresses, {"entity_id": order_id})
            self._insert_tax(rows, order_id, item_ids)
            rows.order |= addresses | {"entity_id": order_id}
            session.insert("sales_order_grid", order_grid_row(rows))
        return order_id

    def _insert_tax(self, rows: OrderRows, order_id: int, item_ids: list[int]) -> None:
        session = self._session
        tax: Row = {"order_id": order_id, "code": "PL-23", "title": "PL-23", "percent": "23.0000"}
        tax |= {"amount": rows.order["tax_amount"], "base_amount": rows.order["base_tax_amount"]}
        tax |= {"priority": 0, "position": 0, "process": 0}
        tax_id = session.insert("sales_order_tax", tax)
        for item_id, (item, parent) in zip(item_ids, rows.items, strict=True):
            if parent is None:
                session.insert(
                    "sales_order_tax_item",
                    {
                        "tax_id": tax_id,
                        "item_id": item_id,
                        "tax_percent": item["tax_percent"],
                        "amount": item["tax_amount"],
                        "base_amount": item["base_tax_amount"],
                        "real_amount": item["tax_amount"],
                        "real_base_amount": item["base_tax_amount"],
                        "taxable_item_type": "product",
                    },
                )

    def _close_quote(self, sale: Sale) -> None:
        session = self._session
        with session.transaction():
            quote: Row = {"store_id": sale.store_id, "is_active": 0, "items_count": len(sale.lines)}
            quote |= {"reserved_order_id": sale.increment_id, "customer_email": sale.buyer.email}
            session.insert("quote", quote)

    def comment(self, order_id: int, text: str = "Zadzwonić przed dostawą") -> ActionDone:
        """Add a comment; the order's own row does not change."""
        session = self._session
        status = session.row("sales_order", "status", {"entity_id": order_id})["status"]
        with session.transaction():
            row: Row = {"parent_id": order_id, "comment": text, "status": status}
            row |= {"is_customer_notified": 0, "entity_name": "order"}
            session.insert("sales_order_status_history", row)
        return ActionDone("order.comment", {"order_id": order_id})

    def change_address(self, order_id: int, kind: str = "shipping") -> ActionDone:
        """Change the shipping (or billing) address; the order's own row does not change.

        Raises:
            LookupError: a virtual order has no shipping address.
        """
        session = self._session
        where: Row = {"parent_id": order_id, "address_type": kind}
        address_id = session.row("sales_order_address", "entity_id", where)["entity_id"]
        place = make_place(session.rng)
        with session.transaction():
            row: Row = {"city": place.city, "street": place.street, "telephone": place.telephone}
            row |= {"country_id": place.country_id, "region": place.region}
            row |= {"region_id": place.region_id, "postcode": place.postcode}
            session.update("sales_order_address", row, {"entity_id": address_id})
        return ActionDone("order.change_address", {"order_id": order_id, "kind": kind})

    def set_status(self, order_id: int, status: str) -> ActionDone:
        """Set another status of the same state, as a merchant's own workflow does."""
        session = self._session
        with session.transaction():
            session.update("sales_order", {"status": status}, {"entity_id": order_id})
            session.update("sales_order_grid", {"status": status}, {"entity_id": order_id})
        return ActionDone("order.set_status", {"order_id": order_id, "status": status})

    def hold(self, order_id: int) -> ActionDone:
        """Put an order on hold."""
        return self._switch(order_id, "order.hold", is_held=True)

    def release(self, order_id: int) -> ActionDone:
        """Take an order off hold."""
        return self._switch(order_id, "order.release", is_held=False)

    def _switch(self, order_id: int, kind: str, *, is_held: bool) -> ActionDone:
        session = self._session
        order = session.row("sales_order", "*", {"entity_id": order_id})
        row = changes.held_order(order) if is_held else changes.released_order(order)
        with session.transaction():
            session.update("sales_order", row, {"entity_id": order_id})
            session.update("sales_order_grid", {"status": row["status"]}, {"entity_id": order_id})
        return ActionDone(kind, {"order_id": order_id})

    def delete(self, order_id: int) -> ActionDone:
        """Delete an order; its items, addresses and documents vanish by cascade."""
        session = self._session
        with session.transaction():
            session.delete("sales_order", {"entity_id": order_id})
            session.delete("sales_order_grid", {"entity_id": order_id})
        return ActionDone("order.delete", {"order_id": order_id})
