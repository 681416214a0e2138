"""Customers become profiles; a deleted customer becomes what the settings say.

Source: Synerise API: profiles, custom events, deletion of a profile; Magento table
customer_entity.
"""

from __future__ import annotations

from typing import Any

from cdc.errors import MappingFailed
from cdc.records import ChangeRecord, Model
from mappers.fields import Fields
from mappers.moment import iso_of_ms
from mappers.payload import Mapped, Payload, PayloadKind, Skipped
from mappers.person import customer_claim, email_claim, required_email, sent_names
from mappers.scope import Scope
from mappers.update_type import update_type

_NAMES = (("firstName", "firstname"), ("lastName", "lastname"))


def map_customer(record: ChangeRecord, scope: Scope) -> Mapped:
    """One profile for a customer whose store view belongs to the workspace.

    The profile is {customId, email, firstName, lastName, attributes}; names that are empty are
    left out, which leaves them unchanged in Synerise. Customers who never had a store view belong
    to no workspace and are skipped; those whose store view was deleted stay where they were.

    Raises:
        MappingFailed: the e-mail address is missing or refused by the API. It is what makes the
            profile a known person, so the rest is not sent without it.
    """
    identity = Fields(record.identity, "identity")
    if record.after is None:
        return _deleted(record, identity, scope)
    customer = Fields(record.after)
    store_id, website_id = _view(customer, identity)
    if not store_id:
        return _skipped("customer without store view")
    if not scope.has_view(store_id, website_id):
        return _skipped("customer out of scope")
    customer_id = _id_of(customer)
    email = required_email(customer, "email")
    names, skipped = sent_names(customer, _NAMES)
    body: dict[str, Any] = {"customId": str(customer_id), "email": email, **names}
    body["attributes"] = _attributes(record)
    profile = Payload(
        kind=PayloadKind.PROFILE,
        target=_profile_target(customer_id),
        body=body,
        claims=_claims(customer_id, identity, email),
    )
    return Mapped((profile,), tuple(skipped))


def _view(customer: Fields, identity: Fields) -> tuple[int | None, int | None]:
    """Store view and website of a customer; the last known ones where the view was deleted.

    Magento empties the column then. The profile is still there, and would hold an address that
    the customer has left against whoever comes to it.
    """
    store_id, website_id = customer.integer("store_id"), customer.integer("website_id")
    if store_id is None:
        store_id = identity.integer("store_id")
        website_id = website_id or identity.integer("website_id")
    return store_id, website_id


def _attributes(record: ChangeRecord) -> dict[str, Any]:
    """Custom attributes of the profile."""
    return {"lastUpdateType": update_type(record.cause)}


def _deleted(record: ChangeRecord, identity: Fields, scope: Scope) -> Mapped:
    """What the workspace hears of a deleted customer, by `customer.delete`."""
    behaviour = scope.mapping.customer.delete
    store_id = identity.integer("store_id")
    if not store_id:
        return _skipped("customer without store view")
    if not scope.has_view(store_id, identity.integer("website_id")):
        return _skipped("customer out of scope")
    customer_id = _id_of(identity)
    if behaviour == "ignore":
        return Mapped((), (Skipped("deleted customers are ignored"),), gone=str(customer_id))
    claims = _claims(customer_id, identity, None)
    if behaviour == "remove":
        removal = Payload(
            kind=PayloadKind.PROFILE_DELETE,
            target=_profile_target(customer_id),
            body={"customId": str(customer_id)},
            claims=claims,
        )
        return Mapped((removal,))
    event = _delete_account(record, customer_id, store_id, scope)
    target = f"event:deleteAccount:{customer_id}"
    return Mapped((Payload(kind=PayloadKind.EVENT, target=target, body=event, claims=claims),))


def _delete_account(
    record: ChangeRecord, customer_id: int, store_id: int, scope: Scope
) -> dict[str, Any]:
    """The event client.deleteAccount.

    The client is named by customId, not by e-mail: the address may belong to another profile by
    now, or the profile may carry a newer one, while the customer id never moves.

    The salt is a function of the customer alone and the time is that of the deletion, so that a
    second delivery of the record overwrites the first. A later record of the same deletion (found
    again by a scan) has another time, which makes the salt useless: the target is therefore to be
    sent once and never again.

    The earlier of commit and capture is the time: a database clock that runs ahead would give a
    time in the future, which the API replaces by the time of receipt.
    """
    time_ms = min(record.ts_ms, record.captured_ms) if record.ts_ms else record.captured_ms
    return {
        "action": "client.deleteAccount",
        "label": "clientDeleteAccount",
        "time": iso_of_ms(time_ms),
        "client": {"customId": str(customer_id)},
        "params": {
            "source": "WEB_DESKTOP",
            "applicationName": scope.mapping.application_name,
            "storeId": store_id,
        },
        "eventSalt": f"deleteAccount-{customer_id}",
    }


def _claims(customer_id: int, identity: Fields, email: str | None) -> frozenset[str]:
    """Claims on the custom id and on every address the customer has or had."""
    addresses = [email, identity.filled("email"), *identity.texts("former_emails")]
    return frozenset(
        {customer_claim(customer_id), *(email_claim(each) for each in addresses if each)}
    )


def _profile_target(customer_id: int) -> str:
    return f"profile:{Model.CUSTOMER.value}:{customer_id}"


def _id_of(entity: Fields) -> int:
    customer_id = entity.integer("entity_id")
    if customer_id is None:
        raise MappingFailed(f"{entity.path('entity_id')} is empty")
    return customer_id


def _skipped(reason: str) -> Mapped:
    return Mapped((), (Skipped(reason),))
