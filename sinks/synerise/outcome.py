"""What an answer of Synerise means. Pure: status, headers and body in, outcome out."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from sinks.synerise.http import Answer

RESPONSE_KEPT_BYTES = 1024
_STALE_CATALOG_MARK = b"Some(Id"


@dataclass(frozen=True, slots=True)
class Accepted:
    """Taken over by Synerise, which is not a proof of effect."""

    body: bytes = b""
    status: int = 202


@dataclass(frozen=True, slots=True)
class Throttled:
    """429; `retry_after` is the header as sent."""

    retry_after: str | None = None
    response: str = ""


@dataclass(frozen=True, slots=True)
class Retry:
    """A fault of the network or the service; the request may have been accepted."""

    reason: str
    status: int | None = None
    retry_after: str | None = None
    response: str = ""


@dataclass(frozen=True, slots=True)
class NewToken:
    """401: the token expired or the key is wrong."""

    response: str = ""


@dataclass(frozen=True, slots=True)
class Forbidden:
    """403: a permission is missing, or not yet in force."""

    response: str = ""


@dataclass(frozen=True, slots=True)
class TooLarge:
    """413: send less at once."""

    response: str = ""


_REFUSALS = frozenset({400, 409, 415, 422})
_MISSING = frozenset({404, 405})


@dataclass(frozen=True, slots=True)
class Refused:
    """Refused for good: at least one element of the request is not acceptable."""

    status: int
    response: str = ""


@dataclass(frozen=True, slots=True)
class Partial:
    """207: some elements were refused. `hints` are (field, rejected value) pairs, maybe none."""

    hints: tuple[tuple[str, str], ...] = ()
    response: str = ""


@dataclass(frozen=True, slots=True)
class StaleCatalog:
    """The catalog id is unknown or belongs to another workspace."""

    status: int
    response: str = ""


Outcome = (
    Accepted
    | Throttled
    | Retry
    | NewToken
    | Forbidden
    | TooLarge
    | Refused
    | Partial
    | StaleCatalog
)


def judge(
    answer: Answer,
    *,
    is_catalog_item: bool = False,
    expects_json: bool = False,
    names_object: bool = False,
) -> Outcome:
    """Tell what an answer means.

    Only statuses that the API documents for the request say something about what was sent; others
    come from something in between, or from a wrong address, and are waited out.

    Args:
        is_catalog_item: the request wrote items of a catalog whose id was looked up before.
        names_object: the path names a profile, which may not exist.
        expects_json: a success without a JSON body is no success (login, reads, catalogs).
    Source: Synerise API: status codes at a glance; stale catalog ids.
    """
    status = answer.status
    text = kept(answer.body)
    if 200 <= status < 300:
        return _success(answer, expects_json=expects_json, text=text)
    if status == 401:
        return NewToken(text)
    if status == 403:
        if is_catalog_item and _STALE_CATALOG_MARK in answer.body:
            return StaleCatalog(status, text)
        return Forbidden(text)
    if status == 404 and is_catalog_item:
        return StaleCatalog(status, text)
    if status == 413:
        return TooLarge(text)
    if status == 429:
        return Throttled(answer.retry_after, text)
    if status in (408, 425) or status >= 500:
        return Retry(f"status {status}", status, answer.retry_after, text)
    if status in _REFUSALS or (names_object and status in _MISSING):
        return Refused(status, text)
    return Retry(f"unexpected status {status}", status, answer.retry_after, text)


def _success(answer: Answer, *, expects_json: bool, text: str) -> Outcome:
    if answer.status == 207:
        return Partial(_hints(answer.body), text)
    if "html" in answer.content_type.lower():
        # The service never answers HTML: a proxy's page says nothing about the request.
        return Retry("an HTML page instead of an answer", answer.status, None, text)
    if expects_json and not _is_json(answer.body):
        return Retry("no JSON in the answer", answer.status, None, text)
    return Accepted(answer.body, answer.status)


def _is_json(body: bytes) -> bool:
    try:
        orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    return True


def _hints(body: bytes) -> tuple[tuple[str, str], ...]:
    """Read {field, rejectedValue} objects; shapes differ by service age, so all else is ignored."""
    try:
        errors = orjson.loads(body)
    except orjson.JSONDecodeError:
        return ()
    if isinstance(errors, dict):
        errors = errors.get("errors")
    if not isinstance(errors, list):
        return ()
    return tuple(
        (error["field"], error["rejectedValue"])
        for error in errors
        if isinstance(error, dict)
        and isinstance(error.get("field"), str)
        and isinstance(error.get("rejectedValue"), str)
    )


def kept(body: bytes) -> str:
    """The first kilobyte of an answer as text, for dead letters."""
    return body[:RESPONSE_KEPT_BYTES].decode("utf-8", errors="replace")
