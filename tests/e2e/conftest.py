"""Shops, sandboxes and rigs of the end-to-end tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pymysql
import pytest

from sinks.sandbox.options import WorkspaceSpec
from sinks.sandbox.server import SandboxServer
from tests.e2e.rig import API_KEYS, Rig
from tests.servers.database import DatabaseServer
from tests.shop.generation.generator import generate
from tests.shop.schema.loading import load_schema

MakeRig = Callable[..., Rig]


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    """Give a running sandbox with the two workspaces of the rigs."""
    specs = [
        WorkspaceSpec.model_validate({"name": name, "api_key": key})
        for name, key in API_KEYS.items()
    ]
    with SandboxServer(workspaces=specs) as server:
        yield server


@pytest.fixture(params=["mariadb", "mysql"])
def server(request: pytest.FixtureRequest) -> DatabaseServer:
    """Give each kind of database server in turn."""
    found = request.getfixturevalue(f"{request.param}_server")
    assert isinstance(found, DatabaseServer)
    return found


@pytest.fixture(params=["embedded", "kafka"])
def log(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Give the settings of each log backend in turn."""
    if request.param == "embedded":
        return {"backend": "embedded"}
    broker = request.getfixturevalue("kafka_broker")
    kafka = {
        "bootstrap_servers": [broker.bootstrap],
        "partitions": 2,
        "session_timeout_ms": 6000,
    }
    return {"backend": "kafka", "kafka": kafka}


@pytest.fixture
def shop(server: DatabaseServer, unique_name: str) -> Iterator[pymysql.Connection[Any]]:
    """Give a connection to a fresh generated shop, dropped after the test."""
    yield from generated_shop(server, unique_name)


def generated_shop(server: DatabaseServer, name: str) -> Iterator[pymysql.Connection[Any]]:
    """Make a generated shop in a schema of its own and drop it afterwards."""
    server.execute(f"CREATE DATABASE `{name}`")
    connection = server.connect(database=name)
    try:
        load_schema(connection)
        generate(connection)
        connection.commit()
        yield connection
    finally:
        connection.close()
        server.execute(f"DROP DATABASE `{name}`")


@pytest.fixture
def make_rig(tmp_path: Path, sandbox: SandboxServer, unique_name: str) -> Iterator[MakeRig]:
    """Give a function that makes a rig; its daemon is killed after the test."""
    with ExitStack() as opened:

        def make(server: DatabaseServer, schema: str = unique_name, **more: Any) -> Rig:
            rig = Rig(tmp_path, server, schema, sandbox.url, prefix=unique_name, **more)
            return opened.enter_context(rig)

        yield make
