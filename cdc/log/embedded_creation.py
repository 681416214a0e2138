"""Making the empty file of the embedded log, which SQLite then fills."""

from __future__ import annotations

import fcntl
import os
import threading
from pathlib import Path

_making = threading.Lock()


def make_private(path: Path) -> None:
    """Make a file that only this user may read, unless there is one.

    The log holds customers' data; SQLite gives its side files the rights of the main file. Side
    files of a main file that is gone are removed: whoever has that one open still shares memory
    through them, and would damage the new one.

    Raises:
        OSError: it cannot be made.
    """
    with _making:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # A file that exists is not even opened: closing any descriptor of it would drop all locks
        # that this process, and so SQLite in another thread, has on it.
        if path.exists():
            return
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            # No other process makes it, and so has side files of it, before this one is done.
            fcntl.flock(folder, fcntl.LOCK_EX)
            if not path.exists():
                for suffix in ("-wal", "-shm"):
                    path.with_name(path.name + suffix).unlink(missing_ok=True)
                os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        finally:
            os.close(folder)
