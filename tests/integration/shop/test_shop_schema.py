"""The tables of the test shop load everywhere and delete as Magento's do."""

from __future__ import annotations

from typing import Any

from pymysql.connections import Connection

from tests.shop.database import query
from tests.shop.schema.loading import create_changelog_triggers, load_schema, tables


def _table_names(connection: Connection[Any]) -> set[str]:
    rows = query(
        connection,
        "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()",
    )
    return {name for (name,) in rows}


def _delete_rules(connection: Connection[Any], prefix: str = "") -> dict[tuple[str, str], str]:
    rows = query(
        connection,
        "SELECT table_name, referenced_table_name, delete_rule "
        "FROM information_schema.referential_constraints WHERE constraint_schema = DATABASE()",
    )
    return {
        (child.removeprefix(prefix), parent.removeprefix(prefix)): rule
        for child, parent, rule in rows
        if child.startswith(prefix)
    }


def test_schema_loads_twice_into_one_database_under_two_prefixes(
    connection: Connection[Any],
) -> None:
    load_schema(connection)
    load_schema(connection, "m2_")
    names = _table_names(connection)
    wanted = {table.name for table in tables()} | {"inventory_stock_1"}
    assert wanted <= names
    assert {f"m2_{name}" for name in wanted} <= names
    assert len(names) == 2 * len(wanted)


def test_prefix_does_not_change_index_names(connection: Connection[Any]) -> None:
    load_schema(connection)
    load_schema(connection, "m2_")
    rows = query(
        connection,
        "SELECT DISTINCT table_name, index_name FROM information_schema.statistics "
        "WHERE table_schema = DATABASE()",
    )
    plain = {(table, index) for table, index in rows if not table.startswith("m2_")}
    prefixed = {(table[3:], index) for table, index in rows if table.startswith("m2_")}
    assert plain == prefixed


def test_foreign_keys_delete_or_empty_what_magento_deletes_or_empties(
    connection: Connection[Any],
) -> None:
    load_schema(connection, "p_")
    rules = _delete_rules(connection, "p_")
    assert rules["catalog_product_website", "catalog_product_entity"] == "CASCADE"
    assert rules["customer_address_entity", "customer_entity"] == "CASCADE"
    assert rules["sales_order", "customer_entity"] == "SET NULL"
    assert rules["newsletter_subscriber", "store"] == "SET NULL"
    assert rules["customer_entity", "store_website"] == "SET NULL"
    assert ("inventory_source_item", "catalog_product_entity") not in rules
    nulled = [pair for pair, rule in rules.items() if rule == "SET NULL"]
    assert len(rules) > 120
    assert len(nulled) == 9


def test_orders_are_as_wide_as_in_magento() -> None:
    widths = {table.name: len(table.columns) for table in tables()}
    assert widths["sales_order"] == 138
    assert widths["sales_order_item"] == 80
    assert widths["customer_entity"] == 29


def test_schema_and_triggers_load_with_the_charset_of_older_shops(
    connection: Connection[Any],
) -> None:
    load_schema(connection, charset="utf8mb3")
    create_changelog_triggers(connection)
    ((charset,),) = query(
        connection,
        "SELECT character_set_name FROM information_schema.columns WHERE table_schema = DATABASE() "
        "AND table_name = 'customer_entity' AND column_name = 'email'",
    )
    assert charset == "utf8mb3"


def test_schema_has_the_same_foreign_keys_on_mysql(
    connection: Connection[Any], mysql_connection: Connection[Any]
) -> None:
    load_schema(connection)
    load_schema(mysql_connection)
    create_changelog_triggers(mysql_connection)
    assert _delete_rules(mysql_connection) == _delete_rules(connection)
