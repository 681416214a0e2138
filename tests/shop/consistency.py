"""Checks on a whole shop: dangling references, and checksums that tell equal shops."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.shop.database import query

if TYPE_CHECKING:
    from tests.shop.database import DatabaseConnection


def dangling_references(connection: DatabaseConnection) -> list[str]:
    """List `table.column -> parent (count)` for values that a foreign key should have prevented.

    It reads every child table, so it is for small shops.
    """
    keys = query(
        connection,
        "SELECT table_name, column_name, referenced_table_name, referenced_column_name "
        "FROM information_schema.key_column_usage WHERE table_schema = DATABASE() "
        "AND referenced_table_name IS NOT NULL ORDER BY table_name, column_name",
    )
    found: list[str] = []
    for child, column, parent, parent_column in keys:
        ((count,),) = query(
            connection,
            f"SELECT COUNT(*) FROM `{child}` c LEFT JOIN `{parent}` p "
            f"ON p.`{parent_column}` = c.`{column}` "
            f"WHERE c.`{column}` IS NOT NULL AND p.`{parent_column}` IS NULL",
        )
        if count:
            found.append(f"{child}.{column} -> {parent} ({count})")
    return found


def checksums(connection: DatabaseConnection, prefix: str = "") -> dict[str, int | None]:
    """Return the checksum of every table of a shop, by bare name."""
    names = [
        name
        for (name,) in query(
            connection,
            "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() "
            "AND table_type = 'BASE TABLE' ORDER BY table_name",
        )
        if name.startswith(prefix)
    ]
    listed = ", ".join(f"`{name}`" for name in names)
    rows = query(connection, f"CHECKSUM TABLE {listed}")
    sums = [value for _, value in rows]
    return {name[len(prefix) :]: value for name, value in zip(names, sums, strict=True)}
