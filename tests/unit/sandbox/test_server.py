"""Life of the server: threads, addresses, signals, the state file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from sinks.sandbox.client import SandboxAdmin
from sinks.sandbox.server import SandboxServer
from tests.unit.sandbox.driver import API_KEY, LOGIN, spec

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = """
import sys
from pathlib import Path
from sinks.sandbox.options import Options
from sinks.sandbox.server import serve
serve(port=0, options=Options(accept_any_key=True), state_path=Path(sys.argv[1]),
      on_ready=lambda url: print(url, flush=True))
print("stopped", flush=True)
"""


def _launch(state_path: Path) -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(state_path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    if process.stdout is None:
        raise AssertionError("no pipe")
    return process, process.stdout.readline().strip()


def _upsert(url: str, custom_id: str) -> int:
    headers = {"Api-Version": "4.4", "User-Agent": "tests"}
    with httpx.Client(base_url=url, headers=headers, trust_env=False) as http:
        token = http.post(LOGIN, json={"apiKey": API_KEY}).json()["token"]
        bearer = {"Authorization": f"Bearer {token}"}
        return http.post("/v4/clients", json={"customId": custom_id}, headers=bearer).status_code


@pytest.mark.parametrize("stop_signal", [signal.SIGTERM, signal.SIGINT])
def test_a_stopped_process_goes_on_from_its_state_file(
    tmp_path: Path, stop_signal: signal.Signals
) -> None:
    path = tmp_path / "state.json"
    for number in ("1", "2"):
        process, url = _launch(path)
        try:
            assert _upsert(url, number) == 202
            process.send_signal(stop_signal)
            out, err = process.communicate(timeout=10)
            assert (process.returncode, out.strip(), err) == (0, "stopped", "")
        finally:
            process.kill()
            process.wait()
    process, url = _launch(path)
    try:
        workspaces = SandboxAdmin(url, timeout_s=5).state()["workspaces"]
    finally:
        process.kill()
        process.communicate()
    (stored,) = workspaces.values()
    assert [one["customId"] for one in stored["profiles"]] == ["1", "2"]
    assert API_KEY not in path.read_text()


def test_a_taken_address_is_an_os_error() -> None:
    with SandboxServer(workspaces=[spec()]) as running:
        port = int(running.url.rpartition(":")[2])
        with pytest.raises(OSError, match="in use"):
            SandboxServer(port=port).start()


def test_starting_twice_is_refused_and_stopping_twice_is_not() -> None:
    server = SandboxServer()
    server.start()
    try:
        with pytest.raises(RuntimeError, match="already"):
            server.start()
    finally:
        server.stop()
        server.stop()


def test_the_state_file_can_be_saved_while_running(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    with SandboxServer(workspaces=[spec()], state_path=path) as server:
        assert not path.exists()
        SandboxAdmin(server.url, timeout_s=5).save()
        assert path.exists()


def test_a_request_with_a_chunked_body_is_read_whole() -> None:
    with (
        SandboxServer(workspaces=[spec()]) as server,
        httpx.Client(base_url=server.url, trust_env=False) as http,
    ):
        parts = iter([b'{"apiKey":"', API_KEY.encode(), b'"}'])
        headers = {"Api-Version": "4.4", "Content-Type": "application/json"}
        assert http.post(LOGIN, content=parts, headers=headers).status_code == 200
