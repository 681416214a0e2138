"""Sends payloads to one workspace and tells for each what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from cdc.errors import ApiForbidden, ApiRejected
from config.workspace import WorkspaceSettings
from sinks.health import Health
from sinks.outgoing import Outgoing
from sinks.progress import Progress
from sinks.synerise.auth import authenticator
from sinks.synerise.backoff import StopSignal
from sinks.synerise.exchange import Exchange
from sinks.synerise.http import HttpDoor
from sinks.synerise.limits import RateLimiter
from sinks.synerise.outcome import Accepted, Forbidden, Refused
from sinks.synerise.requests import (
    PERMISSIONS_PATH,
    Request,
    merge_request,
    profile_request,
)
from sinks.synerise.results import SendResult
from sinks.synerise.sender import Sender

# Those to read, merge and delete profiles have no documented names: see `can_read_profiles`.
PERMISSIONS = (
    "API_BATCH_CLIENT_CREATE",
    "API_BATCH_TRANSACTION_CREATE",
    "API_CUSTOM_EVENTS_CREATE",
    "CATALOGS_CATALOG_CREATE",
    "CATALOGS_CATALOG_READ",
    "CATALOGS_ITEM_BATCH_CATALOG_CREATE",
)
_NOBODY = "nobody@magento-cdc.invalid"
"""An address that no profile has: domains under .invalid do not exist (RFC 2606)."""


@dataclass(frozen=True, slots=True)
class RemoteProfile:
    """A profile as Synerise knows it."""

    client_id: int
    custom_id: str | None
    email: str | None


class SyneriseClient:
    """One workspace's API. Many threads use it at once; its owner closes it.

    Args:
        settings: the workspace.
        stop: ends every wait; then `send` reports what it did not finish.
        health: told about waits; a new one when None.
    """

    def __init__(
        self, settings: WorkspaceSettings, stop: StopSignal, health: Health | None = None
    ) -> None:
        self.health = health or Health(settings.name)
        self._http = HttpDoor(
            settings.url, timeout_s=settings.timeout_s, connections=2 * settings.concurrency + 2
        )
        self.limiter = RateLimiter(settings.requests_per_s)
        self._exchange = Exchange(
            self._http,
            authenticator(settings, self._http),
            self.limiter,
            settings.retry,
            self.health,
            stop,
        )
        self._sender = Sender(settings.name, self._exchange, settings.retry, self.health, stop)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def send(self, batch: Sequence[Outgoing], progress: Progress) -> list[SendResult]:
        """Send payloads of one kind (and one catalog) that share no claim; one result for each.

        A refused batch is cut until the guilty elements are alone; all others go through. Network
        faults, 429, 5xx, 401 and 403 are waited out. Never raises for what the service answers.
        Blocks: until every payload is decided or the stop is set, plus a request's time-out.
        """
        return self._sender.send(batch, progress)

    def profile_by_email(self, email: str, progress: Progress) -> RemoteProfile | None:
        """The profile that holds an e-mail address, None when there is none.

        Raises:
            ApiForbidden: the key may not read profiles.
            ApiRejected: the service refuses the question.
            Stopped: a stop came first.
        """
        return self._profile("by-email", email, progress)

    def profile_by_custom_id(self, custom_id: str, progress: Progress) -> RemoteProfile | None:
        """The profile that holds a custom id, None when there is none.

        Raises:
            ApiForbidden, ApiRejected, Stopped: as `profile_by_email`.
        """
        return self._profile("by-customid", custom_id, progress)

    def _profile(self, identifier: str, value: str, progress: Progress) -> RemoteProfile | None:
        request = profile_request(identifier, value)
        decision = self._exchange.perform(request, progress).decision
        if isinstance(decision, Refused) and decision.status == 404:
            return None
        return _profile(_body_of(decision, request))

    def merge(self, source_id: int, target_id: int, progress: Progress) -> bool:
        """Merge one profile into another, by numeric ids; False when one does not exist (any more).

        Raises:
            ApiForbidden, ApiRejected, Stopped: as `profile_by_email`.
        """
        request = merge_request(source_id, target_id)
        decision = self._exchange.perform(request, progress).decision
        if isinstance(decision, Refused) and decision.status == 404:
            return False
        _body_of(decision, request)
        return True

    def permissions(self, names: Sequence[str] = PERMISSIONS) -> dict[str, bool]:
        """Ask once which permissions the key has.

        Raises:
            ApiUnavailable, ApiThrottled, ApiUnauthorized, ApiForbidden, ApiRejected, Stopped.
        Blocks: a few time-outs of a request.
        """
        request = Request(
            "POST",
            PERMISSIONS_PATH,
            "check permissions",
            orjson.dumps(list(names)),
            expects_json=True,
            is_patient=False,
            is_once=True,
        )
        decision = self._exchange.perform(request, Progress()).decision
        fields = orjson.loads(_body_of(decision, request))
        granted = fields.get("permissions") if isinstance(fields, dict) else None
        if not isinstance(granted, dict):
            raise ApiRejected("checking permissions: the answer has no permissions")
        return {name: granted.get(name) is True for name in names}

    def can_read_profiles(self) -> bool:
        """Ask once for the profile of nobody: whether the key may read profiles.

        Raises:
            ApiUnavailable, ApiThrottled, ApiUnauthorized, ApiRejected, Stopped.
        Blocks: a few time-outs of a request.
        """
        request = replace(profile_request("by-email", _NOBODY), is_once=True)
        decision = self._exchange.perform(request, Progress()).decision
        if isinstance(decision, Forbidden):
            return False
        if not (isinstance(decision, Refused) and decision.status == 404):
            _body_of(decision, request)
        return True


def _body_of(decision: object, request: Request) -> bytes:
    """The body of a success."""
    if isinstance(decision, Accepted):
        return decision.body
    if isinstance(decision, Forbidden):
        text = f"asked to {request.what}: forbidden"
        raise ApiForbidden(text, status=403, body=decision.response)
    status = decision.status if isinstance(decision, Refused) else None
    raise ApiRejected(f"asked to {request.what}: refused", status=status)


def _profile(body: bytes) -> RemoteProfile:
    fields: Any = orjson.loads(body)
    client_id = fields.get("clientId") if isinstance(fields, dict) else None
    if not isinstance(client_id, int):
        raise ApiRejected("reading a profile: the answer has no clientId")
    custom_id, email = fields.get("customId"), fields.get("email")
    return RemoteProfile(
        client_id,
        custom_id if isinstance(custom_id, str) and custom_id else None,
        email if isinstance(email, str) and email else None,
    )
