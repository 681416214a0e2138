"""The annotated example: every setting once, with its default and meaning.

`make docs` writes config/example.yaml; a test compares the two.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

import yaml

from config.reference import REQUIRED, Section, Setting, sections, shown, words

_WIDTH = 98
# What has no default, and secrets, which come from the environment.
_VALUES = {
    "database.password": "${CAPTURE_PASSWORD}",
    "workspaces.[].name": "main",
    "workspaces.[].api_key": "${SYNERISE_API_KEY}",
}
_INTRODUCTION = """\
# Every setting of magento-cdc with its default. Written by `make docs` from the settings' models.
#
# Copy what differs in your shop and leave out the rest. ${NAME} stands for an environment variable.
# A variable MAGENTO_CDC_… overrides a setting: docs/configuration.md lists them.
"""


def render() -> str:
    """The whole file."""
    top, *rest = sections()
    by_path = {section.path: section for section in (top, *rest)}
    return _INTRODUCTION + "\n" + "\n".join(_lines(top, by_path)) + "\n"


def _lines(section: Section, by_path: dict[tuple[str, ...], Section]) -> Iterator[str]:
    """A section's own settings, then the sections inside it."""
    depth = len(section.path)
    indent = "  " * depth
    lists = {path[:-1] for path in by_path if path[-1:] == ("[]",)}
    for setting in section.settings:
        if setting.path not in lists:
            yield from _commented(setting, indent)
            yield f"{indent}{setting.path[-1]}: {_value(setting)}"
    for path, inner in by_path.items():
        if path[:-1] == section.path and path[-1:] != ("[]",) and path:
            yield ""
            yield from _wrapped(inner.about, indent)
            yield f"{indent}{path[-1]}:"
            yield from _lines(inner, by_path)
    for setting in section.settings:
        if setting.path in lists:
            yield ""
            yield from _commented(setting, indent)
            yield f"{indent}{setting.path[-1]}:"
            yield from _first_dashed(list(_lines(by_path[(*setting.path, "[]")], by_path)), depth)


def _first_dashed(lines: list[str], depth: int) -> Iterator[str]:
    """Lines of a list's element; the dash goes to the first key."""
    place = next(number for number, line in enumerate(lines) if not line.lstrip().startswith("#"))
    indent = "  " * (depth + 1)
    for number, line in enumerate(lines):
        yield f"{indent}- {line.strip()}" if number == place else line


def _commented(setting: Setting, indent: str) -> Iterator[str]:
    yield from _wrapped(f"{setting.meaning} ({words(setting).replace('`', '')})", indent)


def _wrapped(text: str, indent: str) -> Iterator[str]:
    yield from textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=f"{indent}# ",
        subsequent_indent=f"{indent}# ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _value(setting: Setting) -> str:
    given = _VALUES.get(".".join(setting.path))
    if given is not None:
        return given
    if setting.default is REQUIRED:
        raise ValueError(f"{'.'.join(setting.path)} has no default and no example")
    text = shown(setting)
    is_plain = text.startswith('"') and yaml.safe_load(text[1:-1] or "null") == text[1:-1]
    return text[1:-1] if is_plain else text
