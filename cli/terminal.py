"""The terminal: one console for all that goes to stderr, and how wide tables may be."""

from __future__ import annotations

import shutil
import sys
import textwrap
from functools import cache

from rich.console import Console

_UNBOUNDED_COLUMNS = 10_000


@cache
def stderr_console() -> Console:
    """The console of stderr. Log lines and progress bars share it, or they would mix."""
    return Console(stderr=True, highlight=False)


def table_console() -> Console:
    """A console for one table on stdout: as wide as the terminal; not cut or folded in a pipe."""
    if sys.stdout.isatty():
        return Console(highlight=False)
    return Console(highlight=False, width=_UNBOUNDED_COLUMNS)


def printable(text: str) -> str:
    """A text without characters that a terminal would obey."""
    return "".join(char if char.isprintable() else "�" for char in text)


def wrapped(text: str, *, indent_count: int) -> list[str]:
    """A text in lines as wide as the terminal, indented; one line where stdout is a pipe.

    Words are never cut: statements and paths must survive being copied.
    """
    indent = " " * indent_count
    if not sys.stdout.isatty():
        return [indent + text]
    width = max(shutil.get_terminal_size().columns, indent_count + 20)
    return textwrap.wrap(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
