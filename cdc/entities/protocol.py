"""What every loader can do, and how keys of entities with numeric ids are read and scanned."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from cdc.database import Reader
from cdc.entities.shop import Shop
from cdc.entities.tables import Tables, select_in
from cdc.records import Model

Entity = dict[str, Any]

# Highest value of Magento's id columns (int unsigned).
_ID_MAX = 4_294_967_295


@dataclass(frozen=True, slots=True)
class ScanChunk:
    """Keys met by one step of a scan.

    `last` is the primary key to go on after, None when the table has no more rows.
    """

    keys: tuple[str, ...]
    last: int | None


class Loader(Protocol):
    """Reads entities of one model. Stateless: all reads go through the reader it is given."""

    @property
    def model(self) -> Model:
        """The model whose entities this loader reads."""
        ...

    def load(self, reader: Reader, shop: Shop, keys: Sequence[str]) -> dict[str, Entity]:
        """Read the entities of some keys; keys that do not exist are left out.

        The number of statements is bounded, whatever the number of keys up to `IN_LIST_MAX`.
        Entities may share parts with each other: take them as read-only.
        """
        ...

    def scan(self, reader: Reader, after: int, limit: int) -> ScanChunk:
        """Read the keys of the next `limit` rows with a primary key above `after`, ascending."""
        ...

    def highest(self, reader: Reader) -> int:
        """Highest primary key, 0 for an empty table."""
        ...

    def existing(self, reader: Reader, keys: Sequence[str]) -> set[str]:
        """Tell which of some keys exist."""
        ...


def ids_of(keys: Iterable[str]) -> list[int]:
    """Read keys as ids, without duplicates, ascending; what is not spelt as an id is dropped."""
    ids: set[int] = set()
    for key in keys:
        if key.isascii() and key.isdecimal() and (key[0] != "0" or key == "0"):
            number = int(key)
            if number <= _ID_MAX:
                ids.add(number)
    return sorted(ids)


class IdKeys:
    """Scan and existence of a table whose primary key is `entity_id`."""

    def __init__(self, tables: Tables, table: str) -> None:
        source = f"FROM {tables[table]}"
        self._scan = f"SELECT entity_id {source} WHERE entity_id > %s ORDER BY entity_id LIMIT %s"
        self._highest = f"SELECT COALESCE(MAX(entity_id), 0) {source}"
        self._existing = f"SELECT entity_id {source} WHERE entity_id IN %s"

    def scan(self, reader: Reader, after: int, limit: int) -> ScanChunk:
        """See `Loader.scan`."""
        rows = reader.tuples(self._scan, (after, limit))
        last = int(rows[-1][0]) if len(rows) == limit else None
        return ScanChunk(tuple(str(row[0]) for row in rows), last)

    def highest(self, reader: Reader) -> int:
        """See `Loader.highest`."""
        return int(reader.tuples(self._highest)[0][0])

    def existing(self, reader: Reader, keys: Sequence[str]) -> set[str]:
        """See `Loader.existing`."""
        return {str(row[0]) for row in select_in(reader, self._existing, ids_of(keys))}
