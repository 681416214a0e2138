"""Entities and records to map: plain ones, of which a test changes what it is about."""

from __future__ import annotations

from typing import Any

from cdc.records import Cause, ChangeRecord, Model, Op, Source

Json = dict[str, Any]

EMAIL = "customer@example.com"
EMAIL_UUID = "f95a6e19-158c-5dfa-a4de-5b77fbb55edd"

SOURCE = Source(
    server="3e11fa47-71ca-11e1-9e33-c80aa9429562", gtid="0-1-815", file="binlog.000042", pos=1337
)


def record(
    model: Model,
    key: str,
    after: Json | None,
    identity: Json,
    *,
    cause: Cause = "stream",
    ts_ms: int = 1777629600123,
    captured_ms: int = 1777629600456,
    stores: tuple[int, ...] | None = None,
) -> ChangeRecord:
    """A record around an entity."""
    entity_id = identity.get("entity_id")
    return ChangeRecord(
        op=Op.DELETE if after is None else Op.UPDATE,
        model=model,
        id=key if entity_id is None else str(entity_id),
        key=key,
        seq=7,
        ts_ms=ts_ms,
        captured_ms=captured_ms,
        cause=cause,
        changed=(),
        source=SOURCE,
        identity=identity,
        after=after,
        stores=stores,
    )


def customer(**changes: Any) -> Json:
    """`after` of a customer of store view 1, website 1."""
    return {
        "entity_id": 17,
        "email": EMAIL,
        "store_id": 1,
        "website_id": 1,
        "group_id": 1,
        "prefix": None,
        "firstname": "Ann",
        "middlename": None,
        "lastname": "Lee",
        "suffix": None,
        "dob": None,
        "gender": None,
        "taxvat": None,
        "created_in": "Default Store View",
        "created_at": "2026-01-05 08:00:00",
        "updated_at": "2026-05-01 10:00:00",
        "is_active": 1,
        "default_billing": None,
        "default_shipping": None,
        "increment_id": None,
        "billing": None,
        "shipping": None,
        "attributes": {},
    } | changes


def customer_identity(**changes: Any) -> Json:
    """`identity` of that customer."""
    return {
        "entity_id": 17,
        "email": EMAIL,
        "store_id": 1,
        "website_id": 1,
        "former_emails": [],
    } | changes


def customer_record(
    changes: Json | None = None, identity: Json | None = None, **rest: Any
) -> ChangeRecord:
    """A record of that customer."""
    after = customer(**(changes or {}))
    return record(Model.CUSTOMER, "17", after, customer_identity(**(identity or {})), **rest)


def customer_deletion(identity: Json | None = None, **rest: Any) -> ChangeRecord:
    """A record of that customer's deletion."""
    return record(Model.CUSTOMER, "17", None, customer_identity(**(identity or {})), **rest)


def subscription(subscriber_id: int = 5, **changes: Any) -> Json:
    """A subscribed row of store view 1."""
    return {
        "subscriber_id": subscriber_id,
        "store_id": 1,
        "customer_id": 0,
        "status": 1,
        "change_status_at": "2026-04-01 12:00:00",
    } | changes


def subscriber_record(
    *subscriptions: Json, stores: Json | None = None, email: str = EMAIL, **rest: Any
) -> ChangeRecord:
    """A record of an address with these rows; without any it is a deletion."""
    is_retired = rest.pop("retired", False)
    known = {"1": {"website_id": 1}} if stores is None else stores
    after = {"email": email, "subscriptions": list(subscriptions)} if subscriptions else None
    identity = {"email": email, "stores": known, "retired": is_retired}
    return record(Model.SUBSCRIBER, email, after, identity, **rest)


def line(item_id: int = 301, **changes: Any) -> Json:
    """A line of two mugs at 12.75 with tax (10.37 without), whose product has no page."""
    return {
        "item_id": item_id,
        "parent_item_id": None,
        "product_id": 42,
        "product_type": "simple",
        "store_id": 1,
        "sku": "MUG-1",
        "name": "Mug",
        "qty_ordered": "2.0000",
        "qty_canceled": "0.0000",
        "qty_refunded": "0.0000",
        "price": "10.3700",
        "original_price": "10.3700",
        "price_incl_tax": "12.7500",
        "row_total": "20.7400",
        "row_total_incl_tax": "25.5000",
        "tax_amount": "4.7600",
        "tax_percent": "23.0000",
        "discount_amount": "0.0000",
        "applied_rule_ids": None,
        "promotion_rules": [],
        "product": {"entity_id": 42, "sku": "MUG-1", "url": None, "image": None, "categories": []},
    } | changes


