"""`check` reads a few entities as capture will, and looks for addresses that websites share."""

from __future__ import annotations

from typing import Any

import pymysql
import pytest

from cdc.database import Database
from cdc.probe import probe
from tests.integration.cli.conftest import PASSWORD, Machine
from tests.integration.cli.test_check import errors
from tests.shop.schema.loading import load_schema

pytestmark = pytest.mark.timeout(120)


@pytest.mark.parametrize(
    ("statement", "finding", "what"),
    [
        (
            "DROP TABLE newsletter_subscriber",
            "reading subscriber",
            "newsletter_subscriber' doesn't exist",
        ),
        (
            "ALTER TABLE customer_entity DROP COLUMN firstname",
            "reading customer",
            "Unknown column 'firstname'",
        ),
        ("DROP TABLE core_config_data", "reading the shop's metadata", "core_config_data"),
    ],
)
def test_schema_that_capture_cannot_read(
    machine: Machine,
    shop: pymysql.Connection[Any],
    statement: str,
    finding: str,
    what: str,
) -> None:
    with shop.cursor() as cursor:
        cursor.execute("SET foreign_key_checks = 0")
        cursor.execute(statement)
    found = errors(machine, code=2)
    assert set(found) == {finding}
    assert what in found[finding]["what"]
    assert statement.split()[2] in found[finding]["what"]
    assert "setup:upgrade" in found[finding]["fix"]
    # The daemon refuses at its start, with the same words.
    started = machine.ask("capture")
    assert started.code == 2
    assert "SourceMisconfigured" in started.stderr
    assert what in started.stderr


def test_each_model_that_cannot_be_read_is_named(
    machine: Machine, shop: pymysql.Connection[Any]
) -> None:
    with shop.cursor() as cursor:
        cursor.execute("SET foreign_key_checks = 0")
        cursor.execute("ALTER TABLE customer_entity DROP COLUMN taxvat")
        cursor.execute("DROP TABLE sales_order_address")
        cursor.execute("DROP TABLE newsletter_subscriber")
    assert set(errors(machine, code=2)) == {
        "reading customer",
        "reading order",
        "reading subscriber",
    }


def test_table_that_may_not_be_read(machine: Machine, shop: pymysql.Connection[Any]) -> None:
    schema = machine.settings.database.name
    with shop.cursor() as cursor:
        cursor.execute("SHOW TABLES")
        tables = {str(row[0]) for row in cursor.fetchall()} - {"sales_order_address"}
    server, user = machine.server, machine.user
    server.create_user(user, PASSWORD, ["REPLICATION SLAVE", "BINLOG MONITOR"])
    for table in sorted(tables):
        server.execute(f"GRANT SELECT ON `{schema}`.`{table}` TO '{user}'@'%'")
    assert "sales_order_address" in errors(machine, code=2)["grant SELECT"]["why"]
    database = Database(machine.settings.database)
    try:
        (finding,) = probe(database, machine.settings.database)
    finally:
        database.close()
    assert finding.name == "reading order"
    assert "sales_order_address" in finding.what
    assert f"GRANT SELECT ON `{schema}`.*" in finding.fix


def test_shop_without_an_entity_is_well(machine: Machine) -> None:
    name = machine.settings.database.name
    machine.server.execute(f"CREATE DATABASE `{name}`")
    connection = machine.server.connect(database=name)
    try:
        load_schema(connection)
        connection.commit()
        reading = {found for found in errors(machine, code=2) if found.startswith("reading")}
    finally:
        connection.close()
        machine.server.execute(f"DROP DATABASE `{name}`")
    assert reading == set()


@pytest.mark.parametrize(
    ("changes", "count"),
    [
        ({}, 2),
        ({"websites": [1, 2]}, 2),
        ({"websites": [2]}, 0),
        ({"stores": [1]}, 0),
    ],
    ids=["all websites", "both", "one", "one by its store views"],
)
def test_accounts_of_two_websites_with_one_address_are_counted(
    machine: Machine, shop: pymysql.Connection[Any], changes: dict[str, Any], count: int
) -> None:
    with shop.cursor() as cursor:
        cursor.execute("SELECT MIN(store_id) FROM store WHERE website_id = 2")
        (store_id,) = cursor.fetchall()[0]
        # The third is of the admin's view, which is sent nowhere.
        for number, view in ((1, store_id), (2, store_id), (3, 0)):
            email = f"twice.{number}@example.com"
            for website_id, store in ((1, 1), (2, view)):
                cursor.execute(
                    "INSERT INTO customer_entity (website_id, store_id, email) VALUES (%s, %s, %s)",
                    (website_id, store, email),
                )
    shop.commit()
    workspace = machine.fields["workspaces"][0]
    del workspace["websites"]
    machine.write(workspaces=[workspace | changes])
    answer = machine.ask("check", "--json")
    lines = [line for line in answer.json if line["name"] == "shared addresses"]
    assert "twice" not in answer.stdout + answer.stderr
    if not count:
        assert lines == []
        return
    (line,) = lines
    assert line["severity"] == "warning"
    assert line["what"].endswith(f"more than one of the websites 1, 2: {count}")
    assert "workspace of its own" in line["fix"]
    assert "saved last" in line["fix"]
