"""Servers for the whole run, started when the first test asks for them, and markers that follow."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.servers.availability import require
from tests.servers.database import DatabaseServer, Schema
from tests.servers.kafka import KafkaBroker
from tests.servers.mariadb import MariaDB
from tests.servers.mysql import MySQL
from tests.servers.process import running_servers

_numbers = itertools.count(1)

_MARKER_OF_FIXTURE = {"mariadb_server": "mariadb", "mysql_server": "mysql", "kafka_broker": "kafka"}
_MARKER_OF_FOLDER = {"e2e": "e2e"}


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[MariaDB]:
    """Give a MariaDB that all tests of the run share: leave it running and set up as it was."""
    require(MariaDB)
    with MariaDB() as server:
        yield server


@pytest.fixture(scope="session")
def mysql_server() -> Iterator[MySQL]:
    """Give a MySQL that all tests of the run share: leave it running and set up as it was."""
    require(MySQL)
    with MySQL() as server:
        yield server


@pytest.fixture(scope="session")
def kafka_broker() -> Iterator[KafkaBroker]:
    """Give a broker that all tests of the run share; take topic names from `unique_name`."""
    require(KafkaBroker)
    with KafkaBroker() as broker:
        yield broker


@pytest.fixture
def unique_name() -> str:
    """Give a name that no other test of this run or machine has: for topics, schemas, groups."""
    return f"t{os.getpid()}_{next(_numbers)}"


@pytest.fixture
def database(mariadb_server: MariaDB, unique_name: str) -> Iterator[Schema]:
    """Give an empty schema on MariaDB, dropped after the test."""
    yield from _fresh_schema(mariadb_server, unique_name)


@pytest.fixture
def mysql_database(mysql_server: MySQL, unique_name: str) -> Iterator[Schema]:
    """Give an empty schema on MySQL, dropped after the test."""
    yield from _fresh_schema(mysql_server, unique_name)


def _fresh_schema(server: DatabaseServer, name: str) -> Iterator[Schema]:
    server.execute(f"CREATE DATABASE `{name}`")
    yield Schema(server, name)
    if server.is_running:
        server.execute(f"DROP DATABASE IF EXISTS `{name}`")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test by the servers it uses and the folder it lies in."""
    here = Path(__file__).parent
    for item in items:
        for fixture in getattr(item, "fixturenames", ()):
            if fixture in _MARKER_OF_FIXTURE:
                item.add_marker(_MARKER_OF_FIXTURE[fixture])
        if item.path.is_relative_to(here):
            folder = item.path.relative_to(here).parts[0]
            if folder in _MARKER_OF_FOLDER:
                item.add_marker(_MARKER_OF_FOLDER[folder])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the end of each running server's log under a failed test."""
    report = yield
    if report.failed:
        for server in running_servers():
            title = f"{server.name} on port {server.port} at {time.strftime('%T')}"
            report.sections.append((title, server.log_tail(12)))
    return report
