"""Stored events of one workspace and the overwriting rule of ``eventSalt``.

Source: Synerise documentation, "overwriting events": an event is replaced only when salt, action,
profile and time are all equal; in any other case a new one is stored.
"""

import uuid
from typing import Any

from sinks.sandbox.context import Context
from sinks.sandbox.times import to_epoch_ms, to_iso

RESERVED_PARAMS = frozenset(
    {"modifiedBy", "apiKey", "eventUUID", "ip", "time", "businessProfileId"}
)


class StoredEvent:
    """One event; ``original_time`` is the text sent when it lay in the future."""

    __slots__ = (
        "action",
        "client_id",
        "original_time",
        "params",
        "received_ms",
        "salt",
        "time_ms",
        "uuid",
    )

    def __init__(self, action: str, client_id: int, time_ms: int, salt: str | None) -> None:
        self.uuid = str(uuid.uuid4())
        self.action = action
        self.client_id = client_id
        self.time_ms = time_ms
        self.salt = salt
        self.original_time: str | None = None
        self.params: dict[str, Any] = {}
        self.received_ms = 0


def settle_time(text: str | None, context: Context) -> tuple[int, str | None]:
    """Turn a sent time into the stored one; a missing (B2) or future one (B1) is receipt time.

    Returns:
        (UTC milliseconds, the sent text if it was discarded).
    """
    if text is None:
        context.record("B2", "no time: receipt time used")
        return context.now_ms, None
    sent_ms = to_epoch_ms(text)
    if sent_ms is None or sent_ms > context.now_ms:
        context.record("B1", "time in the future: receipt time used, the salt is useless")
        return context.now_ms, text
    return sent_ms, None


class EventStore:
    """Every event of a workspace, also the ``transaction.charge`` ones."""

    def __init__(self) -> None:
        self.by_uuid: dict[str, StoredEvent] = {}
        self._by_salt: dict[str, list[StoredEvent]] = {}

    def __len__(self) -> int:
        return len(self.by_uuid)

    def put(
        self,
        action: str,
        client_id: int,
        *,
        time_text: str | None,
        salt: str | None,
        params: dict[str, Any],
        context: Context,
    ) -> tuple[StoredEvent, str]:
        """Store or overwrite; returns the event and new, replaced or salt-missed (B4)."""
        time_ms, original = settle_time(time_text, context)
        outcome = "new"
        event = None
        if salt is not None:
            same_salt = self._by_salt.get(salt)
            if same_salt:
                event = _match(same_salt, action, client_id, time_ms)
                outcome = "salt-missed" if event is None else "replaced"
        if event is None:
            event = StoredEvent(action, client_id, time_ms, salt)
            self.add(event)
        if outcome == "replaced":
            context.record("B3", f"{action} overwritten by its salt")
        elif outcome == "salt-missed":
            context.record(
                "B4", f"salt {salt} reused with another time, profile or action: {action} doubled"
            )
        event.original_time = original
        event.received_ms = context.now_ms
        event.params = params
        return event, outcome

    def add(self, event: StoredEvent) -> None:
        """Index an event."""
        self.by_uuid[event.uuid] = event
        if event.salt is not None:
            self._by_salt.setdefault(event.salt, []).append(event)

    def move(self, source_id: int, target_id: int, context: Context) -> None:
        """Hand the events of a merged profile to its target and record ``client.merge``."""
        for event in self.by_uuid.values():
            if event.client_id == source_id:
                event.client_id = target_id
        merge = StoredEvent("client.merge", target_id, context.now_ms, None)
        merge.params = {"mergedClientId": source_id}
        merge.received_ms = context.now_ms
        self.add(merge)


def kept_params(params: dict[str, Any], context: Context) -> dict[str, Any]:
    """Drop reserved parameters (B11)."""
    if RESERVED_PARAMS.isdisjoint(params):
        return params
    context.record("B11", "reserved event parameter ignored")
    return {name: value for name, value in params.items() if name not in RESERVED_PARAMS}


def event_view(event: StoredEvent) -> dict[str, Any]:
    """Write an event for the state dump."""
    shown: dict[str, Any] = {
        "eventUUID": event.uuid,
        "action": event.action,
        "clientId": event.client_id,
        "time": to_iso(event.time_ms),
        "params": event.params,
        "receivedAt": to_iso(event.received_ms),
    }
    if event.salt is not None:
        shown["eventSalt"] = event.salt
    if event.original_time is not None:
        shown["snr-original-time"] = event.original_time
    return shown


def event_from_view(shown: dict[str, Any]) -> StoredEvent:
    """Read an event back from a dump."""
    event = StoredEvent(
        shown["action"], shown["clientId"], _ms(shown["time"]), shown.get("eventSalt")
    )
    event.uuid = shown["eventUUID"]
    event.params = shown["params"]
    event.received_ms = _ms(shown["receivedAt"])
    event.original_time = shown.get("snr-original-time")
    return event


def _match(
    events: list[StoredEvent], action: str, client_id: int, time_ms: int
) -> StoredEvent | None:
    for event in events:
        if event.action == action and event.client_id == client_id and event.time_ms == time_ms:
            return event
    return None


def _ms(text: str) -> int:
    epoch_ms = to_epoch_ms(text)
    if epoch_ms is None:
        raise ValueError("dump holds a malformed time")
    return epoch_ms
