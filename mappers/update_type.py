"""`lastUpdateType`: which kind of synchronization sent the object last."""

from __future__ import annotations

from cdc.records import Cause

_TYPES: dict[Cause, str] = {
    "stream": "item",
    "dependency": "item",
    "schedule": "item",
    "sweep": "item",
    "batch": "batch",
    "full": "all",
}


def update_type(cause: Cause) -> str:
    """Single changes give "item", chosen ids "batch", a full run "all"."""
    return _TYPES[cause]
