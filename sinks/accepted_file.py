"""The SQLite file of the accepted index: opening, damage, errors."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import suppress
from pathlib import Path

from cdc.errors import LogMisconfigured, LogUnavailable, TopicError

logger = logging.getLogger(__name__)

_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_COST = (
    "objects are sent once more as their records come, and late orders of removed customers are"
    " no longer held back"
)


class AcceptedDamaged(LogMisconfigured):
    """The file was found damaged while it was in use; without it delivery begins a new one."""

    exit_code = 3


def connect(path: Path, schema: str) -> sqlite3.Connection:
    """Open the file, or make it. A damaged one is moved aside, as losing it costs only repeats.

    Raises:
        LogUnavailable: the disk or another process is in the way.
    """
    doing = f"opening the accepted index {path.name}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            return _opened(path, schema)
        except sqlite3.DatabaseError as exc:
            if not _is_damage(exc):
                raise
            _move_aside(path, exc)
        return _opened(path, schema)
    except (sqlite3.Error, OSError) as exc:
        raise LogUnavailable(f"{doing}: {exc}") from exc


def failure(doing: str, path: Path, exc: sqlite3.Error) -> TopicError:
    """Make one of our errors of what SQLite raised while the file was in use."""
    if not _is_damage(exc):
        return LogUnavailable(f"{doing}: {exc}")
    return AcceptedDamaged(
        f"{doing}: {path} is damaged ({exc}); remove it with its -wal and -shm: the next start"
        f" begins a new one, {_COST}"
    )


def _opened(path: Path, schema: str) -> sqlite3.Connection:
    # It holds e-mail addresses. Where it cannot be made, SQLite says why.
    with suppress(OSError):
        path.touch(mode=0o600)
    connection = sqlite3.connect(path, timeout=10.0, check_same_thread=False, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        # Forgetting a removed person after a power cut would bring that person back.
        connection.execute("PRAGMA synchronous = FULL")
        connection.executescript(schema)
    except BaseException:
        connection.close()
        raise
    return connection


def _move_aside(path: Path, exc: sqlite3.Error) -> None:
    aside = path.with_name(f"{path.name}.damaged")
    # First what belongs to it: the new file must not take it for its own.
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    path.replace(aside)
    logger.warning(
        "accepted.damaged",
        extra={"path": str(path), "error": str(exc), "moved_to": str(aside), "cost": _COST},
    )


def _is_damage(exc: sqlite3.Error) -> bool:
    return getattr(exc, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF in _DAMAGE
