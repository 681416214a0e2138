"""The watch table against the shop's tables: nothing that is read can change unseen."""

from __future__ import annotations

import re
from pathlib import Path

import cdc.entities
from cdc.watch import WATCH_TABLE
from tests.shop.schema.loading import tables

SCHEMA = {table.name: table for table in tables()}
VALUE_TYPES = ("varchar", "int", "decimal", "text", "datetime")

# Tables that entities show and whose changes are not followed, with the reason.
UNWATCHED = {
    "salesrule": "an order keeps the names that its rules had when it last changed",
}
# Parents in Magento's own schema, where the generated shop has no foreign key.
MORE_PARENTS = {"inventory_stock"}


def read_tables() -> set[str]:
    """Tables that occur in the statements of the loaders, as {table} or in quotes."""
    folder = Path(next(iter(cdc.entities.__path__)))
    words = set()
    for file in folder.glob("*.py"):
        words |= set(re.findall(r"""[{"']([a-z_]+)[}"']""", file.read_text()))
    found = words & SCHEMA.keys()
    for entity in ("customer_entity", "catalog_product_entity"):
        found |= {f"{entity}_{value_type}" for value_type in VALUE_TYPES}
    return found


def test_every_watched_table_has_the_watched_columns() -> None:
    for name, watch in WATCH_TABLE.items():
        columns = {column.name for column in SCHEMA[name].columns}
        assert set(watch.columns) <= columns, name


def test_every_table_that_is_read_is_watched_or_listed_with_a_reason() -> None:
    assert read_tables() - WATCH_TABLE.keys() == UNWATCHED.keys()


def test_every_watched_table_is_read_or_takes_rows_along_that_are() -> None:
    parents = {
        parent.table
        for name in read_tables()
        for parent in SCHEMA[name].parents
        if parent.delete_rule == "cascade"
    }
    assert WATCH_TABLE.keys() <= read_tables() | parents | MORE_PARENTS


def test_rows_that_vanish_by_a_cascade_are_told_by_a_watched_parent() -> None:
    """Foreign keys delete below the binlog, so the parent's row is the only event."""
    unseen = {
        parent.table
        for name in read_tables()
        for parent in SCHEMA[name].parents
        if parent.delete_rule in ("cascade", "null") and parent.table not in WATCH_TABLE
    }
    assert unseen == set()
