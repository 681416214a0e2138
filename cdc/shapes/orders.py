"""Shapes of order records."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from cdc.shapes.base import DecimalText, MomentText, Shape

_ORDER_CURRENCY = "In order currency."
_BASE_CURRENCY = "In base currency."


class OrderedProduct(Shape):
    """The product of a line as it is now, in the line's store view."""

    entity_id: Annotated[int, Field(description="Id of the product.")]
    sku: Annotated[str, Field(description="SKU of the product (not of the variant sold).")]
    url: Annotated[str | None, Field(description="Address of the product page.")]
    image: Annotated[str | None, Field(description="Address of the picture's original file.")]
    categories: Annotated[
        list[str], Field(description='Paths of its categories: "Root Catalog > … > Men".')
    ]


class OrderItem(Shape):
    """One row of sales_order_item, children of configurables and bundles too."""

    item_id: Annotated[int, Field(description="Id of the line.")]
    parent_item_id: Annotated[int | None, Field(description="Line this one is a part of.")]
    product_id: Annotated[int | None, Field(description="Id of the product, dead or alive.")]
    product_type: Annotated[str | None, Field(description="simple, configurable, bundle, …")]
    store_id: Annotated[int | None, Field(description="Store view.")]
    sku: Annotated[str | None, Field(description="As ordered: a configurable has its child's.")]
    name: Annotated[str | None, Field(description="As ordered.")]
    qty_ordered: Annotated[DecimalText | None, Field(description="Quantity ordered.")]
    qty_canceled: Annotated[DecimalText | None, Field(description="Quantity cancelled.")]
    qty_refunded: Annotated[DecimalText | None, Field(description="Quantity refunded.")]
    price: Annotated[DecimalText | None, Field(description="Per unit, before tax.")]
    original_price: Annotated[
        DecimalText | None, Field(description="Per unit, catalog price before special prices.")
    ]
    price_incl_tax: Annotated[DecimalText | None, Field(description="Per unit, with tax.")]
    row_total: Annotated[
        DecimalText | None, Field(description="Line before tax and before discount.")
    ]
    row_total_incl_tax: Annotated[
        DecimalText | None, Field(description="Line with tax, before discount.")
    ]
    tax_amount: Annotated[DecimalText | None, Field(description="Tax of the line.")]
    tax_percent: Annotated[DecimalText | None, Field(description="Rate of the tax.")]
    discount_amount: Annotated[
        DecimalText | None, Field(description="Discount of the line, positive.")
    ]
    applied_rule_ids: Annotated[
        str | None, Field(description="Ids of cart rules, comma-separated.")
    ]
    promotion_rules: Annotated[list[str], Field(description="Names of those rules, in that order.")]
    product: Annotated[
        OrderedProduct | None, Field(description="Null when the product no longer exists.")
    ]


class OrderCustomer(Shape):
    """The customer of an order, as it is now."""

    entity_id: Annotated[int, Field(description="Id of the customer.")]
    email: Annotated[str | None, Field(description="As stored.")]
    store_id: Annotated[int | None, Field(description="The customer's store view.")]
    website_id: Annotated[int | None, Field(description="The customer's website.")]


class OrderStore(Shape):
    """The store view of an order."""

    store_id: Annotated[int, Field(description="Id of the view.")]
    website_id: Annotated[int, Field(description="Its website.")]
    code: Annotated[str, Field(description="Its code.")]
    url: Annotated[str | None, Field(description="Its base link URL, with trailing slash.")]


