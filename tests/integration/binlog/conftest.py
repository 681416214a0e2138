"""Tests of the stream run on both servers, unless they are about one of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers.database import Schema

BOTH = [
    pytest.param("mariadb_server", marks=pytest.mark.mariadb, id="mariadb"),
    pytest.param("mysql_server", marks=pytest.mark.mysql, id="mysql"),
]


@pytest.fixture(params=BOTH)
def schema(request: pytest.FixtureRequest, unique_name: str) -> Iterator[Schema]:
    """Give an empty schema on MariaDB, then on MySQL."""
    server = request.getfixturevalue(request.param)
    server.execute(f"CREATE DATABASE `{unique_name}`")
    yield Schema(server, unique_name)
    server.execute(f"DROP DATABASE IF EXISTS `{unique_name}`")
