"""What every catalog should hold, product by product and view by view."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.reference.rows import Row, cents
from tests.reference.shop import ReferenceShop

_VISIBILITY = {
    1: "Not Visible Individually",
    2: "Catalog",
    3: "Search",
    4: "Catalog, Search",
}
_COMPOSITE = ("configurable", "bundle", "grouped")


def expected_items(shop: ReferenceShop, view: Row) -> dict[str, dict[str, Any]]:
    """Item key → value (without lastUpdateType) of every product in the view's website."""
    products = shop.rows.all(
        "SELECT p.* FROM {catalog_product_entity} p "
        "JOIN {catalog_product_website} w ON w.product_id = p.entity_id "
        "WHERE w.website_id = %s ORDER BY p.entity_id",
        view["website_id"],
    )
    return {str(row["sku"]).strip(): _item(shop, row, view) for row in products}


def _item(shop: ReferenceShop, product: Row, view: Row) -> dict[str, Any]:
    product_id = product["entity_id"]
    sku = str(product["sku"]).strip()
    item: dict[str, Any] = {
        "itemId": sku,
        "deleted": 0,
        "storeId": view["store_id"],
        "storeUrl": shop.base_url(view),
        "entity_id": str(product_id),
        "sku": sku,
        "price": float(cents(max(_regular(shop, product, view) or Decimal(0), Decimal(0)))),
    }
    visibility = shop.product_value("visibility", product_id, view)
    if visibility in _VISIBILITY:
        item["visibility"] = _VISIBILITY[visibility]
    if visibility == 1:
        _add_parent(shop, item, product_id, view)
    else:
        item["productUrl"] = shop.product_url(product_id, view)
    image = (shop.product_value("image", product_id, view) or "").strip()
    if image and image != "no_selection":
        item["image"] = f"{shop.media_url(view)}catalog/product/{image.lstrip('/')}"
    _add_categories(shop, item, product_id, view)
    _add_stock(shop, item, product, view)
    return item


def _add_parent(shop: ReferenceShop, item: dict[str, Any], product_id: int, view: Row) -> None:
    parent = shop.rows.one(
        "SELECT p.entity_id, p.sku FROM {catalog_product_super_link} l "
        "JOIN {catalog_product_entity} p ON p.entity_id = l.parent_id "
        "WHERE l.product_id = %s ORDER BY l.link_id LIMIT 1",
        product_id,
    )
    if parent is not None:
        item["parentId"] = str(parent["sku"]).strip()
        item["productUrl"] = shop.product_url(parent["entity_id"], view)


def _add_categories(shop: ReferenceShop, item: dict[str, Any], product_id: int, view: Row) -> None:
    links = shop.rows.all(
        "SELECT category_id FROM {catalog_category_product} WHERE product_id=%s ORDER BY entity_id",
        product_id,
    )
    paths = [shop.category_path(link["category_id"], view) for link in links]
    named = [path for path in paths if path]
    if named:
        item["category"] = named[0]
    if len(named) > 1:
        item["additionalCategories"] = named[1:]


def _regular(shop: ReferenceShop, product: Row, view: Row) -> Decimal | None:
    product_id, kind = product["entity_id"], product["type_id"]
    if kind in ("bundle", "grouped"):
        index = shop.rows.one(
            "SELECT price, min_price, final_price FROM {catalog_product_index_price} "
            "WHERE entity_id=%s AND website_id=%s AND customer_group_id=0",
            product_id,
            view["website_id"],
        )
        if index is not None:
            if index["price"]:
                return Decimal(index["price"])
            least = index["min_price"]
            return Decimal(least) if least is not None else _as_decimal(index["price"])
    if kind == "configurable":
        prices = [
            price
            for child in _members(shop, product, view)
            if (price := _as_decimal(shop.product_value("price", child["entity_id"], view)))
            is not None
        ]
        return min(prices, default=None)
    return _as_decimal(shop.product_value("price", product_id, view))


def _as_decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(value)


def _members(shop: ReferenceShop, product: Row, view: Row) -> list[Row]:
    """Enabled members of a configurable or grouped product in the view's website."""
    if product["type_id"] == "configurable":
        rows = shop.rows.all(
            "SELECT p.* FROM {catalog_product_super_link} l "
            "JOIN {catalog_product_entity} p ON p.entity_id = l.product_id WHERE l.parent_id = %s",
            product["entity_id"],
        )
    else:
        rows = shop.rows.all(
            "SELECT p.* FROM {catalog_product_link} l "
            "JOIN {catalog_product_entity} p ON p.entity_id = l.linked_product_id "
            "WHERE l.product_id = %s AND l.link_type_id = 3",
            product["entity_id"],
        )
    return [row for row in rows if _is_offered(shop, row["entity_id"], view)]


