"""Categories: creating, renaming, moving, hiding, deleting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.shop.actions.category_tree import (
    add_to_children_count,
    delete_product_rewrites,
    delete_rewrites,
    descendants,
    insert_rewrites,
    shift_siblings,
    write_url_path,
    write_value,
)
from tests.shop.actions.done import ActionDone
from tests.shop.database import execute
from tests.shop.generation.words import slug

if TYPE_CHECKING:
    from tests.shop.actions.session import ShopSession
    from tests.shop.database import Row

_COLUMNS = "entity_id parent_id path position level"


class CategoryActions:
    """Actions on the category tree; the root catalog and the roots of groups are left alone."""

    def __init__(self, session: ShopSession) -> None:
        self._session = session

    def create(self, parent_id: int, name: str | None = None) -> ActionDone:
        """Add a category as the last child of another one."""
        session = self._session
        name = name or f"Kategoria {session.rng.randint(10**6, 10**9)}"
        parent = self._read(parent_id)
        with session.transaction():
            row: Row = {"attribute_set_id": 3, "parent_id": parent_id, "path": ""}
            row |= {"position": 99, "level": parent["level"] + 1, "children_count": 0}
            category_id = session.insert("catalog_category_entity", row)
            path = f"{parent['path']}/{category_id}"
            session.update("catalog_category_entity", {"path": path}, {"entity_id": category_id})
            add_to_children_count(session, parent["path"], 1)
            for code, value in (("name", name), ("url_key", slug(name))):
                write_value(session, category_id, code, value)
            for code in ("is_active", "include_in_menu", "is_anchor"):
                write_value(session, category_id, code, 1)
            write_url_path(session, category_id)
            insert_rewrites(session, category_id)
        return ActionDone("category.create", {"category_id": category_id, "parent_id": parent_id})

    def rename(self, category_id: int, name: str, store_id: int = 0) -> ActionDone:
        """Rename a category, for all store views or for one: only the value row changes."""
        session = self._session
        with session.transaction():
            write_value(session, category_id, "name", name, store_id)
        return ActionDone("category.rename", {"category_id": category_id, "store_id": store_id})

    def use_default_name(self, category_id: int, store_id: int) -> ActionDone:
        """Drop the name of a store view."""
        session = self._session
        with session.transaction():
            write_value(session, category_id, "name", None, store_id)
        ids = {"category_id": category_id, "store_id": store_id}
        return ActionDone("category.use_default_name", ids)

    def set_active(self, category_id: int, *, is_active: bool, store_id: int = 0) -> ActionDone:
        """Show or hide a category."""
        session = self._session
        with session.transaction():
            session.update(
                "catalog_category_entity", {"updated_at": session.now}, {"entity_id": category_id}
            )
            write_value(session, category_id, "is_active", int(is_active), store_id)
        ids = {"category_id": category_id, "is_active": int(is_active), "store_id": store_id}
        return ActionDone("category.set_active", ids)

    def move(self, category_id: int, new_parent_id: int) -> ActionDone:
        """Move a category, with everything below it, to the front of another one.

        Raises:
            ValueError: the new parent is the category itself or lies below it.
        """
        session = self._session
        moved, parent = self._read(category_id), self._read(new_parent_id)
        if f"{parent['path']}/".startswith(f"{moved['path']}/"):
            raise ValueError(f"moving category {category_id}: below itself")
        below = descendants(session, moved["path"])
        new_path = f"{parent['path']}/{category_id}"
        with session.transaction():
            add_to_children_count(session, moved["path"].rpartition("/")[0], -1 - len(below))
            add_to_children_count(session, parent["path"], 1 + len(below))
            shift_siblings(session, new_parent_id)
            level_change = parent["level"] + 1 - moved["level"]
            self._move_below(moved["path"], new_path, level_change)
            row: Row = {"parent_id": new_parent_id, "path": new_path, "position": 1}
            row |= {"level": parent["level"] + 1, "updated_at": session.now}
            session.update("catalog_category_entity", row, {"entity_id": category_id})
            tree = [category_id, *below]
            for one in tree:
                write_url_path(session, one)
            for one in tree:
                delete_rewrites(session, one)
            for one in tree:
                delete_product_rewrites(session, one)
            for one in tree:
                insert_rewrites(session, one)
        return ActionDone("category.move", {"category_id": category_id, "parent_id": new_parent_id})

    def _move_below(self, old_path: str, new_path: str, level_change: int) -> None:
        """Move all descendants by one UPDATE on the path."""
        session = self._session
        execute(
            session.connection,
            f"UPDATE {session.table('catalog_category_entity')} "
            "SET path = CONCAT(%s, SUBSTRING(path, %s)), level = level + %s WHERE path LIKE %s",
            [new_path, len(old_path) + 1, level_change, f"{old_path}/%"],
        )

    def delete(self, category_id: int) -> ActionDone:
        """Delete a category and everything below it; rewrites go in later transactions."""
        session = self._session
        row = self._read(category_id)
        below = descendants(session, row["path"])
        tree = [*below, category_id]
        with session.transaction():
            parent_path = row["path"].rpartition("/")[0]
            add_to_children_count(session, parent_path, -len(tree))
            for one in tree:
                session.delete("catalog_category_entity", {"entity_id": one})
        with session.transaction():
            for one in tree:
                delete_rewrites(session, one)
        with session.transaction():
            for one in tree:
                delete_product_rewrites(session, one)
        ids = {"category_id": category_id, "below_count": len(below)}
        return ActionDone("category.delete", ids)

    def _read(self, category_id: int) -> dict[str, Any]:
        return self._session.row("catalog_category_entity", _COLUMNS, {"entity_id": category_id})
