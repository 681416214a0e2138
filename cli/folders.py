"""Whether the daemon can keep files in a folder."""

from __future__ import annotations

import errno
import tempfile
from pathlib import Path

_PREFIX = ".magento-cdc-"


def why_unwritable(folder: Path) -> str | None:
    """Why files cannot be kept in a folder that exists or has to be made; None when they can."""
    try:
        try_writing(folder)
    except OSError as exc:
        return fault_of(folder, exc)
    return None


def try_writing(folder: Path) -> None:
    """Keep a file in a folder that exists or has to be made, and remove all of it again.

    It is tried, as rights alone do not tell: a mount may be read-only, a disk full, and root is
    denied nothing.

    Raises:
        OSError: files cannot be kept there.
    """
    folder = folder.absolute()
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    if not nearest.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "is not a folder", str(nearest))
    if nearest != folder:
        with tempfile.TemporaryDirectory(prefix=_PREFIX, dir=nearest):
            return
    with tempfile.TemporaryFile(prefix=_PREFIX, dir=folder) as file:
        file.write(b"\0")
        file.flush()


def fault_of(folder: Path, exc: OSError) -> str:
    """What `try_writing` raised, in words."""
    if exc.errno == errno.ENOSPC:
        return f"no space left on the disk of {folder.absolute()}"
    if isinstance(exc, NotADirectoryError):
        return f"{exc.filename} is not a folder"
    return f"{folder.absolute()} cannot be written by this user ({exc.strerror})"