class Order(Shape):
    """`after` of an order."""

    entity_id: Annotated[int, Field(description="Id of the order.")]
    increment_id: Annotated[str | None, Field(description="The number that people see.")]
    store_id: Annotated[int | None, Field(description="Store view; null when it was deleted.")]
    status: Annotated[str | None, Field(description="Status code.")]
    state: Annotated[str | None, Field(description="State code.")]
    created_at: Annotated[MomentText | None, Field(description="When it was placed.")]
    updated_at: Annotated[MomentText | None, Field(description="As stored; not reliable.")]
    customer_id: Annotated[int | None, Field(description="Null for guests, dead customers too.")]
    customer_email: Annotated[str | None, Field(description="As stored.")]
    customer_firstname: Annotated[str | None, Field(description="As stored.")]
    customer_lastname: Annotated[str | None, Field(description="As stored.")]
    customer_is_guest: Annotated[int | None, Field(description="1, 0 or null.")]
    customer_group_id: Annotated[int | None, Field(description="Customer group; 0 for guests.")]
    is_virtual: Annotated[int | None, Field(description="1 when nothing is shipped.")]
    order_currency_code: Annotated[str | None, Field(description="Currency of the order.")]
    base_currency_code: Annotated[str | None, Field(description="Currency of the base amounts.")]
    base_to_order_rate: Annotated[
        DecimalText | None, Field(description="Order amount of one unit of base currency.")
    ]
    subtotal: Annotated[DecimalText | None, Field(description=_ORDER_CURRENCY)]
    subtotal_incl_tax: Annotated[DecimalText | None, Field(description=_ORDER_CURRENCY)]
    tax_amount: Annotated[DecimalText | None, Field(description=_ORDER_CURRENCY)]
    grand_total: Annotated[DecimalText | None, Field(description=_ORDER_CURRENCY)]
    discount_amount: Annotated[
        DecimalText | None, Field(description="In order currency; negative, as stored.")
    ]
    shipping_amount: Annotated[DecimalText | None, Field(description=_ORDER_CURRENCY)]
    shipping_incl_tax: Annotated[DecimalText | None, Field(description=_ORDER_CURRENCY)]
    shipping_method: Annotated[str | None, Field(description="Carrier and method code.")]
    coupon_code: Annotated[str | None, Field(description="Coupon used.")]
    applied_rule_ids: Annotated[
        str | None, Field(description="Ids of cart rules, comma-separated.")
    ]
    has_remote_ip: Annotated[
        bool, Field(description="Whether it was placed by a browser (the address is not read).")
    ]
    base_subtotal: Annotated[DecimalText | None, Field(description=_BASE_CURRENCY)]
    base_grand_total: Annotated[DecimalText | None, Field(description=_BASE_CURRENCY)]
    total_refunded: Annotated[DecimalText | None, Field(description=_ORDER_CURRENCY)]
    total_canceled: Annotated[DecimalText | None, Field(description=_ORDER_CURRENCY)]
    payment_method: Annotated[str | None, Field(description="Code of the payment method.")]
    shipping_telephone: Annotated[str | None, Field(description="Of the shipping address.")]
    billing_telephone: Annotated[str | None, Field(description="Of the billing address.")]
    promotion_rules: Annotated[
        list[str], Field(description="Names of applied_rule_ids, in that order.")
    ]
    customer: Annotated[
        OrderCustomer | None, Field(description="The customer of customer_id, as it is now.")
    ]
    guest_has_account: Annotated[
        bool,
        Field(description="Whether the website of the order has a customer with its address."),
    ]
    store: Annotated[OrderStore | None, Field(description="Null when the view was deleted.")]
    items: Annotated[list[OrderItem], Field(description="By item_id, ascending; all rows.")]


class OrderClient(Shape):
    """Who the order belonged to when it was first published.

    It never changes, with one exception: a guest's address that a customer had and left is
    replaced by that customer.
    """

    customer_id: Annotated[int | None, Field(description="The customer; null for guests.")]
    customer_store_id: Annotated[int | None, Field(description="The customer's store view.")]
    customer_website_id: Annotated[int | None, Field(description="The customer's website.")]
    email: Annotated[str | None, Field(description="Address of the order, trimmed.")]


class OrderIdentity(Shape):
    """`identity` of an order."""

    entity_id: Annotated[int, Field(description="Id of the order.")]
    increment_id: Annotated[str | None, Field(description="The number that people see.")]
    store_id: Annotated[int | None, Field(description="Last store view that was not null.")]
    website_id: Annotated[int | None, Field(description="Website of that view.")]
    created_at: Annotated[
        MomentText | None, Field(description="When it was placed, as first published.")
    ]
    client: Annotated[OrderClient, Field(description="Who it belongs to in the target.")]
    product_skus: Annotated[
        dict[str, str],
        Field(
            description=(
                "Item id to the SKU of the configurable product it was first published with."
            )
        ),
    ]
    email_retired: Annotated[
        bool, Field(description="Whether a customer once had client.email and left it.")
    ]