def _is_offered(shop: ReferenceShop, product_id: int, view: Row) -> bool:
    is_in_website = shop.rows.value(
        "SELECT 1 FROM {catalog_product_website} WHERE product_id=%s AND website_id=%s",
        product_id,
        view["website_id"],
    )
    return bool(is_in_website) and shop.product_value("status", product_id, view) == 1


def _add_stock(shop: ReferenceShop, item: dict[str, Any], product: Row, view: Row) -> None:
    stock = _stock_item(shop, product["entity_id"])
    if stock is not None:
        item["stock_status"] = str(stock["is_in_stock"])
    is_salable = _is_salable(shop, product, view)
    if is_salable is not None:
        item["is_salable"] = is_salable


def _stock_item(shop: ReferenceShop, product_id: int) -> Row | None:
    return shop.rows.one(
        "SELECT * FROM {cataloginventory_stock_item} WHERE product_id=%s AND stock_id=1", product_id
    )


def _is_salable(shop: ReferenceShop, product: Row, view: Row) -> bool | None:
    product_id, kind = product["entity_id"], product["type_id"]
    if shop.product_value("status", product_id, view) != 1:
        return False
    own = _is_in_stock(shop, product, view)
    if kind in ("configurable", "grouped"):
        if own is False:
            return False
        return any(_is_in_stock(shop, child, view) for child in _members(shop, product, view))
    if kind == "bundle":
        return own is not False and _is_bundle_salable(shop, product_id, view)
    return own


def _is_bundle_salable(shop: ReferenceShop, bundle_id: int, view: Row) -> bool:
    has_any = False
    options = shop.rows.all(
        "SELECT option_id, required FROM {catalog_product_bundle_option} WHERE parent_id=%s",
        bundle_id,
    )
    for option in options:
        selections = shop.rows.all(
            "SELECT p.* FROM {catalog_product_bundle_selection} s "
            "JOIN {catalog_product_entity} p ON p.entity_id = s.product_id WHERE s.option_id=%s",
            option["option_id"],
        )
        is_salable = any(
            _is_offered(shop, row["entity_id"], view) and _is_in_stock(shop, row, view)
            for row in selections
        )
        if option["required"] and not is_salable:
            return False
        has_any = has_any or is_salable
    return has_any


def _is_in_stock(shop: ReferenceShop, product: Row, view: Row) -> bool | None:
    stock = _stock_item(shop, product["entity_id"])
    has_sources = shop.rows.has_table("inventory_stock_sales_channel")
    stock_id = _stock_of_website(shop, view) if has_sources else 1
    if stock is None or stock_id is None:
        return None
    config = "cataloginventory/item_options/"
    manages = stock["manage_stock"]
    if stock["use_config_manage_stock"]:
        manages = shop.config(f"{config}manage_stock", None) == "1"
    minimum = Decimal(stock["min_qty"])
    if stock["use_config_min_qty"]:
        minimum = Decimal(shop.config(f"{config}min_qty", None) or 0)
    backorders = stock["backorders"]
    if stock["use_config_backorders"]:
        backorders = int(shop.config(f"{config}backorders", None) or 0)
    is_composite = product["type_id"] in _COMPOSITE
    if is_composite or stock_id == 1:
        if not manages:
            return True
        if not stock["is_in_stock"]:
            return False
        if is_composite or not has_sources:
            return True
        quantity = Decimal(stock["qty"] or 0)
    else:
        held = _sources(shop, product["sku"], stock_id)
        if not held:
            return False
        if not manages:
            return True
        available = [Decimal(row["quantity"]) for row in held if row["status"]]
        if not available:
            return False
        quantity = sum(available, Decimal(0))
    left = quantity + _reserved(shop, product["sku"], stock_id) - minimum
    if backorders and minimum >= 0:
        return True
    return left > 0


def _stock_of_website(shop: ReferenceShop, view: Row) -> int | None:
    found = shop.rows.value(
        "SELECT c.stock_id FROM {inventory_stock_sales_channel} c "
        "JOIN {store_website} w ON w.code = c.code WHERE c.type='website' AND w.website_id=%s",
        view["website_id"],
    )
    return None if found is None else int(found)


def _sources(shop: ReferenceShop, sku: str, stock_id: int) -> list[Row]:
    return shop.rows.all(
        "SELECT i.* FROM {inventory_source_item} i "
        "JOIN {inventory_source_stock_link} l ON l.source_code = i.source_code "
        "JOIN {inventory_source} s ON s.source_code = i.source_code AND s.enabled = 1 "
        "WHERE l.stock_id = %s AND i.sku = %s",
        stock_id,
        sku,
    )


def _reserved(shop: ReferenceShop, sku: str, stock_id: int) -> Decimal:
    found = shop.rows.value(
        "SELECT SUM(quantity) FROM {inventory_reservation} WHERE sku=%s AND stock_id=%s",
        sku,
        stock_id,
    )
    return Decimal(found or 0)
