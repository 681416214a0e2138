"""Attributes and their options: labels, new options, deletion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.shop.actions.done import ActionDone
from tests.shop.shop import PRODUCT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.shop.actions.session import ShopSession
    from tests.shop.database import Row


class AttributeActions:
    """Actions on eav_attribute and its tables; the session's settings are read again after them."""

    def __init__(self, session: ShopSession) -> None:
        self._session = session

    def relabel(
        self, code: str, labels: Mapping[int, str], entity_type: str = PRODUCT
    ) -> ActionDone:
        """Save an attribute with new admin labels for some options.

        The admin deletes and inserts the labels of all options, changed or not.
        """
        session = self._session
        attribute = session.shop.attribute(entity_type, code)
        with session.transaction():
            for option_id in attribute.options:
                where: Row = {"option_id": option_id}
                rows = session.rows("eav_attribute_option_value", "*", where, "store_id")
                session.delete("eav_attribute_option_value", where)
                for row in rows:
                    del row["value_id"]
                    if row["store_id"] == 0:
                        row["value"] = labels.get(option_id, row["value"])
                    session.insert("eav_attribute_option_value", row)
        listed = ",".join(map(str, labels))
        return ActionDone("attribute.relabel", {"code": code, "option_ids": listed})

    def add_option(self, code: str, label: str, entity_type: str = PRODUCT) -> ActionDone:
        """Add an option at the end."""
        session = self._session
        attribute = session.shop.attribute(entity_type, code)
        with session.transaction():
            row: Row = {"attribute_id": attribute.attribute_id}
            row["sort_order"] = len(attribute.options)
            option_id = session.insert("eav_attribute_option", row)
            value: Row = {"option_id": option_id, "store_id": 0, "value": label}
            session.insert("eav_attribute_option_value", value)
        session.reload()
        return ActionDone("attribute.add_option", {"code": code, "option_id": option_id})

    def delete_option(self, code: str, option_id: int) -> ActionDone:
        """Delete an option; products keep the dangling id."""
        session = self._session
        with session.transaction():
            session.delete("eav_attribute_option", {"option_id": option_id})
        session.reload()
        return ActionDone("attribute.delete_option", {"code": code, "option_id": option_id})

    def set_label(self, code: str, store_id: int, label: str) -> ActionDone:
        """Give an attribute a label of its own in a store view."""
        session = self._session
        attribute_id = session.shop.attribute(PRODUCT, code).attribute_id
        where: Row = {"attribute_id": attribute_id, "store_id": store_id}
        with session.transaction():
            session.delete("eav_attribute_label", where)
            session.insert("eav_attribute_label", where | {"value": label})
        return ActionDone("attribute.set_label", {"code": code, "store_id": store_id})

    def delete(self, code: str, entity_type: str = PRODUCT) -> ActionDone:
        """Delete an attribute; all its values vanish by cascade."""
        session = self._session
        attribute_id = session.shop.attribute(entity_type, code).attribute_id
        with session.transaction():
            session.delete("eav_attribute", {"attribute_id": attribute_id})
        session.reload()
        return ActionDone("attribute.delete", {"code": code, "attribute_id": attribute_id})
