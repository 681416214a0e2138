"""Strict JSON: refuses what lenient parsers let through, duplicate keys above all.

orjson is fast and strict but keeps the last of two equal keys without a word. Duplicates are found
by counting: outside strings a JSON text holds exactly one colon per object member, so parsing and
writing the value again loses colons if, and only if, members were dropped. Only an escaped colon
(written ``\\u003a``) can disturb that count; texts that hold one take the slow, exact path.
"""

import json
from collections.abc import Iterable
from typing import Any

import orjson

_ESCAPED_COLON = b"\\u003"


class JsonRefused(Exception):
    """The body is not acceptable JSON; ``rule`` is T5 (syntax, duplicates) or T6 (the rest)."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule
        self.message = message


def parse(body: bytes) -> Any:
    """Read one JSON value, promising that nothing in ``body`` was dropped or guessed.

    Raises:
        JsonRefused: T5 for wrong syntax or duplicate keys at any depth; T6 for invalid UTF-8,
            data behind the value, NaN or Infinity, or nesting beyond what can be checked.
    Source: Synerise documentation, "merging profiles": a body with duplicate keys is refused.
    """
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as exc:
        raise _reason(body) from exc
    if has_all_members(body, value):
        return value
    _refuse_duplicates(body)
    return value


def has_all_members(body: bytes, value: Any) -> bool:
    """Tell cheaply that ``value`` holds every member of ``body``; False means "look closer"."""
    if _ESCAPED_COLON in body:
        return False
    try:
        written = orjson.dumps(value)
    except TypeError:  # nested deeper than orjson writes
        return False
    return body.count(b":") == written.count(b":")


def _refuse_duplicates(body: bytes) -> None:
    """Raise T5 when any object of ``body`` repeats a key; exact, slow."""
    try:
        json.loads(body, object_pairs_hook=_unique_members, parse_int=str, parse_float=str)
    except RecursionError as exc:
        raise JsonRefused("T6", "nested too deeply") from exc


def _unique_members(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for key, value in pairs:
        if key in members:
            raise JsonRefused("T5", "duplicate key in an object")
        members[key] = value
    return members


def _refuse_constant(name: str) -> Any:
    raise JsonRefused("T6", f"{name} is not JSON")


def _reason(body: bytes) -> JsonRefused:
    """Say why orjson refused ``body``."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return JsonRefused("T6", "body is not valid UTF-8")
    try:
        json.loads(text, parse_constant=_refuse_constant, parse_int=str, parse_float=str)
    except JsonRefused as refused:
        return refused
    except json.JSONDecodeError as exc:
        if exc.msg == "Extra data":
            return JsonRefused("T6", "data after the JSON value")
        return JsonRefused("T5", "malformed JSON")
    except RecursionError:
        return JsonRefused("T6", "nested too deeply")
    return JsonRefused("T6", "a value cannot be represented (lone surrogate or huge number)")
