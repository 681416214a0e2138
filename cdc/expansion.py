"""Expansions: names that lead to many products, worked off page by page between live changes."""

from __future__ import annotations

from dataclasses import dataclass

from cdc.composer import Named
from cdc.dirty import DirtyKey
from cdc.position import Position


@dataclass(slots=True)
class Expansion:
    """Categories whose products have to be read again.

    The keys hold the checkpoint until the last page is published, so that a crash in the middle
    names them again from the binlog.

    Attributes:
        keys: the category keys as taken from the inbox.
        category_ids: ids of the categories.
        known_ids: products last published in these categories, sorted; a deleted category has no
            rows left that could tell.
        named: why the products are read.
        position: every page is read in a view that includes it.
        after: last product id done.
    """

    keys: list[DirtyKey]
    category_ids: list[str]
    known_ids: list[int]
    named: Named
    position: Position
    after: int = 0