def order(**changes: Any) -> Json:
    """`after` of customer 17's order of two mugs in store view 1."""
    return {
        "entity_id": 900,
        "increment_id": "000000012",
        "store_id": 1,
        "status": "processing",
        "state": "processing",
        "created_at": "2026-04-30 18:21:07",
        "updated_at": "2026-04-30 18:21:09",
        "customer_id": 17,
        "customer_email": EMAIL,
        "customer_firstname": "Ann",
        "customer_lastname": "Lee",
        "customer_is_guest": 0,
        "customer_group_id": 1,
        "is_virtual": 0,
        "order_currency_code": "EUR",
        "base_currency_code": "EUR",
        "base_to_order_rate": "1.0000",
        "subtotal": "20.7400",
        "subtotal_incl_tax": "25.5000",
        "tax_amount": "4.7600",
        "grand_total": "30.5000",
        "discount_amount": "0.0000",
        "shipping_amount": "4.0700",
        "shipping_incl_tax": "5.0000",
        "shipping_method": "flatrate_flatrate",
        "coupon_code": None,
        "applied_rule_ids": None,
        "has_remote_ip": True,
        "base_subtotal": "20.7400",
        "base_grand_total": "30.5000",
        "total_refunded": None,
        "total_canceled": None,
        "payment_method": "checkmo",
        "shipping_telephone": "+48 600 700 800",
        "billing_telephone": "+48 600 700 800",
        "promotion_rules": [],
        "customer": {"entity_id": 17, "email": EMAIL, "store_id": 1, "website_id": 1},
        "guest_has_account": False,
        "store": {"store_id": 1, "website_id": 1, "code": "default", "url": "https://shop.test/"},
        "items": [line()],
    } | changes


def client(**changes: Any) -> Json:
    """Customer 17 as the first owner of an order."""
    return {
        "customer_id": 17,
        "customer_store_id": 1,
        "customer_website_id": 1,
        "email": EMAIL,
    } | changes


GUEST = {"customer_id": None, "customer_store_id": None, "customer_website_id": None}
"""What makes a client a guest."""

GUEST_ORDER = {"customer_id": None, "customer_is_guest": 1, "customer": None}
"""What makes an order a guest's."""


def order_record(
    changes: Json | None = None,
    *,
    first: Json | None = None,
    identity: Json | None = None,
    **rest: Any,
) -> ChangeRecord:
    """A record of that order; `first` changes the client of its identity."""
    after = order(**(changes or {}))
    return record(Model.ORDER, "900", after, order_identity(first, **(identity or {})), **rest)


def guest_record(changes: Json | None = None, **rest: Any) -> ChangeRecord:
    """A record of a guest's order."""
    first = GUEST | rest.pop("first", {})
    return order_record(GUEST_ORDER | (changes or {}), first=first, **rest)


def order_identity(first: Json | None = None, **changes: Any) -> Json:
    """`identity` of that order."""
    return {
        "entity_id": 900,
        "increment_id": "000000012",
        "store_id": 1,
        "website_id": 1,
        "created_at": "2026-04-30 18:21:07",
        "client": client(**(first or {})),
        "product_skus": {},
        "email_retired": False,
    } | changes


def view(store_id: int = 1, **changes: Any) -> Json:
    """A mug as a store view shows it: nothing of its own but page and price."""
    return {
        "store_id": store_id,
        "website_id": 1,
        "code": f"view{store_id}",
        "url": f"https://shop{store_id}.test/",
        "media_url": "https://cdn.test/media/",
        "currency": "EUR",
        "attributes": {},
        "product_url": f"https://shop{store_id}.test/mug.html",
        "parent": None,
        "categories": [],
        "price": {"regular": "10.370000", "final": "9.000000"},
        "stock_status": "1",
        "is_salable": True,
    } | changes


def product(*views: Json, **changes: Any) -> Json:
    """`after` of a mug, shown by these views (default: view 1)."""
    shown = views or (view(),)
    return {
        "entity_id": 42,
        "sku": "MUG-1",
        "type_id": "simple",
        "attribute_set_id": 4,
        "created_at": "2026-01-02 03:04:05",
        "updated_at": "2026-05-01 10:00:00",
        "website_ids": sorted({each["website_id"] for each in shown}),
        "category_ids": [],
        "attributes": {"name": "Mug", "visibility": "4", "status": "1", "image": "/m/u/mug.jpg"},
        "super_attributes": {},
        "child_ids": [],
        "stock": {"is_in_stock": 1, "qty": "5.0000", "manage_stock": True, "backorders": 0},
        "stores": {str(each["store_id"]): each for each in shown},
    } | changes


def product_identity(*views: Json, **changes: Any) -> Json:
    """`identity` of that mug, ever published for these views (default: view 1)."""
    return {
        "entity_id": 42,
        "sku": "MUG-1",
        "stores": {
            str(each["store_id"]): {key: each[key] for key in ("website_id", "code", "url")}
            for each in views or (view(),)
        },
    } | changes


def product_record(
    after: Json | None, identity: Json | None = None, *, key: str = "MUG-1", **rest: Any
) -> ChangeRecord:
    """A record of that mug; without an entity it is a deletion."""
    known = identity
    if known is None:
        known = product_identity(*([] if after is None else after["stores"].values()))
    return record(Model.PRODUCT, key, after, known, **rest)
