"""Expansions: names that lead to many products, worked off page by page between live changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from cdc.dirty import DirtyKey
from cdc.entities.dependents import START, Cursor

# Place in the identity index: a deleted category's number in the list, and the last key of a page.
IndexCursor = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Expansion:
    """Categories whose products have to be read again. A value: each page makes the next one.

    The keys hold the checkpoint until the last page is published, so that a crash in the middle
    names them again from the binlog.

    Attributes:
        keys: the category keys as taken from the inbox.
        category_ids: ids of the categories that exist.
        gone_ids: ids of deleted ones. No row tells any more which products were in them; what was
            last published does.
        cursor: where the next page of the database starts; None when there is none left.
        index_cursor: where the next page of the index starts; None when there is none left.
    """

    keys: tuple[DirtyKey, ...] = ()
    category_ids: tuple[int, ...] = ()
    gone_ids: tuple[str, ...] = ()
    cursor: Cursor | None = field(default=START)
    index_cursor: IndexCursor | None = (0, "")

    @classmethod
    def of(cls, keys: Sequence[DirtyKey]) -> Expansion:
        """The expansion of some category keys."""
        gone = tuple(dict.fromkeys(key.id for key in keys if key.is_deleted))
        ids = tuple(dict.fromkeys(int(key.id) for key in keys if not key.is_deleted))
        return cls(tuple(keys), ids, gone, START if ids else None, (0, "") if gone else None)

    @property
    def is_begun(self) -> bool:
        """Whether a page was read already."""
        fresh = Expansion.of(self.keys)
        return (self.cursor, self.index_cursor) != (fresh.cursor, fresh.index_cursor)

    @property
    def is_finished(self) -> bool:
        """Whether nothing is left to read."""
        return self.cursor is None and self.index_cursor is None

    def with_keys(self, keys: Sequence[DirtyKey]) -> Expansion:
        """The same with more categories; only while it is not begun."""
        return Expansion.of((*self.keys, *keys))

    def at(self, cursor: Cursor | None, index_cursor: IndexCursor | None) -> Expansion:
        """The same, further on."""
        return replace(self, cursor=cursor, index_cursor=index_cursor)
