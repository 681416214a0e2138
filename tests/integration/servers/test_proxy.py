"""The proxy breaks connections in the ways that networks do."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pymysql
import pytest

from tests.servers.mariadb import MariaDB
from tests.servers.ports import LOOPBACK, free_port
from tests.servers.proxy import TcpProxy
from tests.waiting import wait_until


class EchoServer:
    """Send back what comes, to any number of clients."""

    def __init__(self) -> None:
        self._listener = socket.create_server((LOOPBACK, 0))
        self.address: tuple[str, int] = self._listener.getsockname()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._echo, args=(client,), daemon=True).start()

    def _echo(self, client: socket.socket) -> None:
        with client:
            try:
                while data := client.recv(4096):
                    client.sendall(data)
            except OSError:
                return

    def close(self) -> None:
        """End the accept thread and the listener."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.fixture
def proxy() -> Iterator[TcpProxy]:
    """Give a proxy in front of an echo server."""
    server = EchoServer()
    with TcpProxy(server.address) as proxy:
        yield proxy
    server.close()


def dial(proxy: TcpProxy) -> socket.socket:
    """Open a client connection through the proxy."""
    return socket.create_connection((proxy.host, proxy.port), timeout=5)


def read_until_end(client: socket.socket) -> bytes:
    """Read until the peer ends the connection, in order or by a reset."""
    data = b""
    try:
        while chunk := client.recv(4096):
            data += chunk
    except ConnectionError:
        return data
    return data


def test_bytes_pass_both_ways(proxy: TcpProxy) -> None:
    with dial(proxy) as client:
        client.sendall(b"hello")
        assert client.recv(10) == b"hello"
    assert proxy.forwarded_bytes == {"to_client": 5, "to_server": 5}
    wait_until(lambda: proxy.open_count == 0, what="the closed connection to be forgotten")


def test_cut_ends_open_connections_and_lets_new_ones_through(proxy: TcpProxy) -> None:
    with dial(proxy) as client:
        client.sendall(b"x")
        assert client.recv(1) == b"x"
        proxy.cut()
        assert read_until_end(client) == b""
    with dial(proxy) as client:
        client.sendall(b"y")
        assert client.recv(1) == b"y"
    assert proxy.accepted_count == 2


def test_cut_after_delivers_exactly_the_bytes_before_the_cut(proxy: TcpProxy) -> None:
    proxy.cut_after(7)
    with dial(proxy) as client:
        client.sendall(b"0123456789")
        assert read_until_end(client) == b"0123456"
    with dial(proxy) as client:
        client.sendall(b"0123456789")
        assert client.recv(10) == b"0123456789"


def test_stalled_bytes_arrive_after_resume(proxy: TcpProxy) -> None:
    with dial(proxy) as client:
        client.sendall(b"x")
        assert client.recv(1) == b"x"
        proxy.stall()
        client.sendall(b"y")
        client.settimeout(0.2)
        with pytest.raises(TimeoutError):
            client.recv(1)
        proxy.resume()
        client.settimeout(5)
        assert client.recv(1) == b"y"


def test_refused_connections_fail_until_accepted_again(proxy: TcpProxy) -> None:
    proxy.refuse()
    with pytest.raises(ConnectionRefusedError):
        dial(proxy)
    proxy.accept()
    with dial(proxy) as client:
        client.sendall(b"x")
        assert client.recv(1) == b"x"


def test_unreachable_target_resets_the_client() -> None:
    # The reset may come as early as in connect().
    with (
        TcpProxy((LOOPBACK, free_port())) as proxy,
        pytest.raises(ConnectionResetError),
        dial(proxy) as client,
    ):
        client.recv(1)


def test_database_client_loses_a_result_that_is_cut_in_the_middle(mariadb_server: MariaDB) -> None:
    with (
        TcpProxy((mariadb_server.host, mariadb_server.port)) as proxy,
        mariadb_server.connect(host=proxy.host, port=proxy.port) as connection,
    ):
        proxy.cut_after(5_000)
        with pytest.raises(pymysql.err.OperationalError, match="Lost connection"):
            connection.cursor().execute("SELECT REPEAT('x', 1000000)")
