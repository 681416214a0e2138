"""The one door to the HTTP library: a request goes in, an answer or ApiUnavailable comes out."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import httpx

from cdc.errors import ApiUnavailable

API_VERSION = "4.4"
ANSWER_BYTES_MAX = 8_000_000
# The library logs every address it calls, and ours may hold e-mail addresses.
for _noisy in ("httpx", "httpcore"):
    logging.getLogger(_noisy).setLevel(logging.WARNING)
_LOOPBACK = ("127.0.0.1", "localhost", "::1", "sandbox")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whatever the status. `elapsed_s` covers sending and reading."""

    status: int
    body: bytes
    content_type: str = ""
    retry_after: str | None = None
    elapsed_s: float = 0.0


def user_agent() -> str:
    """Product name and version, as every request carries it."""
    try:
        return f"magento-cdc/{version('magento-synerise-cdc')}"
    except PackageNotFoundError:
        return "magento-cdc"


class HttpDoor:
    """Keeps connections to one host open. Many threads may use it; its owner closes it.

    Source: Synerise API: Api-Version 4.4 and JSON media types on every call, no compressed
    request bodies.
    """

    def __init__(self, base_url: str, *, timeout_s: float, connections: int) -> None:
        self._timeout_s = timeout_s
        self._client = httpx.Client(
            base_url=base_url,
            timeout=httpx.Timeout(timeout_s),
            limits=httpx.Limits(
                max_connections=connections,
                max_keepalive_connections=connections,
                keepalive_expiry=60.0,
            ),
            headers={
                "Accept": "application/json",
                "Content-Type": "application/json",
                "Api-Version": API_VERSION,
                "User-Agent": user_agent(),
            },
            # A proxy of the environment is meant for the outside, never for this machine.
            trust_env=urlsplit(base_url).hostname not in _LOOPBACK,
            follow_redirects=False,
        )

    def request(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        query: Mapping[str, str | int] | None = None,
        authorization: str | None = None,
    ) -> Answer:
        """Send one request and read the whole answer.

        Args:
            path: percent-encoded, starting with "/".
            body: JSON bytes, sent as they are.
        Raises:
            ApiUnavailable: no connection, a time-out, or an answer that broke off. The request
                may have been accepted all the same.
        Blocks: about twice the time-out of a request.
        """
        headers = {} if authorization is None else {"Authorization": authorization}
        began = time.monotonic()
        try:
            with self._client.stream(
                method, path, content=body, params=query, headers=headers
            ) as answer:
                content = self._read(answer, began + self._timeout_s, f"{method} {path}")
                return Answer(
                    answer.status_code,
                    content,
                    answer.headers.get("content-type", ""),
                    answer.headers.get("retry-after"),
                    time.monotonic() - began,
                )
        except (httpx.HTTPError, httpx.StreamError) as exc:
            # Paths may hold an e-mail address, so the text names the fault's class alone.
            raise ApiUnavailable(f"calling Synerise: {type(exc).__name__}") from exc

    @staticmethod
    def _read(answer: httpx.Response, deadline: float, what: str) -> bytes:
        """Read the body; the library's time-out is per chunk, so a trickle needs a deadline."""
        chunks: list[bytes] = []
        size_bytes = 0
        for chunk in answer.iter_bytes():
            chunks.append(chunk)
            size_bytes += len(chunk)
            if size_bytes > ANSWER_BYTES_MAX:
                break
            if time.monotonic() > deadline:
                raise httpx.ReadTimeout(f"reading the answer to {what}")
        return b"".join(chunks)

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
