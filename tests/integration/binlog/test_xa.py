"""XA transactions: their rows count when they are committed, whatever happens in between."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cdc.binlog.changes import Committed
from tests.integration.binlog.following import Following
from tests.servers.database import Schema

THING = {"thing": ("id",)}


@pytest.fixture
def thing(schema: Schema) -> Iterator[Schema]:
    """Give a schema with a table, and roll back what a failed test leaves prepared."""
    schema.execute("CREATE TABLE thing (id INT PRIMARY KEY)")
    yield schema
    for _, gtrid_bytes, _, data in schema.execute("XA RECOVER"):
        schema.execute(f"XA ROLLBACK '{data[:gtrid_bytes]}'")


def prepare(schema: Schema, xid: str, number: int) -> None:
    """Prepare an XA transaction with one row, and leave its session."""
    with schema.connect() as connection:
        cursor = connection.cursor()
        cursor.execute(f"XA START '{xid}'")
        cursor.execute(f"INSERT INTO thing VALUES ({number})")
        cursor.execute(f"XA END '{xid}'")
        cursor.execute(f"XA PREPARE '{xid}'")


def finish(schema: Schema, statement: str) -> None:
    """Run XA COMMIT or XA ROLLBACK, which works once the preparing session is really gone."""
    from tests.waiting import wait_until

    def is_done() -> bool:
        try:
            schema.execute(statement)
        except Exception as exc:
            if exc.args[0] not in (1397, 1399, 3101):
                raise
            return False
        return True

    wait_until(is_done, what=statement)


def numbers(following: Following) -> list[int]:
    """Ids of inserted rows so far."""
    return [after[0] for _, _, after in following.rows("thing")]


def test_rows_come_when_the_transaction_is_committed(thing: Schema) -> None:
    with Following(thing, THING) as following:
        prepare(thing, f"{thing.name}a", 1)
        thing.execute("INSERT INTO thing VALUES (2)")
        following.catch_up()
        assert numbers(following) == [2]
        finish(thing, f"XA COMMIT '{thing.name}a'")
        following.catch_up()
        assert numbers(following) == [2, 1]
    assert following.unreadable() == []


def test_a_rolled_back_transaction_leaves_no_rows(thing: Schema) -> None:
    with Following(thing, THING) as following:
        prepare(thing, f"{thing.name}b", 1)
        finish(thing, f"XA ROLLBACK '{thing.name}b'")
        thing.execute("INSERT INTO thing VALUES (2)")
        following.catch_up()
    assert numbers(following) == [2]
    assert following.of(Committed)[-1].resume is None


@pytest.mark.parametrize("kind", ["auto", "file"])
def test_a_restart_between_prepare_and_commit_loses_nothing(thing: Schema, kind: str) -> None:
    with Following(thing, THING, position=kind) as following:
        prepare(thing, f"{thing.name}c", 1)
        thing.execute("INSERT INTO thing VALUES (2)")
        following.catch_up()
    last = following.of(Committed)[-1]
    assert last.checkpoint != last.position

    finish(thing, f"XA COMMIT '{thing.name}c'")
    with Following(thing, THING, position=kind, start=last.checkpoint) as resumed:
        resumed.catch_up()
    assert 1 in numbers(resumed)
    assert resumed.unreadable() == []
    assert resumed.of(Committed)[-1].resume is None


def test_a_commit_of_rows_from_before_the_start_is_reported(thing: Schema) -> None:
    prepare(thing, f"{thing.name}d", 1)
    with Following(thing, THING) as following:
        finish(thing, f"XA COMMIT '{thing.name}d'")
        following.catch_up()
    assert [found.tables for found in following.unreadable()] == [()]


def test_one_phase_commit_is_an_ordinary_transaction(thing: Schema) -> None:
    with Following(thing, THING) as following, thing.connect() as connection:
        cursor = connection.cursor()
        for statement in ("XA START 'o'", "INSERT INTO thing VALUES (5)", "XA END 'o'",
                          "XA COMMIT 'o' ONE PHASE"):  # fmt: skip
            cursor.execute(statement)
        following.catch_up()
    assert numbers(following) == [5]
    assert following.of(Committed)[-1].resume is None
