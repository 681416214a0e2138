"""Stored transactions: one ``transaction.charge`` each and one ``product.buy`` per position.

Source: Synerise API reference, "transactions": no deduplication by orderId; the id of a
``product.buy`` follows from the charge and the position of the line.
"""

import uuid
from typing import Any

from sinks.sandbox.context import Context
from sinks.sandbox.events import EventStore, StoredEvent, event_from_view, event_view

_BUY_NAMESPACE = uuid.UUID("6f0a3a4e-5a55-4f7b-9a5f-0d8a1c1f2b11")
_EVENT_FIELDS = frozenset({"client", "eventSalt", "recordedAt"})


class Charge:
    """One ``transaction.charge``: its event, the body as sent and the lines bought so far.

    ``buys`` is never shorter than it once was: lines removed by an update stay behind.
    """

    __slots__ = ("buys", "event", "order_id")

    def __init__(self, event: StoredEvent, order_id: str) -> None:
        self.event = event
        self.order_id = order_id
        self.buys: list[dict[str, Any]] = []


class TransactionStore:
    """Charges of one workspace by order id; repeated order ids are kept, not merged."""

    def __init__(self, events: EventStore) -> None:
        self._events = events
        self.by_order: dict[str, list[Charge]] = {}
        self._by_event: dict[str, Charge] = {}

    def __len__(self) -> int:
        return len(self._by_event)

    def put(self, body: dict[str, Any], client_id: int, context: Context) -> Charge:
        """Store a checked transaction; records B3 to B6."""
        order_id: str = body["orderId"]
        event, outcome = self._events.put(
            "transaction.charge",
            client_id,
            time_text=body.get("recordedAt"),
            salt=body.get("eventSalt"),
            params={name: value for name, value in body.items() if name not in _EVENT_FIELDS},
            context=context,
        )
        if outcome == "replaced":
            charge = self._by_event[event.uuid]
            self._reassign(charge, order_id, context)
            _note_moved_lines(charge, body["products"], context)
        else:
            if outcome == "new" and order_id in self.by_order:
                context.record("B5", f"second transaction.charge for order {order_id}")
            charge = Charge(event, order_id)
            self.add(charge)
        for position, product in enumerate(body["products"]):
            buy = {"eventUUID": buy_uuid(event.uuid, position), **product}
            if position < len(charge.buys):
                charge.buys[position] = buy
            else:
                charge.buys.append(buy)
        return charge

    def add(self, charge: Charge) -> None:
        """Index a charge."""
        self.by_order.setdefault(charge.order_id, []).append(charge)
        self._by_event[charge.event.uuid] = charge

    def duplicates(self) -> dict[str, int]:
        """Return order ids with more than one charge and how many they have."""
        return {order: len(found) for order, found in self.by_order.items() if len(found) > 1}

    def charge_of(self, event_uuid: str) -> Charge | None:
        """Return the charge behind an event, None for other events."""
        return self._by_event.get(event_uuid)

    def _reassign(self, charge: Charge, order_id: str, context: Context) -> None:
        """One salt for two orders: the earlier order's charge is gone."""
        if charge.order_id == order_id:
            return
        context.record("B4", f"order {order_id} overwrote the charge of {charge.order_id}")
        left = [other for other in self.by_order.pop(charge.order_id) if other is not charge]
        if left:
            self.by_order[charge.order_id] = left
        charge.order_id = order_id
        self.by_order.setdefault(order_id, []).append(charge)


def buy_uuid(charge_uuid: str, position: int) -> str:
    """Derive the id of a ``product.buy`` from its charge and position; the sku plays no part."""
    return str(uuid.uuid5(_BUY_NAMESPACE, f"{charge_uuid}/{position}"))


def charge_view(charge: Charge) -> dict[str, Any]:
    """Write a transaction for the state dump."""
    shown = event_view(charge.event)
    params = shown.pop("params")
    del shown["action"]
    shown["recordedAt"] = shown.pop("time")
    return {**params, **shown, "buys": charge.buys}


def charge_from_view(shown: dict[str, Any]) -> Charge:
    """Read a transaction back from a dump."""
    own = {"eventUUID", "clientId", "recordedAt", "receivedAt", "eventSalt", "snr-original-time"}
    event = {name: value for name, value in shown.items() if name in own}
    event["action"] = "transaction.charge"
    event["time"] = event.pop("recordedAt")
    event["params"] = {
        name: value for name, value in shown.items() if name not in own and name != "buys"
    }
    charge = Charge(event_from_view(event), shown["orderId"])
    charge.buys = list(shown["buys"])
    return charge


def _note_moved_lines(charge: Charge, products: list[dict[str, Any]], context: Context) -> None:
    """Record B6 when a known position is missing or holds another sku."""
    if len(products) < len(charge.buys):
        context.record("B6", f"order {charge.order_id} re-sent with fewer products")
    for position, (old, new) in enumerate(zip(charge.buys, products, strict=False)):
        if old["sku"] != new["sku"]:
            context.record("B6", f"order {charge.order_id}: another sku at position {position}")
            return
