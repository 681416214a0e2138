"""How requests prove who sends them: a JWT of the workspace login, or Basic."""

from __future__ import annotations

import base64
import binascii
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

import orjson
from pydantic import SecretStr

from cdc.errors import ApiForbidden, ApiRejected, ApiThrottled, ApiUnauthorized, ApiUnavailable
from config.workspace import WorkspaceSettings
from sinks.synerise.backoff import retry_after_s
from sinks.synerise.http import Answer, HttpDoor
from sinks.synerise.outcome import Accepted, Forbidden, Retry, Throttled, judge, kept

LOGIN_PATH = "/uauth/v2/auth/login/profile"
OPAQUE_LIFETIME_S = 3550.0
MARGIN_S = 50.0


class Authenticator(Protocol):
    """Gives the Authorization header. Many threads use one."""

    def header(self) -> str:
        """The header's value, logging in first when that is due.

        Raises:
            ApiUnavailable, ApiThrottled, ApiUnauthorized, ApiForbidden, ApiRejected.
        """
        ...

    def renew(self, refused: str) -> bool:
        """Drop a header that was answered 401 or 403; False when nothing newer can be had."""
        ...


class BasicAuthenticator:
    """Basic authentication; nothing expires. Source: Synerise API: Basic authentication."""

    def __init__(self, guid: str, api_key: SecretStr) -> None:
        pair = f"{guid.strip('{}')}:{api_key.get_secret_value()}".encode()
        self._header = f"Basic {base64.b64encode(pair).decode()}"

    def header(self) -> str:
        """The same value each time."""
        return self._header

    def renew(self, refused: str) -> bool:
        """There is nothing to renew."""
        return False


class JwtAuthenticator:
    """Logs in with the workspace key and keeps the token until shortly before its end.

    The token is read for its expiry when it is a JWT; an opaque one is kept for 3,550 s. One
    thread logs in while the others wait for its token.
    Source: Synerise API: workspace login, token lifetime.
    """

    def __init__(
        self,
        http: HttpDoor,
        api_key: SecretStr,
        clock: Callable[[], float] = time.monotonic,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._http = http
        self._api_key = api_key
        self._clock = clock
        self._now_s = now_s
        self._lock = threading.Lock()
        self._header: str | None = None
        self._fresh_until = 0.0

    def header(self) -> str:
        """Bearer token; logs in when there is none or its end is near."""
        with self._lock:
            if self._header is None or self._clock() >= self._fresh_until:
                token = self._login()
                self._fresh_until = self._clock() + kept_s(token, self._now_s())
                self._header = f"Bearer {token}"
            return self._header

    def renew(self, refused: str) -> bool:
        """Drop the token unless another thread has replaced it already."""
        with self._lock:
            if self._header == refused:
                self._header = None
        return True

    def _login(self) -> str:
        body = orjson.dumps({"apiKey": self._api_key.get_secret_value()})
        answer = self._http.request("POST", LOGIN_PATH, body=body)
        outcome = judge(answer, expects_json=True)
        if not isinstance(outcome, Accepted):
            raise _login_error(answer)
        fields = orjson.loads(answer.body)
        token = fields.get("token") if isinstance(fields, dict) else None
        if not isinstance(token, str) or not token:
            raise ApiUnavailable("logging in: no token in the answer", status=answer.status)
        return token


def _login_error(answer: Answer) -> Exception:
    """Say in our words why a login failed; the answer may quote the key, so it is left out."""
    outcome = judge(answer, expects_json=True)
    if isinstance(outcome, Throttled):
        wait_s = retry_after_s(outcome.retry_after, datetime.now(UTC))
        return ApiThrottled("logging in: too many requests", retry_after_s=wait_s)
    if isinstance(outcome, Forbidden):
        return ApiForbidden("logging in: forbidden", status=answer.status)
    if isinstance(outcome, Retry):
        return ApiUnavailable(f"logging in: {outcome.reason}", status=answer.status)
    if answer.status in (400, 401):
        return ApiUnauthorized(
            "logging in: the API key is unknown or not a workspace key", status=answer.status
        )
    return ApiRejected(
        f"logging in: status {answer.status}", status=answer.status, body=kept(answer.body)
    )


def kept_s(token: str, now_s: float) -> float:
    """Seconds a token may be used: until 50 s before its end, half its life when that is short."""
    lifetime_s = _lifetime_s(token, now_s)
    if lifetime_s is None:
        return OPAQUE_LIFETIME_S
    return max(lifetime_s - MARGIN_S, lifetime_s / 2, 0.0)


def _lifetime_s(token: str, now_s: float) -> float | None:
    """Lifetime that a JWT states, None for an opaque token.

    Issue time to expiry when both are stated: the difference does not depend on our clock.
    """
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        fields = orjson.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError):
        return None
    if not isinstance(fields, dict):
        return None
    expiry, issued = fields.get("exp"), fields.get("iat")
    if not isinstance(expiry, int | float):
        return None
    return float(expiry) - (float(issued) if isinstance(issued, int | float) else now_s)


def authenticator(settings: WorkspaceSettings, http: HttpDoor) -> Authenticator:
    """The authenticator that the settings ask for."""
    if settings.auth == "basic" and settings.guid is not None:
        return BasicAuthenticator(settings.guid, settings.api_key)
    return JwtAuthenticator(http, settings.api_key)
