"""Shapes of customer and subscriber records."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from cdc.shapes.base import AttributeValues, MomentText, Shape, StoreKey


class Address(Shape):
    """A customer's address."""

    entity_id: Annotated[int, Field(description="Id of the address.")]
    firstname: Annotated[str | None, Field(description="As stored.")]
    lastname: Annotated[str | None, Field(description="As stored.")]
    company: Annotated[str | None, Field(description="As stored.")]
    street: Annotated[str | None, Field(description="Lines joined by line feeds, as stored.")]
    city: Annotated[str | None, Field(description="As stored.")]
    postcode: Annotated[str | None, Field(description="As stored.")]
    region: Annotated[str | None, Field(description="Free text, as stored.")]
    region_id: Annotated[int | None, Field(description="Id in directory_country_region.")]
    region_name: Annotated[
        str | None,
        Field(
            description=(
                "Name of the region when it belongs to the address's country: in the default "
                "view's language, else in English, else the default one; otherwise `region`."
            )
        ),
    ]
    country_id: Annotated[str | None, Field(description="ISO 3166 code of two letters.")]
    telephone: Annotated[str | None, Field(description="As stored.")]
    fax: Annotated[str | None, Field(description="As stored.")]
    vat_id: Annotated[str | None, Field(description="As stored.")]


class Customer(Shape):
    """`after` of a customer. Passwords, tokens and lock data are never read."""

    entity_id: Annotated[int, Field(description="Id of the customer.")]
    email: Annotated[str | None, Field(description="As stored.")]
    store_id: Annotated[int | None, Field(description="Store view; null when it was deleted.")]
    website_id: Annotated[int | None, Field(description="Website; null when it was deleted.")]
    group_id: Annotated[int | None, Field(description="Customer group.")]
    prefix: Annotated[str | None, Field(description="As stored.")]
    firstname: Annotated[str | None, Field(description="As stored.")]
    middlename: Annotated[str | None, Field(description="As stored.")]
    lastname: Annotated[str | None, Field(description="As stored.")]
    suffix: Annotated[str | None, Field(description="As stored.")]
    dob: Annotated[MomentText | None, Field(description="Date of birth.")]
    gender: Annotated[int | None, Field(description="1 male, 2 female, 3 not specified.")]
    taxvat: Annotated[str | None, Field(description="Tax number.")]
    created_in: Annotated[str | None, Field(description="Name of the view it was created in.")]
    created_at: Annotated[MomentText | None, Field(description="When it was created.")]
    updated_at: Annotated[MomentText | None, Field(description="As stored; not reliable.")]
    is_active: Annotated[int | None, Field(description="1 or 0.")]
    default_billing: Annotated[int | None, Field(description="Id of the billing address.")]
    default_shipping: Annotated[int | None, Field(description="Id of the shipping address.")]
    increment_id: Annotated[str | None, Field(description="As stored.")]
    billing: Annotated[Address | None, Field(description="Default billing address.")]
    shipping: Annotated[Address | None, Field(description="Default shipping address.")]
    attributes: Annotated[
        AttributeValues, Field(description="Attributes that the shop added: code to value.")
    ]


class CustomerIdentity(Shape):
    """`identity` of a customer, also after its deletion."""

    entity_id: Annotated[int, Field(description="Id of the customer.")]
    email: Annotated[str | None, Field(description="Last known address.")]
    store_id: Annotated[int | None, Field(description="Last store view that was not null.")]
    website_id: Annotated[int | None, Field(description="Last website that was not null.")]
    former_emails: Annotated[list[str], Field(description="Addresses it had before, cumulative.")]


class Subscription(Shape):
    """One row of newsletter_subscriber."""

    subscriber_id: Annotated[int, Field(description="Id of the row.")]
    store_id: Annotated[int | None, Field(description="Store view; null when it was deleted.")]
    customer_id: Annotated[int | None, Field(description="Customer; 0 for guests.")]
    status: Annotated[
        int | None,
        Field(description="1 subscribed, 2 not active, 3 unsubscribed, 4 unconfirmed."),
    ]
    change_status_at: Annotated[MomentText | None, Field(description="Last change of status.")]


class Subscriber(Shape):
    """`after` of a subscriber: all rows of one e-mail address."""

    email: Annotated[str, Field(description="The address, trimmed; compared exactly.")]
    subscriptions: Annotated[
        list[Subscription], Field(description="By subscriber_id, ascending; never empty.")
    ]


class SubscribedView(Shape):
    """A store view that an address was ever subscribed in."""

    website_id: Annotated[int | None, Field(description="Website of the view.")]


class SubscriberIdentity(Shape):
    """`identity` of a subscriber, also when no row has the address any more."""

    email: Annotated[str, Field(description="The address, trimmed.")]
    stores: Annotated[
        dict[StoreKey, SubscribedView],
        Field(description="Store views the address ever had a row in, cumulative."),
    ]
    retired: Annotated[
        bool, Field(description="Whether a customer once had the address and moved to another.")
    ]
