"""Field rules of bags and items (rule ids C1, C3-C6), pure.

Source: Synerise API reference, "catalogs"; documentation, "item feed in catalog" (names).
"""

import re
from typing import Any

from sinks.sandbox.text_rules import Breach, breach

_BAG_NAME = re.compile(r"[a-zA-Z0-9_\-]+")
_ATTRIBUTE_NAME = re.compile(r"[_a-zA-Z0-9]+[\-_a-zA-Z0-9]*")


def bag_breaches(body: Any) -> list[Breach]:
    """Check the body of a new bag."""
    name = body.get("name") if type(body) is dict else None
    if type(name) is not str or _BAG_NAME.fullmatch(name) is None:
        return [breach("C1", "name", "name must be letters, digits, _ or -", name)]
    return []


def item_breaches(body: Any, *, require_item_id: bool) -> list[Breach]:
    """Check one AddItem; ``require_item_id`` applies C6."""
    if type(body) is not dict:
        return [breach("C3", "", "an item must be an object", body)]
    key = body.get("itemKey")
    value = body.get("value")
    found = []
    if type(key) is not str or not key:
        found.append(breach("C3", "itemKey", "must be a non-empty string", key))
    if type(value) is not dict:
        found.append(breach("C3", "value", "must be an object", value))
        return found
    found += [
        breach("C4", f"value.{name}"[:60], "attribute name not allowed in an item feed")
        for name in value
        if _ATTRIBUTE_NAME.fullmatch(name) is None
    ]
    if require_item_id and not found and value.get("itemId") != key:
        found.append(breach("C6", "value.itemId", "must equal itemKey", value.get("itemId")))
    return found


def repeated_key(items: list[Any]) -> Breach | None:
    """Find an itemKey that occurs twice in one batch (C5)."""
    seen: set[str] = set()
    for item in items:
        key = item.get("itemKey") if type(item) is dict else None
        if type(key) is str:
            if key in seen:
                return breach("C5", "itemKey", "the same itemKey twice in one batch", key)
            seen.add(key)
    return None
