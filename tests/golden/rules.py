"""The API's rules on payloads, as the strict sandbox checks them."""

from __future__ import annotations

from mappers.payload import Payload, PayloadKind
from sinks.sandbox.catalog_rules import bag_breaches, item_breaches
from sinks.sandbox.event_rules import event_breaches
from sinks.sandbox.profile_rules import profile_breaches
from sinks.sandbox.text_rules import Breach, identifier_breach, null_path
from sinks.sandbox.transaction_rules import transaction_breaches


def breaches(payload: Payload) -> list[Breach]:
    """Every rule that the payload breaks, switchable ones included."""
    body = payload.body
    if payload.kind is PayloadKind.PROFILE:
        found = profile_breaches(
            body,
            today="2100-01-01",
            has_client_id=True,
            needs_identifier=True,
            refuse_reserved=True,
        )
        return found + _null(payload)
    if payload.kind is PayloadKind.PROFILE_DELETE:
        broken = identifier_breach("customId", body.get("customId"), "customId")
        return [] if broken is None else [broken]
    if payload.kind is PayloadKind.EVENT:
        return event_breaches(body, "custom")
    if payload.kind is PayloadKind.TRANSACTION:
        return transaction_breaches(body, require_salt_and_time=True, check_revenue=True)
    catalog = bag_breaches({"name": payload.catalog})
    return catalog + item_breaches(body, require_item_id=True)


def _null(payload: Payload) -> list[Breach]:
    """A null, which would erase what the target has."""
    path = null_path(payload.body)
    return [] if path is None else [Breach("null", path, "erases")]
