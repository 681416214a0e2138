"""What the target knows each object by: pure rules over records.

An identity is cumulative: it remembers every store view a product was ever published for and every
address a customer ever had, also across deletion and re-creation, so that the last record of a key
alone brings the target to the right state.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from cdc.records import Model

Identity = dict[str, Any]
Entity = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Client:
    """Whom an order belongs to: a customer, or a guest with an address."""

    customer_id: int | None
    customer_store_id: int | None
    customer_website_id: int | None
    email: str | None


def message_key(model: Model, entity: Entity) -> str:
    """The target's identity of an entity, used as message key.

    Products are known by SKU, subscribers by e-mail address, both compared exactly and without
    surrounding white space; customers and orders by entity id.
    """
    if model is Model.PRODUCT:
        return str(entity["sku"]).strip()
    if model is Model.SUBSCRIBER:
        return str(entity["email"])
    return str(entity["entity_id"])


def product_identity(entity: Entity, previous: Identity | None) -> Identity:
    """Identity of a live product: every store view it is or was in, with last known values."""
    stores = dict((previous or {}).get("stores", {}))
    for store_id, view in entity["stores"].items():
        stores[store_id] = {
            "website_id": view["website_id"],
            "code": view["code"],
            "url": view["url"],
        }
    return {
        "entity_id": entity["entity_id"],
        "sku": str(entity["sku"]).strip(),
        "stores": stores,
    }


def customer_identity(entity: Entity, previous: Identity | None) -> Identity:
    """Identity of a live customer: last known scope, and every address it had before."""
    known = previous or {}
    email = str(entity["email"] or "").strip()
    former = list(known.get("former_emails", []))
    old = known.get("email")
    if old and old != email and old not in former:
        former.append(old)
    return {
        "entity_id": entity["entity_id"],
        "email": email,
        "store_id": _last(entity["store_id"], known.get("store_id")),
        "website_id": _last(entity["website_id"], known.get("website_id")),
        "former_emails": [address for address in former if address != email],
    }


def subscriber_identity(
    entity: Entity | None,
    email: str,
    previous: Identity | None,
    websites: Mapping[int, int],
    *,
    is_retired: bool,
) -> Identity:
    """Identity of an e-mail address: every store view it was ever subscribed in.

    Args:
        entity: the subscriber entity, None when no row has the address any more.
        email: the address, exact and trimmed.
        previous: identity last published for the address.
        websites: store id → website id of the views that exist.
        is_retired: whether a customer once had the address and moved to another one.
    """
    known = previous or {}
    stores = dict(known.get("stores", {}))
    for row in (entity or {}).get("subscriptions", ()):
        store_id = row["store_id"]
        if store_id in websites:
            stores[str(store_id)] = {"website_id": websites[store_id]}
    return {
        "email": email,
        "stores": stores,
        "retired": bool(is_retired or known.get("retired")),
    }


def order_identity(
    entity: Entity, previous: Identity | None, retired: Mapping[str, Client]
) -> Identity:
    """Identity of an order; `client` is who it belonged to when it was first published.

    It never changes: a resend under another profile would be a second charge
    (Synerise API: events overwrite only with the same salt, action, profile and time). For the
    same reason a guest's order follows a customer who has the address now and leaves it later:
    the profile of the address is that customer's by then. Nor do the SKUs in `product_skus`
    change: a line that was bought stays what it was when its product is renamed.

    Args:
        entity: the order.
        previous: identity last published.
        retired: addresses that a customer had and left, with that customer.
    """
    known = previous or {}
    store = entity["store"] or {}
    if previous is None:
        client = _first_client(entity)
        is_retired = client["email"] in retired
    else:
        client = known["client"]
        is_retired = known["email_retired"]
        if client["customer_id"] is None and client["email"] in retired and not is_retired:
            client = asdict(retired[client["email"]])
    return {
        "entity_id": entity["entity_id"],
        "increment_id": entity["increment_id"],
        "store_id": _last(store.get("store_id"), known.get("store_id")),
        "website_id": _last(store.get("website_id"), known.get("website_id")),
        "created_at": known.get("created_at") or entity["created_at"],
        "client": client,
        "product_skus": {**_product_skus(entity), **known.get("product_skus", {})},
        "email_retired": is_retired,
    }


def _first_client(entity: Entity) -> dict[str, Any]:
    customer = entity["customer"] or {}
    return {
        "customer_id": customer.get("entity_id"),
        "customer_store_id": customer.get("store_id"),
        "customer_website_id": customer.get("website_id"),
        "email": order_email(entity),
    }


def order_email(entity: Entity) -> str | None:
    """Address of an order, trimmed; None without one."""
    return (entity["customer_email"] or "").strip() or None


def _product_skus(entity: Entity) -> dict[str, str]:
    """SKU of the configurable product of each line, by item id, as far as the product exists."""
    return {
        str(item["item_id"]): item["product"]["sku"].strip()
        for item in entity["items"]
        if item["product_type"] == "configurable" and item["product"] is not None
    }


def _last(now: Any, known: Any) -> Any:
    return known if now is None else now
