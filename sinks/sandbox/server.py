"""Runs the sandbox: in a thread for tests and the demo, or in the foreground for the CLI."""

import gc
import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Self

import uvicorn

from sinks.sandbox import state
from sinks.sandbox.admin import Admin
from sinks.sandbox.app import SandboxApp
from sinks.sandbox.core import Sandbox
from sinks.sandbox.options import Options, WorkspaceSpec
from sinks.sandbox.protocol import CuttableProtocol

logger = logging.getLogger(__name__)

_START_TIMEOUT_S = 10.0
_STOP_TIMEOUT_S = 10.0
_STOP_SIGNALS = frozenset({signal.SIGINT, signal.SIGTERM})


class SandboxServer:
    """A sandbox behind HTTP in a thread of its own.

    ``start``, ``stop`` and ``start`` again keep state and port; between them connections are
    refused. ``sandbox`` may be touched directly only while the server is stopped; use the admin
    interface otherwise. The owner stops it, or uses it as a context manager.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        options: Options | None = None,
        workspaces: Iterable[WorkspaceSpec] = (),
        *,
        state_path: Path | None = None,
        keep_alive_s: int = 60,
    ) -> None:
        self.sandbox = Sandbox(options, workspaces)
        self._host = host
        self._port = port
        self._state_path = state_path
        self._keep_alive_s = keep_alive_s
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None
        if state_path is not None:
            state.load_file(self.sandbox, state_path)

    @property
    def url(self) -> str:
        """Base URL without a trailing slash; known after the first start."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    def start(self) -> Self:
        """Listen and serve; returns when connections are accepted.

        Raises:
            OSError: the address is taken.
            RuntimeError: already running, or not ready in time.
        Blocks: 10 s at most.
        """
        if self._thread is not None:
            raise RuntimeError("the sandbox is already running")
        listener = _listen(self._host, self._port)
        self._port = listener.getsockname()[1]
        self._server = self._build_server()
        self._thread = threading.Thread(
            target=self._server.run, args=([listener],), name="sandbox", daemon=True
        )
        self._thread.start()
        if not self._server.is_ready.wait(_START_TIMEOUT_S):
            raise RuntimeError("the sandbox did not start in time")
        return self

    def stop(self) -> None:
        """Close every connection and save the state; no effect when not running.

        Blocks: 10 s at most.
        """
        if self._thread is None or self._server is None:
            return
        self._server.should_exit = True
        self._thread.join(_STOP_TIMEOUT_S)
        self._thread = None
        self._server = None
        self.save()

    def serve(self, on_ready: Callable[[str], None] | None = None) -> None:
        """Serve until this process gets SIGINT or SIGTERM, then save the state.

        Main thread only.
        Args:
            on_ready: called with the URL once connections are accepted.
        Raises:
            OSError: the address is taken.
            RuntimeError: the server thread ended by itself.
        """
        # Stored data only grows: scanning it for cycles again and again costs a third of the speed.
        gc.set_threshold(50_000, 20, 100)
        # Blocked before the thread starts, so that both threads leave them to sigtimedwait.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOP_SIGNALS)
        try:
            with self:
                logger.info("sandbox.listening", extra={"host": self._host, "port": self._port})
                if on_ready is not None:
                    on_ready(self.url)
                self._wait_for_signal()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def _wait_for_signal(self) -> None:
        while signal.sigtimedwait(_STOP_SIGNALS, 1.0) is None:
            if self._thread is None or not self._thread.is_alive():
                raise RuntimeError("the sandbox ended by itself")

    def save(self) -> None:
        """Write the state file, if there is one."""
        if self._state_path is not None:
            state.save_file(self.sandbox, self._state_path)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def _build_server(self) -> "_Server":
        app = SandboxApp(self.sandbox, Admin(self.sandbox, self._state_path))
        return _Server(
            uvicorn.Config(
                app,
                http=CuttableProtocol,
                ws="none",
                lifespan="off",
                access_log=False,
                log_level="warning",
                log_config=None,
                proxy_headers=False,
                server_header=False,
                date_header=False,
                timeout_keep_alive=self._keep_alive_s,
                timeout_graceful_shutdown=1,
            )
        )


class _Server(uvicorn.Server):
    """uvicorn's server with a flag that another thread can wait for."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_ready.set()


def serve(
    host: str = "127.0.0.1",
    port: int = 8080,
    options: Options | None = None,
    workspaces: Iterable[WorkspaceSpec] = (),
    *,
    state_path: Path | None = None,
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Serve a sandbox in the foreground until SIGINT or SIGTERM."""
    server = SandboxServer(host, port, options, workspaces, state_path=state_path)
    server.serve(on_ready)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener
