"""What transactions, statements and DDL become, on real servers."""

from __future__ import annotations

import pytest

from cdc.binlog.changes import Committed, Heartbeat, RowChanges
from tests.integration.binlog.following import Following, position_of
from tests.servers.database import Schema

THING = {"thing": ("id", "name")}


@pytest.fixture
def thing(schema: Schema) -> Schema:
    """Give a schema with a watched table `thing`."""
    schema.execute("CREATE TABLE thing (id INT UNSIGNED PRIMARY KEY, name VARCHAR(50), n INT)")
    return schema


def test_rows_come_in_order_and_each_transaction_ends_with_its_position(thing: Schema) -> None:
    with Following(thing, THING) as following:
        thing.execute("INSERT INTO thing VALUES (1, 'a', 1), (2, 'b', 2)")
        after_insert = position_of(thing.server)
        thing.execute("UPDATE thing SET name = 'c' WHERE id = 1")
        thing.execute("DELETE FROM thing WHERE id = 2")
        end = position_of(thing.server)
        following.catch_up()

    assert following.rows("thing") == [
        ("insert", (), (1, "a")),
        ("insert", (), (2, "b")),
        ("update", (1, "a"), (1, "c")),
        ("delete", (2, "b"), ()),
    ]
    assert {after_insert, end} <= set(following.positions())
    kinds = [type(change) for change in following.changes if not isinstance(change, Heartbeat)]
    assert kinds[:6] == [RowChanges, Committed] * 3


def test_positions_move_over_unwatched_transactions(thing: Schema) -> None:
    thing.execute("CREATE TABLE other (id INT PRIMARY KEY)")
    with Following(thing, THING) as following:
        thing.execute("INSERT INTO other VALUES (1)")
        thing.execute("INSERT INTO other VALUES (2)")
        end = position_of(thing.server)
        changes = following.catch_up()

    assert changes == []
    assert following.positions()[-1].coordinates.is_at_or_after(end.coordinates)
    assert following.positions()[-1].gtid != following.start.gtid


def test_a_stream_from_any_reported_position_continues_exactly_there(thing: Schema) -> None:
    with Following(thing, THING) as following:
        for number in range(1, 6):
            thing.execute("INSERT INTO thing VALUES (%s, 'x', 0)", (number,))
        following.catch_up()
    numbers = [after[0] for _, _, after in following.rows("thing")]
    assert numbers == [1, 2, 3, 4, 5]

    for position in following.positions():
        seen = following.changes[: following.changes.index(_committed(following, position))]
        done = sum(isinstance(change, RowChanges) for change in seen)
        for kind in ("auto", "file"):
            with Following(thing, THING, start=position, position=kind) as resumed:
                resumed.catch_up()
            rest = [after[0] for _, _, after in resumed.rows("thing")]
            assert rest == numbers[done:], (position, kind)


def _committed(following: Following, position: object) -> Committed:
    return next(found for found in following.of(Committed) if found.position == position)


def test_rolled_back_rows_never_come(thing: Schema) -> None:
    with Following(thing, THING) as following, thing.connect(autocommit=False) as connection:
        cursor = connection.cursor()
        cursor.execute("INSERT INTO thing VALUES (1, 'no', 0)")
        connection.rollback()
        cursor.execute("INSERT INTO thing VALUES (2, 'yes', 0)")
        cursor.execute("SAVEPOINT s")
        cursor.execute("INSERT INTO thing VALUES (3, 'no', 0)")
        cursor.execute("ROLLBACK TO SAVEPOINT s")
        cursor.execute("INSERT INTO thing VALUES (4, 'yes', 0)")
        connection.commit()
        following.catch_up()

    assert [after for _, _, after in following.rows("thing")] == [(2, "yes"), (4, "yes")]
    # Both rows are of one transaction: no position lies between them.
    first, second = (
        place
        for place, change in enumerate(following.changes)
        if isinstance(change, RowChanges) and change.table == "thing"
    )
    assert not any(isinstance(c, Committed) for c in following.changes[first:second])


def test_rollback_with_a_myisam_table_keeps_what_the_table_kept(schema: Schema) -> None:
    schema.execute("CREATE TABLE thing (id INT PRIMARY KEY, name VARCHAR(50)) ENGINE=MyISAM")
    schema.execute("CREATE TABLE safe (id INT PRIMARY KEY)")
    watched = THING | {"safe": ("id",)}
    with Following(schema, watched) as following, schema.connect(autocommit=False) as connection:
        cursor = connection.cursor()
        try:
            cursor.execute("INSERT INTO thing VALUES (1, 'kept')")
        except Exception:  # MySQL with enforce_gtid_consistency may refuse to mix engines
            pytest.skip("this server does not mix engines")
        cursor.execute("INSERT INTO safe VALUES (1)")
        connection.rollback()
        following.catch_up()

    assert following.rows("thing") == [("insert", (), (1, "kept"))]
    assert schema.execute("SELECT COUNT(*) FROM safe") == [(0,)]
    assert following.unreadable() == []


def test_replace_is_told_as_the_server_logs_it(schema: Schema) -> None:
    schema.execute("CREATE TABLE plain (id INT PRIMARY KEY, v INT)")
    schema.execute("CREATE TABLE keyed (id INT PRIMARY KEY, u INT UNIQUE, v INT)")
    tables = {"plain": ("id", "v"), "keyed": ("id", "u", "v")}
    with Following(schema, tables) as following:
        schema.execute("INSERT INTO plain VALUES (1, 1)")
        schema.execute("REPLACE INTO plain VALUES (1, 2)")
        schema.execute("INSERT INTO keyed VALUES (1, 10, 1), (2, 20, 1)")
        schema.execute("REPLACE INTO keyed VALUES (2, 10, 5)")
        following.catch_up()

    # However it is told, playing it back gives what the tables hold.
    for table in tables:
        state: dict[object, tuple[object, ...]] = {}
        for _, before, after in following.rows(table):
            if before:
                state.pop(before[0], None)
            if after:
                state[after[0]] = after
        held = schema.execute(f"SELECT * FROM {table} ORDER BY id")
        assert sorted(state.values(), key=str) == sorted(held, key=str)


def test_an_update_that_changes_the_key_shows_both_keys(thing: Schema) -> None:
    thing.execute("INSERT INTO thing VALUES (1, 'a', 0)")
    with Following(thing, THING) as following:
        thing.execute("UPDATE thing SET id = 9 WHERE id = 1")
        following.catch_up()
    assert following.rows("thing") == [("update", (1, "a"), (9, "a"))]


def test_an_upsert_that_changes_nothing_sends_nothing(thing: Schema) -> None:
    thing.execute("INSERT INTO thing VALUES (1, 'a', 0)")
    with Following(thing, THING) as following:
        thing.execute("INSERT INTO thing VALUES (1, 'a', 0) ON DUPLICATE KEY UPDATE name = 'a'")
        thing.execute("INSERT IGNORE INTO thing VALUES (1, 'z', 0)")
        thing.execute("INSERT INTO thing VALUES (1, 'a', 0) ON DUPLICATE KEY UPDATE name = 'b'")
        following.catch_up()
    assert following.rows("thing") == [("update", (1, "a"), (1, "b"))]


def test_rows_of_triggers_are_told_apart_by_table_id(thing: Schema) -> None:
    """All table maps of a statement come first, then rows of any of them in turns."""
    for number in range(3):
        thing.execute(f"CREATE TABLE thing_cl{number} (id INT AUTO_INCREMENT PRIMARY KEY, e INT)")
        thing.execute(
            f"CREATE TRIGGER t{number} AFTER INSERT ON thing FOR EACH ROW "
            f"INSERT INTO thing_cl{number} (e) VALUES (NEW.id + {number}00)"
        )
    tables = THING | {"thing_cl1": ("e",)}
    with Following(thing, tables) as following:
        thing.execute("INSERT INTO thing VALUES (1, 'a', 0), (2, 'b', 0)")
        following.catch_up()
    assert [after for _, _, after in following.rows("thing")] == [(1, "a"), (2, "b")]
    assert [after for _, _, after in following.rows("thing_cl1")] == [(101,), (102,)]


def test_a_multi_table_delete_names_each_row_under_its_table(schema: Schema) -> None:
    schema.run_script(
        "CREATE TABLE a (id INT PRIMARY KEY); CREATE TABLE b (id INT PRIMARY KEY, a INT);"
        "INSERT INTO a VALUES (1), (2); INSERT INTO b VALUES (11, 1), (12, 2);"
    )
    with Following(schema, {"a": ("id",), "b": ("id",)}) as following:
        schema.execute("DELETE a, b FROM a JOIN b ON b.a = a.id")
        following.catch_up()
    assert sorted(before for _, before, _ in following.rows("a")) == [(1,), (2,)]
    assert sorted(before for _, before, _ in following.rows("b")) == [(11,), (12,)]


def test_a_cascade_is_told_by_its_parent_whatever_becomes_of_the_children(schema: Schema) -> None:
    """MariaDB and MySQL before 9.6 log the parent alone, later ones the children before it."""
    schema.run_script(
        "CREATE TABLE a (id INT PRIMARY KEY);"
        "CREATE TABLE b (id INT PRIMARY KEY, a INT, FOREIGN KEY (a) REFERENCES a (id) ON DELETE "
        "CASCADE); INSERT INTO a VALUES (1), (2); INSERT INTO b VALUES (11, 1), (12, 2);"
    )
    with Following(schema, {"a": ("id",), "b": ("id",)}) as following:
        schema.execute("DELETE FROM a WHERE id = 1")
        following.catch_up()
    assert following.rows("a") == [("delete", (1,), ())]
    assert following.rows("b") in ([], [("delete", (11,), ())])
    assert following.unreadable() == []


def test_a_big_statement_comes_complete_in_many_events(thing: Schema) -> None:
    with Following(thing, THING) as following:
        values = ", ".join(f"({number}, 'name {number}', 0)" for number in range(1, 5001))
        thing.execute(f"INSERT INTO thing VALUES {values}")
        thing.execute("UPDATE thing SET n = 1")
        following.catch_up()
    rows = following.rows("thing")
    assert [after[0] for kind, _, after in rows if kind == "insert"] == list(range(1, 5001))
    assert sum(kind == "update" for kind, _, _ in rows) == 5000
    assert len(following.of(RowChanges)) > 10


def test_a_row_beyond_16_mib_comes_whole(schema: Schema) -> None:
    """The wire splits it into packets of 16 MiB, which have to be put together again."""
    schema.execute("CREATE TABLE big (id INT PRIMARY KEY, body LONGTEXT)")
    with Following(schema, {"big": ("id", "body")}) as following:
        body = "0123456789abcdef" * (20 * 65_536)
        schema.execute("INSERT INTO big VALUES (1, %s)", (body,))
        schema.execute("INSERT INTO big VALUES (2, 'small')")
        following.catch_up()
    assert [after for _, _, after in following.rows("big")] == [(1, body), (2, "small")]


def test_truncate_rename_and_ddl_are_told_with_the_tables_they_touch(thing: Schema) -> None:
    with Following(thing, THING) as following:
        thing.execute("TRUNCATE TABLE thing")
        thing.execute("ALTER TABLE thing ADD COLUMN more INT AFTER id")
        thing.execute("CREATE TABLE thing_replica LIKE thing")
        thing.execute("RENAME TABLE thing TO thing_old, thing_replica TO thing")
        thing.execute("CREATE INDEX by_name ON thing (name)")
        thing.execute("DROP TABLE thing_old")
        thing.execute("ALTER TABLE thing RENAME TO gone")
        thing.execute("CREATE TABLE thing (id INT PRIMARY KEY, name VARCHAR(9))")
        thing.execute("DROP TABLE thing")
        following.catch_up()
    assert following.schema_changes() == [
        ("truncate", ("thing",)),
        ("alter", ("thing",)),
        ("rename", ("thing",)),
        ("alter", ("thing",)),
        ("rename", ("thing",)),
        ("create", ("thing",)),
        ("drop", ("thing",)),
    ]


def test_rows_around_an_alter_are_each_read_with_their_own_columns(thing: Schema) -> None:
    with Following(thing, {"thing": ("id", "name", "added")}) as following:
        thing.execute("INSERT INTO thing VALUES (1, 'a', 0)")
        thing.execute("ALTER TABLE thing ADD COLUMN added VARCHAR(5) FIRST, DROP COLUMN n")
        thing.execute("INSERT INTO thing VALUES ('new', 2, 'b')")
        thing.execute("ALTER TABLE thing MODIFY id BIGINT, CHANGE name name TEXT")
        thing.execute("INSERT INTO thing VALUES ('more', -3, 'c')")
        following.catch_up()
    assert [after for _, _, after in following.rows("thing")] == [
        (1, "a", None),
        (2, "b", "new"),
        (-3, "c", "more"),
    ]


