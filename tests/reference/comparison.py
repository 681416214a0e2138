"""Compares what the sandbox holds with what the shop's database says. Shares no code with the
loaders and mappers: it reads row by row and writes every rule out again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pymysql

from tests.reference.items import expected_items
from tests.reference.people import expected_consents, expected_customers, expected_transactions
from tests.reference.rows import Row, Rows
from tests.reference.shop import ReferenceShop

# Fields that say how something was sent last, not what it is.
_HOW = {"lastUpdateType"}


def differences(
    connection: pymysql.Connection[Any],
    state: dict[str, Any],
    websites: Mapping[str, Sequence[int]],
    prefix: str = "",
) -> list[str]:
    """Every difference between shop and sandbox, one line each; empty when they agree.

    Args:
        state: dump of the sandbox.
        websites: workspace name → website ids that go to it.
    """
    shop = ReferenceShop(Rows(connection, prefix))
    views = shop.views()
    found: list[str] = []
    for name, website_ids in websites.items():
        own = [view for view in views if view["website_id"] in website_ids]
        workspace = state["workspaces"][name]
        for line in _workspace(shop, own, workspace):
            found.append(f"{name}: {line}")
    return found


def _workspace(shop: ReferenceShop, views: list[Row], workspace: dict[str, Any]) -> Iterator[str]:
    yield from _items(shop, views, workspace)
    yield from _customers(shop, views, workspace)
    yield from _consents(shop, views, workspace)
    yield from _transactions(shop, views, workspace)


def _items(shop: ReferenceShop, views: list[Row], workspace: dict[str, Any]) -> Iterator[str]:
    expected = {f"store-{view['store_id']}": expected_items(shop, view) for view in views}
    held = {
        bag["name"]: {item["itemKey"]: item["value"] for item in bag["items"]}
        for bag in workspace["catalogs"]
    }
    for catalog in sorted(expected.keys() | held.keys()):
        wanted, have = expected.get(catalog, {}), held.get(catalog, {})
        for key, value in wanted.items():
            yield from _differing(f"item {catalog} {key!r}", value, _plain(have.get(key)))
        for key in have.keys() - wanted.keys():
            if have[key].get("deleted") != 1:
                yield f"item {catalog} {key!r} is not in the shop and not marked deleted"


def _plain(value: dict[str, Any] | None) -> dict[str, Any] | None:
    """An item without what says how it was sent; empty and absent mean the same."""
    if value is None:
        return None
    return {key: each for key, each in value.items() if key not in _HOW and each is not None}


def _differing(what: str, wanted: dict[str, Any], have: dict[str, Any] | None) -> Iterator[str]:
    if have is None:
        yield f"{what} is missing"
        return
    for key in sorted(wanted.keys() | have.keys()):
        if wanted.get(key) != have.get(key):
            yield f"{what}: {key} is {have.get(key)!r}, should be {wanted.get(key)!r}"


def _customers(shop: ReferenceShop, views: list[Row], workspace: dict[str, Any]) -> Iterator[str]:
    by_custom_id = {one["customId"]: one for one in workspace["profiles"] if one.get("customId")}
    expected = expected_customers(shop, views)
    for custom_id, wanted in expected.items():
        profile = by_custom_id.get(custom_id)
        have = None if profile is None else {key: profile.get(key) for key in wanted}
        yield from _differing(f"customer {custom_id}", wanted, have)
    existing = {str(row["entity_id"]) for row in shop.rows.all("SELECT * FROM {customer_entity}")}
    told = {
        event["clientId"]
        for event in workspace["events"]
        if event["action"] == "client.deleteAccount"
    }
    for custom_id, profile in by_custom_id.items():
        if custom_id not in existing and profile["clientId"] not in told:
            yield f"customer {custom_id} is not in the shop and no deletion was told"


def _consents(shop: ReferenceShop, views: list[Row], workspace: dict[str, Any]) -> Iterator[str]:
    held = {
        one["email"]: one["agreements"].get("email")
        for one in workspace["profiles"]
        if one.get("email")
    }
    expected = expected_consents(shop, views)
    for email, consent in expected.items():
        if held.get(email) is not consent:
            yield f"consent of {email} is {held.get(email)}, should be {consent}"
    for email, consent in held.items():
        if consent and email not in expected:
            yield f"consent of {email} is given, but there is no subscription"


def _transactions(
    shop: ReferenceShop, views: list[Row], workspace: dict[str, Any]
) -> Iterator[str]:
    held: dict[str, list[dict[str, Any]]] = {}
    for transaction in workspace["transactions"]:
        held.setdefault(transaction["orderId"], []).append(transaction)
    for order_id, wanted in expected_transactions(shop, views).items():
        have = held.get(order_id, [])
        if len(have) != 1:
            yield f"order {order_id} has {len(have)} transactions"
            continue
        yield from _differing(f"order {order_id}", wanted, _comparable(have[0], wanted))


def _comparable(have: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """Those fields of a transaction that the shop's database can still tell."""
    fields = {key: have.get(key) for key in (*wanted, "discountAmount") if have.get(key)}
    fields["metadata"] = {key: have["metadata"].get(key) for key in wanted["metadata"]}
    fields["products"] = [
        {
            "name": line["name"],
            "sold": line.get("skuVariant", line["sku"]),
            "finalUnitPrice": line["finalUnitPrice"],
            "quantity": float(line["quantity"]),
            "storeId": line["storeId"],
        }
        for line in have["products"]
    ]
    return fields
