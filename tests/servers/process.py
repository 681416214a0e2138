"""One server process with a temporary folder: started, stopped, killed, restarted."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from tests.servers.ports import LOOPBACK, free_port
from tests.waiting import WaitExpired, wait_until

_running: list[ServerProcess] = []


class ServerFailed(RuntimeError):
    """A server did not start, or a command that prepares one failed. Carries the end of its log."""


class ServerProcess(ABC):
    """A server with its own port and folder.

    `start` may follow `stop` or `kill`: data and port stay the same. `close`, or leaving the `with`
    block, ends the process and removes the folder. Should the Python process die in any way, a
    small watchdog kills the server and removes the folder. Not safe to share between threads that
    start and stop it; connecting from any thread is fine.
    """

    name: ClassVar[str]
    host: ClassVar[str] = LOOPBACK
    start_timeout_s: ClassVar[float] = 60.0
    stop_timeout_s: ClassVar[float] = 30.0

    def __init__(self, port: int | None = None) -> None:
        self.port = port or free_port()
        self.folder = Path(tempfile.mkdtemp(prefix=f"cdc-{self.name.lower()}-"))
        self.log_path = self.folder / "server.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._watchdog: subprocess.Popen[bytes] | None = None
        self._is_prepared = False

    @classmethod
    @abstractmethod
    def why_missing(cls) -> str | None:
        """Say why the server cannot be run here, or None when it can."""

    @classmethod
    @abstractmethod
    def prepare(cls) -> None:
        """Install or download what the server needs, and print what is done. Repeats are cheap."""

    @abstractmethod
    def _make_data(self) -> None:
        """Fill the data folder before the first start."""

    @abstractmethod
    def _command(self) -> list[str]:
        """Return the command line of the server, to run in the foreground."""

    @abstractmethod
    def _is_ready(self) -> bool:
        """Tell whether the server takes clients now."""

    def _environment(self) -> dict[str, str]:
        return dict(os.environ)

    @property
    def is_running(self) -> bool:
        """Whether the process is alive (ready or not)."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Process id of the running server."""
        if self._process is None:
            raise ServerFailed(f"{self.name} was not started")
        return self._process.pid

    def start(self) -> Self:
        """Start the server and wait until it takes clients. Does nothing when it runs already.

        Raises:
            ServerFailed: it died or was not ready in time; the text ends with its log.
        Blocks: start_timeout_s.
        """
        if self.is_running:
            return self
        self._forget()
        missing = self.why_missing()
        if missing:
            raise ServerFailed(missing)
        if not self._is_prepared:
            self._make_data()
            self._is_prepared = True
        process = self._launch()
        try:
            wait_until(
                lambda: process.poll() is not None or self._is_ready(),
                timeout_s=self.start_timeout_s,
                what=f"{self.name} on port {self.port} to take clients",
            )
        except WaitExpired as exc:
            self.kill()
            raise ServerFailed(f"{exc}\n{self.log_tail()}") from exc
        if process.poll() is not None:
            self._forget()
            raise ServerFailed(f"{self.name} ended while starting\n{self.log_tail()}")
        return self

    def stop(self) -> None:
        """Ask the server to end and wait; kills it when it takes too long. Data and port stay.

        Blocks: stop_timeout_s.
        """
        if self._process is not None and self.is_running:
            self.thaw()
            self._process.terminate()
            try:
                self._process.wait(self.stop_timeout_s)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._forget()

    def kill(self) -> None:
        """End the server with SIGKILL, as a crash would. Data and port stay."""
        if self._process is not None and self.is_running:
            self._process.kill()
        self._forget()

    def restart(self) -> Self:
        """Stop in good order and start again on the same port with the same data."""
        self.stop()
        return self.start()

    def freeze(self) -> None:
        """Stop the process with SIGSTOP: connections stay open and nothing answers."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen process go on."""
        os.kill(self.pid, signal.SIGCONT)

    def close(self) -> None:
        """Kill the server, if it still runs, and remove its folder."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def log_tail(self, line_count: int = 40) -> str:
        """Return the last lines of the server's log, for failure reports."""
        if not self.log_path.exists():
            return f"({self.name}: no log yet)"
        lines = self.log_path.read_text(errors="replace").splitlines()
        return "\n".join(lines[-line_count:])

    def __enter__(self) -> Self:
        """Start the server."""
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the server and remove its folder."""
        self.close()

    def _launch(self) -> subprocess.Popen[bytes]:
        with self.log_path.open("ab") as log:
            process = subprocess.Popen(
                self._command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment(),
                cwd=self.folder,
                start_new_session=True,
            )
        self._process = process
        self._watch(process.pid)
        _running.append(self)
        return process

    def _watch(self, pid: int) -> None:
        # Its standard input closes when this process dies, however it dies. It is killed before the
        # server is reaped, so it can never hit a process that got the same id later.
        script = 'read -r _; kill -KILL "$1"; rm -rf "$2"'
        self._watchdog = subprocess.Popen(
            ["/bin/sh", "-c", script, "watchdog", str(pid), str(self.folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _forget(self) -> None:
        if self._watchdog is not None:
            self._watchdog.kill()
            self._watchdog.wait()
            if self._watchdog.stdin is not None:
                self._watchdog.stdin.close()
            self._watchdog = None
        if self._process is not None:
            self._process.wait()
            self._process = None
        if self in _running:
            _running.remove(self)


def running_servers() -> list[ServerProcess]:
    """Return the servers that this process has started and not ended, oldest first."""
    return list(_running)
