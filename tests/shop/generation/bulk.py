"""Fast loading: rows collected per table and written as large multi-row INSERTs."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.shop.database import execute, row_literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.shop.database import DatabaseConnection, Value

_STATEMENT_CHARS = 900_000


class BulkTable:
    """Rows on their way into one table. Not for use by several threads."""

    def __init__(self, connection: DatabaseConnection, table: str, columns: str) -> None:
        self._connection = connection
        names = ", ".join(f"`{name}`" for name in columns.split())
        self._head = f"INSERT INTO `{table}` ({names}) VALUES "
        self._rows: list[str] = []
        self._char_count = 0

    def add(self, *values: Value) -> None:
        """Take one row, in the order of the columns; it is written sooner or later."""
        row = row_literal(values)
        self._rows.append(row)
        self._char_count += len(row)
        if self._char_count > _STATEMENT_CHARS:
            self.flush()

    def extend(self, rows: Sequence[Sequence[Value]]) -> None:
        """Take several rows."""
        for row in rows:
            self.add(*row)

    def flush(self) -> None:
        """Write what has been taken so far."""
        if self._rows:
            execute(self._connection, self._head + ",".join(self._rows))
            self._rows = []
            self._char_count = 0


class BulkLoad:
    """The tables of one load. `with bulk_load(...)` flushes them and commits."""

    def __init__(self, connection: DatabaseConnection, prefix: str) -> None:
        self._connection = connection
        self._prefix = prefix
        self._tables: dict[tuple[str, str], BulkTable] = {}

    def table(self, name: str, columns: str) -> BulkTable:
        """Return the collector for a table and a list of its columns, separated by spaces."""
        key = (name, columns)
        if key not in self._tables:
            self._tables[key] = BulkTable(self._connection, self._prefix + name, columns)
        return self._tables[key]

    def flush(self) -> None:
        """Write the rows of all tables."""
        for table in self._tables.values():
            table.flush()


@contextmanager
def bulk_load(connection: DatabaseConnection, prefix: str) -> Iterator[BulkLoad]:
    """Open a load in one transaction, in which rows may refer to rows that come later.

    Unique checks stay on: without them MariaDB sorts each table on its own way in, which took three
    times the processor time here. Row id 0 (admin website, admin store view, guests)
    is taken as it is.
    """
    execute(connection, "SET foreign_key_checks = 0")
    execute(connection, "SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO'")
    execute(connection, "START TRANSACTION")
    load = BulkLoad(connection, prefix)
    try:
        yield load
        load.flush()
        execute(connection, "COMMIT")
    except BaseException:
        execute(connection, "ROLLBACK")
        raise
    finally:
        execute(connection, "SET foreign_key_checks = 1, sql_mode = ''")
