"""Which request carries which payloads. Pure.

Source: Synerise API: profiles, transactions, custom events, deletion, catalogs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from config.workspace import BatchSettings
from mappers.payload import PayloadKind
from sinks.outgoing import Outgoing

PROFILES_PATH = "/v4/clients/batch"
TRANSACTIONS_PATH = "/v4/transactions/batch"
EVENTS_PATH = "/v4/events/custom"
BAGS_PATH = "/catalogs/bags"
PERMISSIONS_PATH = "/uauth/api-key/permission-check"
# The older spelling is tried second: a 404 cannot tell "no such route" from "no such profile".
DELETE_PATHS = ("/v4/clients/by-customid/", "/v4/clients/by-custom-id/")


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request.

    Attributes:
        what: what it does, for logs and errors; holds no personal data.
        is_catalog_item: its path holds a catalog id that may be stale.
        expects_json: a success must carry JSON.
        is_patient: on 403 it is repeated slowly; otherwise 403 is an outcome.
        is_once: it is not repeated for anything but a fresh token; for people who wait.
        names_object: its path names a profile, which may not exist.
    """

    method: str
    path: str
    what: str
    body: bytes | None = None
    query: dict[str, str | int] = field(default_factory=dict)
    is_catalog_item: bool = False
    expects_json: bool = False
    is_patient: bool = True
    is_once: bool = False
    names_object: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """Most elements and bytes of one request."""

    count_max: int
    bytes_max: int


def limits_by_kind(settings: BatchSettings) -> dict[PayloadKind, Limits]:
    """Limits of every payload kind; events and deletes go one by one.

    Events are single because the effect of a salt inside an event batch is not documented.
    """
    counts = {
        PayloadKind.PROFILE: settings.profiles,
        PayloadKind.TRANSACTION: settings.transactions,
        PayloadKind.ITEM: settings.items,
    }
    return {kind: Limits(counts.get(kind, 1), settings.bytes_max) for kind in PayloadKind}


def write_request(elements: Sequence[Outgoing], catalog_id: str | None = None) -> Request:
    """The request that writes elements of one kind (and one catalog); not for deletes."""
    kind = elements[0].kind
    if kind is PayloadKind.EVENT:
        return Request("POST", EVENTS_PATH, "send an event", elements[0].content)
    body = b"[" + b",".join(element.content for element in elements) + b"]"
    if kind is PayloadKind.ITEM:
        path = f"{BAGS_PATH}/{catalog_id}/items/batch"
        return Request("POST", path, "send items", body, is_catalog_item=True)
    if kind is PayloadKind.TRANSACTION:
        return Request("POST", TRANSACTIONS_PATH, "send transactions", body)
    return Request("POST", PROFILES_PATH, "send profiles", body)


def delete_request(custom_id: str, spelling: str) -> Request:
    """The request that deletes a profile by custom id."""
    path = spelling + quote(custom_id, safe="")
    return Request("DELETE", path, "delete a profile", names_object=True)


def profile_request(identifier: str, value: str) -> Request:
    """The request that reads a profile; `identifier` is "by-email" or "by-customid"."""
    return Request(
        "GET",
        f"/v4/clients/{identifier}/{quote(value, safe='')}",
        "read a profile",
        expects_json=True,
        is_patient=False,
        names_object=True,
    )


def merge_request(source_id: int, target_id: int) -> Request:
    """The request that merges one profile into another, by numeric ids."""
    return Request(
        "POST",
        f"/v4/clients/merge/from/ids/{source_id}/to/id/{target_id}",
        "merge profiles",
        is_patient=False,
        names_object=True,
    )
