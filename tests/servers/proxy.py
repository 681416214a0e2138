"""A TCP proxy on the loopback that breaks connections on demand."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from types import TracebackType
from typing import Literal, Self

from tests.servers.ports import LOOPBACK

Direction = Literal["to_client", "to_server"]
_CHUNK_BYTES = 65_536
# Linger for zero seconds: closing sends a reset, as a crashed peer or a firewall does.
_RESET = struct.pack("ii", 1, 0)


class TcpProxy:
    """Forward every connection to `target`, until told to misbehave.

    Listens from the moment it is made; `close` or leaving the `with` block ends it. All methods may
    be called from any thread and count for connections that are open as well as for new ones.
    """

    def __init__(self, target: tuple[str, int]) -> None:
        self.target = target
        self.host = LOOPBACK
        self.accepted_count = 0
        self.forwarded_bytes: dict[Direction, int] = {"to_client": 0, "to_server": 0}
        self._budget_bytes: dict[Direction, int | None] = {"to_client": None, "to_server": None}
        self._lock = threading.Lock()
        self._flowing = threading.Event()
        self._flowing.set()
        self._pairs: list[_Pair] = []
        self._is_closed = False
        self._listener: socket.socket | None = None
        self.port = self._listen(0)

    @property
    def open_count(self) -> int:
        """Connections that are open through the proxy now."""
        with self._lock:
            return len(self._pairs)

    def cut(self) -> None:
        """Reset all open connections; new ones go through."""
        with self._lock:
            pairs = list(self._pairs)
        for pair in pairs:
            pair.reset()

    def cut_after(self, byte_count: int, direction: Direction = "to_client") -> None:
        """Reset all connections once `byte_count` more bytes have passed; happens once.

        The bytes before the cut are delivered, so a count inside a message leaves the peer with a
        torn one. Counted over all connections from now.
        """
        with self._lock:
            self._budget_bytes[direction] = byte_count

    def stall(self) -> None:
        """Stop forwarding, keep connections open; what comes meanwhile waits."""
        self._flowing.clear()

    def resume(self) -> None:
        """Forward again."""
        self._flowing.set()

    def refuse(self) -> None:
        """Refuse new connections, as a host does where nobody listens; open ones stay."""
        with self._lock:
            listener, self._listener = self._listener, None
        if listener is not None:
            # Closing alone leaves a thread that waits in accept(), and the port open with it.
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()

    def accept(self) -> None:
        """Take new connections again, on the same port. Does nothing when they are taken."""
        if self._listener is None:
            self._listen(self.port)

    def close(self) -> None:
        """Refuse, reset everything and end."""
        self._is_closed = True
        self.refuse()
        self.cut()
        self._flowing.set()

    def __enter__(self) -> Self:
        """Return the proxy, which listens already."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the proxy."""
        self.close()

    def _listen(self, port: int) -> int:
        listener = socket.create_server((self.host, port))
        self._listener = listener
        threading.Thread(target=self._take, args=(listener,), daemon=True).start()
        return int(listener.getsockname()[1])

    def _take(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return  # refuse() closed it
            try:
                server = socket.create_connection(self.target, timeout=5)
            except OSError:
                # The nearest thing to the target's own refusal that is left after accepting.
                _reset(client)
                continue
            server.settimeout(None)
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._join(_Pair(client, server))

    def _join(self, pair: _Pair) -> None:
        with self._lock:
            self.accepted_count += 1
            self._pairs.append(pair)
        for source, sink, direction in (
            (pair.client, pair.server, "to_server"),
            (pair.server, pair.client, "to_client"),
        ):
            threading.Thread(
                target=self._pump, args=(pair, source, sink, direction), daemon=True
            ).start()

    def _pump(
        self, pair: _Pair, source: socket.socket, sink: socket.socket, direction: Direction
    ) -> None:
        try:
            while True:
                data = source.recv(_CHUNK_BYTES)
                self._flowing.wait()
                if not data:
                    sink.shutdown(socket.SHUT_WR)
                    return
                allowed, is_cut = self._spend(len(data), direction)
                sink.sendall(data[:allowed])
                if is_cut:
                    # An orderly end first, so that the peer gets the bytes before the cut: a reset
                    # may throw away what it has not read.
                    sink.shutdown(socket.SHUT_RDWR)
                    self.cut()
                    return
        except OSError:
            pair.reset()
        finally:
            self._finish(pair)

    def _spend(self, byte_count: int, direction: Direction) -> tuple[int, bool]:
        with self._lock:
            budget = self._budget_bytes[direction]
            if budget is None or byte_count < budget:
                if budget is not None:
                    self._budget_bytes[direction] = budget - byte_count
                self.forwarded_bytes[direction] += byte_count
                return byte_count, False
            self._budget_bytes[direction] = None
            self.forwarded_bytes[direction] += budget
            return budget, True

    def _finish(self, pair: _Pair) -> None:
        with self._lock:
            pair.ended_count += 1
            if pair.ended_count < 2 or pair not in self._pairs:
                return
            self._pairs.remove(pair)
        pair.client.close()
        pair.server.close()


class _Pair:
    """The two ends of one connection. Each is closed once both directions have ended."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self.client = client
        self.server = server
        self.ended_count = 0

    def reset(self) -> None:
        for end in (self.client, self.server):
            with contextlib.suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            # Wakes the thread that reads from this end; close() alone would not.
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


def _reset(end: socket.socket) -> None:
    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    end.close()
