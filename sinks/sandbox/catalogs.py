"""Catalogs (bags) and their items; bag ids are unique over all workspaces.

Source: Synerise API reference, "catalogs": items are upserted by itemKey, read back with ``value``
as a string that holds JSON.
"""

import re
from typing import Any

import orjson

from sinks.sandbox.times import to_iso
from sinks.sandbox.visibility import DelayedView


class Item:
    """One catalog item."""

    __slots__ = ("created_ms", "id", "key", "updated_ms", "value")

    def __init__(self, item_id: int, key: str, now_ms: int) -> None:
        self.id = item_id
        self.key = key
        self.value: dict[str, Any] = {}
        self.created_ms = now_ms
        self.updated_ms = now_ms


class Bag:
    """One catalog with its items by key and by numeric id."""

    def __init__(self, bag_id: int, name: str, now_ms: int) -> None:
        self.id = bag_id
        self.name = name
        self.author = "api"
        self.created_ms = now_ms
        self.updated_ms: int | None = None
        self.by_key: dict[str, Item] = {}
        self.by_id: dict[int, Item] = {}
        self.attribute_names: dict[str, None] = {}
        self.view = DelayedView()

    def put(self, item_id: int, key: str, value: dict[str, Any], now_ms: int, mode: str) -> Item:
        """Create or update an item; ``mode`` is replace or merge, ``item_id`` serves a new one."""
        item = self.by_key.get(key)
        if item is None:
            item = Item(item_id, key, now_ms)
            self.by_key[key] = item
            self.by_id[item.id] = item
        item.value = {**item.value, **value} if mode == "merge" else value
        item.updated_ms = now_ms
        self.updated_ms = now_ms
        self.attribute_names.update(dict.fromkeys(value))
        return item

    def remove(self, item: Item) -> None:
        """Delete an item for good; a second time has no effect."""
        self.by_key.pop(item.key, None)
        self.by_id.pop(item.id, None)
        self.view.forget(item.key)


class CatalogIds:
    """Hands out bag and item ids and finds any workspace's bag."""

    def __init__(self) -> None:
        self.owners: dict[int, str] = {}
        self.next_bag_id = 1001
        self.next_item_id = 500_001

    def new_bag_id(self, workspace: str) -> int:
        """Reserve a bag id for a workspace."""
        bag_id = self.next_bag_id
        self.next_bag_id += 1
        self.owners[bag_id] = workspace
        return bag_id

    def new_item_id(self) -> int:
        """Reserve an item id."""
        self.next_item_id += 1
        return self.next_item_id - 1


class CatalogStore:
    """The catalogs of one workspace."""

    def __init__(self, workspace: str, ids: CatalogIds) -> None:
        self._workspace = workspace
        self.ids = ids
        self.bags: dict[int, Bag] = {}

    def create(self, name: str, now_ms: int) -> Bag:
        """Create a catalog; names may repeat."""
        bag = Bag(self.ids.new_bag_id(self._workspace), name, now_ms)
        self.bags[bag.id] = bag
        return bag

    def delete(self, bag: Bag) -> None:
        """Delete a catalog with its items."""
        self.bags.pop(bag.id, None)
        self.ids.owners.pop(bag.id, None)

    def search(self, text: str | None) -> list[Bag]:
        """Find bags by a fuzzy match on name or author, in order of id; None finds all."""
        if not text:
            return list(self.bags.values())
        wanted = _folded(text)
        return [
            bag
            for bag in self.bags.values()
            if wanted in _folded(bag.name) or wanted in _folded(bag.author)
        ]


def bag_view(bag: Bag, business_profile_id: int) -> dict[str, Any]:
    """Write a bag as the API answers it."""
    return {
        "id": bag.id,
        "name": bag.name,
        "businessProfileId": business_profile_id,
        "author": bag.author,
        "creationDate": to_iso(bag.created_ms),
        "lastModified": None if bag.updated_ms is None else to_iso(bag.updated_ms),
        "mappings": [],
        "primaryKey": None,
        "fields": list(bag.attribute_names),
        "beforeFiltering": False,
    }


def item_view(item: Item, bag: Bag) -> dict[str, Any]:
    """Write an item as the API answers it; ``value`` is a string that holds JSON."""
    return {
        "id": item.id,
        "itemKey": item.key,
        "value": orjson.dumps(item.value).decode(),
        "creationDate": to_iso(item.created_ms),
        "lastModified": to_iso(item.updated_ms),
        "bag": {"id": str(bag.id), "name": bag.name},
    }


def _folded(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())
