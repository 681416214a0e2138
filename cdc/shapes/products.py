"""Shapes of product records."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from cdc.shapes.base import AttributeValues, DecimalText, MomentText, Shape, StoreKey


class Stock(Shape):
    """Stock item of the default scope."""

    is_in_stock: Annotated[int | None, Field(description="1, 0 or null without a stock item.")]
    qty: Annotated[DecimalText | None, Field(description="Quantity on hand.")]
    manage_stock: Annotated[bool, Field(description="Whether stock is managed, settings applied.")]
    backorders: Annotated[int, Field(description="0 none, 1 allowed, 2 allowed with a notice.")]


class Parent(Shape):
    """The configurable that shows an invisible product."""

    entity_id: Annotated[int, Field(description="Id of the parent.")]
    sku: Annotated[str, Field(description="SKU of the parent.")]
    url: Annotated[str | None, Field(description="Address of the parent's page in this view.")]


class AssignedCategory(Shape):
    """A category the product is in."""

    id: Annotated[int, Field(description="Id of the category.")]
    path: Annotated[
        list[str], Field(description="Names from the technical root down, in this view.")
    ]


class Price(Shape):
    """Prices for one unit, base currency, before any tax calculation."""

    regular: Annotated[
        DecimalText | None,
        Field(description="Attribute price; of a configurable the lowest of its children."),
    ]
    final: Annotated[
        DecimalText | None,
        Field(description="After special price, catalog rules and tier price, for guests."),
    ]


class ProductView(Shape):
    """The product as one store view shows it."""

    store_id: Annotated[int, Field(description="Id of the view.")]
    website_id: Annotated[int, Field(description="Its website.")]
    code: Annotated[str, Field(description="Its code.")]
    url: Annotated[str | None, Field(description="Its base link URL, with trailing slash.")]
    media_url: Annotated[str | None, Field(description="Its base media URL.")]
    currency: Annotated[str | None, Field(description="Its base currency.")]
    attributes: Annotated[
        AttributeValues,
        Field(description="This view's own rows only; they win over the default, null included."),
    ]
    product_url: Annotated[str | None, Field(description="Address of the product page.")]
    parent: Annotated[
        Parent | None,
        Field(description="First configurable parent, when the product is invisible here."),
    ]
    categories: Annotated[
        list[AssignedCategory], Field(description="In the order of category_ids.")
    ]
    price: Annotated[Price, Field(description="Prices in this view's website.")]
    stock_status: Annotated[
        Literal["0", "1"] | None, Field(description="Stock flag; null without a stock item.")
    ]
    is_salable: Annotated[bool | None, Field(description="Whether it can be bought now.")]


class Product(Shape):
    """`after` of a product."""

    entity_id: Annotated[int, Field(description="Id of the product.")]
    sku: Annotated[str, Field(description="As stored.")]
    type_id: Annotated[str, Field(description="simple, configurable, bundle, grouped, …")]
    attribute_set_id: Annotated[int, Field(description="Attribute set.")]
    created_at: Annotated[MomentText | None, Field(description="When it was created.")]
    updated_at: Annotated[MomentText | None, Field(description="As stored; not reliable.")]
    website_ids: Annotated[list[int], Field(description="Websites it is assigned to.")]
    category_ids: Annotated[list[int], Field(description="In the order of assignment.")]
    attributes: Annotated[
        AttributeValues, Field(description="Default values (scope 0) of every attribute set.")
    ]
    super_attributes: Annotated[
        dict[str, list[str]],
        Field(description="Configurables: code to the option ids its children use, sorted."),
    ]
    child_ids: Annotated[
        list[int],
        Field(description="Products a configurable, grouped or bundle product is made of."),
    ]
    stock: Annotated[Stock, Field(description="Stock item of the default scope.")]
    stores: Annotated[
        dict[StoreKey, ProductView],
        Field(description="Every store view of every assigned website, by id."),
    ]


class PublishedView(Shape):
    """A store view that the product was ever published for, with last known values."""

    website_id: Annotated[int, Field(description="Its website.")]
    code: Annotated[str, Field(description="Its code.")]
    url: Annotated[str | None, Field(description="Its base link URL, with trailing slash.")]


class ProductIdentity(Shape):
    """`identity` of a product key, kept over deletion and re-creation."""

    entity_id: Annotated[int, Field(description="Id of the product, last known.")]
    sku: Annotated[str, Field(description="SKU, trimmed.")]
    stores: Annotated[
        dict[StoreKey, PublishedView],
        Field(description="Store views it was ever published for, by id, cumulative."),
    ]
