"""Where products are offered: websites and categories."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.shop.actions.done import ActionDone
from tests.shop.actions.product_urls import (
    delete_rewrites,
    insert_category_rewrites,
    insert_rewrites,
)

if TYPE_CHECKING:
    from tests.shop.actions.session import ShopSession
    from tests.shop.database import Row


class ProductPlaceActions:
    """Actions on catalog_product_website and catalog_category_product."""

    def __init__(self, session: ShopSession) -> None:
        self._session = session

    def assign_website(self, product_id: int, website_id: int) -> ActionDone:
        """Offer a product in a website: link, rewrites and their categories, a transaction each."""
        session = self._session
        row: Row = {"product_id": product_id, "website_id": website_id}
        with session.transaction():
            session.insert_many(
                "catalog_product_website", " ".join(row), [list(row.values())], verb="INSERT IGNORE"
            )
        with session.transaction():
            insert_rewrites(session, product_id, [website_id])
        with session.transaction():
            insert_category_rewrites(session, product_id)
        ids = {"product_id": product_id, "website_id": website_id}
        return ActionDone("product.assign_website", ids)

    def unassign_website(self, product_id: int, website_id: int) -> ActionDone:
        """Stop offering a product in a website; the rewrites follow."""
        session = self._session
        where: Row = {"product_id": product_id, "website_id": website_id}
        with session.transaction():
            session.delete("catalog_product_website", where)
        stores = [view.store_id for view in session.shop.views_of(website_id)]
        with session.transaction():
            delete_rewrites(session, product_id, stores)
        ids = {"product_id": product_id, "website_id": website_id}
        return ActionDone("product.unassign_website", ids)

    def assign_category(self, product_id: int, category_id: int, position: int = 0) -> ActionDone:
        """Put a product into a category; the category's row changes, the product's does not."""
        session = self._session
        website_ids = [
            row["website_id"]
            for row in session.rows(
                "catalog_product_website", "website_id", {"product_id": product_id}
            )
        ]
        with session.transaction():
            self._touch_category(category_id)
            row: Row = {"category_id": category_id, "product_id": product_id}
            row["position"] = position
            columns = " ".join(row)
            session.insert_many(
                "catalog_category_product", columns, [list(row.values())], update="position"
            )
        with session.transaction():
            insert_rewrites(session, product_id, website_ids)
            insert_category_rewrites(session, product_id)
        ids = {"product_id": product_id, "category_id": category_id}
        return ActionDone("product.assign_category", ids)

    def unassign_category(self, product_id: int, category_id: int) -> ActionDone:
        """Take a product out of a category."""
        session = self._session
        where: Row = {"product_id": product_id, "category_id": category_id}
        with session.transaction():
            self._touch_category(category_id)
            session.delete("catalog_category_product", where)
        ids = {"product_id": product_id, "category_id": category_id}
        return ActionDone("product.unassign_category", ids)

    def reposition(self, product_id: int, category_id: int, position: int) -> ActionDone:
        """Move a product within a category."""
        session = self._session
        where: Row = {"product_id": product_id, "category_id": category_id}
        with session.transaction():
            session.update("catalog_category_product", {"position": position}, where)
        ids = {"product_id": product_id, "category_id": category_id}
        return ActionDone("product.reposition", ids)

    def _touch_category(self, category_id: int) -> None:
        row = {"updated_at": self._session.now}
        self._session.update("catalog_category_entity", row, {"entity_id": category_id})
