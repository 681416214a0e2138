"""Privileges of the user we are connected as, read from SHOW GRANTS."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from cdc.database import Database
from cdc.position import Flavor

_GRANT = re.compile(r"^GRANT (?P<privileges>.+?) ON (?P<object>\S+) TO ", re.IGNORECASE)
_COLUMN_LIST = re.compile(r"\([^)]*\)")


@dataclass(frozen=True, slots=True)
class Grants:
    """What was granted: (privilege in capitals, object as SHOW GRANTS writes it)."""

    pairs: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, database: Database, flavor: Flavor) -> Grants:
        """Ask the server, with the roles that are active. Raises as `Database.tuples`."""
        statement = "SHOW GRANTS"
        if flavor == "mysql":
            roles = str(database.value("SELECT CURRENT_ROLE()") or "NONE")
            if roles != "NONE":
                statement = f"SHOW GRANTS FOR CURRENT_USER() USING {roles}"
        return cls.parse(str(row[0]) for row in database.tuples(statement))

    @classmethod
    def parse(cls, lines: Iterable[str]) -> Grants:
        """Read the lines of SHOW GRANTS; grants of roles and on columns do not count."""
        pairs = set()
        for line in lines:
            match = _GRANT.match(line)
            if match is None:
                continue
            for privilege in _COLUMN_LIST.sub("()", match["privileges"]).split(","):
                pairs.add((privilege.strip().upper(), match["object"].replace("`", "")))
        return cls(frozenset(pairs))

    def has_global(self, *privileges: str) -> bool:
        """Whether one of the privileges is granted on everything."""
        return any((name, "*.*") in self.pairs for name in (*privileges, "ALL PRIVILEGES", "ALL"))

    def can_select(self, schema: str, table: str | None = None) -> bool:
        """Whether the whole schema, or one table of it, may be read."""
        for privilege, name in self.pairs:
            if privilege not in ("SELECT", "ALL PRIVILEGES", "ALL"):
                continue
            granted_schema, _, granted_table = name.rpartition(".")
            is_all = granted_table == "*" or granted_table == table
            if is_all and _like(granted_schema, schema):
                return True
        return False


def _like(pattern: str, name: str) -> bool:
    """Whether a schema name fits a grant's pattern (with % and _, and \\ before either)."""
    if pattern == "*":
        return True
    parts = []
    escaped = False
    for letter in pattern:
        if escaped or letter not in "\\%_":
            parts.append(re.escape(letter))
            escaped = False
        elif letter == "\\":
            escaped = True
        else:
            parts.append(".*" if letter == "%" else ".")
    return re.fullmatch("".join(parts), name) is not None
