"""Plain tables for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from cli.terminal import printable, table_console


def print_table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print rows under headings; numbers are aligned to the right, None is a dash."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    for index, column in enumerate(columns):
        values = [row[index] for row in rows if row[index] is not None]
        is_number = bool(values) and all(isinstance(value, int | float) for value in values)
        table.add_column(column, justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        # A key or a reason may hold what looks like markup, or what a terminal would obey.
        table.add_row(*(Text("-" if value is None else printable(str(value))) for value in row))
    table_console().print(table)
