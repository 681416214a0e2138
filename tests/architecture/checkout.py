"""The files of the checkout, for tests that look at the code itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("cdc", "cli", "config", "mappers", "sinks")
CODE = (*PRODUCT, "tests", "bench")

_IGNORED = {"build", "dist", "__pycache__", "node_modules"}
_HIDDEN_BUT_OURS = {".ci", ".gitignore", ".dockerignore", ".github"}


def files(*folders: str, suffix: str = "") -> list[Path]:
    """Return our files below `folders` (default: all), sorted, without caches and builds."""
    starts = [ROOT / folder for folder in folders] or [ROOT]
    return sorted(path for start in starts for path in _walk(start) if path.name.endswith(suffix))


def shown(path: Path) -> str:
    """Return a path as seen from the root of the checkout."""
    return path.relative_to(ROOT).as_posix()


def parsed(path: Path) -> ast.Module:
    """Return the tree of a Python file; a syntax error names the file."""
    return ast.parse(path.read_text(), filename=shown(path))


def imported_modules(path: Path) -> set[str]:
    """Return the full names that a Python file imports, at any depth of the code."""
    names: set[str] = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return names


def _walk(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        is_hidden = path.name.startswith(".") and path.name not in _HIDDEN_BUT_OURS
        if is_hidden or path.name in _IGNORED or path.name.endswith(".egg-info"):
            continue
        if path.is_dir():
            yield from _walk(path)
        else:
            yield path
