"""Field rules of events (rule ids E1-E9, E12-E14), pure.

E14 is an addition of this stand-in: a top-level key that no event has, or an ``eventSalt`` that is
not a non-empty string; either would lose deduplication in silence.
Source: Synerise API reference, "events"; SDK validators.
"""

import re
from typing import Any, TypeGuard

from sinks.sandbox.text_rules import Breach, breach, client_breaches, null_path
from sinks.sandbox.times import to_epoch_ms

SOURCES = frozenset({"WEB_DESKTOP", "WEB_MOBILE", "MOBILE_APP", "POS", "MOBILE", "DESKTOP"})

ACTIONS = {
    "registered": "client.register",
    "logged-in": "client.login",
    "logged-out": "client.logout",
    "added-to-cart": "product.addToCart",
    "removed-from-cart": "product.removeFromCart",
    "added-to-favorites": "product.addToFavorite",
    "product-view": "product.view",
    "searched": "client.search",
    "shared": "client.shared",
    "visited-screen": "screen.view",
    "hit-timer": "client.hitTimer",
    "appeared-in-location": "client.location",
    "application-started": "client.applicationStarted",
    "assigned-to-company": "client.assignToCompany",
    "cancelled-transaction": "transaction.cancel",
}
SYSTEM_ACTIONS = frozenset(
    {
        "transaction.charge",
        "product.buy",
        "client.add",
        "client.identify",
        "profile.updated",
        "client.updateData",
        "client.merge",
        "marketingAgreement.turnOn",
        "marketingAgreement.turnOff",
        "newsletter.unsubscribe",
    }
)

_ACTION = re.compile(r"[a-zA-Z0-9.\-_]+")
_CURRENCY = re.compile(r"[A-Z]{3}")
_KEYS = frozenset({"client", "label", "time", "params", "eventSalt"})
_NEEDS_SOURCE = frozenset({"product-view", "searched", "shared", "visited-screen"})
_CART = frozenset({"added-to-cart", "removed-from-cart"})
_OPTIONAL_PRICES = ("regularUnitPrice", "discountedUnitPrice")


def event_breaches(body: Any, slug: str | None) -> list[Breach]:
    """Check one event.

    Args:
        body: any JSON value.
        slug: end of the single endpoint's path; None for an element of a batch, which names it
            in ``type``.
    Returns:
        Every broken rule that needs no stored profile (E10 does), empty for a good event.
    """
    if type(body) is not dict:
        return [breach("E1", "", "an event must be an object", body)]
    keys = _KEYS
    if slug is None:
        keys = keys | {"type"}
        slug = body.get("type")
        if type(slug) is not str or (slug != "custom" and slug not in ACTIONS):
            return [breach("E12", "type", "missing or unknown type", slug)]
    if slug == "custom":
        keys = keys | {"action"}
    found = client_breaches(body.get("client"), "E1")
    found += _common_breaches(body, keys)
    if slug == "custom":
        found += _action_breaches(body.get("action"))
    params = body.get("params")
    if type(params) is dict:
        found += _param_breaches(slug, params)
    null = null_path(body)
    if null is not None:
        found.append(breach("E13", null[:60], "null in an event"))
    return found


def action_of(body: dict[str, Any], slug: str | None) -> str:
    """Return the stored action of a checked event."""
    kind: str = body["type"] if slug is None else slug
    action: str = body["action"] if kind == "custom" else ACTIONS[kind]
    return action


def time_breach(value: Any, field: str) -> Breach | None:
    """Check a time (E6): a string of the documented form, with an offset."""
    if type(value) is str and to_epoch_ms(value) is not None:
        return None
    return breach("E6", field, "not an ISO 8601 time with an offset", value)


def is_number(value: Any) -> TypeGuard[int | float]:
    """Tell whether a JSON value is a number; booleans are not."""
    return type(value) is int or type(value) is float


def is_money(value: Any) -> bool:
    """Tell whether a value is ``{amount >= 0, currency of three capitals}``."""
    return (
        type(value) is dict
        and is_number(value.get("amount"))
        and value["amount"] >= 0
        and type(value.get("currency")) is str
        and _CURRENCY.fullmatch(value["currency"]) is not None
    )


def _common_breaches(body: dict[str, Any], keys: frozenset[str]) -> list[Breach]:
    found = []
    label = body.get("label")
    if type(label) is not str or not label:
        found.append(breach("E2", "label", "label must be a non-empty string", label))
    if type(body.get("params")) is not dict:
        found.append(breach("E3", "params", "params must be an object", body.get("params")))
    if "time" in body:
        wrong = time_breach(body["time"], "time")
        if wrong is not None:
            found.append(wrong)
    if "eventSalt" in body and (type(body["eventSalt"]) is not str or not body["eventSalt"]):
        found.append(breach("E14", "eventSalt", "salt must be a non-empty string"))
    found += [breach("E14", name[:60], "unknown key") for name in body if name not in keys]
    return found


def _action_breaches(action: Any) -> list[Breach]:
    if type(action) is not str or len(action) > 32 or _ACTION.fullmatch(action) is None:
        return [breach("E4", "action", "1-32 characters of letters, digits, . - _", action)]
    if action in SYSTEM_ACTIONS:
        return [breach("E5", "action", "created by Synerise only, never sent", action)]
    return []


def _param_breaches(slug: str, params: dict[str, Any]) -> list[Breach]:
    if slug in _CART:
        return _cart_breaches(params)
    if slug == "cancelled-transaction":
        order_id = params.get("orderId")
        if type(order_id) is not str or not order_id:
            return [breach("E8", "params.orderId", "orderId must be a non-empty string", order_id)]
    if slug in _NEEDS_SOURCE and not _is_source(params.get("source")):
        return [breach("E9", "params.source", "missing or unknown source", params.get("source"))]
    return []


def _is_source(value: Any) -> bool:
    return type(value) is str and value in SOURCES


def _cart_breaches(params: dict[str, Any]) -> list[Breach]:
    found = []
    for name in ("sku", "name"):
        value = params.get(name)
        if type(value) is not str or not value:
            found.append(breach("E7", f"params.{name}", "must be a non-empty string", value))
    if not _is_source(params.get("source")):
        found.append(
            breach("E7", "params.source", "missing or unknown source", params.get("source"))
        )
    if not is_number(params.get("quantity")):
        found.append(breach("E7", "params.quantity", "must be a number", params.get("quantity")))
    if not is_money(params.get("finalUnitPrice")):
        found.append(
            breach("E7", "params.finalUnitPrice", "not a price", params.get("finalUnitPrice"))
        )
    for name in _OPTIONAL_PRICES:
        if name in params and not is_money(params[name]):
            found.append(breach("E7", f"params.{name}", "not a price", params[name]))
    return found
