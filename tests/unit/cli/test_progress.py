"""Progress bars on a terminal, with log lines between them."""

from __future__ import annotations

import io
import os
import pty
import re
import subprocess
import sys

import pytest
from rich.console import Console

from cli.progress import RunProgress
from cli.signals import _SHOW_CURSOR
from tests.architecture.checkout import ROOT

HIDE_CURSOR = b"\x1b[?25l"
RUN = {"model": "product", "phase": "scan", "after": 30, "highest": 100}
_CHILD = """
import logging, sys
from threading import Event
from cli.logs import set_up_logs
from cli.progress import RunProgress
from config.settings import Settings
set_up_logs(Settings())
log = logging.getLogger("cdc.example")
runs = []
tick = Event()
with RunProgress(lambda: list(runs)):
    log.info("before.bars", extra={"text": "x" * 200})
    for step in range(40):
        runs[:] = [{"model": "product", "phase": "scan", "after": step, "highest": 40}]
        tick.wait(0.05)
        log.info("step.done", extra={"step": step})
    runs.clear()
    tick.wait(0.6)
    log.info("after.bars")
"""


def output_on_a_terminal(code: str, **environment: str) -> bytes:
    """Run code with its stderr on a terminal, and return what it wrote there."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "TERM": "xterm",
            "COLUMNS": "100",
            **environment,
        },
        stderr=theirs,
        stdout=subprocess.DEVNULL,
    )
    os.close(theirs)
    written = b""
    try:
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:
                break  # how Linux tells that the other side has closed its terminal
            if not piece:
                break
            written += piece
    finally:
        os.close(ours)
        process.wait(30)
    assert process.returncode == 0, written.decode()
    return written


def screen(written: bytes) -> list[str]:
    """Lines as they stay on the screen: what was erased or written over is gone."""
    lines, row, column = [""], 0, 0
    text = written.decode()
    for piece in re.finditer(r"\x1b\[([0-9;?]*)([A-Za-z])|\r|\n|[^\x1b\r\n]+", text):
        if piece[0] == "\r":
            column = 0
        elif piece[0] == "\n":
            row += 1
            if row == len(lines):
                lines.append("")
        elif piece[2] == "A":
            row = max(0, row - int(piece[1] or 1))
        elif piece[2] == "K":
            lines[row] = "" if piece[1] == "2" else lines[row][:column]
        elif piece[2] is None:
            line = lines[row].ljust(column)
            lines[row] = line[:column] + piece[0] + line[column + len(piece[0]) :]
            column += len(piece[0])
    return [line.rstrip() for line in lines]


def test_bars_are_shown_and_log_lines_stay_whole() -> None:
    written = output_on_a_terminal(_CHILD)
    assert b"full run of product" in written
    assert re.search(rb"\d+/40", written)
    lines = screen(written)
    steps = [line for line in lines if "step.done" in line]
    assert [line.split("step=")[1] for line in steps] == [str(step) for step in range(40)]
    assert all(re.match(r"\d\d:\d\d:\d\d INFO +step\.done", line) for line in steps)
    assert not any("full run of" in line for line in lines), "bars leave nothing behind"
    assert any("x" * 200 in line for line in lines), "long lines are not cut into pieces"


def test_cursor_is_hidden_only_while_there_are_bars() -> None:
    written = output_on_a_terminal(_CHILD)
    assert written.index(b"before.bars") < written.index(HIDE_CURSOR)
    assert written.rindex(HIDE_CURSOR) < written.rindex(_SHOW_CURSOR)
    assert written.rindex(_SHOW_CURSOR) < written.index(b"after.bars")


def test_no_color_is_obeyed() -> None:
    written = output_on_a_terminal(_CHILD, NO_COLOR="1")
    assert not re.search(rb"\x1b\[[0-9;]*3[0-9][;m]", written)


@pytest.mark.parametrize("variable", ["FORCE_COLOR", "TTY_COMPATIBLE"])
def test_nothing_is_shown_where_stderr_is_no_terminal(variable: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _CHILD],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), variable: "1"},
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert b"full run" not in done.stderr
    assert b"\x1b" not in done.stderr
    assert done.stderr.count(b"\n") == 42


def test_bars_follow_the_runs() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=100)
    progress = RunProgress(list, console)
    runs: list[dict[str, object]] = [RUN, {**RUN, "model": "order", "after": 0, "highest": 0}]
    progress = RunProgress(lambda: runs, console)
    progress.update()
    assert progress._progress is not None
    shown = {task.description: (task.completed, task.total) for task in progress._progress.tasks}
    assert shown == {"full run of product": (30, 100), "full run of order": (0, None)}
    runs[:] = [{**RUN, "phase": "sweep"}]
    progress.update()
    shown = {task.description: (task.completed, task.total) for task in progress._progress.tasks}
    assert shown == {"looking for lost deletes of product": (100, 100)}
    runs.clear()
    progress.update()
    assert progress._progress is None
