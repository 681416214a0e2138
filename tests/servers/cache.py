"""The folder that keeps downloaded servers and prepared data folders between runs."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


def cache_folder() -> Path:
    """Return the cache: MAGENTO_CDC_CACHE, else a folder in the user's cache. Made when missing."""
    named = os.environ.get("MAGENTO_CDC_CACHE")
    if named:
        folder = Path(named)
    else:
        base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
        folder = Path(base) / "magento-cdc"
    folder.mkdir(parents=True, exist_ok=True)
    return folder.resolve()


def kept_folder(name: str, fill: Callable[[Path], None]) -> Path:
    """Return the cached folder `name`, filling it first when it is missing.

    Two processes that ask at once get one filling: the second waits. A filling that fails or is
    killed leaves nothing behind under `name`, since the folder gets its name only when complete.

    Args:
        name: a folder name; put versions into it, a filled folder is never filled again.
        fill: gets an empty folder to fill. The folder is renamed afterwards, so what is written
            there must not hold its own path.
    Blocks: as long as `fill`, or another process's `fill`.
    """
    final = cache_folder() / name
    if final.is_dir():
        return final
    with _lock(name):
        if final.is_dir():
            return final
        partial = final.with_name(name + ".partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        fill(partial)
        partial.rename(final)
    return final


@contextmanager
def _lock(name: str) -> Iterator[None]:
    with (cache_folder() / f"{name}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
