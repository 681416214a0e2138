"""What the sandbox answers: responses, refusals and the bodies of both API styles.

Source: Synerise API reference, error objects; catalogs answer 400 and 404 as plain text.
"""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import orjson

from sinks.sandbox.text_rules import Breach
from sinks.sandbox.times import to_iso

Style = Literal["v4", "catalogs"]

_JSON = b"application/json"
_TEXT = b"text/plain; charset=utf-8"
_REASONS = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    413: "Payload Too Large",
    415: "Unsupported Media Type",
    429: "Too Many Requests",
}
_CODE_BASES = {"T": 1000, "A": 2000, "P": 3000, "E": 4000, "X": 5000, "C": 6000}


class Answer(NamedTuple):
    """One HTTP response; ``headers`` come on top of type and length."""

    status: int
    body: bytes = b""
    content_type: bytes | None = None
    headers: tuple[tuple[bytes, bytes], ...] = ()


class Rejected(Exception):
    """A call refused as a whole, with the rule that refused it."""

    def __init__(
        self,
        status: int,
        rule: str,
        message: str,
        *,
        breaches: Sequence[Breach] = (),
        error: str | None = None,
    ) -> None:
        super().__init__(f"{rule}: {message}")
        self.status = status
        self.rule = rule
        self.message = message
        self.breaches = list(breaches)
        self.error = error


ACCEPTED = Answer(202)


def json_answer(value: Any, status: int = 200) -> Answer:
    """Answer with a JSON body."""
    return Answer(status, orjson.dumps(value), _JSON)


def text_answer(text: str, status: int) -> Answer:
    """Answer with a plain text body."""
    return Answer(status, text.encode(), _TEXT)


def style_of(path: str) -> Style:
    """Tell how the service behind a path writes its errors."""
    return "catalogs" if path.startswith("/catalogs") else "v4"


def rule_code(rule: str) -> int:
    """Give a rule its number for ``errors[].code`` (P3 is 3003); the real codes are unknown."""
    return _CODE_BASES[rule[0]] + int(rule[1:])


def error_items(breaches: Sequence[Breach]) -> list[dict[str, Any]]:
    """Write breaches as ``{code, field, message, rejectedValue}``, without positions."""
    return [
        {
            "code": rule_code(found.rule),
            "field": found.field,
            "message": found.message,
            "rejectedValue": found.rejected,
        }
        for found in breaches
    ]


def error_answer(rejected: Rejected, style: Style, path: str, now_ms: int) -> Answer:
    """Write a refusal in the style of the service that was called."""
    return plain_error(
        rejected.status,
        rejected.message,
        style=style,
        path=path,
        now_ms=now_ms,
        error=rejected.error,
        breaches=rejected.breaches,
    )


def plain_error(
    status: int,
    message: str,
    *,
    style: Style,
    path: str,
    now_ms: int,
    error: str | None = None,
    breaches: Sequence[Breach] = (),
) -> Answer:
    """Write an error response; catalogs use text for everything but 401 and 403."""
    if style == "catalogs" and status not in (401, 403):
        detail = "; ".join(f"{found.field}: {found.message}" for found in breaches[:5])
        return text_answer(f"{message}: {detail}" if detail else message, status)
    body: dict[str, Any] = {
        "error": error or _REASONS.get(status, "Error"),
        "status": status,
        "timestamp": to_iso(now_ms),
        "message": message,
    }
    if style == "v4":
        body["path"] = path
        if breaches:
            body["errors"] = error_items(breaches)
    return json_answer(body, status)
