"""Sends batches of payloads and finds the guilty ones of a refused batch."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from cdc.errors import ApiRejected, Stopped
from config.workspace import RetrySettings
from mappers.payload import PayloadKind
from sinks.health import Health, Trouble
from sinks.outgoing import Outgoing
from sinks.progress import Progress
from sinks.synerise.backoff import StopSignal, Waits, pause
from sinks.synerise.catalogs import Catalogs
from sinks.synerise.exchange import Exchange, Exchanged, Suspect
from sinks.synerise.outcome import Accepted, Partial, Refused, StaleCatalog, TooLarge
from sinks.synerise.requests import DELETE_PATHS, Request, delete_request, write_request
from sinks.synerise.results import SendResult, Verdict
from sinks.synerise.splitting import halves, split

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Part:
    """Elements still to be sent together; `is_delayed` once it waited for others to go first."""

    elements: Sequence[Outgoing]
    waits: Waits
    attempts_count: int = 0
    is_delayed: bool = False


class Sender:
    """Sends batches to one workspace. Many threads use it at once."""

    def __init__(
        self,
        workspace: str,
        exchange: Exchange,
        retry: RetrySettings,
        health: Health,
        stop: StopSignal,
    ) -> None:
        self._workspace = workspace
        self._exchange = exchange
        self._catalogs = Catalogs(exchange, retry, health, stop)
        self._retry = retry
        self._health = health
        self._stop = stop

    def send(self, batch: Sequence[Outgoing], progress: Progress) -> list[SendResult]:
        """Send payloads that share no claim; see `SyneriseClient.send`."""
        parts = deque([self._part(batch)])
        results: list[SendResult] = []
        with self._health.trouble() as trouble:
            while parts:
                part = parts.popleft()
                try:
                    witness = next((r.outgoing for r in results if r.is_accepted), None)
                    results += self._send_part(part, parts, witness, progress, trouble)
                except Stopped:
                    for left in (part, *parts):
                        results += [SendResult(each, Verdict.UNFINISHED) for each in left.elements]
                    break
        return results

    def _part(self, elements: Sequence[Outgoing], attempts_count: int = 0) -> _Part:
        waits = Waits(self._retry.base_s, self._retry.longest_s)
        return _Part(elements, waits, attempts_count)

    def _send_part(
        self,
        part: _Part,
        parts: deque[_Part],
        witness: Outgoing | None,
        progress: Progress,
        trouble: Trouble,
    ) -> list[SendResult]:
        """Send a part once; what has to be sent again is put back into `parts`."""
        try:
            exchanged = self._write(part, progress)
        except ApiRejected as exc:
            return _refused(part, str(exc), exc.status, exc.body)
        decision = exchanged.decision
        part.attempts_count += exchanged.attempts_count
        if isinstance(decision, Accepted):
            trouble.over()
            self._log(part, decision.status, exchanged)
            return [
                SendResult(each, Verdict.ACCEPTED, attempts_count=part.attempts_count)
                for each in part.elements
            ]
        if isinstance(decision, Suspect):
            trouble.waits("unavailable")
            if self._is_proven(part, witness, progress):
                reason = "status 500 again and again, while others are accepted"
                return _refused(part, reason, 500, decision.response)
            self._delay(part, parts)
            return []
        if len(part.elements) > 1:
            hints = decision.hints if isinstance(decision, Partial) else ()
            parts.extendleft(
                self._part(elements, part.attempts_count)
                for elements in reversed(split(part.elements, hints))
            )
            return []
        status = 207 if isinstance(decision, Partial) else _status(decision)
        reason = "over the size limit" if isinstance(decision, TooLarge) else "refused"
        return _refused(part, reason, status, decision.response)

    def _is_proven(self, part: _Part, witness: Outgoing | None, progress: Progress) -> bool:
        """Whether it is the element that breaks the service, and not an outage.

        An element is given up only when it fails alone, a second time, and a witness of the same
        batch, which was accepted before, is accepted once more right afterwards. Sending the
        witness again changes nothing: profiles and items are upserts, orders have salts.
        """
        if len(part.elements) > 1 or not part.is_delayed or witness is None:
            return False
        exchanged = self._write(self._part([witness]), progress)
        return isinstance(exchanged.decision, Accepted)

    def _delay(self, part: _Part, parts: deque[_Part]) -> None:
        """Let everything else go first; several elements are halved on that occasion."""
        if len(part.elements) > 1:
            parts.extend(self._part(half, part.attempts_count) for half in halves(part.elements))
        else:
            part.is_delayed = True
            parts.append(part)

    def _write(self, part: _Part, progress: Progress) -> Exchanged:
        first = part.elements[0]
        if first.kind is PayloadKind.PROFILE_DELETE:
            return self._delete(part, progress)
        if first.kind is PayloadKind.ITEM:
            return self._write_items(part, first.payload.catalog or "", progress)
        return self._perform(write_request(part.elements), part, progress)

    def _perform(self, request: Request, part: _Part, progress: Progress) -> Exchanged:
        return self._exchange.perform(request, progress, waits=part.waits, is_suspect_final=True)

    def _write_items(self, part: _Part, catalog: str, progress: Progress) -> Exchanged:
        """Write items; a stale catalog id is looked up again, at first at once, then slowly."""
        waits = Waits(self._retry.base_s, self._retry.longest_s)
        attempts_count = 0
        is_first = True
        with self._health.trouble() as trouble:
            while True:
                catalog_id = self._catalogs.resolve(catalog, progress)
                request = write_request(part.elements, catalog_id)
                exchanged = self._perform(request, part, progress)
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

    def _delete(self, part: _Part, progress: Progress) -> Exchanged:
        """Delete a profile; 404 under both spellings means that it is gone already.

        Source: Synerise API: deletion by custom id.
        """
        attempts_count = 0
        for spelling in DELETE_PATHS:
            request = delete_request(part.elements[0].custom_id or "", spelling)
            exchanged = self._perform(request, part, progress)
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


def _status(decision: object) -> int | None:
    if isinstance(decision, TooLarge):
        return 413
    return decision.status if isinstance(decision, Refused) else None


def _refused(part: _Part, reason: str, status: int | None, response: str) -> list[SendResult]:
    return [
        SendResult(each, Verdict.REFUSED, reason, status, response, part.attempts_count)
        for each in part.elements
    ]
