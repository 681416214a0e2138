"""Values of products: saves in every scope, prices by API, mass updates, images, direct SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.shop.actions.done import ActionDone
from tests.shop.actions.product_saving import (
    IMAGE_ROLES,
    read_value,
    rewrite_gallery,
    rewrite_links,
    touch,
    write_value,
)
from tests.shop.database import execute
from tests.shop.shop import PRODUCT, SCOPE_STORE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.shop.actions.session import ShopSession
    from tests.shop.database import Row, Value


class ProductValueActions:
    """Actions that change what a product says, not which products there are."""

    def __init__(self, session: ShopSession) -> None:
        self._session = session

    def save(self, product_id: int, values: Row, store_id: int = 0) -> ActionDone:
        """Save a product by model; `{}` saves it as it is, which still rewrites gallery and links.

        Saving in a store view copies the image roles into it. None in `values` means "use
        default", an empty text an emptied field.
        """
        session = self._session
        with session.transaction():
            touch(session, product_id)
            for code, value in values.items():
                write_value(session, product_id, code, value, store_id)
            if values.get("special_price") and not values.get("special_from_date"):
                today = f"{session.now[:10]} 00:00:00"
                write_value(session, product_id, "special_from_date", today, store_id)
            if store_id:
                self._copy_images(product_id, store_id)
            rewrite_gallery(session, product_id, store_id)
            rewrite_links(session, product_id)
        codes = ",".join(values) or "-"
        ids: dict[str, int | str] = {
            "product_id": product_id,
            "store_id": store_id,
            "codes": codes,
        }
        return ActionDone("product.save" if values else "product.save_unchanged", ids)

    def _copy_images(self, product_id: int, store_id: int) -> None:
        for code in IMAGE_ROLES:
            image = read_value(self._session, product_id, code)
            if image:
                write_value(self._session, product_id, code, image, store_id)

    def use_default(self, product_id: int, code: str, store_id: int) -> ActionDone:
        """Drop the value of a store view, so that the default shows through again."""
        session = self._session
        with session.transaction():
            touch(session, product_id)
            write_value(session, product_id, code, None, store_id)
            rewrite_gallery(session, product_id, store_id)
            rewrite_links(session, product_id)
        ids: dict[str, int | str] = {"product_id": product_id, "store_id": store_id, "code": code}
        return ActionDone("product.use_default", ids)

    def set_price(self, product_id: int, price: str) -> ActionDone:
        """Set the price through the price API: one row, and updated_at stays."""
        session = self._session
        with session.transaction():
            write_value(session, product_id, "price", price)
        return ActionDone("product.set_price", {"product_id": product_id, "price": price})

    def mass_update(
        self, product_ids: Sequence[int], code: str, value: Value, store_id: int = 0
    ) -> ActionDone:
        """Set one attribute of many products: one multi-row statement, then all entity rows."""
        session = self._session
        attribute = session.shop.attribute(PRODUCT, code)
        scope_id = store_id if attribute.scope == SCOPE_STORE else 0
        rows = [(attribute.attribute_id, scope_id, id_, value) for id_ in product_ids]
        with session.transaction():
            columns = "attribute_id store_id entity_id value"
            session.insert_many(attribute.table, columns, rows, update="value")
            listed = ", ".join(str(int(id_)) for id_ in product_ids)
            execute(
                session.connection,
                f"UPDATE {session.table('catalog_product_entity')} SET updated_at = %s "
                f"WHERE entity_id IN ({listed})",
                [session.now],
            )
        ids: dict[str, int | str] = {"product_ids": listed.replace(" ", ""), "code": code}
        return ActionDone("product.mass_update", ids)

    def set_tier_price(self, product_id: int, qty: int, price: str | None) -> ActionDone:
        """Set (or with None remove) the tier price of all groups and websites for a quantity."""
        session = self._session
        where: Row = {"entity_id": product_id, "all_groups": 1, "customer_group_id": 0}
        where |= {"qty": f"{qty}.0000", "website_id": 0}
        with session.transaction():
            if price is None:
                session.delete("catalog_product_entity_tier_price", where)
            else:
                row = where | {"value": price}
                session.insert_many(
                    "catalog_product_entity_tier_price",
                    " ".join(row),
                    [list(row.values())],
                    update="value",
                )
        return ActionDone("product.set_tier_price", {"product_id": product_id, "qty": qty})

    def set_image(self, product_id: int, path: str) -> ActionDone:
        """Add a picture to the gallery and give it all image roles."""
        session = self._session
        gallery = session.shop.attribute(PRODUCT, "media_gallery").attribute_id
        with session.transaction():
            touch(session, product_id)
            for code in IMAGE_ROLES:
                write_value(session, product_id, code, path)
            rewrite_gallery(session, product_id)
            row: Row = {"attribute_id": gallery, "value": path, "media_type": "image"}
            value_id = session.insert("catalog_product_entity_media_gallery", row)
            owner: Row = {"value_id": value_id, "entity_id": product_id}
            session.insert("catalog_product_entity_media_gallery_value_to_entity", owner)
            label: Row = {"store_id": 0, "label": "Zdjęcie", "position": 1, "disabled": 0}
            session.insert("catalog_product_entity_media_gallery_value", owner | label)
            rewrite_links(session, product_id)
        return ActionDone("product.set_image", {"product_id": product_id, "path": path})

    def replace_value(
        self, product_id: int, code: str, value: Value, store_id: int = 0
    ) -> ActionDone:
        """Write a value by REPLACE INTO, as ERP connectors do: the row gets a new id."""
        session = self._session
        attribute = session.shop.attribute(PRODUCT, code)
        row: Row = {"attribute_id": attribute.attribute_id, "store_id": store_id}
        with session.transaction():
            row |= {"entity_id": product_id, "value": value}
            session.insert(attribute.table, row, verb="REPLACE")
        return ActionDone("product.replace_value", {"product_id": product_id, "code": code})

    def raise_prices(self, percent: int, first_id: int, last_id: int) -> ActionDone:
        """Change the price of a range of products by one UPDATE, as an ERP does."""
        session = self._session
        attribute = session.shop.attribute(PRODUCT, "price")
        with session.transaction():
            execute(
                session.connection,
                f"UPDATE {session.table(attribute.table)} "
                "SET value = ROUND(value * (100 + %s) / 100, 2) "
                "WHERE attribute_id = %s AND entity_id BETWEEN %s AND %s",
                [percent, attribute.attribute_id, first_id, last_id],
            )
        ids = {"percent": percent, "first_id": first_id, "last_id": last_id}
        return ActionDone("product.raise_prices", ids)
