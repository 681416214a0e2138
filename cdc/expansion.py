"""Expansions: names that lead to many products, worked off page by page between live changes."""

from __future__ import annotations

from dataclasses import dataclass, field

from cdc.composer import Named
from cdc.dirty import DirtyKey
from cdc.entities.dependents import START, Cursor
from cdc.position import Position


@dataclass(slots=True)
class Expansion:
    """Categories whose products have to be read again.

    The keys hold the checkpoint until the last page is published, so that a crash in the middle
    names them again from the binlog.

    Attributes:
        keys: the category keys as taken from the inbox.
        category_ids: ids of the categories.
        known_ids: products last published in these categories; a deleted category has no rows
            left that could tell. They come before the pages of the database.
        named: why the products are read.
        position: every page is read in a view that includes it.
        cursor: where the next page of the database starts; None when there is none left.
    """

    keys: list[DirtyKey]
    category_ids: list[int]
    known_ids: list[str]
    named: Named
    position: Position
    cursor: Cursor | None = field(default=START)

    @property
    def is_finished(self) -> bool:
        """Whether nothing is left to read."""
        return self.cursor is None and not self.known_ids
