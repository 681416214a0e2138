"""One request, repeated until there is an answer that decides: waits, tokens, rate, health."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count

from cdc.errors import (
    ApiError,
    ApiForbidden,
    ApiRejected,
    ApiThrottled,
    ApiUnauthorized,
    ApiUnavailable,
)
from config.workspace import RetrySettings
from sinks.health import Health, Trouble
from sinks.progress import Progress
from sinks.synerise.auth import Authenticator
from sinks.synerise.backoff import StopSignal, Waits, pause, retry_after_s
from sinks.synerise.http import HttpDoor
from sinks.synerise.limits import RateLimiter
from sinks.synerise.outcome import (
    Accepted,
    Forbidden,
    NewToken,
    Outcome,
    Partial,
    Refused,
    Retry,
    StaleCatalog,
    Throttled,
    TooLarge,
    judge,
)
from sinks.synerise.requests import Request

logger = logging.getLogger(__name__)

# So many answers "500" in a row make the request itself suspect.
SUSPECT_COUNT = 5
THROTTLE_PAUSE_S = 1.0


@dataclass(frozen=True, slots=True)
class Suspect:
    """500 again and again: the service may be down, or one element may break it."""

    response: str = ""


Decision = Accepted | Refused | Partial | TooLarge | StaleCatalog | Forbidden | Suspect


@dataclass(frozen=True, slots=True)
class Exchanged:
    """What decided, after how many requests, and how long the last one took."""

    decision: Decision
    attempts_count: int
    elapsed_s: float = 0.0


class Exchange:
    """Performs requests for one workspace. Many threads use it at once.

    * 429: waits as asked, halves the rate; 408, 5xx, network: exponential waits with jitter.
    * 401, and the first 403: one fresh token, one repetition; then slowly, with an alarm.
    * A stop ends every wait; no request starts after it.
    """

    def __init__(
        self,
        http: HttpDoor,
        auth: Authenticator,
        limiter: RateLimiter,
        retry: RetrySettings,
        health: Health,
        stop: StopSignal,
    ) -> None:
        self._http = http
        self._auth = auth
        self._limiter = limiter
        self._retry = retry
        self._health = health
        self._stop = stop

    def perform(
        self,
        request: Request,
        progress: Progress,
        *,
        waits: Waits | None = None,
        is_suspect_final: bool = False,
    ) -> Exchanged:
        """Send a request until an answer decides.

        Args:
            waits: goes on from an earlier series of attempts; a new series when None.
            is_suspect_final: return after some 500 in a row instead of trying for ever.
        Raises:
            Stopped: a stop came first; the request may have been accepted.
            ApiUnavailable, ApiThrottled, ApiUnauthorized, ApiForbidden: a request that is made once
                failed.
        Blocks: until an answer decides or the stop is set, plus a request's time-out.
        """
        waits = waits or Waits(self._retry.base_s, self._retry.longest_s)
        renewed = False
        faults_count = 0
        with self._health.trouble() as trouble:
            for attempt_count in count(1):
                outcome, header, elapsed_s = self._attempt(request, progress, attempt_count)
                decision = self._decision(outcome, request)
                if decision is not None:
                    if isinstance(decision, Accepted):
                        self._limiter.accepted()
                    return Exchanged(decision, attempt_count, elapsed_s)
                is_fault = isinstance(outcome, Retry) and outcome.status == 500
                faults_count = faults_count + 1 if is_fault else 0
                is_suspect = is_suspect_final and faults_count >= SUSPECT_COUNT
                if is_suspect and isinstance(outcome, Retry):
                    return Exchanged(Suspect(outcome.response), attempt_count, elapsed_s)
                if isinstance(outcome, NewToken | Forbidden) and not renewed:
                    renewed = True
                    if header is not None and self._auth.renew(header):
                        continue
                if request.is_once:
                    raise _error(outcome, request)
                if header is not None and isinstance(outcome, NewToken):
                    self._auth.renew(header)
                self._wait(outcome, waits, trouble, request, attempt_count)
        raise AssertionError("unreachable")

    def _attempt(
        self, request: Request, progress: Progress, attempt_count: int
    ) -> tuple[Outcome, str | None, float]:
        self._limiter.acquire(self._stop)
        progress.request(is_retry=attempt_count > 1)
        header: str | None = None
        try:
            header = self._auth.header()
            answer = self._http.request(
                request.method,
                request.path,
                body=request.body,
                query=request.query or None,
                authorization=header,
            )
        except ApiUnauthorized as exc:
            return NewToken(str(exc)), header, 0.0
        except ApiForbidden as exc:
            return Forbidden(str(exc)), header, 0.0
        except ApiThrottled as exc:
            progress.throttled()
            asked = None if exc.retry_after_s is None else str(exc.retry_after_s)
            return Throttled(asked), header, 0.0
        except ApiRejected as exc:
            # Only a login is refused here: that says nothing about the payloads.
            return Retry(str(exc), exc.status), header, 0.0
        except ApiUnavailable as exc:
            return Retry(str(exc), exc.status), header, 0.0
        outcome = judge(
            answer,
            is_catalog_item=request.is_catalog_item,
            expects_json=request.expects_json,
            names_object=request.names_object,
        )
        if isinstance(outcome, Throttled):
            progress.throttled()
        return outcome, header, answer.elapsed_s

    def _decision(self, outcome: Outcome, request: Request) -> Decision | None:
        """The outcome when it decides, None when the request has to be repeated."""
        if isinstance(outcome, Throttled | Retry | NewToken):
            return None
        if isinstance(outcome, Forbidden) and request.is_patient:
            return None
        return outcome

    def _wait(
        self,
        outcome: Outcome,
        waits: Waits,
        trouble: Trouble,
        request: Request,
        attempt_count: int,
    ) -> None:
        if isinstance(outcome, NewToken):
            trouble.waits("unauthorized")
            wait_s = self._retry.forbidden_s
        elif isinstance(outcome, Forbidden):
            trouble.waits("forbidden")
            wait_s = self._retry.forbidden_s
        elif isinstance(outcome, Throttled):
            trouble.waits("throttled")
            asked_s = retry_after_s(outcome.retry_after, datetime.now(UTC))
            self._limiter.throttled(
                min(self._retry.longest_s, THROTTLE_PAUSE_S) if asked_s is None else asked_s
            )
            wait_s = waits.next_s(asked_s)
        else:
            trouble.waits("unavailable")
            asked = outcome.retry_after if isinstance(outcome, Retry) else None
            wait_s = waits.next_s(retry_after_s(asked, datetime.now(UTC)))
        logger.warning(
            "request.retried",
            extra={
                "what": request.what,
                "outcome": type(outcome).__name__,
                "reason": outcome.reason if isinstance(outcome, Retry) else "",
                "attempt": attempt_count,
                "wait_s": round(wait_s, 3),
            },
        )
        pause(self._stop, wait_s, request.what)


def _error(outcome: Outcome, request: Request) -> ApiError:
    """The error of an outcome that would otherwise be waited out."""
    doing = f"asked to {request.what}"
    if isinstance(outcome, NewToken):
        return ApiUnauthorized(f"{doing}: {outcome.response or 'not authorized'}", status=401)
    if isinstance(outcome, Throttled):
        asked_s = retry_after_s(outcome.retry_after, datetime.now(UTC))
        return ApiThrottled(f"{doing}: too many requests", retry_after_s=asked_s)
    if isinstance(outcome, Forbidden):
        return ApiForbidden(f"{doing}: {outcome.response or 'forbidden'}", status=403)
    status = outcome.status if isinstance(outcome, Retry) else None
    reason = outcome.reason if isinstance(outcome, Retry) else type(outcome).__name__
    return ApiUnavailable(f"{doing}: {reason}", status=status)
