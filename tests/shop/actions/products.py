"""Products as a whole: creating, deleting, SKU change, children of configurables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.shop.actions.done import ActionDone
from tests.shop.actions.product_saving import write_value
from tests.shop.actions.product_urls import (
    delete_rewrites,
    insert_category_rewrites,
    insert_rewrites,
)
from tests.shop.actions.reservations import write_message, write_message_status
from tests.shop.generation.products import EVERYWHERE, NOT_VISIBLE
from tests.shop.generation.words import product_name, sku, slug

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.shop.actions.session import ShopSession
    from tests.shop.database import Row, Value

PRODUCT_SET_ID = 4


class ProductActions:
    """Actions that make products, remove them, or change what identifies them."""

    def __init__(self, session: ShopSession) -> None:
        self._session = session

    def create(
        self,
        sku_: str | None = None,
        *,
        type_id: str = "simple",
        name: str | None = None,
        price: str = "19.9900",
        website_ids: Sequence[int] = (1,),
        category_ids: Sequence[int] = (),
        is_visible: bool = True,
        values: Row | None = None,
    ) -> ActionDone:
        """Create a product in one transaction; `values` are further attributes at default scope."""
        session = self._session
        number = session.rng.randint(10**6, 10**9)
        sku_ = sku_ or sku(session.rng, number)
        name = name or product_name(session.rng)
        with session.transaction():
            product_id = insert_entity(session, sku_, type_id)
            for code, value in initial_values(name, number, price, is_visible).items():
                write_value(session, product_id, code, value)
            for code, value in (values or {}).items():
                write_value(session, product_id, code, value)
            for website_id in website_ids:
                row: Row = {"product_id": product_id, "website_id": website_id}
                session.insert("catalog_product_website", row)
            for category_id in category_ids:
                row = {"category_id": category_id, "product_id": product_id, "position": 0}
                session.insert("catalog_category_product", row)
            insert_stock(session, product_id, sku_, qty=10)
            if is_visible:
                insert_rewrites(session, product_id, website_ids)
                insert_category_rewrites(session, product_id)
        return ActionDone("product.create", {"product_id": product_id, "sku": sku_})

    def delete(self, product_id: int, *, runs_consumer: bool = True) -> ActionDone:
        """Delete a product; its stock by source goes later, if the queue consumer runs."""
        session = self._session
        where: Row = {"entity_id": product_id}
        sku_ = str(session.row("catalog_product_entity", "sku", where)["sku"])
        with session.transaction():
            delete_rewrites(session, product_id)
            session.delete("catalog_product_entity", where)
            message_id = write_message(session, "inventory.source.items.cleanup", f'["{sku_}"]')
            write_message_status(session, message_id)
        if runs_consumer:
            with session.transaction():
                session.delete("inventory_source_item", {"sku": sku_})
        return ActionDone("product.delete", {"product_id": product_id, "sku": sku_})

    def change_sku(self, product_id: int, sku_: str, *, moves_stock: bool = False) -> ActionDone:
        """Give a product another SKU: one row. The admin form also moves the stock by source."""
        session = self._session
        where: Row = {"entity_id": product_id}
        before = str(session.row("catalog_product_entity", "sku", where)["sku"])
        with session.transaction():
            row: Row = {"sku": sku_, "updated_at": session.now}
            session.update("catalog_product_entity", row, where)
        if moves_stock:
            with session.transaction():
                if sku_.casefold() != before.casefold():
                    # A deleted product's rows may still be there; they would be in the way.
                    session.delete("inventory_source_item", {"sku": sku_})
                session.update("inventory_source_item", {"sku": sku_}, {"sku": before})
        ids: dict[str, int | str] = {"product_id": product_id, "from": before, "to": sku_}
        return ActionDone("product.change_sku", ids)

    def attach_child(self, parent_id: int, child_id: int) -> ActionDone:
        """Add a product to a configurable."""
        session = self._session
        with session.transaction():
            link: Row = {"product_id": child_id, "parent_id": parent_id}
            session.insert("catalog_product_super_link", link)
            session.insert(
                "catalog_product_relation", {"parent_id": parent_id, "child_id": child_id}
            )
        return ActionDone("product.attach_child", {"parent_id": parent_id, "child_id": child_id})

    def detach_child(self, parent_id: int, child_id: int) -> ActionDone:
        """Take a product out of a configurable; it stays as a product."""
        session = self._session
        with session.transaction():
            link: Row = {"product_id": child_id, "parent_id": parent_id}
            session.delete("catalog_product_super_link", link)
            session.delete(
                "catalog_product_relation", {"parent_id": parent_id, "child_id": child_id}
            )
        return ActionDone("product.detach_child", {"parent_id": parent_id, "child_id": child_id})


def insert_entity(session: ShopSession, sku_: str, type_id: str) -> int:
    """Insert the entity row in the open transaction and return its id."""
    return session.insert(
        "catalog_product_entity",
        {
            "attribute_set_id": PRODUCT_SET_ID,
            "type_id": type_id,
            "sku": sku_,
            "has_options": 0,
            "required_options": 0,
        },
    )


def initial_values(name: str, number: int, price: str, is_visible: bool) -> dict[str, Value]:
    """Return the attributes that a new product always gets, by code."""
    return {
        "name": name,
        "options_container": "container2",
        "url_key": f"{slug(name)}-{number}",
        "msrp_display_actual_price_type": "0",
        "description": f"<p>{name.strip()} ünïcödé</p>",
        "price": price,
        "weight": "1.0000",
        "status": 1,
        "visibility": EVERYWHERE if is_visible else NOT_VISIBLE,
        "quantity_and_stock_status": 1,
        "tax_class_id": 2,
    }


def insert_stock(session: ShopSession, product_id: int, sku_: str, qty: int) -> None:
    """Insert the legacy stock item and the stock of the default source."""
    quantity = f"{qty}.0000"
    row: Row = {"product_id": product_id, "stock_id": 1, "qty": quantity, "is_in_stock": 1}
    session.insert("cataloginventory_stock_item", row | {"manage_stock": 1, "website_id": 0})
    source: Row = {"source_code": "default", "sku": sku_, "quantity": quantity, "status": 1}
    # After an import "replace" the source still has the SKU, hence the update.
    columns = " ".join(source)
    session.insert_many(
        "inventory_source_item", columns, [list(source.values())], update="quantity status"
    )
