"""Imports keep the contracts of setup.cfg, and what those cannot express."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.architecture.checkout import PRODUCT, ROOT, files, imported_modules, shown


def importers_of(library: str) -> set[str]:
    """Return the product's files that import a library or a part of it."""
    return {
        shown(path)
        for path in files(*PRODUCT, suffix=".py")
        if any(name.split(".")[0] == library for name in imported_modules(path))
    }


def test_contracts_of_setup_cfg_are_kept() -> None:
    program = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run(
        [str(program), "--no-cache", "setup.cfg"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_kafka_client_is_used_in_the_kafka_modules_of_the_log_only() -> None:
    strangers = {name for name in importers_of("kafka") if not name.startswith("cdc/log/kafka_")}
    assert strangers == set()


def test_only_the_demo_borrows_from_the_tests() -> None:
    strangers = {name for name in importers_of("tests") if not name.startswith("cli/demo")}
    assert strangers == set()


def test_every_file_is_a_part_of_a_package() -> None:
    orphans = {
        shown(path)
        for path in files(*PRODUCT, suffix=".py")
        if not (path.parent / "__init__.py").exists()
    }
    assert orphans == set()
