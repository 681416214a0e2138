"""A reader that answers statements by a word that they contain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class AnsweringReader:
    """Gives the rows of the first word found in a statement, and remembers what was asked."""

    def __init__(self, answers: Mapping[str, Sequence[tuple[Any, ...]]]) -> None:
        self._answers = answers
        self.asked: list[tuple[str, Sequence[Any]]] = []

    def rows(self, sql: str, args: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Refuse: loaders read tuples only."""
        raise AssertionError(f"rows by name are not expected: {sql} {args}")

    def tuples(self, sql: str, args: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the prepared rows."""
        self.asked.append((sql, args))
        for word, rows in self._answers.items():
            if word in sql:
                return list(rows)
        raise AssertionError(f"no answer for: {sql}")
