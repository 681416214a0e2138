"""The whole thing on real servers: a shop's database, the daemon as a process, the sandbox."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import yaml

from cdc.checkpoint import Checkpoint
from cdc.log.factory import open_log
from cdc.log.protocol import LogAdmin
from cdc.log.topics import TopicNames
from cdc.position import Coordinates
from config.loading import load_settings
from config.settings import Settings
from sinks.sandbox.client import SandboxAdmin
from tests.servers.database import DatabaseServer
from tests.waiting import wait_until

API_KEYS = {
    "alpha": "11111111-1111-4111-8111-111111111111",
    "beta": "22222222-2222-4222-8222-222222222222",
}
_ROOT = Path(__file__).resolve().parents[2]


class Daemon:
    """`magento-cdc COMMAND` as a child process; stopped or killed by the test."""

    def __init__(self, config: Path, log_file: Path, command: str = "run") -> None:
        self._config = config
        self._log_file = log_file
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Start the process; returns at once."""
        with self._log_file.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "cli.main", self._command, "--config", str(self._config)],
                cwd=_ROOT,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONPATH": str(_ROOT)},
            )
        return self

    @property
    def is_running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Process id of the running daemon."""
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """SIGKILL, as a crash or an out-of-memory killer does."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """SIGTERM and wait; the exit code."""
        return self._end(signal.SIGTERM)

    def wait(self, timeout_s: float = 30.0) -> int:
        """Wait for the process to end by itself; the exit code."""
        assert self._process is not None
        return self._process.wait(timeout_s)

    def _end(self, number: signal.Signals) -> int:
        if self._process is None:
            return 0
        if self._process.poll() is None:
            self._process.send_signal(number)
        code = self._process.wait(60)
        self._process = None
        return code

    def output(self) -> str:
        """What it has written so far."""
        return self._log_file.read_text(errors="replace") if self._log_file.exists() else ""


class Rig:
    """Settings, daemon and marks of one end-to-end test."""

    def __init__(
        self,
        folder: Path,
        server: DatabaseServer,
        schema: str,
        sandbox_url: str,
        *,
        prefix: str,
        log: Mapping[str, Any] | None = None,
        changes: Mapping[str, Mapping[str, Any]] | None = None,
        each_workspace: Mapping[str, Any] | None = None,
    ) -> None:
        """Write settings.

        Args:
            log: settings of the log backend.
            changes: section -> settings that are added to it, or replace its own.
            each_workspace: the same for every workspace.
        """
        self._server = server
        self.sandbox = SandboxAdmin(sandbox_url)
        self.config = folder / "config.yaml"
        fields = _settings(folder, server, schema, sandbox_url, prefix, log or {})
        for section, values in (changes or {}).items():
            fields[section] = fields.get(section, {}) | values
        for workspace in fields["workspaces"]:
            workspace.update(each_workspace or {})
        self.config.write_text(yaml.safe_dump(fields))
        self.settings: Settings = load_settings(self.config)
        self.daemon = Daemon(self.config, folder / "daemon.log")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.daemon.kill()
        if error is not None:
            print(self.daemon.output()[-20_000:])

    def wait_until_at_rest(self, timeout_s: float = 90.0) -> None:
        """Wait until all that is committed now is captured, delivered and acknowledged."""
        file, offset = self._server.binlog_position()
        end = Coordinates(file, offset), self._server.gtid_executed()
        admin = open_log(self.settings).admin()
        try:
            wait_until(
                lambda: self._is_at_rest(admin, end),
                timeout_s=timeout_s,
                interval_s=0.1,
                what="daemon at rest",
            )
        finally:
            admin.close()

    def _is_at_rest(self, admin: LogAdmin, end: tuple[Coordinates, str]) -> bool:
        assert self.daemon.is_running, self.daemon.output()[-5000:]
        raw = admin.checkpoint()
        if raw is None:
            return False
        checkpoint = Checkpoint.decode(raw)
        position = checkpoint.position
        # A file without a transaction ends behind the last position there is.
        is_all_seen = position.coordinates.is_at_or_after(end[0]) or position.gtid == end[1]
        if checkpoint.runs or not is_all_seen:
            return False
        names = TopicNames(self.settings.log.prefix)
        ends = admin.end_offsets(names.models.values())
        for workspace in self.settings.workspaces:
            committed = {
                place: offset
                for group in names.groups(workspace.name)
                for place, offset in admin.committed(group).items()
            }
            if any(committed.get(place, 0) < offset for place, offset in ends.items()):
                return False
        return True

    def dead_letters(self) -> list[dict[str, Any]]:
        """All dead letters."""
        from cli.dead_letters import read_dead_letters

        return read_dead_letters(self.settings)


def _settings(
    folder: Path,
    server: DatabaseServer,
    schema: str,
    sandbox_url: str,
    prefix: str,
    log: Mapping[str, Any],
) -> dict[str, Any]:
    def workspace(name: str, website: int) -> dict[str, Any]:
        return {
            "name": name,
            "api_key": API_KEYS[name],
            "base_url": sandbox_url,
            "websites": [website],
            "requests_per_s": 500,
            "retry": {"base_s": 0.05, "longest_s": 1.0, "forbidden_s": 0.5},
            "timeout_s": 5,
        }

    return {
        "enabled": True,
        "source": prefix,
        "state_dir": str(folder / "state"),
        "database": {
            "host": server.host,
            "port": server.port,
            "user": "root",
            "name": schema,
        },
        "capture": {"server_id": 47000 + os.getpid() % 10_000, "heartbeat_s": 0.5},
        "log": {"prefix": prefix, **log},
        "workspaces": [workspace("alpha", 1), workspace("beta", 2)],
        "log_format": "json",
    }
