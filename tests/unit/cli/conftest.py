"""A settings file with an embedded log, and the command line in this process."""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.cli.place import Place


@pytest.fixture(autouse=True)
def restored_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Undo what commands change in their process, and hide variables of the developer's shell."""
    for name in ("MAGENTO_CDC_CONFIG", "NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    root = logging.getLogger()
    handlers, level, hook = list(root.handlers), root.level, threading.excepthook
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    threading.excepthook = hook
    with warnings.catch_warnings():
        logging.captureWarnings(False)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Give settings with two workspaces, in an empty folder."""
    return Place(tmp_path)
