"""Newsletter subscribers become the e-mail consent of a profile.

A person is one profile per workspace, while Magento keeps one subscription per store view (and
may keep several for one address). Of the subscriptions of the workspace's store views the one
that changed last decides; an address that had one there and has none any more has no consent.

Consent is sent as a JSON boolean, as the API documents it. (The official plugin sends 1 and 0,
which the API takes for the same.)

Source: Synerise API: profiles, agreements; Magento table newsletter_subscriber.
"""

from __future__ import annotations

from typing import Any

from cdc.records import ChangeRecord, Model
from mappers.fields import Fields
from mappers.payload import Mapped, Payload, PayloadKind, Skipped
from mappers.person import email_claim, required_email, uuid_of_email
from mappers.scope import Scope

_SUBSCRIBED = 1


def map_subscriber(record: ChangeRecord, scope: Scope) -> Mapped:
    """One profile {email, uuid, agreements: {email}} for an address known to the workspace.

    The uuid is left out when the settings say so, and for an address that a customer had and
    left: that customer's profile holds the uuid, and would be moved back to the old address. For
    the same reason an address that no subscription has any more goes without it: it may have
    left with a customer whose record is still on its way.

    Raises:
        MappingFailed: the e-mail address is refused by the API.
    """
    identity = Fields(record.identity, "identity")
    has_consent = _consent(record, identity, scope)
    if has_consent is None:
        return Mapped((), (Skipped("subscriber out of scope"),))
    email = required_email(identity, "email")
    body: dict[str, Any] = {"email": email}
    is_listed = record.after is not None
    if scope.mapping.subscriber.uuid and is_listed and not identity.flag("retired"):
        body["uuid"] = uuid_of_email(email)
    body["agreements"] = {"email": has_consent}
    profile = Payload(
        kind=PayloadKind.PROFILE,
        target=f"profile:{Model.SUBSCRIBER.value}:{email}",
        body=body,
        claims=frozenset({email_claim(email)}),
    )
    return Mapped((profile,))


def _consent(record: ChangeRecord, identity: Fields, scope: Scope) -> bool | None:
    """Whether the address may be written to; None when the workspace never knew it."""
    websites = {
        store_id: store.integer("website_id")
        for store_id, store in identity.by_id("stores").items()
    }
    subscriptions = [] if record.after is None else Fields(record.after).parts("subscriptions")
    own = [each for each in subscriptions if _is_own(each.integer("store_id"), websites, scope)]
    if own:
        return max(own, key=_recency).integer("status") == _SUBSCRIBED
    if any(_is_own(store_id, websites, scope) for store_id in websites):
        return False
    return None


def _is_own(store_id: int | None, websites: dict[int, int | None], scope: Scope) -> bool:
    return store_id is not None and scope.has_view(store_id, websites.get(store_id))


def _recency(subscription: Fields) -> tuple[str, int]:
    """Order of subscriptions: when the status changed (never lowest), then the id."""
    # Fixed-width dates order as text.
    changed_at = subscription.text("change_status_at") or ""
    return changed_at, subscription.integer("subscriber_id") or 0
