"""The guest who placed an order becomes a profile.

Source: Synerise API: profiles; Magento tables sales_order, sales_order_address.
"""

from __future__ import annotations

from typing import Any

from mappers.fields import Fields
from mappers.payload import Payload, PayloadKind, Skipped
from mappers.person import (
    email_claim,
    is_phone,
    required_email,
    sent_names,
    uuid_of_email,
)
from mappers.scope import Scope

_NAMES = (("firstName", "customer_firstname"), ("lastName", "customer_lastname"))


def guest_profile(
    order: Fields, identity: Fields, scope: Scope
) -> tuple[Payload | None, list[Skipped]]:
    """The profile of an order's guest, or None when there is none to send.

    There is none for customers, for an address that has an account in the order's website (what
    a guest typed must not replace the names of the account), and when the order's address is no
    longer the one that it was first published with: the transaction stays with the first, and an
    order that was made anonymous must not bring a person back.

    Several orders of one guest share the target; the version is the order's id, so that a late
    change of an older order does not bring back older names.

    Raises:
        MappingFailed: the e-mail address is refused by the API.
    """
    if not scope.mapping.order.guests or not order.flag("customer_is_guest"):
        return None, []
    if order.filled("customer_email") is None:
        return None, [Skipped("guest without e-mail")]
    if order.flag("guest_has_account"):
        return None, [Skipped("guest has an account")]
    if not _is_first_identity(order, identity):
        return None, [Skipped("guest's identity has changed")]
    email = required_email(order, "customer_email")
    body: dict[str, Any] = {"email": email}
    if scope.mapping.subscriber.uuid and not identity.flag("email_retired"):
        body["uuid"] = uuid_of_email(email)
    phone, skipped = _phone(order)
    if phone is not None:
        body["phone"] = phone
    names, names_skipped = sent_names(order, _NAMES)
    profile = Payload(
        kind=PayloadKind.PROFILE,
        target=f"profile:guest:{email}",
        body={**body, **names},
        claims=frozenset({email_claim(email)}),
        version=order.integer("entity_id") or 0,
    )
    return profile, [*skipped, *names_skipped]


def _is_first_identity(order: Fields, identity: Fields) -> bool:
    first = identity.part("client")
    if first is None or first.integer("customer_id") is not None:
        return False
    return first.filled("email") == order.filled("customer_email")


def _phone(order: Fields) -> tuple[str | None, list[Skipped]]:
    """Telephone of the shipping address; one that the API refuses is left out and counted."""
    phone = order.filled("shipping_telephone")
    if phone is None or is_phone(phone):
        return phone, []
    return None, [Skipped("phone: not a number that Synerise takes")]
