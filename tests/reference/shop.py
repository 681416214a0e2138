"""What the reference function needs to know of the shop: configuration, views, attributes."""

from __future__ import annotations

from typing import Any

from tests.reference.rows import Row, Rows

_SHIPPED = {
    "web/unsecure/base_url": "",
    "web/url/use_store": "0",
    "cataloginventory/item_options/manage_stock": "1",
    "cataloginventory/item_options/backorders": "0",
    "cataloginventory/item_options/min_qty": "0",
}


class ReferenceShop:
    """Looks everything up at each call."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows

    def views(self) -> list[Row]:
        """Store views other than the admin one."""
        return self.rows.all("SELECT * FROM {store} WHERE store_id > 0 ORDER BY store_id")

    def config(self, path: str, view: Row | None) -> str:
        """Value of a path: view, then website, then default, then what Magento ships."""
        scopes = [("default", 0)]
        if view is not None:
            scopes = [("stores", view["store_id"]), ("websites", view["website_id"]), *scopes]
        for scope, scope_id in scopes:
            row = self.rows.one(
                "SELECT value FROM {core_config_data} WHERE scope=%s AND scope_id=%s AND path=%s",
                scope,
                scope_id,
                path,
            )
            if row is not None:
                return str(row["value"] or "")
        return _SHIPPED.get(path, "")

    def base_url(self, view: Row) -> str:
        """Base link URL of a view, with a slash at the end."""
        base = self.config("web/unsecure/base_url", view)
        link = self.config("web/unsecure/base_link_url", view) or "{{unsecure_base_url}}"
        url = link.replace("{{unsecure_base_url}}", base).rstrip("/") + "/"
        if self.config("web/url/use_store", view) == "1":
            url += f"{view['code']}/"
        return url

    def media_url(self, view: Row) -> str:
        """Base media URL of a view, with a slash at the end."""
        base = self.config("web/unsecure/base_url", view)
        media = self.config("web/unsecure/base_media_url", view)
        if not media:
            return base.rstrip("/") + "/media/"
        return media.replace("{{unsecure_base_url}}", base).rstrip("/") + "/"

    def attribute(self, entity_type: str, code: str) -> Row | None:
        """An attribute with its scope."""
        return self.rows.one(
            "SELECT a.*, c.is_global FROM {eav_attribute} a "
            "JOIN {eav_entity_type} t ON t.entity_type_id = a.entity_type_id "
            "LEFT JOIN {catalog_eav_attribute} c ON c.attribute_id = a.attribute_id "
            "WHERE t.entity_type_code = %s AND a.attribute_code = %s",
            entity_type,
            code,
        )

    def value_at(self, entity_type: str, code: str, entity_id: int, store_id: int) -> Any:
        """Value of an attribute in a view: its own row, else the default one's."""
        attribute = self.attribute(entity_type, code)
        if attribute is None:
            return None
        table = f"{entity_type}_entity_{attribute['backend_type']}"
        stores = [0] if attribute["is_global"] == 1 else [store_id, 0]
        for store in stores:
            row = self.rows.one(
                f"SELECT value FROM {{{table}}} "
                "WHERE entity_id=%s AND attribute_id=%s AND store_id=%s",
                entity_id,
                attribute["attribute_id"],
                store,
            )
            if row is not None:
                return row["value"]
        return None

    def product_value(self, code: str, product_id: int, view: Row) -> Any:
        """Value of a product attribute in a view."""
        return self.value_at("catalog_product", code, product_id, view["store_id"])

    def category_path(self, category_id: int, view: Row) -> str | None:
        """Names from the root to a category, in a view; None when the category is gone."""
        path = self.rows.value(
            "SELECT path FROM {catalog_category_entity} WHERE entity_id = %s", category_id
        )
        if path is None:
            return None
        names = [
            self.value_at("catalog_category", "name", int(part), view["store_id"])
            for part in str(path).split("/")
        ]
        return " > ".join(str(name) for name in names if name)

    def product_url(self, product_id: int, view: Row) -> str:
        """Address of a product's page in a view."""
        path = self.rows.value(
            "SELECT r.request_path FROM {url_rewrite} r "
            "LEFT JOIN {catalog_url_rewrite_product_category} c "
            "ON c.url_rewrite_id = r.url_rewrite_id "
            "WHERE r.entity_type='product' AND r.entity_id=%s AND r.store_id=%s "
            "AND r.redirect_type=0 AND c.url_rewrite_id IS NULL ORDER BY r.url_rewrite_id",
            product_id,
            view["store_id"],
        )
        if path is None:
            path = f"catalog/product/view/id/{product_id}"
            key = self.product_value("url_key", product_id, view)
            if key:
                path += f"/s/{key}/"
        url = self.base_url(view) + str(path)
        is_several = len(self.views()) > 1
        if is_several and self.config("web/url/use_store", view) != "1":
            url += f"?___store={view['code']}"
        return url
