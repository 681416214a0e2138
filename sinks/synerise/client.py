"""Sends payloads to one workspace and tells for each what became of it."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import orjson

from cdc.errors import ApiForbidden, ApiRejected, Stopped
from config.workspace import WorkspaceSettings
from mappers.payload import PayloadKind
from sinks.health import Health
from sinks.outgoing import Outgoing
from sinks.progress import Progress
from sinks.synerise.auth import authenticator
from sinks.synerise.backoff import StopSignal, Waits, pause
from sinks.synerise.catalogs import Catalogs
from sinks.synerise.exchange import Exchange, Exchanged, Suspect
from sinks.synerise.http import HttpDoor
from sinks.synerise.limits import RateLimiter
from sinks.synerise.outcome import Accepted, Forbidden, Partial, Refused, StaleCatalog, TooLarge
from sinks.synerise.requests import (
    DELETE_PATHS,
    PERMISSIONS_PATH,
    Request,
    delete_request,
    merge_request,
    profile_by_email_request,
    write_request,
)
from sinks.synerise.splitting import halves, split

logger = logging.getLogger(__name__)

PERMISSIONS = (
    "API_BATCH_CLIENT_CREATE",
    "API_BATCH_TRANSACTION_CREATE",
    "API_CUSTOM_EVENTS_CREATE",
    "CATALOGS_CATALOG_CREATE",
    "CATALOGS_CATALOG_READ",
    "CATALOGS_ITEM_BATCH_CATALOG_CREATE",
)


class Verdict(Enum):
    """What became of a payload."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNFINISHED = "unfinished"  # a stop came first; it may have been accepted


@dataclass(frozen=True, slots=True)
class SendResult:
    """Verdict on one payload; `reason`, `status` and `response` only when refused."""

    outgoing: Outgoing
    verdict: Verdict
    reason: str = ""
    status: int | None = None
    response: str = ""
    attempts_count: int = 0


@dataclass(frozen=True, slots=True)
class RemoteProfile:
    """A profile as Synerise knows it."""

    client_id: int
    custom_id: str | None
    email: str | None


