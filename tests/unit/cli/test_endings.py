"""How commands end when somebody is impatient, or when nobody takes what they write."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.checkout import ROOT
from tests.unit.cli.place import Place

WAIT_S = 60
_SLOW = """
import cli.main
cli.main.COMMANDS["slow"] = cli.main._Place("slow_import", "command", "Slow.")
cli.main.main()
"""
_SLOW_IMPORT = """
import threading
print("importing", flush=True)
threading.Event().wait()
"""


def environment(*folders: Path) -> dict[str, str]:
    """Variables of a child that finds this checkout, and modules in some folders."""
    kept = {name: value for name, value in os.environ.items() if "MAGENTO_CDC_" not in name.upper()}
    return {**kept, "PYTHONPATH": os.pathsep.join(map(str, (ROOT, *folders)))}


def test_ctrl_c_while_a_command_is_imported_ends_with_130_and_without_a_word(
    tmp_path: Path,
) -> None:
    (tmp_path / "slow_import.py").write_text(_SLOW_IMPORT)
    with subprocess.Popen(
        [sys.executable, "-c", _SLOW, "slow"],
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "importing\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(WAIT_S) == 130
        assert process.stderr is not None
        assert process.stderr.read() == ""


COMMANDS = [
    ("status",),
    ("status", "--json"),
    ("check",),
    ("check", "--json"),
    ("offsets", "list", "--json"),
    ("dead-letters", "list"),
]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_output_that_cannot_be_written_is_one_line_and_exit_1(
    place: Place, words: tuple[str, ...]
) -> None:
    place.publish({})
    with Path("/dev/full").open("wb") as full:
        done = run(place, words, full.fileno())
    assert done.returncode == 1
    assert done.stderr == "OSError: No space left on device\n"


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_reader_that_has_left_is_not_complained_about(place: Place, words: tuple[str, ...]) -> None:
    place.publish({})
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = run(place, words, writing)
    finally:
        os.close(writing)
    assert done.stderr == ""
    assert done.returncode == 1


def run(place: Place, words: tuple[str, ...], stdout: int) -> subprocess.CompletedProcess[str]:
    """Run a command whose output goes to a file descriptor."""
    return subprocess.run(
        [sys.executable, "-m", "cli.main", *words, "-c", str(place.config)],
        env=environment(),
        cwd=ROOT,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=WAIT_S,
    )


@pytest.mark.parametrize("folder", ["/nope", "/proc"])
def test_sandbox_whose_state_cannot_be_kept_does_not_start(folder: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", "sandbox", "--port", "0", "--state", f"{folder}/x.json"],
        env=environment(),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=WAIT_S,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"The state cannot be kept in {folder}/x.json: ")
