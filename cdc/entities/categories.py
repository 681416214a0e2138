"""The category tree and the names of its nodes in every store view."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cdc.database import Reader
from cdc.entities.tables import Tables

ADMIN_STORE_ID = 0
PATH_SEPARATOR = " > "

_NODES = "SELECT entity_id, path FROM {catalog_category_entity}"
_NAMES = """
SELECT v.entity_id, v.store_id, v.value
FROM {catalog_category_entity_varchar} v
WHERE v.attribute_id = %s
"""


class Categories:
    """Paths of names, from the technical root down. Immutable; remembers what it has built.

    A store view's own row wins even if its value is NULL, else the admin name counts; a node
    without any name reads as "". Nodes that a path names but that do not exist are left out.
    """

    def __init__(
        self, paths: Mapping[int, str], names: Mapping[int, Mapping[int, str | None]]
    ) -> None:
        self._nodes = {
            category_id: tuple(int(part) for part in path.split("/") if part.isdecimal())
            for category_id, path in paths.items()
        }
        self._names = names
        self._built: dict[tuple[int, int], dict[str, Any]] = {}
        self._joined: dict[tuple[int, int], str] = {}

    def __contains__(self, category_id: int) -> bool:
        return category_id in self._nodes

    def name(self, category_id: int, store_id: int) -> str:
        """Name of one node in a store view."""
        names = self._names.get(category_id, {})
        value = names[store_id] if store_id in names else names.get(ADMIN_STORE_ID)
        return value or ""

    def entry(self, category_id: int, store_id: int) -> dict[str, Any] | None:
        """Return {id, path: [names]}, None for a category that does not exist.

        The same object is returned each time: take it as read-only.
        """
        if category_id not in self._nodes:
            return None
        key = (category_id, store_id)
        built = self._built.get(key)
        if built is None:
            nodes = [node for node in self._nodes[category_id] if node in self._nodes]
            path = [self.name(node, store_id) for node in nodes]
            built = self._built[key] = {"id": category_id, "path": path}
        return built

    def entries(self, category_ids: Sequence[int], store_id: int) -> list[dict[str, Any]]:
        """Return the entries of several categories in their order, without unknown ones."""
        found = [self.entry(category_id, store_id) for category_id in category_ids]
        return [entry for entry in found if entry is not None]

    def joined(self, category_id: int, store_id: int) -> str | None:
        """Path as one text, "Root Catalog > Default Category > Men"; None as `entry`."""
        key = (category_id, store_id)
        text = self._joined.get(key)
        if text is None:
            entry = self.entry(category_id, store_id)
            if entry is None:
                return None
            text = self._joined[key] = PATH_SEPARATOR.join(entry["path"])
        return text


def load_categories(reader: Reader, tables: Tables, name_attribute_id: int | None) -> Categories:
    """Read the whole tree: a row a category, and one a name."""
    paths = {int(row[0]): str(row[1]) for row in reader.tuples(tables.sql(_NODES))}
    names: dict[int, dict[int, str | None]] = {}
    rows: Iterable[tuple[Any, ...]] = ()
    if name_attribute_id is not None:
        rows = reader.tuples(tables.sql(_NAMES), (name_attribute_id,))
    for category_id, store_id, value in rows:
        names.setdefault(int(category_id), {})[int(store_id)] = value
    return Categories(paths, names)
