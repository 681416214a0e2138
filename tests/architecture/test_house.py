"""House rules that no linter knows."""

from __future__ import annotations

import ast
import re

import pytest

from tests.architecture.checkout import CODE, PRODUCT, ROOT, files, parsed, shown

LINE_COUNT_MAX = 400
EMPTY_NAMES = {"common", "helper", "helpers", "manager", "misc", "util", "utils"}

# Split, so that this file does not hold what it looks for.
MACHINE_PATHS = re.compile("|".join(["/wo" + "rk/", "/ro" + "ot/", "/ho" + "me/[a-z]"]))
REAL_SHOP = "sha" + "red/"
UNFINISHED = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X"]) + r")\b")

PYTHON = files(*CODE, suffix=".py")


def texts() -> list[tuple[str, str]]:
    """Return name and content of every text file of the checkout."""
    result = []
    for path in files():
        try:
            result.append((shown(path), path.read_text()))
        except UnicodeDecodeError:
            continue  # a picture or an archive
    return result


def test_no_file_is_longer_than_a_reader_can_hold() -> None:
    long = {
        shown(path): count
        for path in PYTHON
        if (count := len(path.read_text().splitlines())) > LINE_COUNT_MAX
    }
    assert long == {}


def test_no_module_has_a_name_that_says_nothing() -> None:
    nameless = {
        shown(path)
        for path in PYTHON
        if EMPTY_NAMES & {*path.with_suffix("").name.split("_"), path.parent.name}
    }
    assert nameless == set()


def test_every_package_file_is_one_docstring() -> None:
    talkative = set()
    for path in files(*CODE, suffix="__init__.py"):
        module = parsed(path)
        if len(module.body) != 1 or ast.get_docstring(module) is None:
            talkative.add(shown(path))
    assert talkative == set()


def test_every_module_says_what_it_is() -> None:
    silent = {shown(path) for path in PYTHON if ast.get_docstring(parsed(path)) is None}
    assert silent == set()


def test_no_path_of_a_machine_is_in_the_checkout() -> None:
    assert {name for name, text in texts() if MACHINE_PATHS.search(text)} == set()


def test_only_ci_knows_where_the_real_shop_lies() -> None:
    knowing = {name for name, text in texts() if REAL_SHOP in text}
    assert knowing <= {".ci/run"}


def test_nothing_is_left_unfinished() -> None:
    assert {name for name, text in texts() if UNFINISHED.search(text)} == set()


def test_no_test_sleeps() -> None:
    sleepers = {
        shown(path)
        for path in files("tests", suffix=".py")
        if shown(path) != "tests/waiting.py" and _calls(parsed(path), {"sleep"})
    }
    assert sleepers == set()


@pytest.mark.parametrize("package", ["mappers"])
def test_pure_packages_never_ask_for_the_time(package: str) -> None:
    clocks = {"now", "utcnow", "today", "time_ns", "monotonic", "uuid1", "uuid4"}
    askers = {shown(path) for path in files(package, suffix=".py") if _calls(parsed(path), clocks)}
    assert askers == set()


def test_product_has_no_mute_except() -> None:
    """A handler whose body is a lone `pass` hides what it caught."""
    mute = set()
    for path in files(*PRODUCT, suffix=".py"):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.ExceptHandler) and all(
                isinstance(step, ast.Pass) for step in node.body
            ):
                mute.add(f"{shown(path)}:{node.lineno}")
    assert mute == set()


def test_every_target_of_the_makefile_says_what_it_does() -> None:
    text = (ROOT / "Makefile").read_text()
    phony = set(re.findall(r"^\.PHONY: (\S+)$", text, re.MULTILINE))
    described = set(re.findall(r"^([a-z0-9-]+):.*## \S", text, re.MULTILINE))
    assert phony
    assert phony == described


def _calls(module: ast.Module, names: set[str]) -> bool:
    return any(
        isinstance(node, ast.Call)
        and (
            (isinstance(node.func, ast.Attribute) and node.func.attr in names)
            or (isinstance(node.func, ast.Name) and node.func.id in names)
        )
        for node in ast.walk(module)
    )
