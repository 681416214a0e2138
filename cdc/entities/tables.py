"""Names of Magento's tables in one installation, and reads by lists of keys."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from cdc.database import Reader

T = TypeVar("T")

# Longest IN list of a statement: long enough that a statement's overhead does not count. From 1,000
# values on MariaDB makes a temporary table of the list (in_predicate_conversion_threshold) and
# sorts on disk what an index would give in order.
IN_LIST_MAX = 500

_NAME = re.compile(r"[A-Za-z0-9_]*\Z")


class Tables:
    """The one place where the installation's table prefix meets SQL.

    Statements are templates with `{table}` for a table; values never go through here but as
    arguments of the statement. Immutable.
    """

    def __init__(self, prefix: str) -> None:
        if not _NAME.match(prefix):
            raise ValueError("a table prefix has letters, digits and underscores only")
        self._prefix = prefix

    @property
    def prefix(self) -> str:
        """The installation's table prefix, may be empty."""
        return self._prefix

    def __getitem__(self, name: str) -> str:
        """Return the quoted name of a table given without prefix."""
        if not name or not _NAME.match(name):
            raise ValueError(f"no name of a table: {name!r}")
        return f"`{self._prefix}{name}`"

    def sql(self, template: str) -> str:
        """Fill every `{table}` of a statement."""
        return template.format_map(self)


def batches(keys: Sequence[T], size: int = IN_LIST_MAX) -> Iterator[Sequence[T]]:
    """Cut a list into pieces of at most `size`, in order."""
    for start in range(0, len(keys), size):
        yield keys[start : start + size]


def select_in(
    reader: Reader, statement: str, keys: Sequence[Any], *arguments: Any
) -> list[tuple[Any, ...]]:
    """Run a statement for a list of keys, in IN lists of at most `IN_LIST_MAX`.

    Args:
        statement: its first placeholder stands for the whole list: `WHERE entity_id IN %s`.
        arguments: of the placeholders behind the first.
    Returns:
        all rows; ordered only within a batch. Without keys nothing is run.
    """
    rows: list[tuple[Any, ...]] = []
    for batch in batches(keys):
        rows += reader.tuples(statement, (tuple(batch), *arguments))
    return rows
