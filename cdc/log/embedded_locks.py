"""Locks between processes on files beside the embedded log.

The kernel drops such a lock when its holder ends in any way, SIGKILL included, so nothing here can
go stale and nothing has to be refreshed while idle.
"""

from __future__ import annotations

import fcntl
import os
import socket
import time
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

_RETRY_S = 0.01


class FileLock:
    """One lock file; exclusive for one holder or shared by several. Not safe between threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd: int | None = None

    @property
    def is_held(self) -> bool:
        """Whether this object holds the lock."""
        return self._fd is not None

    @property
    def holder(self) -> str:
        """What the last exclusive holder said about itself; for messages only."""
        try:
            return self._path.read_text(encoding="utf-8").strip() or "unknown process"
        except OSError:
            return "unknown process"

    def acquire(self, *, is_shared: bool, timeout_s: float = 0.0) -> bool:
        """Take the lock and return True, or False when others still hold it after the time-out.

        Raises:
            OSError: the file cannot be made or opened.
        Blocks: timeout_s.
        """
        if self._fd is not None:
            return True
        mode = (fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX) | fcntl.LOCK_NB
        deadline = time.monotonic() + timeout_s
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            while not _try_lock(fd, mode):
                if time.monotonic() >= deadline:
                    os.close(fd)
                    return False
                time.sleep(_RETRY_S)
            if not is_shared:
                _sign(fd)
        except BaseException:
            os.close(fd)
            raise
        self._fd = fd
        return True

    def release(self) -> None:
        """Give the lock up; does nothing when it is not held."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def is_taken(self) -> bool:
        """Tell whether anybody holds the lock now, shared or exclusive."""
        try:
            fd = os.open(self._path, os.O_RDWR)
        except FileNotFoundError:
            return False
        try:
            return not _try_lock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        finally:
            os.close(fd)


def publisher_lock(database_path: Path) -> FileLock:
    """Lock of the one publisher of a database file."""
    return FileLock(database_path.with_name(f"{database_path.name}.publisher.lock"))


def group_lock(database_path: Path, group: str) -> FileLock:
    """Lock that live consumers of a group share, and that moving the group needs alone."""
    name = f"{database_path.name}.group-{quote(group, safe='')}.lock"
    return FileLock(database_path.with_name(name))


def _try_lock(fd: int, mode: int) -> bool:
    try:
        fcntl.flock(fd, mode)
    except BlockingIOError:
        return False
    return True


def _sign(fd: int) -> None:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    os.ftruncate(fd, 0)
    os.pwrite(fd, f"process {os.getpid()} on {socket.gethostname()} since {now}\n".encode(), 0)
