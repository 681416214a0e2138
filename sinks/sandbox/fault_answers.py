"""Answers that a fault gives instead of the real ones."""

import math
from email.utils import formatdate

from sinks.sandbox.answers import Answer, Style, plain_error
from sinks.sandbox.auth import TOKEN_EXPIRED
from sinks.sandbox.faults import FaultRule
from sinks.sandbox.text_rules import Breach

_HTML = (
    b"<html>\r\n<head><title>%d %s</title></head>\r\n<body>\r\n"
    b"<center><h1>%d %s</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)
_REASONS = {500: b"Internal Server Error", 502: b"Bad Gateway", 503: b"Service Unavailable"}


def instead_of_handling(rule: FaultRule, style: Style, path: str, now_ms: int) -> Answer | None:
    """Return the answer of a fault that keeps the call from being handled; None for others."""
    kind = rule.kind
    if kind in ("status", "throttle"):
        return _with_status(rule, style, path, now_ms)
    if kind == "html":
        status = rule.status or 502
        reason = _REASONS.get(status, b"Error")
        body = _HTML % (status, reason, status, reason)
        return Answer(status, body, b"text/html", _retry_after(rule, now_ms))
    if kind == "stale-bag":
        return plain_error(404, "Catalog not found", style="catalogs", path=path, now_ms=now_ms)
    if kind in ("token-expired", "forbidden", "foreign-bag", "whole-refusal"):
        status, message, error = {
            "token-expired": (401, "the token has expired", TOKEN_EXPIRED),
            "forbidden": (403, "Access denied", None),
            "foreign-bag": (403, "Access denied to Some(Id(1))", None),
            "whole-refusal": (400, "Validation failed", None),
        }[kind]
        breaches = [Breach("P3", "email", "refused by a fault")] if status == 400 else []
        return plain_error(
            status,
            message,
            style="catalogs" if kind == "foreign-bag" else style,
            path=path,
            now_ms=now_ms,
            error=error,
            breaches=breaches,
        )
    return None


def _with_status(rule: FaultRule, style: Style, path: str, now_ms: int) -> Answer:
    status = rule.status or 429
    headers = _retry_after(rule, now_ms)
    if rule.body is not None:
        content_type = (rule.content_type or "application/json").encode()
        return Answer(status, rule.body.encode(), content_type, headers)
    answer = plain_error(status, "refused by a fault", style=style, path=path, now_ms=now_ms)
    return answer._replace(headers=headers)


def _retry_after(rule: FaultRule, now_ms: int) -> tuple[tuple[bytes, bytes], ...]:
    if rule.retry_after_s is None:
        return ()
    if rule.retry_after_form == "date":
        value = formatdate(math.ceil(now_ms / 1000 + rule.retry_after_s), usegmt=True)
    else:
        value = f"{rule.retry_after_s:g}"
    return ((b"retry-after", value.encode()),)
