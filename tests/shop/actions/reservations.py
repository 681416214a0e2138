"""Stock reservations that come with orders, and the queue messages that go with them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.shop.actions.session import ShopSession
    from tests.shop.sales.items import SaleLine

_SALABILITY_QUEUE = 1


def reserve(
    session: ShopSession,
    website_id: int,
    increment_id: str,
    event: str,
    lines: Sequence[SaleLine],
    *,
    sign: int,
) -> None:
    """Write the reservations of a new order and queue the reindex, in transactions of their own."""
    stock = [pair for line in lines for pair in line.stock]
    quantities = [(sku, f"{sign * qty}.0000") for sku, qty in stock]
    with session.transaction():
        write_reservations(session, website_id, increment_id, event, quantities)
    message_id = 0
    with session.transaction():
        message_id = write_message(session, "inventory.reservations.updateSalabilityStatus")
    with session.transaction():
        write_message_status(session, message_id)


def write_reservations(
    session: ShopSession,
    website_id: int,
    increment_id: str,
    event: str,
    quantities: Sequence[tuple[str, str]],
) -> None:
    """Write one reservation per SKU in the open transaction."""
    stock_id = session.shop.website(website_id).stock_id
    metadata = json.dumps(
        {
            "event_type": event,
            "object_type": "order",
            "object_id": "",
            "object_increment_id": increment_id,
        },
        separators=(",", ":"),
    )
    session.insert_many(
        "inventory_reservation",
        "stock_id sku quantity metadata",
        [(stock_id, sku, quantity, metadata) for sku, quantity in quantities],
    )


def write_message(session: ShopSession, topic: str, body: str = "{}") -> int:
    """Write a queue message in the open transaction and return its id."""
    return session.insert("queue_message", {"topic_name": topic, "body": body})


def write_message_status(session: ShopSession, message_id: int) -> None:
    """Write the delivery status of a queue message in the open transaction."""
    session.insert(
        "queue_message_status",
        {"queue_id": _SALABILITY_QUEUE, "message_id": message_id, "status": 2},
    )
