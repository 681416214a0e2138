"""Events that say too little or cannot be read: without names, partial, poisoned."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cdc.binlog.changes import Committed
from cdc.position import MySQLGtidSet
from tests.integration.binlog.following import Following
from tests.servers.database import Schema

COLUMNS = (
    "id INT UNSIGNED PRIMARY KEY, small SMALLINT UNSIGNED NOT NULL, name VARCHAR(30) CHARACTER SET "
    "latin1, body TEXT, kind ENUM('a','ż') CHARACTER SET utf8mb4, flags SET('x','y','z'), "
    "price DECIMAL(20,4), at TIMESTAMP(3) NULL, day DATE, bits BIT(12), code BINARY(4), y YEAR, "
    "f FLOAT, d DOUBLE, dt DATETIME, t TIME(2), c CHAR(60), vb VARBINARY(300), mt MEDIUMTEXT"
)
NEEDED = ("id", "small", "name", "kind", "flags", "price", "at", "day", "bits", "code", "c", "mt")
INSERT = (
    "INSERT INTO thing (id, small, name, kind, flags, price, at, day, bits, code, c, mt) VALUES "
    "(4294967295, 65535, 'café', 'ż', 'x,z', -1.5, '2024-01-01 00:00:00.125', '2024-02-03', "
    "b'100000000001', x'0102', 'ccc', 'mmm')"
)
ROW = (
    4294967295, 65535, "café", "ż", "x,z", "-1.5000", "2024-01-01 00:00:00.125", "2024-02-03",
    2049, b"\x01\x02\0\0", "ccc", "mmm",
)  # fmt: skip


@pytest.fixture
def bare(schema: Schema) -> Iterator[Schema]:
    """Give a schema on a server that logs as little metadata as it can, for the test's time."""
    is_mariadb = schema.server.name == "MariaDB"
    schema.execute(f"CREATE TABLE thing ({COLUMNS})")
    schema.execute(f"SET GLOBAL binlog_row_metadata = {'NO_LOG' if is_mariadb else 'MINIMAL'}")
    yield schema
    schema.execute("SET GLOBAL binlog_row_metadata = FULL")


def test_rows_without_metadata_are_read_with_the_catalog(bare: Schema) -> None:
    with Following(bare, {"thing": NEEDED}) as following, bare.connect() as connection:
        cursor = connection.cursor()
        cursor.execute("SET time_zone = '+00:00'")
        cursor.execute(INSERT)
        cursor.execute("UPDATE thing SET small = 1")
        following.catch_up()
    assert following.unreadable() == []
    assert following.rows("thing") == [
        ("insert", (), ROW),
        ("update", ROW, (ROW[0], 1, *ROW[2:])),
    ]


def test_minimal_metadata_of_mariadb_is_completed(database: Schema) -> None:
    database.execute(f"CREATE TABLE thing ({COLUMNS})")
    database.execute("SET GLOBAL binlog_row_metadata = MINIMAL")
    try:
        with Following(database, {"thing": NEEDED}) as following, database.connect() as connection:
            cursor = connection.cursor()
            cursor.execute("SET time_zone = '+00:00'")
            cursor.execute(INSERT)
            following.catch_up()
    finally:
        database.execute("SET GLOBAL binlog_row_metadata = FULL")
    assert [after for _, _, after in following.rows("thing")] == [ROW]


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE thing ADD COLUMN more INT",
        "ALTER TABLE thing MODIFY small INT UNSIGNED NOT NULL",
        "ALTER TABLE thing MODIFY price DECIMAL(20,6)",
        "ALTER TABLE thing MODIFY name VARCHAR(31) CHARACTER SET latin1",
        "DROP TABLE thing",
    ],
)
def test_rows_without_metadata_of_a_table_that_differs_now_are_not_guessed(
    bare: Schema, change: str
) -> None:
    with Following(bare, {"thing": NEEDED}) as following:
        bare.execute(INSERT)
        bare.execute(change)
        following.catch_up()
    assert [found.tables for found in following.unreadable()] == [("thing",)]
    assert following.rows("thing") == []


def test_a_layout_from_the_catalog_is_forgotten_when_the_table_changes(bare: Schema) -> None:
    """The two table maps are byte for byte the same; only the catalog knows the names."""
    bare.execute("CREATE TABLE pair (a INT, b INT)")
    with Following(bare, {"pair": ("a", "b")}) as following:
        bare.execute("INSERT INTO pair VALUES (1, 2)")
        following.catch_up()
        bare.execute("ALTER TABLE pair CHANGE a c INT, CHANGE b a INT")
        bare.execute("ALTER TABLE pair CHANGE c b INT")
        bare.execute("INSERT INTO pair VALUES (3, 4)")
        following.catch_up()
    assert [after for _, _, after in following.rows("pair")] == [(1, 2), (4, 3)]


@pytest.mark.parametrize("image", ["MINIMAL", "NOBLOB"])
def test_partial_row_images_give_what_they_hold_and_report_what_they_lack(
    schema: Schema, image: str
) -> None:
    schema.execute("CREATE TABLE thing (id INT PRIMARY KEY, name VARCHAR(9), body TEXT)")
    tables = {"thing": ("id", "name"), "keyed": ("id",)}
    schema.execute("CREATE TABLE keyed (id INT PRIMARY KEY, name VARCHAR(9), body TEXT)")
    with Following(schema, tables) as following, schema.connect() as connection:
        cursor = connection.cursor()
        for table in ("thing", "keyed"):
            cursor.execute(f"INSERT INTO {table} VALUES (1, 'a', 'b')")
        cursor.execute(f"SET SESSION binlog_row_image = '{image}'")
        for table in ("thing", "keyed"):
            cursor.execute(f"UPDATE {table} SET name = 'c' WHERE id = 1")
            cursor.execute(f"DELETE FROM {table} WHERE id = 1")
        following.catch_up()
    # The key is in every image, so a table of which only the key is needed is whole.
    assert following.rows("keyed") == [
        ("insert", (), (1,)),
        ("update", (1,), (1,)),
        ("delete", (1,), ()),
    ]
    if image == "NOBLOB":
        assert following.rows("thing")[1:] == [
            ("update", (1, "a"), (1, "c")),
            ("delete", (1, "c"), ()),
        ]
        assert following.unreadable() == []
    else:
        assert following.rows("thing") == [("insert", (), (1, "a"))]
        assert [found.tables for found in following.unreadable()] == [("thing",), ("thing",)]
        assert "name" in following.unreadable()[0].reason


