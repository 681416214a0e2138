"""What a catalog item tells of a product as one store view shows it.

Source: Synerise API: catalogs, attributes of the item feed; Magento tables
catalog_product_entity_* (a store view's own row wins over the default one, null included),
url_rewrite, catalog_product_super_link.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal

from mappers.fields import Fields
from mappers.money import number, rounded

_INVISIBLE = "1"
_VISIBILITY = {
    _INVISIBLE: "Not Visible Individually",
    "2": "Catalog",
    "3": "Search",
    "4": "Catalog, Search",
}
_PATH_SEPARATOR = " > "
_NO_IMAGE = "no_selection"

PriceSource = Literal["regular_price", "final_price"]


def live_values(product: Fields, view: Fields, price: PriceSource) -> dict[str, Any]:
    """Keys of an item that is not deleted; None for what there is not.

    Keys: productUrl, parentId, price, image, visibility, category, additionalCategories,
    stock_status, is_salable.
    """
    visibility = _attribute(product, view, "visibility")
    paths = _category_paths(view)
    return {
        **_place(view, is_invisible=visibility == _INVISIBLE),
        "price": _price(view, price),
        "image": _image(product, view),
        "visibility": _VISIBILITY.get(visibility or ""),
        "category": paths[0] if paths else None,
        "additionalCategories": paths[1:] or None,
        "stock_status": view.text("stock_status"),
        "is_salable": view.flag("is_salable"),
    }


def _attribute(product: Fields, view: Fields, code: str) -> str | None:
    """Value of an attribute in a store view: its own row if there is one, else the default."""
    own = view.part("attributes")
    if own is not None and code in own:
        return own.text(code)
    default = product.part("attributes")
    return None if default is None else default.text(code)


def _place(view: Fields, *, is_invisible: bool) -> dict[str, str | None]:
    """Where the product is shown.

    A product that is not visible by itself is shown by its first configurable parent, and
    nowhere when it has none.
    """
    if not is_invisible:
        return {"productUrl": view.filled("product_url"), "parentId": None}
    parent = view.part("parent")
    if parent is None:
        return {"productUrl": None, "parentId": None}
    return {"productUrl": parent.filled("url"), "parentId": parent.filled("sku")}


def _price(view: Fields, source: PriceSource) -> float:
    """Price in two decimals; 0 when there is none.

    Products that the price index leaves out have no final price; theirs is the regular one.
    """
    prices = view.part("price")
    if prices is None:
        return 0.0
    price = prices.decimal("final") if source == "final_price" else None
    if price is None:
        price = prices.money("regular")
    return number(rounded(max(Decimal(0), price)))


def _image(product: Fields, view: Fields) -> str | None:
    """URL of the original picture."""
    path = (_attribute(product, view, "image") or "").strip()
    base = view.filled("media_url")
    if not path or path == _NO_IMAGE or base is None:
        return None
    return f"{base.rstrip('/')}/catalog/product/{path.lstrip('/')}"


def _category_paths(view: Fields) -> list[str]:
    """Paths from the top of the tree, in the order of assignment; unnamed ones are left out."""
    paths = (category.texts("path") for category in view.parts("categories"))
    return [_PATH_SEPARATOR.join(path) for path in paths if path]
