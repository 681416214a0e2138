"""The few database calls that the shop needs: execute, query, session settings, SQL literals."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

from pymysql.cursors import Cursor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pymysql.connections import Connection

    DatabaseConnection: TypeAlias = Connection[Any]

Value: TypeAlias = str | int | Decimal | None
"""What a column may be given; times are text in UTC, money is text with four decimals."""

Row: TypeAlias = dict[str, Value]

_ESCAPES = str.maketrans({"\\": "\\\\", "'": "\\'", "\0": "\\0"})


def prepare_session(connection: DatabaseConnection) -> None:
    """Set what Magento sets: UTF-8, UTC, no strict mode; and commit on every statement.

    A clock that an earlier session of the shop left on the connection is given back to the server.
    """
    connection.autocommit(True)
    execute(connection, "SET NAMES utf8mb4")
    execute(connection, "SET time_zone = '+00:00', sql_mode = '', timestamp = DEFAULT")


def execute(connection: DatabaseConnection, sql: str, arguments: Sequence[Value] = ()) -> int:
    """Run one statement and return the number of rows that it changed."""
    with connection.cursor(Cursor) as cursor:
        return cursor.execute(sql, arguments or None)


def insert_and_get_id(connection: DatabaseConnection, sql: str, arguments: Sequence[Value]) -> int:
    """Run one INSERT and return the AUTO_INCREMENT value of its first row, 0 without one."""
    with connection.cursor(Cursor) as cursor:
        cursor.execute(sql, arguments)
        return int(cursor.lastrowid or 0)


def query(
    connection: DatabaseConnection, sql: str, arguments: Sequence[Value] = ()
) -> list[tuple[Any, ...]]:
    """Run one SELECT and return all rows, as tuples, whatever cursor class the connection has."""
    with connection.cursor(Cursor) as cursor:
        cursor.execute(sql, arguments or None)
        return list(cursor.fetchall())


def _text_literal(value: str) -> str:
    if "'" in value or "\\" in value or "\0" in value:
        value = value.translate(_ESCAPES)
    return f"'{value}'"


_LITERALS: dict[type, Callable[[Any], str]] = {
    str: _text_literal,
    int: str,
    bool: lambda value: "1" if value else "0",
    type(None): lambda _: "NULL",
    Decimal: str,
}


def row_literal(values: Iterable[Value]) -> str:
    """Write a row for the VALUES list of a multi-row INSERT; fast, because shops are large."""
    return "(" + ",".join([_LITERALS[type(value)](value) for value in values]) + ")"