def test_create_select_brings_its_rows(thing: Schema) -> None:
    thing.execute("INSERT INTO thing VALUES (1, 'a', 0)")
    with Following(thing, {"copy": ("id", "name")}) as following:
        thing.execute("CREATE TABLE copy AS SELECT * FROM thing")
        following.catch_up()
    assert following.schema_changes() == [("create", ("copy",))]
    assert following.rows("copy") == [("insert", (), (1, "a"))]


def test_a_dropped_schema_touches_every_watched_table(thing: Schema) -> None:
    with Following(thing, THING | {"other": ("id",)}) as following:
        following.changes += following.stream.read()
        thing.server.execute(f"DROP DATABASE `{thing.name}`")
        following.read_until(lambda: bool(following.schema_changes()), "the drop")
    dropped = {table for _, tables in following.schema_changes() for table in tables}
    assert "thing" in dropped


def test_statement_dml_on_a_watched_table_is_reported(thing: Schema) -> None:
    with Following(thing, THING) as following, thing.connect() as connection:
        cursor = connection.cursor()
        cursor.execute("SET SESSION binlog_format = 'STATEMENT'")
        cursor.execute("INSERT INTO thing VALUES (1, 'unseen', 0)")
        cursor.execute("SET SESSION binlog_format = 'ROW'")
        cursor.execute("INSERT INTO thing VALUES (2, 'seen', 0)")
        following.catch_up()
    assert [found.tables for found in following.unreadable()] == [("thing",)]
    assert "unseen" not in following.unreadable()[0].reason
    assert [after for _, _, after in following.rows("thing")] == [(2, "seen")]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE thing t JOIN other o ON o.id = t.id SET t.name = 'x'",
        "DELETE t FROM thing AS t",
        "REPLACE INTO thing VALUES (1, 'x', 0)",
        "/* a comment */ INSERT INTO `thing` (id) SELECT id FROM other",
    ],
)
def test_each_form_of_statement_dml_names_the_table(thing: Schema, statement: str) -> None:
    thing.run_script(
        "CREATE TABLE other (id INT PRIMARY KEY); INSERT INTO other VALUES (7);"
        "INSERT INTO thing VALUES (7, 'a', 0)"
        + ("; DELETE FROM thing" if "SELECT" in statement else "")
    )
    with Following(thing, THING) as following, thing.connect() as connection:
        cursor = connection.cursor()
        cursor.execute("SET SESSION binlog_format = 'STATEMENT'")
        cursor.execute(statement)
        following.catch_up()
    assert [found.tables for found in following.unreadable()] == [("thing",)]


def test_statement_dml_on_other_tables_is_no_alarm(thing: Schema) -> None:
    thing.execute("CREATE TABLE other (id INT PRIMARY KEY, name VARCHAR(9))")
    thing.execute("INSERT INTO thing VALUES (1, 'a', 0)")
    with Following(thing, THING) as following, thing.connect() as connection:
        cursor = connection.cursor()
        cursor.execute("SET SESSION binlog_format = 'STATEMENT'")
        cursor.execute("INSERT INTO other SELECT id, name FROM thing")
        cursor.execute("CREATE TEMPORARY TABLE scratch (id INT)")
        cursor.execute("DROP TEMPORARY TABLE scratch")
        following.catch_up()
    assert following.unreadable() == []
    assert following.schema_changes() == []


def test_tables_of_other_schemas_and_prefixes_are_told_apart(schema: Schema) -> None:
    other = f"{schema.name}_b"
    schema.execute(f"CREATE DATABASE {other}")
    try:
        for name in (f"{other}.m2_thing", "m2_thing", "thing"):
            schema.execute(f"CREATE TABLE {name} (id INT PRIMARY KEY, name VARCHAR(9))")
        with Following(schema, THING, prefix="m2_") as following:
            schema.execute(f"INSERT INTO {other}.m2_thing VALUES (1, 'other')")
            schema.execute("INSERT INTO thing VALUES (2, 'bare')")
            schema.execute("INSERT INTO m2_thing VALUES (3, 'ours')")
            schema.execute(f"TRUNCATE {other}.m2_thing")
            schema.server.execute(f"DROP TABLE {schema.name}.m2_thing", database=other)
            following.catch_up()
    finally:
        schema.execute(f"DROP DATABASE {other}")
    assert following.rows("thing") == [("insert", (), (3, "ours"))]
    assert following.schema_changes() == [("drop", ("thing",))]
