"""The list of traps names tests that exist."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.integration.binlog.traps import TRAPS, markdown

TESTS = Path(__file__).parents[2]


@pytest.mark.parametrize("trap", TRAPS)
def test_each_trap_has_tests_that_exist(trap: str) -> None:
    assert TRAPS[trap]
    for name in TRAPS[trap]:
        file, _, function = name.partition("::")
        tree = ast.parse((TESTS / file).read_text())
        functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        assert function in functions, name


def test_the_table_has_a_line_for_each_trap() -> None:
    assert markdown().count("\n") == len(TRAPS) + 2
