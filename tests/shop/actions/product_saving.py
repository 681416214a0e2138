"""The statements that every product save repeats, whether anything changed or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.shop.shop import PRODUCT, SCOPE_GLOBAL, SCOPE_WEBSITE, Attribute

if TYPE_CHECKING:
    from tests.shop.actions.session import ShopSession
    from tests.shop.database import Row, Value

IMAGE_ROLES = ("image", "small_image", "thumbnail")


def touch(session: ShopSession, product_id: int) -> None:
    """Set updated_at, in the open transaction; nothing is logged within the same second."""
    row = {"updated_at": session.now}
    session.update("catalog_product_entity", row, {"entity_id": product_id})


def scope_stores(session: ShopSession, attribute: Attribute, store_id: int) -> list[int]:
    """List the store ids under which a save in a store view writes an attribute.

    Global attributes go to store 0; website attributes to every view of the view's website.
    """
    if store_id == 0 or attribute.scope == SCOPE_GLOBAL:
        return [0]
    if attribute.scope == SCOPE_WEBSITE:
        website_id = session.shop.view(store_id).website_id
        return [view.store_id for view in session.shop.views_of(website_id)]
    return [store_id]


def write_value(
    session: ShopSession, product_id: int, code: str, value: Value, store_id: int = 0
) -> None:
    """Write one value in the open transaction, as a save in that store view does.

    None deletes the row of the scope ("use default"); an empty text makes it hold NULL, as the
    admin form does.
    """
    attribute = session.shop.attribute(PRODUCT, code)
    for scope_id in scope_stores(session, attribute, store_id):
        where: Row = {
            "attribute_id": attribute.attribute_id,
            "store_id": scope_id,
            "entity_id": product_id,
        }
        if value is None:
            session.delete(attribute.table, where)
            continue
        stored = None if value == "" else value
        found = session.rows(attribute.table, "value_id", where)
        if found:
            session.update(attribute.table, {"value": stored}, {"value_id": found[0]["value_id"]})
        else:
            session.insert(attribute.table, where | {"value": stored})


def read_value(session: ShopSession, product_id: int, code: str, store_id: int = 0) -> Value:
    """Read the value that a scope holds itself, None when it has no row."""
    attribute = session.shop.attribute(PRODUCT, code)
    where = {
        "attribute_id": attribute.attribute_id,
        "store_id": store_id,
        "entity_id": product_id,
    }
    found = session.rows(attribute.table, "value", where)
    value: Value = found[0]["value"] if found else None
    return value


def rewrite_gallery(session: ShopSession, product_id: int, store_id: int = 0) -> None:
    """Delete and insert the gallery values of a scope, with new record ids."""
    table = "catalog_product_entity_media_gallery_value"
    where: Row = {"entity_id": product_id, "store_id": store_id}
    for row in session.rows(table, "*", where, "record_id"):
        session.delete(table, {"record_id": row.pop("record_id")})
        session.insert(table, row)


def rewrite_links(session: ShopSession, product_id: int) -> None:
    """Delete all links of a product and insert them again, with new ids.

    The attribute rows of the old links go by cascade.
    """
    links = session.rows("catalog_product_link", "*", {"product_id": product_id}, "link_id")
    kept: list[tuple[Row, list[tuple[str, Row]]]] = []
    for link in links:
        attributes: list[tuple[str, Row]] = []
        for backend in ("int", "decimal"):
            table = f"catalog_product_link_attribute_{backend}"
            where = {"link_id": link["link_id"]}
            columns = "product_link_attribute_id value"
            attributes.extend((table, row) for row in session.rows(table, columns, where))
        kept.append((link, attributes))
    for link, _ in kept:
        session.delete("catalog_product_link", {"link_id": link.pop("link_id")})
    for link, attributes in kept:
        link_id = session.insert("catalog_product_link", link)
        for table, row in attributes:
            session.insert(table, row | {"link_id": link_id})
