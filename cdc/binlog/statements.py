"""What a statement in the log means for watched tables. Pure.

Only enough SQL is understood to say "something happened to table x": layouts come from table maps.
Source: MariaDB and MySQL manuals, syntax of data definition and data manipulation statements.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto

_TOKEN = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<comment>/\*(?![!M]).*?\*/ | --(?=\s|$)[^\n]*(?:\n|$) | \#[^\n]*(?:\n|$))
    | (?P<hint>/\*M?!\d* | \*/)                 # what stands in a version comment is executed
    | `(?P<quoted>(?:[^`]|``)*)`
    | (?P<text>'(?:[^'\\]|\\.|'')*' | "(?:[^"\\]|\\.|"")*")
    | (?P<word>[\w$\u0080-\uffff]+)
    | (?P<sign>.)
    """,
    re.VERBOSE | re.DOTALL,
)

_DML = {"INSERT", "REPLACE", "UPDATE", "DELETE", "LOAD", "WITH", "SELECT", "DO", "CALL"}
_HARMLESS = {
    "SAVEPOINT", "RELEASE", "SET", "GRANT", "REVOKE", "ANALYZE", "OPTIMIZE", "REPAIR", "FLUSH",
    "CHECK", "USE", "START", "LOCK", "UNLOCK", "INSTALL", "UNINSTALL", "KILL", "RESET", "PURGE",
    "CACHE", "BINLOG", "CHANGE", "STOP", "IMPORT", "CLONE", "COMMENT", "SHUTDOWN",
}  # fmt: skip
_NO_TABLE_KINDS = {
    "USER", "ROLE", "DEFINER", "VIEW", "PROCEDURE", "FUNCTION", "TRIGGER", "EVENT", "SERVER",
    "SEQUENCE", "TABLESPACE", "LOGFILE", "ALGORITHM", "AGGREGATE", "SQL", "PACKAGE", "UNDO",
    "RESOURCE", "SPATIAL_REFERENCE", "INSTANCE", "PUBLIC", "CATALOG", "TEMPORARY",
}  # fmt: skip

# Clauses of ALTER TABLE that remove or bring rows.
_ROW_CLAUSES = {
    ("TRUNCATE", "PARTITION"), ("DROP", "PARTITION"), ("EXCHANGE", "PARTITION"),
    ("CONVERT", "PARTITION"), ("DISCARD", "TABLESPACE"), ("IMPORT", "TABLESPACE"),
    ("DISCARD", "PARTITION"), ("IMPORT", "PARTITION"),
}  # fmt: skip


class StatementKind(Enum):
    """What a statement does to transactions and tables."""

    BEGIN = auto()
    COMMIT = auto()
    ROLLBACK = auto()
    XA_START = auto()
    XA_END = auto()
    XA_COMMIT = auto()
    XA_ROLLBACK = auto()
    SCHEMA = auto()
    DATA = auto()
    NEUTRAL = auto()


@dataclass(frozen=True, slots=True)
class Statement:
    """A classified statement.

    `tables` are (schema, table) it changes; None stands for "any table of any schema". `xid` is
    the text that names an XA transaction. `verb` of a SCHEMA statement is one of "create",
    "alter", "drop", "rename" and "truncate"; the last three change rows without row events.
    """

    kind: StatementKind
    verb: str
    tables: tuple[tuple[str, str], ...] | None = ()
    xid: str = ""


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    is_name: bool
    is_quoted: bool

    def __bool__(self) -> bool:
        return bool(self.text)  # the end of the statement is a token without text

    @property
    def word(self) -> str:
        return "" if self.is_quoted else self.text.upper()


def read_statement(schema: str, text: str) -> Statement:
    """Classify a statement of a Query event.

    Args:
        schema: the session's default schema, as the event tells it.
        text: the statement.
    """
    head = text[:12].upper()
    if head == "BEGIN":
        return Statement(StatementKind.BEGIN, "BEGIN")
    if head == "COMMIT":
        return Statement(StatementKind.COMMIT, "COMMIT")
    tokens = list(_tokens(text))
    if not tokens:
        return Statement(StatementKind.NEUTRAL, "")
    return _Parser(schema, tokens).statement(text)


def _tokens(text: str) -> Iterator[_Token]:
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        if kind in ("space", "comment", "hint"):
            continue
        if kind == "quoted":
            yield _Token(match["quoted"].replace("``", "`"), is_name=True, is_quoted=True)
        elif kind == "text":
            yield _Token("'", is_name=False, is_quoted=True)
        else:
            yield _Token(match[0], is_name=kind == "word", is_quoted=False)


