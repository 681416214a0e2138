"""No server outlives the process that started it, however that one ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.architecture.checkout import ROOT
from tests.servers.availability import require
from tests.servers.mariadb import MariaDB
from tests.waiting import wait_until

STARTER = """
import sys
from tests.servers.mariadb import MariaDB

server = MariaDB().start()
print(server.pid, server.folder, flush=True)
sys.stdin.read()
"""


def test_server_and_its_folder_are_gone_after_its_starter_was_killed() -> None:
    require(MariaDB)
    with subprocess.Popen(
        [sys.executable, "-c", STARTER],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as starter:
        assert starter.stdout is not None
        pid, folder = starter.stdout.readline().split()
        assert is_alive(int(pid))
        starter.kill()
    wait_until(lambda: not is_alive(int(pid)), what="the server to end")
    wait_until(lambda: not Path(folder).exists(), what="its folder to go")


def is_alive(pid: int) -> bool:
    """Tell whether a process runs; one that has ended and was not collected does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"
