"""Slow and obvious reads: one small statement at a time, everything as text or int."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pymysql
from pymysql.cursors import DictCursor

Row = dict[str, Any]


class Rows:
    """Plain queries over one connection; `{name}` in a statement is a table with the prefix.

    The same question is asked once only: a comparison looks at a shop at rest.
    """

    def __init__(self, connection: pymysql.Connection[Any], prefix: str = "") -> None:
        self._connection = connection
        self._prefix = prefix
        self._answers: dict[tuple[Any, ...], list[Row]] = {}

    def all(self, sql: str, *values: Any) -> list[Row]:
        """All rows."""
        question = (sql, *values)
        if question not in self._answers:
            self._answers[question] = self._ask(sql, values)
        return self._answers[question]

    def _ask(self, sql: str, values: tuple[Any, ...]) -> list[Row]:
        with self._connection.cursor(DictCursor) as cursor:
            cursor.execute(self._with_prefix(sql), values or None)
            return [dict(row) for row in cursor.fetchall()]

    def one(self, sql: str, *values: Any) -> Row | None:
        """The first row, None without one."""
        found = self.all(sql, *values)
        return found[0] if found else None

    def value(self, sql: str, *values: Any) -> Any:
        """First column of the first row, None without one."""
        row = self.one(sql, *values)
        return next(iter(row.values())) if row else None

    def has_table(self, name: str) -> bool:
        """Whether a table exists."""
        found = self.value(
            "SELECT COUNT(*) FROM information_schema.tables "
            "WHERE table_schema = DATABASE() AND table_name = %s",
            self._prefix + name,
        )
        return bool(found)

    def _with_prefix(self, sql: str) -> str:
        parts = sql.split("{")
        return parts[0] + "".join(
            f"`{self._prefix}{part.split('}', 1)[0]}`{part.split('}', 1)[1]}" for part in parts[1:]
        )


def cents(amount: Decimal) -> Decimal:
    """Half away from zero, two decimals; written out digit by digit on purpose."""
    sign = -1 if amount < 0 else 1
    thousandths = abs(amount) * 100
    whole = int(thousandths)
    if thousandths - whole >= Decimal("0.5"):
        whole += 1
    return Decimal(sign * whole) / 100