def test_json_differences_are_reported_for_watched_tables_only(mysql_database: Schema) -> None:
    schema = mysql_database
    for table in ("thing", "other"):
        schema.execute(f"CREATE TABLE {table} (id INT PRIMARY KEY, body JSON)")
        schema.execute(f"""INSERT INTO {table} VALUES (1, '{{"a": 1, "long": "{"x" * 200}"}}')""")
    with Following(schema, {"thing": ("id",)}) as following, schema.connect() as connection:
        cursor = connection.cursor()
        cursor.execute("SET SESSION binlog_row_value_options = 'PARTIAL_JSON'")
        for table in ("other", "thing"):
            cursor.execute(f"UPDATE {table} SET body = JSON_SET(body, '$.a', 2)")
        following.catch_up()
    assert [found.tables for found in following.unreadable()] == [("thing",)]
    assert "PARTIAL_JSON" in following.unreadable()[0].reason


def test_a_value_that_cannot_be_decoded_poisons_its_table_for_one_transaction(
    database: Schema,
) -> None:
    """The needed column is compressed: its rows are named as unreadable, the stream goes on."""
    database.execute("CREATE TABLE bad (id INT PRIMARY KEY, v TEXT COMPRESSED)")
    database.execute("CREATE TABLE good (id INT PRIMARY KEY)")
    tables = {"bad": ("id", "v"), "good": ("id",)}
    with Following(database, tables) as following, database.connect() as connection:
        cursor = connection.cursor()
        cursor.execute("BEGIN")
        cursor.execute("INSERT INTO bad VALUES (1, 'secret value')")
        cursor.execute("INSERT INTO bad VALUES (2, 'secret value')")
        cursor.execute("INSERT INTO good VALUES (1)")
        cursor.execute("COMMIT")
        cursor.execute("INSERT INTO bad VALUES (3, 'secret value')")
        cursor.execute("INSERT INTO good VALUES (2)")
        following.catch_up()
    # Once for each transaction, in its place before the transaction's end.
    assert [found.tables for found in following.unreadable()] == [("bad",), ("bad",)]
    assert [after for _, _, after in following.rows("good")] == [(1,), (2,)]
    assert "secret" not in repr(following.unreadable())
    kinds = [type(change).__name__ for change in following.changes if type(change) is not Committed]
    assert kinds[:4] == ["Unreadable", "RowChanges", "Unreadable", "RowChanges"]


def test_a_table_map_of_an_unknown_type_does_not_touch_other_tables(database: Schema) -> None:
    database.execute("CREATE TABLE odd (id INT PRIMARY KEY, v VARCHAR(9) COMPRESSED)")
    database.execute("CREATE TABLE good (id INT PRIMARY KEY)")
    with Following(database, {"good": ("id",)}) as following:
        database.execute("INSERT INTO odd VALUES (1, 'x')")
        database.execute("INSERT INTO good VALUES (1)")
        following.catch_up()
    assert following.unreadable() == []
    assert following.rows("good") == [("insert", (), (1,))]


def test_a_two_phase_alter_does_not_end_the_stream(database: Schema) -> None:
    """Its Query events have status variables that the library does not know."""
    database.execute("CREATE TABLE thing (id INT PRIMARY KEY)")
    with Following(database, {"thing": ("id",)}) as following, database.connect() as connection:
        cursor = connection.cursor()
        cursor.execute("SET SESSION binlog_alter_two_phase = ON")
        cursor.execute("ALTER TABLE thing ADD COLUMN n INT")
        cursor.execute("INSERT INTO thing VALUES (1, 2)")
        following.catch_up()
    assert ("alter", ("thing",)) in following.schema_changes()
    assert following.rows("thing") == [("insert", (), (1,))]
    assert following.unreadable() == []


def test_tagged_gtids_of_mysql_are_counted(mysql_database: Schema) -> None:
    schema = mysql_database
    schema.execute("CREATE TABLE thing (id INT PRIMARY KEY)")
    with Following(schema, {"thing": ("id",)}) as following, schema.connect() as connection:
        cursor = connection.cursor()
        cursor.execute("SET SESSION gtid_next = 'AUTOMATIC:shop_tag'")
        cursor.execute("INSERT INTO thing VALUES (1)")
        cursor.execute("SET SESSION gtid_next = 'AUTOMATIC'")
        cursor.execute("INSERT INTO thing VALUES (2)")
        following.catch_up()
        executed = schema.server.gtid_executed()
    assert [after for _, _, after in following.rows("thing")] == [(1,), (2,)]
    assert following.unreadable() == []
    assert MySQLGtidSet.parse(following.positions()[-1].gtid) == MySQLGtidSet.parse(executed)
    with Following(schema, {"thing": ("id",)}, start=following.positions()[0]) as resumed:
        resumed.catch_up()
    assert [after for _, _, after in resumed.rows("thing")] == [(2,)]
