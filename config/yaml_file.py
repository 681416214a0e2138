"""Reading a YAML file of settings: each key once, and every fault with its line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from config.errors import SettingsFaulty

_TIMESTAMP = "tag:yaml.org,2002:timestamp"
# What the library says, to what helps. Its own texts for the first three quote the file, where a
# password may stand.
_HINTS = {
    "alias": "a text that begins with * has to be put into quotes",
    "anchor": "a text that begins with & has to be put into quotes",
    "the tag": "a text that begins with ! has to be put into quotes",
    "tag handle": "a text that begins with ! has to be put into quotes",
    "'\\t'": "lines are indented with spaces, not with tabs",
    "that cannot start any token": "a text that begins with this sign has to be put into quotes",
    "mapping values are not allowed": (
        "a colon too many (put a text with a colon into quotes), or a wrong indentation"
    ),
    "could not find expected ':'": "a key without a colon behind it, or a wrong indentation",
    "expected <block end>": "a wrong indentation, or a bracket or quote too many",
}


class _Loader(yaml.SafeLoader):
    """Without dates, which no setting is: a password may look like one."""

    yaml_implicit_resolvers = {  # noqa: RUF012 (the library declares it so)
        first: [(tag, pattern) for tag, pattern in resolvers if tag != _TIMESTAMP]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def parse_yaml(text: str, name: str, faults: list[str]) -> dict[str, Any]:
    """Fields of a file's text; keys that are there twice are added to `faults`.

    Args:
        name: of the file, for the faults, which never quote a value.
    Raises:
        SettingsFaulty: it is no YAML, or no mapping of settings.
    """
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is None:
            return {}
        faults += [f"{name}, {double}" for double in _doubles(node)]
        fields = loader.construct_document(node)
    except yaml.YAMLError as exc:
        raise SettingsFaulty([f"{name}{_place(exc, text)}: not valid YAML: {_cause(exc)}"]) from exc
    except (ValueError, RecursionError) as exc:
        # A number that is none, as 0b_; aliases that hold themselves.
        why = "a value that only looks like a number, or an alias that holds itself"
        raise SettingsFaulty([f"{name}: not valid YAML: {why}; put texts into quotes"]) from exc
    if fields is None:
        return {}
    if not isinstance(fields, dict):
        raise SettingsFaulty([f"{name}: must be a mapping of settings (name: value)"])
    return fields


def _doubles(node: Node, path: str = "", seen: dict[int, bool] | None = None) -> Iterator[str]:
    """Each key that its mapping has already, with both lines.

    Args:
        seen: nodes that were looked at, and whether we are inside of them.
    Raises:
        RecursionError: a node holds itself.
    """
    seen = {} if seen is None else seen
    if id(node) in seen:
        if seen[id(node)]:
            raise RecursionError
        return
    seen[id(node)] = True
    if isinstance(node, SequenceNode):
        for place, item in enumerate(node.value):
            yield from _doubles(item, f"{path}{place}.", seen)
    elif isinstance(node, MappingNode):
        lines: dict[str, int] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, ScalarNode) else ""
            line = key.start_mark.line + 1
            if isinstance(key, ScalarNode) and name in lines:
                first = lines[name]
                yield f"line {line}: {path}{name} is already in line {first}; keep one of them"
            lines.setdefault(name, line)
            yield from _doubles(value, f"{path}{name}.", seen)
    seen[id(node)] = False


def _place(exc: yaml.YAMLError, text: str) -> str:
    mark = getattr(exc, "problem_mark", None)
    if mark is not None:
        return f", line {mark.line + 1}, column {mark.column + 1}"
    position = getattr(exc, "position", None)
    if isinstance(position, int):
        return f", line {text.count(chr(10), 0, position) + 1}"
    return ""


def _cause(exc: yaml.YAMLError) -> str:
    problem = str(getattr(exc, "problem", None) or "a character that YAML does not allow")
    return next((hint for mark, hint in _HINTS.items() if mark in problem), problem)
