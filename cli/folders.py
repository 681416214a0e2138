"""Whether the daemon can keep files in a folder."""

from __future__ import annotations

import tempfile
from pathlib import Path

_PREFIX = ".magento-cdc-"


def why_unwritable(folder: Path) -> str | None:
    """Why files cannot be kept in a folder that exists or has to be made; None when they can.

    It is tried, as rights alone do not tell: a mount may be read-only, a disk full, and root is
    denied nothing. What is made for that is gone again.
    """
    folder = folder.absolute()
    try:
        nearest = next(path for path in (folder, *folder.parents) if path.exists())
        if not nearest.is_dir():
            return f"{nearest} is not a folder"
        if nearest != folder:
            with tempfile.TemporaryDirectory(prefix=_PREFIX, dir=nearest):
                return None
        with tempfile.TemporaryFile(prefix=_PREFIX, dir=folder) as file:
            file.write(b"\0")
            file.flush()
    except OSError as exc:
        return f"{folder} cannot be written by this user ({exc.strerror})"
    return None
