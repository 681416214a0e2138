"""An environment without variables of ours, and settings files."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from config.environment import ENV_PREFIX

Write = Callable[[str], Path]


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide variables of the developer's shell."""
    for name in [name for name in os.environ if name.upper().startswith(ENV_PREFIX)]:
        monkeypatch.delenv(name)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Give a function that writes a settings file."""

    def written(text: str) -> Path:
        path = tmp_path / "config.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return written
