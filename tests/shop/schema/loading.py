"""Creates the tables and the change-log triggers of a shop in an open database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.shop.database import execute, prepare_session
from tests.shop.schema import (
    attributes,
    categories,
    customers,
    documents,
    noise,
    orders,
    prices,
    products,
    stock,
    stores,
)
from tests.shop.schema.notation import Table, create_statement, parse_tables

if TYPE_CHECKING:
    from tests.shop.database import DatabaseConnection

_SOURCES = (
    stores,
    attributes,
    customers,
    products,
    categories,
    stock,
    prices,
    orders,
    documents,
    noise,
)

# base table -> (change-log tables, column with the id to log, columns whose change is logged)
_CHANGELOGS: dict[str, tuple[tuple[str, ...], str, tuple[str, ...]]] = {
    "catalog_product_entity_decimal": (
        ("catalogsearch_fulltext_cl", "catalog_product_attribute_cl", "catalog_product_price_cl"),
        "entity_id",
        ("value",),
    ),
    "catalog_product_entity_int": (
        ("catalogsearch_fulltext_cl", "catalog_product_attribute_cl"),
        "entity_id",
        ("value",),
    ),
    "catalog_product_entity_varchar": (("catalogsearch_fulltext_cl",), "entity_id", ("value",)),
    "catalog_product_entity_tier_price": (
        ("catalog_product_price_cl",),
        "entity_id",
        ("value", "percentage_value"),
    ),
    "cataloginventory_stock_item": (
        ("cataloginventory_stock_cl",),
        "product_id",
        ("qty", "is_in_stock", "manage_stock"),
    ),
}


def tables() -> list[Table]:
    """List every table of the shop, by bare name, in the order in which they are created."""
    return [table for source in _SOURCES for table in parse_tables(source.TABLES)]


def load_schema(
    connection: DatabaseConnection, prefix: str = "", *, charset: str = "utf8mb4"
) -> None:
    """Create all tables of the shop in the connection's current database, without rows.

    Two shops fit into one database when their prefixes differ. `charset` may be `utf8mb3`, which
    is what Magento 2.4.7 uses on MariaDB 10.11.

    Raises:
        pymysql.MySQLError: a table exists already, or the account may not create tables.
    """
    prepare_session(connection)
    execute(connection, "SET FOREIGN_KEY_CHECKS = 0")
    for table in tables():
        execute(connection, create_statement(table, prefix, charset))
    execute(connection, _stock_view(prefix))
    execute(connection, "SET FOREIGN_KEY_CHECKS = 1")


def _stock_view(prefix: str) -> str:
    """The default stock's index is a view over the legacy status table (Magento inventory)."""
    return (
        f"CREATE SQL SECURITY INVOKER VIEW `{prefix}inventory_stock_1` AS "
        "SELECT DISTINCT s.product_id AS product_id, s.website_id AS website_id, "
        "s.stock_id AS stock_id, s.qty AS quantity, s.stock_status AS is_salable, p.sku AS sku "
        f"FROM `{prefix}cataloginventory_stock_status` s "
        f"JOIN `{prefix}catalog_product_entity` p ON p.entity_id = s.product_id"
    )


def create_changelog_triggers(connection: DatabaseConnection, prefix: str = "") -> None:
    """Create the triggers that Magento has when its indexers run by schedule.

    They make one statement write to several tables, and their rows are noise in the binlog. They
    come last because they slow the bulk load down.
    """
    for base, (logs, column, watched) in _CHANGELOGS.items():
        for event, row in (("insert", "NEW"), ("update", "NEW"), ("delete", "OLD")):
            body = " ".join(
                f"INSERT IGNORE INTO `{prefix}{log}` (`entity_id`) VALUES ({row}.`{column}`);"
                for log in logs
            )
            if event == "update":
                test = " OR ".join(f"NOT(NEW.`{name}` <=> OLD.`{name}`)" for name in watched)
                body = f"IF ({test}) THEN {body} END IF;"
            execute(
                connection,
                f"CREATE TRIGGER `{prefix}trg_{base}_after_{event}` AFTER {event.upper()} "
                f"ON `{prefix}{base}` FOR EACH ROW BEGIN {body} END",
            )
