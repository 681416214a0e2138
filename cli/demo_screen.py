"""How the demo looks: a line per step, in colour on a terminal and plain where it is piped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

_TITLE_WIDTH = 47
_TIME_WIDTH = 8
# Narrower terminals get what is held on a line of its own.
_ONE_LINE_WIDTH = 132


class Screen:
    """Writes to stdout, or to stderr when stdout is for a machine."""

    def __init__(self, *, is_for_machine: bool = False) -> None:
        self._console = Console(stderr=is_for_machine, highlight=False, emoji=False)
        self._is_one_line = not self._console.is_terminal or self._console.width >= _ONE_LINE_WIDTH

    @contextmanager
    def doing(self, what: str) -> Iterator[None]:
        """Show that something is under way, on a terminal, while the block lasts."""
        if not self._console.is_terminal:
            yield
            return
        with self._console.status(Text(what, "dim"), spinner="line"):
            yield

    def heading(self, text: str) -> None:
        """Write the title of a chapter."""
        self._write(Text(""))
        self._write(Text(text, "bold"))

    def note(self, text: str, style: str = "") -> None:
        """Write a line or more as they are."""
        self._write(Text(text, style))

    def step(self, label: str, title: str, time: str, held: str) -> None:
        """Write one step: its number, what happened in the shop, how long, what is held now."""
        line = Text.assemble(
            (f"{label:>3}  ", "dim"),
            f"{title:<{_TITLE_WIDTH}} ",
            (f"{time:>{_TIME_WIDTH}}", "bold green"),
        )
        if self._is_one_line:
            line.append(f"  {held}", "cyan")
            self._write(line)
        else:
            line.rstrip()
            self._write(line)
            self._write(Text(f"     → {held}", "cyan"))

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Write rows under headings, all but the first column aligned to the right."""
        table = Table(box=SIMPLE_HEAD, pad_edge=False)
        for index, column in enumerate(columns):
            table.add_column(column, justify="right" if index else "left", no_wrap=True)
        for row in rows:
            table.add_row(*("-" if value is None else str(value) for value in row))
        self._console.print(table, soft_wrap=not self._console.is_terminal)

    def _write(self, text: Text) -> None:
        # A file has no width: there, rich would break lines at 80 characters.
        self._console.print(text, soft_wrap=not self._console.is_terminal)
