"""Fixtures of the sandbox's tests: a core without HTTP, and a server with an HTTP client."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from sinks.sandbox.client import SandboxAdmin
from sinks.sandbox.server import SandboxServer
from tests.unit.sandbox.driver import API_KEY, LOGIN, Api, spec


@pytest.fixture
def api() -> Api:
    """A logged-in caller of a fresh sandbox."""
    return Api()


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    """A running server; tests that use it start from a reset."""
    with SandboxServer(workspaces=[spec()]) as running:
        yield running


@pytest.fixture
def admin(server: SandboxServer) -> Iterator[SandboxAdmin]:
    """The admin interface of the server, reset before and after."""
    client = SandboxAdmin(server.url, timeout_s=10)
    client.reset()
    yield client
    client.reset()
    client.options(answer_delay_s=0)


@pytest.fixture
def http(server: SandboxServer, admin: SandboxAdmin) -> Iterator[httpx.Client]:
    """A logged-in HTTP client of the server."""
    headers = {"Api-Version": "4.4", "User-Agent": "tests"}
    with httpx.Client(base_url=server.url, headers=headers, timeout=5, trust_env=False) as client:
        token = client.post(LOGIN, json={"apiKey": API_KEY}).json()["token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield client
