"""Orders: ids in, whole orders with items, customer and store view out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cdc.database import Reader
from cdc.entities.order_items import load_items
from cdc.entities.order_products import load_order_products
from cdc.entities.protocol import Entity, IdKeys, ScanChunk, ids_of
from cdc.entities.shop import Shop
from cdc.entities.stores import StoreView
from cdc.entities.tables import Tables, select_in
from cdc.entities.text_keys import folded, folded_rows
from cdc.records import Model

_PLAIN = (
    "entity_id",
    "increment_id",
    "store_id",
    "status",
    "state",
    "customer_id",
    "customer_email",
    "customer_firstname",
    "customer_lastname",
    "customer_is_guest",
    "customer_group_id",
    "is_virtual",
    "order_currency_code",
    "base_currency_code",
    "shipping_method",
    "coupon_code",
    "applied_rule_ids",
)
_DATES = ("created_at", "updated_at")
_DECIMALS = (
    "base_to_order_rate",
    "subtotal",
    "subtotal_incl_tax",
    "tax_amount",
    "grand_total",
    "discount_amount",
    "shipping_amount",
    "shipping_incl_tax",
    "base_subtotal",
    "base_grand_total",
    "total_refunded",
    "total_canceled",
)
_COLUMNS = (*_PLAIN, *_DATES, *_DECIMALS)
_SELECT = f"""
SELECT {", ".join(_PLAIN)},
  {", ".join(f"NULLIF(CAST({column} AS CHAR), '0000-00-00 00:00:00')" for column in _DATES)},
  {", ".join(f"CAST({column} AS CHAR)" for column in _DECIMALS)},
  remote_ip IS NOT NULL
FROM {{sales_order}} WHERE entity_id IN %s
"""
_PAYMENTS = """
SELECT parent_id, method FROM {sales_order_payment} WHERE parent_id IN %s ORDER BY entity_id DESC
"""
_TELEPHONES = """
SELECT parent_id, address_type, telephone FROM {sales_order_address}
WHERE parent_id IN %s AND address_type IN ('shipping', 'billing') ORDER BY entity_id DESC
"""
_CUSTOMERS = """
SELECT entity_id, email, store_id, website_id FROM {customer_entity} WHERE entity_id IN %s
"""
_RULES = "SELECT rule_id, name FROM {salesrule} WHERE rule_id IN %s"


class OrderLoader:
    """Reads orders (sales_order and what hangs on it). Stateless."""

    model = Model.ORDER

    def __init__(self, tables: Tables) -> None:
        self._keys = IdKeys(tables, "sales_order")

    def load(self, reader: Reader, shop: Shop, keys: Sequence[str]) -> dict[str, Entity]:
        """See `Loader.load`."""
        orders = _load_orders(reader, shop, ids_of(keys))
        ids = list(orders)
        items = load_items(reader, shop, ids)
        _add_single_facts(reader, shop, orders)
        products = load_order_products(reader, shop, items)
        names = _load_rule_names(reader, shop, [*orders.values(), *items.all()])
        for order_id, order in orders.items():
            order["promotion_rules"] = _names_of(order["applied_rule_ids"], names)
            order["items"] = items.of_order.get(order_id, [])
            for item in order["items"]:
                item["promotion_rules"] = _names_of(item["applied_rule_ids"], names)
                item["product"] = products.get(item, order)
        return {str(order_id): order for order_id, order in orders.items()}

    def scan(self, reader: Reader, after: int, limit: int) -> ScanChunk:
        """See `Loader.scan`."""
        return self._keys.scan(reader, after, limit)

    def highest(self, reader: Reader) -> int:
        """See `Loader.highest`."""
        return self._keys.highest(reader)

    def existing(self, reader: Reader, keys: Sequence[str]) -> set[str]:
        """See `Loader.existing`."""
        return self._keys.existing(reader, keys)


def rule_ids(text: str | None) -> list[int]:
    """Read a comma list of cart rule ids, in its order and without duplicates."""
    parts = (part.strip() for part in (text or "").split(","))
    return list(dict.fromkeys(int(part) for part in parts if part.isascii() and part.isdecimal()))


def _load_orders(reader: Reader, shop: Shop, ids: Sequence[int]) -> dict[int, Entity]:
    orders: dict[int, Entity] = {}
    for row in select_in(reader, shop.tables.sql(_SELECT), ids):
        order = dict(zip(_COLUMNS, row, strict=False))
        order["has_remote_ip"] = bool(row[-1])
        order["store"] = _store(shop.stores.views.get(order["store_id"]))
        orders[row[0]] = order
    return orders


def _store(view: StoreView | None) -> dict[str, Any] | None:
    if view is None:
        return None
    return {
        "store_id": view.store_id,
        "website_id": view.website_id,
        "code": view.code,
        "url": view.url,
    }


def _add_single_facts(reader: Reader, shop: Shop, orders: Mapping[int, Entity]) -> None:
    """Add payment method, telephones, customer and whether a guest has an account."""
    ids, sql = list(orders), shop.tables.sql
    methods: dict[int, str | None] = dict(select_in(reader, sql(_PAYMENTS), ids))
    telephones = {
        (order_id, kind): telephone
        for order_id, kind, telephone in select_in(reader, sql(_TELEPHONES), ids)
    }
    customer_ids = sorted({order["customer_id"] for order in orders.values()} - {None, 0})
    customers = {
        row[0]: {"entity_id": row[0], "email": row[1], "store_id": row[2], "website_id": row[3]}
        for row in select_in(reader, sql(_CUSTOMERS), customer_ids)
    }
    accounts = _load_accounts(reader, shop, orders.values())
    for order_id, order in orders.items():
        order["payment_method"] = methods.get(order_id)
        order["shipping_telephone"] = telephones.get((order_id, "shipping"))
        order["billing_telephone"] = telephones.get((order_id, "billing"))
        order["customer"] = customers.get(order["customer_id"])
        order["guest_has_account"] = _has_account(order, accounts)


def _load_accounts(
    reader: Reader, shop: Shop, orders: Iterable[Entity]
) -> frozenset[tuple[str, int]]:
    """Read who has an account where, as (folded e-mail, website): case makes no other mailbox."""
    emails = sorted({order["customer_email"] for order in orders} - {None, ""})
    rows = folded_rows(reader, shop.tables, "customer_entity", "email", "email, website_id", emails)
    return frozenset((email, website_id) for email, website_id in rows)


def _has_account(order: Entity, accounts: frozenset[tuple[str, int]]) -> bool:
    """Whether a customer with the order's e-mail address exists in the website of its store."""
    email, store = order["customer_email"], order["store"]
    return bool(email and store) and (folded(email), store["website_id"]) in accounts


def _load_rule_names(
    reader: Reader, shop: Shop, holders: Iterable[Mapping[str, Any]]
) -> dict[int, str]:
    """Read the names of the cart rules that orders and items name."""
    wanted: set[int] = set()
    for text in {holder["applied_rule_ids"] for holder in holders}:
        wanted.update(rule_ids(text))
    if not wanted or not shop.has("salesrule"):
        return {}
    rows = select_in(reader, shop.tables.sql(_RULES), sorted(wanted))
    return {rule_id: name for rule_id, name in rows if name}


def _names_of(text: str | None, names: Mapping[int, str]) -> list[str]:
    """Names of the rules in a comma list; rules that no longer exist have none."""
    if not text:
        return []
    return [names[rule_id] for rule_id in rule_ids(text) if rule_id in names]
