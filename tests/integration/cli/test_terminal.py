"""The daemon on a terminal, and the sandbox as a command."""

from __future__ import annotations

import os
import pty
import re
import socket
import subprocess
import threading
from pathlib import Path
from typing import Any

import pymysql
import pytest
import yaml

from sinks.sandbox.client import SandboxAdmin
from tests.architecture.checkout import ROOT
from tests.integration.cli.conftest import Machine
from tests.integration.cli.processes import Process, ask, command_line, environment
from tests.waiting import wait_until


class OnTerminal:
    """A command whose stderr is a terminal; what it writes there is read by a thread."""

    def __init__(self, *words: str, config: Path) -> None:
        self._ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            command_line(*words, config=config),
            cwd=ROOT,
            env={**environment(), "TERM": "xterm", "COLUMNS": "100"},
            stderr=theirs,
            stdout=subprocess.DEVNULL,
        )
        os.close(theirs)
        self.written = b""
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        while True:
            try:
                piece = os.read(self._ours, 65536)
            except OSError:
                return  # the other side has closed its terminal
            if not piece:
                return
            self.written += piece

    def close(self) -> None:
        """Kill what is left and close the terminal."""
        self.process.kill()
        self.process.wait(60)
        self._thread.join(10)
        os.close(self._ours)


@pytest.mark.timeout(120)
def test_initial_load_shows_bars_between_whole_log_lines(
    machine: Machine, shop: pymysql.Connection[Any]
) -> None:
    machine.write(capture={"scan_chunk_keys": 1})
    daemon = OnTerminal("run", config=machine.config)
    try:
        machine.wait_until_at_rest()
        daemon.process.terminate()
        assert daemon.process.wait(60) == 0
    finally:
        daemon.close()
    text = daemon.written.decode()
    assert re.search(r"full run of (customer|product|order|subscriber)", text)
    assert re.search(r"\d+/\d+", text)
    # Each line of the log begins a line of the screen, whatever bars stood there before.
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)
    events = ("daemon.starting", "capture.starting", "run.finished", "daemon.stopped")
    for event in events:
        lines = [line for line in re.split(r"[\r\n]+", plain) if event in line]
        assert lines
        assert all(re.match(r"\d\d:\d\d:\d\d INFO    ", line) for line in lines), lines
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l"), "the cursor is shown again"


@pytest.mark.timeout(60)
def test_second_signal_on_a_terminal_shows_the_cursor_and_leaves_at_once(
    machine: Machine,
) -> None:
    # The broker is not there, so the start hangs in a connection that no stop ends at once.
    machine.write(log={"backend": "kafka", "kafka": {"bootstrap_servers": ["10.255.255.1:9"]}})
    daemon = OnTerminal("run", config=machine.config)
    try:
        wait_until(lambda: _catches_sigterm(daemon.process.pid), timeout_s=30, what="handlers")
        daemon.process.terminate()
        wait_until(lambda: not _has_pending(daemon.process.pid), timeout_s=10, what="handling")
        daemon.process.terminate()
        assert daemon.process.wait(30) in (143, 0)
    finally:
        daemon.close()
    if daemon.process.returncode == 143:
        assert daemon.written.endswith(b"\x1b[?25h")


def _signals(pid: int, name: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1], 16)
    return 0


def _catches_sigterm(pid: int) -> bool:
    return bool(_signals(pid, "SigCgt") & (1 << 14))


def _has_pending(pid: int) -> bool:
    return bool(_signals(pid, "ShdPnd") & (1 << 14))


@pytest.mark.timeout(60)
def test_sandbox_takes_any_key_and_keeps_its_state(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    process = Process(tmp_path / "out.log", "sandbox", "--port", "0", "--state", str(state))
    try:
        wait_until(lambda: "listens on" in process.output, timeout_s=30, what="a sandbox")
        found = re.search(r"http://127\.0\.0\.1:\d+", process.output)
        assert found
        config = tmp_path / "config.yaml"
        key = "77777777-7777-4777-8777-777777777777"
        workspace = {"name": "mine", "api_key": key, "base_url": found[0]}
        database = {"port": 9, "connect_timeout_s": 1}
        fields = {"workspaces": [workspace], "database": database, "state_dir": str(tmp_path)}
        config.write_text(yaml.safe_dump(fields))
        lines = ask("check", "--json", config=config).json
        (line,) = [line for line in lines if line["part"].startswith("workspace mine")]
        assert line["severity"] == "ok", line
        assert SandboxAdmin(found[0]).invariants()["ok"]
        assert process.stop() == 0
    finally:
        process.kill()
    assert state.stat().st_size > 0


def test_port_that_is_taken_is_a_clear_error() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        answer = ask("sandbox", "--port", str(port))
    assert answer.code == 2
    assert f"cannot serve on 127.0.0.1:{port}" in answer.stderr
    assert "Traceback" not in answer.stderr
