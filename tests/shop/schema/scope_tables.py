"""Tables that a shop has once for each store view or stock; Magento makes and drops them by DDL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.shop.database import execute

if TYPE_CHECKING:
    from tests.shop.database import DatabaseConnection

SEQUENCES = ("order", "invoice", "creditmemo", "shipment")


def create_view_tables(connection: DatabaseConnection, prefix: str, store_id: int) -> None:
    """Create the number sequences of a store view and its category index."""
    for name in SEQUENCES:
        create_sequence(connection, prefix, name, store_id)
    if store_id:
        create_category_index(connection, prefix, store_id)


def create_sequence(connection: DatabaseConnection, prefix: str, name: str, store_id: int) -> None:
    """Create the table that numbers one kind of document in one store view."""
    execute(
        connection,
        f"CREATE TABLE `{prefix}sequence_{name}_{store_id}` ("
        "`sequence_value` int UNSIGNED NOT NULL AUTO_INCREMENT, PRIMARY KEY (`sequence_value`)"
        ") ENGINE=InnoDB",
    )


def create_category_index(connection: DatabaseConnection, prefix: str, store_id: int) -> None:
    """Create the category-product index of a store view and its replica."""
    for suffix in ("", "_replica"):
        execute(
            connection,
            f"CREATE TABLE IF NOT EXISTS "
            f"`{prefix}catalog_category_product_index_store{store_id}{suffix}` ("
            "`category_id` int UNSIGNED NOT NULL, `product_id` int UNSIGNED NOT NULL, "
            "`position` int, `is_parent` smallint UNSIGNED NOT NULL DEFAULT 0, "
            "`store_id` smallint UNSIGNED NOT NULL, `visibility` smallint UNSIGNED NOT NULL, "
            "PRIMARY KEY (`category_id`, `product_id`, `store_id`)) ENGINE=InnoDB",
        )


def drop_category_index(connection: DatabaseConnection, prefix: str, store_id: int) -> None:
    """Drop the category-product index of a store view and its replica."""
    for suffix in ("", "_replica"):
        table = f"{prefix}catalog_category_product_index_store{store_id}{suffix}"
        execute(connection, f"DROP TABLE IF EXISTS `{table}`")


def create_stock_index(connection: DatabaseConnection, prefix: str, stock_id: int) -> None:
    """Create the salability index of a stock other than the default one, which has a view."""
    execute(
        connection,
        f"CREATE TABLE `{prefix}inventory_stock_{stock_id}` (`sku` varchar(64) NOT NULL, "
        "`quantity` decimal(10,4) NOT NULL DEFAULT 0, `is_salable` tinyint(1) NOT NULL, "
        "PRIMARY KEY (`sku`), KEY `index_sku_qty` (`sku`, `quantity`)) ENGINE=InnoDB",
    )
