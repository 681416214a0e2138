"""A look at the daemon's own SQLite files without being in its way."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cdc.errors import LogUnavailable
from cdc.records import Model

_BUSY_S = 2.0
_KNOWN = "SELECT model, COUNT(*) FROM known WHERE gone_ms IS NULL GROUP BY model"


@contextmanager
def look_at(path: Path) -> Iterator[sqlite3.Connection | None]:
    """Give a connection that reads a file which may be in use, None where there is no file.

    It creates no file and writes nothing. Without a write-ahead log beside it nobody has the file
    open, and it is read without even a lock.

    Raises:
        LogUnavailable: the file cannot be read now.
    """
    try:
        if not path.exists():
            yield None
            return
        is_in_use = path.with_name(f"{path.name}-wal").exists()
        uri = f"{path.absolute().as_uri()}?{'mode=ro' if is_in_use else 'immutable=1'}"
        connection = sqlite3.connect(uri, uri=True, timeout=_BUSY_S)
        try:
            yield connection
        finally:
            connection.close()
    except (sqlite3.Error, OSError) as exc:
        raise LogUnavailable(f"looking at {path.name}: {exc}") from exc


def known_counts(path: Path) -> dict[Model, int] | None:
    """Live keys of each model in an identity index that may be in use; None without a file.

    Raises:
        LogUnavailable: the file cannot be read now.
    """
    with look_at(path) as connection:
        if connection is None:
            return None
        found = dict(connection.execute(_KNOWN).fetchall())
    return {model: int(found.get(model.value, 0)) for model in Model}