@dataclass(slots=True)
class _Part:
    """Elements still to be sent together; `is_delayed` once it waited for others to go first."""

    elements: Sequence[Outgoing]
    attempts_count: int = 0
    is_delayed: bool = False
    proof_count: int = 0


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
        self._workspace = settings.name
        self._stop = stop
        self._retry = settings.retry
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
        self._catalogs = Catalogs(self._exchange)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def send(self, batch: Sequence[Outgoing], progress: Progress) -> list[SendResult]:
        """Send payloads of one kind (and one catalog) that share no claim; one result for each.

        A refused batch is cut until the guilty elements are alone; all others go through. Network
        faults, 429, 5xx, 401 and 403 are waited out. Never raises for what the service answers.
        Blocks: until every payload is decided or the stop is set, plus a request's time-out.
        """
        parts = deque([_Part(batch)])
        results: list[SendResult] = []
        while parts:
            part = parts.popleft()
            try:
                results += self._send_part(part, parts, progress)
            except Stopped:
                for left in (part, *parts):
                    results += [SendResult(each, Verdict.UNFINISHED) for each in left.elements]
                break
        return results

    def _send_part(
        self, part: _Part, parts: deque[_Part], progress: Progress
    ) -> list[SendResult]:
        """Send a part once; what has to be sent again is put back into `parts`."""
        try:
            exchanged = self._write(part, progress)
        except ApiRejected as exc:
            return _refused(part, str(exc), exc.status, exc.body)
        decision = exchanged.decision
        part.attempts_count += exchanged.attempts_count
        if isinstance(decision, Accepted):
            self._log(part, decision.status, exchanged)
            return [
                SendResult(each, Verdict.ACCEPTED, attempts_count=part.attempts_count)
                for each in part.elements
            ]
        if isinstance(decision, Suspect):
            return self._suspected(part, parts, decision)
        if len(part.elements) > 1:
            hints = decision.hints if isinstance(decision, Partial) else ()
            parts.extendleft(
                _Part(elements, part.attempts_count)
                for elements in reversed(split(part.elements, hints))
            )
            return []
        status = 207 if isinstance(decision, Partial) else _status(decision)
        reason = "over the size limit" if isinstance(decision, TooLarge) else "refused"
        return _refused(part, reason, status, decision.response)

    def _suspected(
        self, part: _Part, parts: deque[_Part], decision: Suspect
    ) -> list[SendResult]:
        """Isolate an element that breaks the service without blaming it for an outage.

        A single element is given up only when other requests were accepted after its own first
        series of faults; the rest of the batch goes first to give that proof.
        """
        if len(part.elements) > 1:
            parts.extend(_Part(half, part.attempts_count) for half in halves(part.elements))
            return []
        if part.is_delayed and self._exchange.accepted_count > part.proof_count:
            reason = "status 500 again and again while other requests were accepted"
            return _refused(part, reason, 500, decision.response)
        if not part.is_delayed:
            part.proof_count = self._exchange.accepted_count
        part.is_delayed = True
        parts.append(part)
        return []

    def _write(self, part: _Part, progress: Progress) -> Exchanged:
        first = part.elements[0]
        if first.kind is PayloadKind.PROFILE_DELETE:
            return self._delete(first, progress)
        if first.kind is PayloadKind.ITEM:
            return self._write_items(part, first.payload.catalog or "", progress)
        request = write_request(part.elements)
        return self._exchange.perform(request, progress, is_suspect_final=True)

    def _write_items(self, part: _Part, catalog: str, progress: Progress) -> Exchanged:
        """Write items; a stale catalog id is looked up again, at first at once, then slowly."""
        waits = Waits(self._retry.base_s, self._retry.longest_s)
        attempts_count = 0
        is_first = True
        with self.health.trouble() as trouble:
            while True:
                catalog_id = self._catalogs.resolve(catalog, progress)
                exchanged = self._exchange.perform(
                    write_request(part.elements, catalog_id), progress, is_suspect_final=True
                )
                attempts_count += exchanged.attempts_count
                if not isinstance(exchanged.decision, StaleCatalog):
                    return Exchanged(exchanged.decision, attempts_count, exchanged.elapsed_s)
                self._catalogs.forget(catalog, catalog_id)
                logger.warning(
                    "catalog.stale",
                    extra={"workspace": self._workspace, "status": exchanged.decision.status},
                )
                if not is_first:
                    trouble.waits("stale catalog")
                    pause(self._stop, waits.next_s(), "find a catalog again")
                is_first = False

    def _delete(self, outgoing: Outgoing, progress: Progress) -> Exchanged:
        """Delete a profile; 404 under both spellings means that it is gone already.

        Source: Synerise API: deletion by custom id.
        """
        attempts_count = 0
        for spelling in DELETE_PATHS:
            request = delete_request(outgoing.custom_id or "", spelling)
            exchanged = self._exchange.perform(request, progress, is_suspect_final=True)
            attempts_count += exchanged.attempts_count
            decision = exchanged.decision
            if not isinstance(decision, Refused) or decision.status not in (404, 405):
                return Exchanged(decision, attempts_count, exchanged.elapsed_s)
        return Exchanged(Accepted(status=404), attempts_count, exchanged.elapsed_s)

    def _log(self, part: _Part, status: int, exchanged: Exchanged) -> None:
        first = part.elements[0]
        logger.info(
            "batch.accepted",
            extra={
                "workspace": self._workspace,
                "kind": first.kind.value,
                "catalog": first.payload.catalog,
                "batch_count": len(part.elements),
                "batch_bytes": sum(len(each.content) for each in part.elements),
                "status": status,
                "attempt": part.attempts_count,
                "elapsed_ms": round(exchanged.elapsed_s * 1000, 1),
            },
        )

    def profile_by_email(self, email: str, progress: Progress) -> RemoteProfile | None:
        """The profile that holds an e-mail address, None when there is none.

        Raises:
            ApiForbidden: the key may not read profiles.
            ApiRejected: the service refuses the question.
            Stopped: a stop came first.
        """
        request = profile_by_email_request(email)
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
        """Ask which permissions the key has.

        Raises:
            ApiForbidden, ApiRejected, Stopped: as `profile_by_email`.
        """
        request = Request(
            "POST",
            PERMISSIONS_PATH,
            "check permissions",
            orjson.dumps(list(names)),
            expects_json=True,
            is_patient=False,
        )
        fields = orjson.loads(_body_of(self._exchange.perform(request, Progress()).decision, request))
        granted = fields.get("permissions") if isinstance(fields, dict) else None
        if not isinstance(granted, dict):
            raise ApiRejected("checking permissions: the answer has no permissions")
        return {name: granted.get(name) is True for name in names}


def _body_of(decision: object, request: Request) -> bytes:
    """The body of a success."""
    if isinstance(decision, Accepted):
        return decision.body
    if isinstance(decision, Forbidden):
        raise ApiForbidden(f"asked to {request.what}: forbidden", status=403, body=decision.response)
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


def _status(decision: object) -> int | None:
    if isinstance(decision, TooLarge):
        return 413
    return decision.status if isinstance(decision, Refused) else None


def _refused(part: _Part, reason: str, status: int | None, response: str) -> list[SendResult]:
    return [
        SendResult(each, Verdict.REFUSED, reason, status, response, part.attempts_count)
        for each in part.elements
    ]
