"""Hides whom a dead letter is about. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sinks.dead_letter import DeadLetter

_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"']+@[^\s<>()\[\],;:\"']+")
_PHONE = re.compile(r"\+\d[\d ()./-]{4,}\d")
_DOMAIN = re.compile(r"[^\s@]+\.[^\s@.]+")
# Shorter values are parts of words, and say nothing about anybody.
_VALUE_LEAST_COUNT = 3


def masked_address(text: str) -> str:
    """An e-mail address with all but its first letter and its domain hidden.

    What is in place of an address and is none may be anybody's name: only its first letter stays.
    """
    name, _, domain = text.rpartition("@")
    first = text[:1] if len(name or text) > 1 else ""
    return f"{first}…@{domain}" if name and _DOMAIN.fullmatch(domain) else f"{first}…"


def masked_key(letter: DeadLetter) -> str:
    """The record's key: an address is masked, ids and SKUs are shown."""
    if letter.key and _is_address(letter):
        return masked_address(letter.key)
    return masked_text(letter.key)


def _is_address(letter: DeadLetter) -> bool:
    """Whether the record's key stands where an address has to."""
    # The model of an unreadable record is empty, its topic is known.
    return (letter.model or letter.topic.rpartition(".")[2]) == "subscriber"


def masked_reason(letter: DeadLetter) -> str:
    """The reason without addresses, phone numbers, and values of the payload of a person."""
    text = letter.reason
    body = letter.request.body if letter.request is not None else {}
    values = set() if letter.model == "product" else set(_texts(body))
    if _is_address(letter):
        values.add(letter.key)
    for value in sorted(values, key=len, reverse=True):
        if len(value) >= _VALUE_LEAST_COUNT:
            hidden = masked_address(value).replace("\\", "\\\\")
            text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", hidden, text)
    return masked_text(text)


def masked_text(text: str) -> str:
    """A text with its addresses and phone numbers masked."""
    return _PHONE.sub("…", _ADDRESS.sub(lambda match: masked_address(match[0]), text))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)
