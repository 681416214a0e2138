"""Rows found by a text key (e-mail address, SKU) that must match exactly."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

from cdc.database import Reader
from cdc.entities.tables import Tables, select_in

# The collation takes care of spaces behind a value, not of these. They come with rows imported from
# files; Magento itself trims.
_STRAY_BEFORE = (" ", "\t")
_STRAY_BEHIND = ("\t", "\r", "\n", "\r\n")

_CHARSET = """
SELECT character_set_name FROM information_schema.columns
WHERE table_schema = DATABASE() AND table_name = %s AND column_name = %s
"""


def exact_rows(
    reader: Reader,
    tables: Tables,
    table: str,
    column: str,
    select: str,
    keys: Sequence[str],
) -> list[tuple[Any, ...]]:
    """Rows whose text in `column`, trimmed, is exactly one of the keys.

    The column's index finds candidates by its collation, which knows neither case nor accents; the
    exact comparison is made here.

    Args:
        select: what to read, `column` first: `subscriber_email, subscriber_id`.
        keys: trimmed texts.
    Returns:
        rows in any order; their first value is trimmed.
    """
    wanted = {key for key in keys if key and key == key.strip()}
    statement = f"SELECT {select} FROM {tables[table]} WHERE {column} IN %s"
    candidates = _candidates(sorted(wanted), _has_wide_texts(reader, tables, table, column))
    found: list[tuple[Any, ...]] = []
    for row in select_in(reader, statement, candidates):
        text = str(row[0]).strip()
        if text in wanted:
            found.append((text, *row[1:]))
    return list(dict.fromkeys(found))


def folded_rows(
    reader: Reader,
    tables: Tables,
    table: str,
    column: str,
    select: str,
    keys: Sequence[str],
) -> list[tuple[Any, ...]]:
    """Rows whose text in `column` is one of the keys as the column's collation compares.

    Arguments as for `exact_rows`. The texts go to the server as constants and not through a join:
    tables of an upgraded shop may differ in character set, and then a join would read all of one.
    Returns:
        rows in any order; their first value is `folded`.
    """
    statement = f"SELECT {select} FROM {tables[table]} WHERE {column} IN %s"
    texts = _storable(sorted(set(keys)), _has_wide_texts(reader, tables, table, column))
    return [(folded(row[0]), *row[1:]) for row in select_in(reader, statement, texts)]


def folded(text: str) -> str:
    """Text without case, accents and outer spaces: equal where Magento's collations say equal."""
    pieces = unicodedata.normalize("NFKD", text.strip()).casefold()
    return "".join(piece for piece in pieces if not unicodedata.combining(piece))


def _candidates(keys: Sequence[str], has_wide_texts: Callable[[], bool]) -> list[str]:
    """List the spellings to look for, without those that the column cannot hold."""
    keys = _storable(keys, has_wide_texts)
    spellings = list(keys)
    for stray in _STRAY_BEFORE:
        spellings += [stray + key for key in keys]
    for stray in _STRAY_BEHIND:
        spellings += [key + stray for key in keys]
    return spellings


def _storable(keys: Sequence[str], has_wide_texts: Callable[[], bool]) -> Sequence[str]:
    """Leave out texts that the column cannot hold.

    A column of three-byte UTF-8 has no characters beyond U+FFFF, and the server refuses to compare
    it with a list that has some.
    """
    narrow = [key for key in keys if not key or max(key) <= "\uffff"]
    return keys if len(narrow) == len(keys) or has_wide_texts() else narrow


def _has_wide_texts(reader: Reader, tables: Tables, table: str, column: str) -> Callable[[], bool]:
    def has_wide_texts() -> bool:
        rows = reader.tuples(_CHARSET, (f"{tables.prefix}{table}", column))
        return bool(rows) and rows[0][0] == "utf8mb4"

    return has_wide_texts
