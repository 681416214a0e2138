"""What can be bought in a store view at the moment, read from the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.shop.generation.people import make_person, make_place
from tests.shop.generation.products import ENABLED, NOT_VISIBLE
from tests.shop.sales.draft import Buyer
from tests.shop.sales.items import SaleLine
from tests.shop.shop import PRODUCT

if TYPE_CHECKING:
    from tests.shop.actions.session import ShopSession

_TYPES = ("simple", "virtual", "downloadable", "configurable", "bundle")


def pick_lines(session: ShopSession, website_id: int, count: int = 2) -> list[SaleLine]:
    """Fill a cart at random with up to `count` products of a website; may be empty."""
    shop, rng = session.shop, session.rng
    types = ", ".join(f"'{name}'" for name in _TYPES)
    status = shop.attribute(PRODUCT, "status").attribute_id
    visibility = shop.attribute(PRODUCT, "visibility").attribute_id
    values = session.table("catalog_product_entity_int")
    entity = session.table("catalog_product_entity")

    def has_value(attribute_id: int, test: str) -> str:
        return (
            f"EXISTS (SELECT 1 FROM {values} v WHERE v.entity_id = {entity}.entity_id "
            f"AND v.store_id = 0 AND v.attribute_id = {attribute_id} AND v.value {test})"
        )

    condition = (
        f"type_id IN ({types}) AND {has_value(status, f'= {ENABLED}')} "
        f"AND {has_value(visibility, f'<> {NOT_VISIBLE}')} "
        f"AND EXISTS (SELECT 1 FROM {session.table('catalog_product_website')} w "
        f"WHERE w.product_id = {entity}.entity_id AND w.website_id = {website_id})"
    )
    lines: dict[int, SaleLine] = {}
    for _ in range(count):
        product_id = session.pick("catalog_product_entity", "entity_id", condition)
        line = None if product_id is None else _line(session, product_id, rng.choice((1, 1, 2)))
        if line is not None:
            lines[line.product_id] = line
    return list(lines.values())


def _line(session: ShopSession, product_id: int, qty: int) -> SaleLine | None:
    """Describe a product as a cart line; None for a configurable or bundle without children."""
    where = {"entity_id": product_id}
    product = session.row("catalog_product_entity", "sku type_id", where)
    child = None
    if product["type_id"] == "configurable":
        child = _pick_child(session, product_id)
        if child is None:
            return None
    parts: tuple[SaleLine, ...] = ()
    if product["type_id"] == "bundle":
        parts = _pick_parts(session, product_id)
        if not parts:
            return None
    price = int(float(str(_value(session, product_id, "price") or "0")) * 100)
    return SaleLine(
        product_id=product_id,
        product_type=product["type_id"],
        sku=product["sku"],
        name=str(_value(session, product_id, "name") or product["sku"]),
        price_cents=sum(part.price_cents * part.qty for part in parts) if parts else price,
        qty=qty,
        child=child,
        parts=parts,
    )


def _pick_parts(session: ShopSession, bundle_id: int) -> tuple[SaleLine, ...]:
    """Choose one selection of each option of a bundle."""
    options: dict[int, list[int]] = {}
    where = {"parent_product_id": bundle_id}
    columns = "selection_id option_id product_id"
    for row in session.rows("catalog_product_bundle_selection", columns, where):
        options.setdefault(row["option_id"], []).append(row["product_id"])
    chosen = [session.rng.choice(product_ids) for product_ids in options.values()]
    lines = [_line(session, product_id, 1) for product_id in dict.fromkeys(chosen)]
    return tuple(line for line in lines if line is not None)


def _pick_child(
    session: ShopSession, parent_id: int
) -> tuple[int, str, str, dict[str, str]] | None:
    links = session.rows("catalog_product_super_link", "product_id", {"parent_id": parent_id})
    if not links:
        return None
    child_id = session.rng.choice(links)["product_id"]
    sku = session.row("catalog_product_entity", "sku", {"entity_id": child_id})["sku"]
    axes = {
        str(row["attribute_id"]): str(_value_by_id(session, child_id, row["attribute_id"]))
        for row in session.rows(
            "catalog_product_super_attribute", "attribute_id position", {"product_id": parent_id}
        )
    }
    return child_id, sku, str(_value(session, child_id, "name") or sku), axes


def _value(session: ShopSession, product_id: int, code: str) -> object:
    attribute = session.shop.attribute(PRODUCT, code)
    where = {
        "entity_id": product_id,
        "attribute_id": attribute.attribute_id,
        "store_id": 0,
    }
    found = session.rows(attribute.table, "value", where)
    return found[0]["value"] if found else None


def _value_by_id(session: ShopSession, product_id: int, attribute_id: int) -> object:
    where = {"entity_id": product_id, "attribute_id": attribute_id, "store_id": 0}
    found = session.rows("catalog_product_entity_int", "value", where)
    return found[0]["value"] if found else None


def make_guest(session: ShopSession, email: str | None = None) -> Buyer:
    """Make up a buyer without an account."""
    rng = session.rng
    person = make_person(rng, rng.randint(10**6, 10**9), "guest")
    return Buyer(
        customer_id=None,
        email=email or person.email,
        firstname=person.firstname,
        lastname=person.lastname,
        group_id=0,
        billing=make_place(rng),
        shipping=make_place(rng),
    )


def make_buyer(session: ShopSession, customer_id: int) -> Buyer:
    """Describe a customer as a buyer, at made-up addresses."""
    columns = "email firstname lastname group_id"
    row = session.row("customer_entity", columns, {"entity_id": customer_id})
    place = make_place(session.rng)
    return Buyer(customer_id, **row, billing=place, shipping=place)
