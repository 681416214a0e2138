"""One writer's session in a shop: prefixed tables, transactions, rows as mappings, a clock."""

from __future__ import annotations

import time
from contextlib import contextmanager
from random import Random
from typing import TYPE_CHECKING, Any

from tests.shop.database import (
    execute,
    insert_and_get_id,
    prepare_session,
    query,
    row_literal,
)
from tests.shop.generation.size import time_text
from tests.shop.shop import Shop, read_shop

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.shop.database import DatabaseConnection, Value

    Where = Mapping[str, Value]


class ShopSession:
    """Reads and writes a shop over one connection, for one thread.

    Args:
        start_at_s: when it is given, the session lives in a time of its own that starts there and
            moves on by at most a second per transaction, so that equal seeds write equal rows.
            The server then stamps its binlog events with that time as well. Without it the
            server's clock counts.
    """

    def __init__(
        self, connection: DatabaseConnection, shop: Shop, seed: int, start_at_s: int | None = None
    ) -> None:
        self.connection = connection
        self.shop = shop
        self.rng = Random(f"{seed}:actions")
        self._clock_rng = Random(f"{seed}:clock")
        self._now_s = start_at_s
        prepare_session(connection)

    def reload(self) -> None:
        """Read websites, store views and attributes again after they have changed."""
        self.shop = read_shop(self.connection, self.shop.prefix)

    @property
    def now_s(self) -> int:
        """Return the session's time in seconds since 1970."""
        return int(time.time()) if self._now_s is None else self._now_s

    @property
    def now(self) -> str:
        """Return the session's time as text in UTC."""
        return time_text(self.now_s)

    def table(self, name: str) -> str:
        """Return a quoted table name with the shop's prefix."""
        return f"`{self.shop.prefix}{name}`"

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Write everything inside in one transaction; an error rolls it back."""
        if self._now_s is not None:
            self._now_s += self._clock_rng.randint(0, 1)
            execute(self.connection, f"SET timestamp = {self._now_s}")
        execute(self.connection, "START TRANSACTION")
        try:
            yield
        except BaseException:
            execute(self.connection, "ROLLBACK")
            raise
        execute(self.connection, "COMMIT")

    def insert(self, table: str, row: Where, *, verb: str = "INSERT") -> int:
        """Insert one row and return its AUTO_INCREMENT id. `verb` may be `REPLACE`."""
        names = ", ".join(f"`{name}`" for name in row)
        marks = ", ".join(["%s"] * len(row))
        sql = f"{verb} INTO {self.table(table)} ({names}) VALUES ({marks})"
        return insert_and_get_id(self.connection, sql, list(row.values()))

    def insert_many(
        self,
        table: str,
        columns: str,
        rows: Sequence[Sequence[Value]],
        *,
        verb: str = "INSERT",
        update: str = "",
    ) -> None:
        """Insert rows in one statement; `update` names columns to set where the key exists."""
        if not rows:
            return
        names = ", ".join(f"`{name}`" for name in columns.split())
        sql = f"{verb} INTO {self.table(table)} ({names}) VALUES "
        sql += ", ".join(row_literal(row) for row in rows)
        if update:
            sets = ", ".join(f"`{name}` = VALUES(`{name}`)" for name in update.split())
            sql += f" ON DUPLICATE KEY UPDATE {sets}"
        execute(self.connection, sql)

    def update(self, table: str, row: Where, where: Where) -> int:
        """Set columns in the rows that match and return how many rows changed."""
        sets = ", ".join(f"`{name}` = %s" for name in row)
        condition, arguments = _condition(where)
        sql = f"UPDATE {self.table(table)} SET {sets} WHERE {condition}"
        return execute(self.connection, sql, [*row.values(), *arguments])

    def delete(self, table: str, where: Where) -> int:
        """Delete the rows that match and return how many there were."""
        condition, arguments = _condition(where)
        return execute(
            self.connection, f"DELETE FROM {self.table(table)} WHERE {condition}", arguments
        )

    def rows(
        self, table: str, columns: str, where: Where, order: str = "1"
    ) -> list[dict[str, Any]]:
        """Read columns of the rows that match, as mappings. `columns` may be `*`."""
        names = columns.split()
        if names == ["*"]:
            names = self._column_names(table)
        condition, arguments = _condition(where)
        listed = ", ".join(f"`{name}`" for name in names)
        found = query(
            self.connection,
            f"SELECT {listed} FROM {self.table(table)} WHERE {condition} ORDER BY {order}",
            arguments,
        )
        return [dict(zip(names, row, strict=True)) for row in found]

    def row(self, table: str, columns: str, where: Where) -> dict[str, Any]:
        """Read one row.

        Raises:
            LookupError: no row matches.
        """
        found = self.rows(table, columns, where)
        if not found:
            raise LookupError(f"reading {table}: no row for {dict(where)}")
        return found[0]

    def ids(self, sql: str, arguments: Sequence[Value] = ()) -> list[Any]:
        """Run a SELECT of one column and return its values."""
        return [row[0] for row in query(self.connection, sql, arguments)]

    def pick(self, table: str, id_column: str, condition: str = "1 = 1") -> int | None:
        """Choose a row at random by its id, None when there is none.

        It looks at the ids next to a random one, so it costs the same in a shop of any size and
        gives the same answer for the same content.
        """
        name = self.table(table)
        (low, high), *_ = query(
            self.connection, f"SELECT MIN({id_column}), MAX({id_column}) FROM {name}"
        )
        pivot = 0 if low is None else self.rng.randint(low, high)
        for side, order in ((">=", "ASC"), ("<", "DESC")):
            found = self.ids(
                f"SELECT {id_column} FROM {name} WHERE {id_column} {side} %s AND {condition} "
                f"ORDER BY {id_column} {order} LIMIT 1",
                [pivot],
            )
            if found:
                return int(found[0])
        return None

    def _column_names(self, table: str) -> list[str]:
        return self.ids(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = DATABASE() "
            "AND table_name = %s ORDER BY ordinal_position",
            [self.shop.prefix + table],
        )


def _condition(where: Where) -> tuple[str, list[Value]]:
    parts = [
        f"`{name}` IS NULL" if value is None else f"`{name}` = %s" for name, value in where.items()
    ]
    return " AND ".join(parts) or "1 = 1", [value for value in where.values() if value is not None]
