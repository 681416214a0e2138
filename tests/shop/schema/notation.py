"""A short notation for tables, and the DDL that it stands for.

A table is a block of lines; blocks are separated by an empty line:

    store_group
      group_id smallint+ auto; code varchar(32)?; sort_order smallint+ =0; seen timestamp touch
      primary group_id
      unique code
      index sort_order, code sort_order
      parent website_id store_website.website_id cascade

`+` is UNSIGNED, `?` allows NULL, `auto` is AUTO_INCREMENT, `=x` a default, `now` defaults to the
current time and `touch` also sets it on every update. `index` separates indexes by commas.
`parent` is a foreign key (column, table.column, delete rule); the parent's column is left out when
it has the same name.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

_NAME_LIMIT = 64
_DELETE_RULES = {"cascade": "CASCADE", "null": "SET NULL", "restrict": "RESTRICT"}
_TIME_DEFAULTS = {
    "now": "DEFAULT CURRENT_TIMESTAMP",
    "touch": "DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `clause` is everything that follows the name in its DDL."""

    name: str
    clause: str


@dataclass(frozen=True, slots=True)
class Parent:
    """A foreign key to another table of the shop."""

    column: str
    table: str
    table_column: str
    delete_rule: str


@dataclass(slots=True)
class Table:
    """A table by its bare name, without the shop's prefix."""

    name: str
    columns: list[Column] = field(default_factory=list)
    primary: list[str] = field(default_factory=list)
    uniques: list[list[str]] = field(default_factory=list)
    indexes: list[list[str]] = field(default_factory=list)
    parents: list[Parent] = field(default_factory=list)


def parse_tables(text: str) -> list[Table]:
    """Read tables in the order in which they are written.

    Raises:
        ValueError: a block has a line that is not in the notation.
    """
    return [_parse_table(block) for block in text.strip().split("\n\n")]


def _parse_table(block: str) -> Table:
    name, *lines = block.split("\n")
    table = Table(name.strip())
    for line in lines:
        head, _, rest = line.strip().partition(" ")
        if head == "primary":
            table.primary = rest.split()
        elif head == "unique":
            table.uniques.append(rest.split())
        elif head == "index":
            table.indexes.extend(part.split() for part in rest.split(","))
        elif head == "parent":
            table.parents.append(_parse_parent(rest))
        else:
            parts = line.strip().rstrip(";").split(";")
            table.columns.extend(_parse_column(part.strip()) for part in parts)
    return table


def _parse_parent(text: str) -> Parent:
    column, target, rule = text.split()
    table, _, table_column = target.partition(".")
    return Parent(column, table, table_column or column, _DELETE_RULES[rule])


def _parse_column(text: str) -> Column:
    name, type_, *words = text.split(" ")
    is_nullable = type_.endswith("?")
    type_ = type_.removesuffix("?")
    unsigned = " UNSIGNED" if type_.endswith("+") else ""
    parts = [type_.removesuffix("+") + unsigned, "NULL" if is_nullable else "NOT NULL"]
    for word in words:
        if word == "auto":
            parts.append("AUTO_INCREMENT")
        elif word.startswith("="):
            parts.append(f"DEFAULT '{word[1:]}'")
        elif word in _TIME_DEFAULTS:
            parts.append(_TIME_DEFAULTS[word])
        else:
            raise ValueError(f"column {name}: unknown word {word!r}")
    return Column(name, " ".join(parts))


def create_statement(table: Table, prefix: str, charset: str) -> str:
    """Write CREATE TABLE in syntax that MariaDB 10.11+ and MySQL 8.0+ both take.

    Index names do not depend on the prefix; foreign keys carry it, as in Magento, because their
    names are unique in a whole database.
    """
    lines = [f"`{column.name}` {column.clause}" for column in table.columns]
    if table.primary:
        lines.append(f"PRIMARY KEY ({_columns(table.primary)})")
    for columns in table.uniques:
        lines.append(f"UNIQUE KEY `{_key_name('UNQ', table.name, *columns)}` ({_columns(columns)})")
    for columns in table.indexes:
        lines.append(f"KEY `{_key_name('IDX', table.name, *columns)}` ({_columns(columns)})")
    lines.extend(_parent_clause(table, parent, prefix) for parent in table.parents)
    body = ",\n  ".join(lines)
    return (
        f"CREATE TABLE `{prefix}{table.name}` (\n  {body}\n) ENGINE=InnoDB "
        f"DEFAULT CHARSET={charset} COLLATE={charset}_general_ci"
    )


def _parent_clause(table: Table, parent: Parent, prefix: str) -> str:
    name = _key_name(
        "FK", f"{prefix}{table.name}", parent.column, prefix + parent.table, parent.table_column
    )
    return (
        f"CONSTRAINT `{name}` FOREIGN KEY (`{parent.column}`) REFERENCES "
        f"`{prefix}{parent.table}` (`{parent.table_column}`) ON DELETE {parent.delete_rule}"
    )


def _columns(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _key_name(kind: str, *parts: str) -> str:
    """Name a key after its parts; names that are too long become a hash, as Magento does."""
    name = "_".join(parts).upper()
    if len(name) <= _NAME_LIMIT:
        return name
    digest = hashlib.md5(name.encode(), usedforsecurity=False).hexdigest().upper()
    return f"{kind}_{digest}"
