"""docs/guarantees.md names tests that exist, and all traps of the binlog that are known."""

from __future__ import annotations

import re
from pathlib import Path

from tests.integration.binlog.traps import TRAPS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`([\w/]+\.py)(?:::(test_\w+))?`", PAGE)))


def test_every_named_test_exists() -> None:
    assert len(NAMED) > 100
    missing = [
        f"{file}::{name}"
        for file, name in NAMED
        if not (ROOT / "tests" / file).exists()
        or (name and f"def {name}(" not in (ROOT / "tests" / file).read_text(encoding="utf-8"))
    ]
    assert missing == []


def test_every_trap_of_the_binlog_is_listed_with_its_tests() -> None:
    for trap, tests in TRAPS.items():
        listed = "<br>".join(f"`{test}`" for test in tests)
        assert f"| {trap} | {listed} |" in PAGE
