"""Compressed binlogs of both servers are read as if they were not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.binlog.following import Following
from tests.servers.database import Schema
from tests.servers.mariadb import MariaDB
from tests.servers.mysql import MySQL

THING = {"thing": ("id", "name", "price")}


def make_table(schema: Schema) -> None:
    schema.execute(
        "CREATE TABLE thing (id INT UNSIGNED PRIMARY KEY, name VARCHAR(500), price DECIMAL(12,4))"
    )


@pytest.fixture
def compressing_mariadb() -> Iterator[Schema]:
    """Give a MariaDB that compresses every event."""
    if MariaDB.why_missing():
        pytest.skip(str(MariaDB.why_missing()))
    with MariaDB({"log_bin_compress": "ON", "log_bin_compress_min_len": 10}) as server:
        server.execute("CREATE DATABASE shop")
        make_table(Schema(server, "shop"))
        yield Schema(server, "shop")


@pytest.mark.mariadb
def test_compressed_events_of_mariadb_are_read(compressing_mariadb: Schema) -> None:
    schema = compressing_mariadb
    long = "żółw " * 80
    with Following(schema, THING) as following:
        schema.execute("INSERT INTO thing VALUES (1, %s, 9.99), (2, 'x', NULL)", (long,))
        schema.execute("UPDATE thing SET price = 12.5 WHERE id = 1")
        schema.execute("DELETE FROM thing WHERE id = 1")
        schema.execute("TRUNCATE TABLE thing -- " + "y" * 300)
        with schema.connect() as connection:
            cursor = connection.cursor()
            cursor.execute("SET SESSION binlog_format = 'STATEMENT'")
            cursor.execute("INSERT INTO thing VALUES (3, %s, 1)", (long,))
        following.catch_up()
    assert following.rows("thing") == [
        ("insert", (), (1, long, "9.9900")),
        ("insert", (), (2, "x", None)),
        ("update", (1, long, "9.9900"), (1, long, "12.5000")),
        ("delete", (1, long, "12.5000"), ()),
    ]
    assert following.schema_changes() == [("truncate", ("thing",))]
    assert [found.tables for found in following.unreadable()] == [("thing",)]


@pytest.mark.parametrize("kind", ["auto", "file"])
def test_compressed_transactions_of_mysql_are_read(mysql_database: Schema, kind: str) -> None:
    schema = mysql_database
    make_table(schema)
    long = "żółw " * 80
    with Following(schema, THING, position=kind) as following, schema.connect() as connection:
        cursor = connection.cursor()
        cursor.execute("SET SESSION binlog_transaction_compression = ON")
        cursor.execute("INSERT INTO thing VALUES (1, %s, 9.99), (2, 'x', NULL)", (long,))
        inside = schema.server.binlog_position()
        cursor.execute("UPDATE thing SET price = 12.5 WHERE id = 1")
        schema.execute("INSERT INTO thing VALUES (3, 'plain', 0)")
        cursor.execute("DELETE FROM thing WHERE id = 1")
        values = ", ".join(f"({number}, 'n', 1)" for number in range(10, 20_000))
        cursor.execute(f"INSERT INTO thing VALUES {values}")
        following.catch_up()
    assert following.unreadable() == []
    rows = following.rows("thing")
    assert rows[:5] == [
        ("insert", (), (1, long, "9.9900")),
        ("insert", (), (2, "x", None)),
        ("update", (1, long, "9.9900"), (1, long, "12.5000")),
        ("insert", (), (3, "plain", "0.0000")),
        ("delete", (1, long, "12.5000"), ()),
    ]
    assert [after[0] for _, _, after in rows[5:]] == list(range(10, 20_000))
    # Positions are those of the events around the compressed ones: good to go on from.
    assert inside in [(place.file, place.offset) for place in following.positions()]
    first = following.positions()[0]
    assert (first.file, first.offset) == inside
    with Following(schema, THING, start=first, position=kind) as resumed:
        resumed.catch_up()
    assert resumed.rows("thing") == rows[2:]


def test_a_large_compressed_transaction_with_mixed_tables_is_read(mysql_database: Schema) -> None:
    schema = mysql_database
    make_table(schema)
    schema.execute("CREATE TABLE other (id INT PRIMARY KEY, body LONGTEXT)")
    with (
        Following(schema, THING) as following,
        schema.connect(autocommit=False) as connection,
    ):
        cursor = connection.cursor()
        cursor.execute("SET SESSION binlog_transaction_compression = ON")
        for number in range(20):
            cursor.execute("INSERT INTO other VALUES (%s, REPEAT('abc', 300000))", (number,))
            cursor.execute("INSERT INTO thing VALUES (%s, 'n', 1)", (number,))
        connection.commit()
        following.catch_up()
    assert [after[0] for _, _, after in following.rows("thing")] == list(range(20))


def test_a_mysql_server_that_compresses_everything_is_followed_over_ddl_and_xa() -> None:
    if MySQL.why_missing():
        pytest.skip(str(MySQL.why_missing()))
    with MySQL({"binlog_transaction_compression": "ON"}) as server:
        server.execute("CREATE DATABASE shop")
        schema = Schema(server, "shop")
        make_table(schema)
        with Following(schema, THING) as following, schema.connect() as connection:
            cursor = connection.cursor()
            schema.execute("INSERT INTO thing VALUES (1, 'a', 1)")
            schema.execute("ALTER TABLE thing ADD COLUMN n INT FIRST")
            for statement in ("XA START 'x'", "INSERT INTO thing VALUES (0, 2, 'b', 2)",
                              "XA END 'x'", "XA PREPARE 'x'", "XA COMMIT 'x'"):  # fmt: skip
                cursor.execute(statement)
            following.catch_up()
        assert [after[0] for _, _, after in following.rows("thing")] == [1, 2]
        assert following.unreadable() == []