class _Parser:
    """Reads the tokens of one statement from left to right."""

    def __init__(self, schema: str, tokens: Sequence[_Token]) -> None:
        self._schema = schema
        self._tokens = tokens
        self._place = 0

    def statement(self, text: str) -> Statement:
        verb = self._next_word()
        if verb == "SET" and self._words(1) == ["STATEMENT"]:
            # MariaDB: SET STATEMENT variable=value FOR the statement that counts.
            while self._peek() and self._next_word() != "FOR":
                pass
            verb = self._next_word()
        if verb == "XA":
            return self._xa(text)
        if verb == "ROLLBACK":
            # ROLLBACK TO SAVEPOINT goes on with the transaction.
            kind = StatementKind.NEUTRAL if "TO" in self._words(2) else StatementKind.ROLLBACK
            return Statement(kind, verb)
        if verb in _DML:
            return Statement(StatementKind.DATA, verb, self._data_tables(verb))
        if verb in ("CREATE", "ALTER", "DROP", "TRUNCATE", "RENAME"):
            return self._schema_change(verb)
        if verb in _HARMLESS:
            return Statement(StatementKind.NEUTRAL, verb)
        return Statement(StatementKind.DATA, verb, None)

    def _xa(self, text: str) -> Statement:
        verb = self._next_word()
        kind = {
            "START": StatementKind.XA_START,
            "BEGIN": StatementKind.XA_START,
            "END": StatementKind.XA_END,
            "COMMIT": StatementKind.XA_COMMIT,
            "ROLLBACK": StatementKind.XA_ROLLBACK,
        }.get(verb, StatementKind.NEUTRAL)
        xid = re.sub(r"^\s*XA\s+\w+\s+", "", text, flags=re.IGNORECASE)
        xid = re.sub(r"\s+(ONE\s+PHASE|JOIN|RESUME|SUSPEND)\b.*$", "", xid, flags=re.IGNORECASE)
        return Statement(kind, f"XA {verb}", xid=re.sub(r"\s+", "", xid).upper())

    def _schema_change(self, verb: str) -> Statement:
        if verb == "TRUNCATE":
            self._skip({"TABLE"})
            return self._changed("truncate", self._names(1))
        is_replaced = self._words(2) == ["OR", "REPLACE"]
        self._skip(
            {"ONLINE", "OFFLINE", "OR", "REPLACE", "IGNORE", "UNIQUE", "FULLTEXT", "SPATIAL"}
        )
        kind = self._next_word()
        if kind in _NO_TABLE_KINDS:
            # DROP TEMPORARY TABLE and CREATE TEMPORARY TABLE concern their own session only.
            return Statement(StatementKind.NEUTRAL, f"{verb} {kind}")
        if kind in ("DATABASE", "SCHEMA"):
            self._skip({"IF", "NOT", "EXISTS"})
            name = self._name_token()
            dropped = ((name or self._schema, ""),) if verb == "DROP" else ()
            return self._changed(verb.lower(), dropped)
        if kind == "INDEX":
            while self._peek() and self._peek().word != "ON":
                self._place += 1
            self._place += 1
            return self._changed("alter", self._names(1))
        if kind not in ("TABLE", "TABLES"):
            return Statement(StatementKind.NEUTRAL, f"{verb} {kind}")
        self._skip({"IF", "NOT", "EXISTS"})
        if verb == "RENAME":
            names = self._names(None, separators={",", "TO", "WAIT", "NOWAIT"})
            return self._changed("rename", names)
        if verb == "DROP":
            return self._changed("drop", self._names(None, separators={","}))
        tables = self._names(1)
        if verb == "ALTER":
            return self._alter(tables)
        return self._changed("drop" if is_replaced else "create", tables)

    def _alter(self, tables: tuple[tuple[str, str], ...]) -> Statement:
        """ALTER TABLE; some of its clauses move or remove rows, also those of a further table."""
        verb = "alter"
        while self._peek():
            word, following = self._next_word(), self._peek().word
            if word == "RENAME" and following not in ("COLUMN", "INDEX", "KEY"):
                self._skip({"TO", "AS", "="})
                verb, tables = "rename", tables + self._names(1)
            elif word in ("WITH", "CONVERT") and following == "TABLE":
                self._skip({"TABLE"})
                verb, tables = "truncate", tables + self._names(1)
            elif (word, following) in _ROW_CLAUSES:
                verb = "truncate"
        return self._changed(verb, tables)

    def _changed(self, verb: str, tables: tuple[tuple[str, str], ...]) -> Statement:
        return Statement(StatementKind.SCHEMA, verb, tables)

    def _data_tables(self, verb: str) -> tuple[tuple[str, str], ...] | None:
        """Tables a data statement changes, None when the text does not tell."""
        if verb in ("INSERT", "REPLACE"):
            self._skip({"LOW_PRIORITY", "DELAYED", "HIGH_PRIORITY", "IGNORE", "INTO"})
            return self._names(1) or None
        if verb == "LOAD":
            while self._peek() and self._next_word() != "INTO":
                pass
            self._skip({"TABLE"})
            return self._names(1) or None
        if verb == "UPDATE":
            return self._mentioned({"SET"})
        if verb == "DELETE":
            self._skip({"LOW_PRIORITY", "QUICK", "IGNORE", "FROM"})
            return self._mentioned({"WHERE", "ORDER", "LIMIT", "RETURNING"})
        return None

    def _mentioned(self, ends: set[str]) -> tuple[tuple[str, str], ...] | None:
        """Every name up to one of the words: more tables than are changed, never fewer."""
        found: list[tuple[str, str]] = []
        while self._peek() and self._peek().word not in ends:
            if self._peek().is_name:
                found.extend(self._names(1))
            else:
                self._place += 1
        return tuple(found) or None

    def _names(
        self, count: int | None, separators: frozenset[str] | set[str] = frozenset()
    ) -> tuple[tuple[str, str], ...]:
        found: list[tuple[str, str]] = []
        while self._peek():
            if self._peek().word in separators:
                self._place += 1
                continue
            first = self._name_token()
            if first is None:
                break
            if self._peek() and self._peek().word == ".":
                self._place += 1
                second = self._name_token()
                found.append((first, second or ""))
            else:
                found.append((self._schema, first))
            if count is not None and len(found) == count:
                break
        return tuple(found)

    def _name_token(self) -> str | None:
        token = self._peek()
        if not token or not token.is_name:
            return None
        self._place += 1
        return token.text

    def _peek(self) -> _Token:
        return self._tokens[self._place] if self._place < len(self._tokens) else _END

    def _next_word(self) -> str:
        token = self._peek()
        self._place += 1
        return token.word

    def _words(self, count: int) -> list[str]:
        return [token.word for token in self._tokens[self._place : self._place + count]]

    def _skip(self, words: set[str]) -> None:
        while self._peek() and self._peek().word in words:
            self._place += 1


_END = _Token("", is_name=False, is_quoted=False)
