"""Random choices among orders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.shop.actions.carts import pick_lines
from tests.shop.randomness.memory import column

if TYPE_CHECKING:
    from tests.shop.actions.done import ActionDone
    from tests.shop.actions.shop_actions import ShopActions
    from tests.shop.randomness.memory import Choice, Memory

_OPEN = "state IN ('new', 'processing')"


def _order(actions: ShopActions, condition: str = "1 = 1") -> int | None:
    return actions.session.pick("sales_order", "entity_id", f"store_id IS NOT NULL AND {condition}")


def _place_guest(actions: ShopActions, _: Memory) -> ActionDone | None:
    rng = actions.session.rng
    view = rng.choice(actions.shop.views)
    lines = pick_lines(actions.session, view.website_id, rng.randint(1, 3))
    if not lines:
        return None
    coupon = "LATO10" if rng.random() < 0.2 else None
    return actions.orders.place(store_id=view.store_id, lines=lines, coupon_code=coupon)


def _place_customer(actions: ShopActions, _: Memory) -> ActionDone | None:
    session, rng = actions.session, actions.session.rng
    customer_id = session.pick("customer_entity", "entity_id", "website_id IS NOT NULL")
    if customer_id is None:
        return None
    website_id = column(session, "customer_entity", "website_id", "entity_id", customer_id)
    views = actions.shop.views_of(website_id)
    lines = pick_lines(session, website_id, rng.randint(1, 3))
    if not views or not lines:
        return None
    store_id = rng.choice(views).store_id
    return actions.orders.place(store_id=store_id, customer_id=customer_id, lines=lines)


def _invoice(actions: ShopActions, _: Memory) -> ActionDone | None:
    order_id = _order(actions, f"{_OPEN} AND total_paid IS NULL")
    return None if order_id is None else actions.order_documents.invoice(order_id)


def _ship(actions: ShopActions, _: Memory) -> ActionDone | None:
    items, orders = actions.session.table("sales_order_item"), actions.session.table("sales_order")
    shipped = (
        f"EXISTS (SELECT 1 FROM {items} i WHERE i.order_id = {orders}.entity_id "
        "AND i.qty_shipped > 0)"
    )
    order_id = _order(actions, f"{_OPEN} AND is_virtual = 0 AND NOT {shipped}")
    return None if order_id is None else actions.order_documents.ship(order_id)


def _refund(actions: ShopActions, _: Memory) -> ActionDone | None:
    order_id = _order(actions, "total_paid IS NOT NULL AND state IN ('processing', 'complete')")
    return None if order_id is None else actions.order_documents.refund(order_id)


def _cancel(actions: ShopActions, _: Memory) -> ActionDone | None:
    order_id = _order(actions, "state = 'new'")
    return None if order_id is None else actions.order_documents.cancel(order_id)


def _hold(actions: ShopActions, _: Memory) -> ActionDone | None:
    order_id = _order(actions, _OPEN)
    return None if order_id is None else actions.orders.hold(order_id)


def _release(actions: ShopActions, _: Memory) -> ActionDone | None:
    order_id = _order(actions, "state = 'holded' AND hold_before_state IS NOT NULL")
    return None if order_id is None else actions.orders.release(order_id)


def _set_status(actions: ShopActions, _: Memory) -> ActionDone | None:
    order_id = _order(actions, "state = 'processing'")
    if order_id is None:
        return None
    status = actions.session.rng.choice(("fraud", "processing"))
    return actions.orders.set_status(order_id, status)


def _change_address(actions: ShopActions, _: Memory) -> ActionDone | None:
    order_id = _order(actions, "is_virtual = 0")
    if order_id is None:
        return None
    kind = actions.session.rng.choice(("shipping", "shipping", "billing"))
    return actions.orders.change_address(order_id, kind)


def _comment(actions: ShopActions, _: Memory) -> ActionDone | None:
    order_id = _order(actions)
    return None if order_id is None else actions.orders.comment(order_id)


def _delete(actions: ShopActions, _: Memory) -> ActionDone | None:
    order_id = _order(actions)
    return None if order_id is None else actions.orders.delete(order_id)


CHOICES: dict[str, Choice] = {
    "order.place_guest": _place_guest,
    "order.place_customer": _place_customer,
    "order.invoice": _invoice,
    "order.ship": _ship,
    "order.refund": _refund,
    "order.cancel": _cancel,
    "order.hold": _hold,
    "order.release": _release,
    "order.set_status": _set_status,
    "order.change_address": _change_address,
    "order.comment": _comment,
    "order.delete": _delete,
}
