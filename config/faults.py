"""What is wrong with settings, in words for whoever wrote them; never with a value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from config.environment import NotJson, variable_of
from config.names import alike, field_at
from config.settings import CLASH

# The library's types of errors, to sentences that go on behind a name.
_WORDS = {
    "missing": "is missing",
    "tuple_type": "must be a list, such as [1, 2]",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "must be a whole number that is not as large",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a number that is not infinite",
    "path_type": "must be a path, as text",
    "string_too_short": "must not be empty",
    "literal_error": "must be {expected}",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "model_type": "must be a section: its settings stand below it, indented",
    "model_attributes_type": "must be a section: its settings stand below it, indented",
}


def faults_of(exc: ValidationError, environment: Mapping[str, str]) -> list[str]:
    """One line for each fault: the path of the field, what is wrong, what to write instead."""
    return [
        fault
        for error in exc.errors(include_url=False)
        for fault in _faults(error, error["loc"], environment)
    ]


def _faults(
    error: ErrorDetails, path: tuple[str | int, ...], environment: Mapping[str, str]
) -> Iterator[str]:
    if error["type"] == CLASH:
        yield from error["ctx"]["faults"]
        return
    place = ".".join(map(str, path)) or "settings"
    variable = variable_of(path, environment)
    value = error["input"]
    if isinstance(value, NotJson):
        yield (
            f"{place}: the variable {variable} is not valid JSON ({value.cause}); "
            'a list is written as [1, 2] or ["a", "b"]'
        )
        return
    origin = f" (set by the variable {variable})" if variable else ""
    yield f"{place}: {_words(error, path, value)}{origin}"


def _words(error: ErrorDetails, path: tuple[str | int, ...], value: Any) -> str:
    kind = error["type"]
    if kind == "extra_forbidden":
        meant = alike(path)
        hint = f"did you mean {meant}?" if meant else "see docs/configuration.md for the names"
        return f"no such setting; {hint}"
    if kind == "string_pattern_mismatch":
        field = field_at(path)
        return f"is not allowed like this. {field.description if field else ''}".rstrip()
    if value is None and kind.endswith("_type"):
        return "has no value; write one, or leave the line out"
    if kind == "string_type":
        return _text_words(value)
    words = _WORDS.get(kind)
    if words is None:
        return error["msg"].removeprefix("Value error, ")
    return words.format_map({name: _shown(limit) for name, limit in error.get("ctx", {}).items()})


def _text_words(value: Any) -> str:
    if isinstance(value, bool | int | float):
        kind = "true or false to YAML" if isinstance(value, bool) else "a number to YAML"
        return f"must be text, and is {kind}; put it into quotes"
    kind = "a list" if isinstance(value, list | tuple) else "a section"
    return f"must be text, not {kind}; a text with brackets or colons is put into quotes"


def _shown(limit: Any) -> str:
    is_whole = isinstance(limit, float) and limit.is_integer()
    return str(int(limit) if is_whole else limit)
