"""Connections to fresh schemas, and tiny shops in them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from pymysql.connections import Connection

from tests.servers.availability import require
from tests.servers.database import Schema
from tests.servers.mariadb import MariaDB
from tests.shop.actions.shop_actions import ShopActions
from tests.shop.generation.generator import generate
from tests.shop.generation.size import EPOCH_S
from tests.shop.schema.loading import load_schema


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[MariaDB]:
    """Give a MariaDB for the tests of the shop, whose tables share one file.

    These tests create and drop thousands of tables; a file for each makes that five times slower.
    """
    require(MariaDB)
    with MariaDB({"innodb_file_per_table": 0}) as server:
        yield server


@pytest.fixture
def connection(database: Schema) -> Iterator[Connection[Any]]:
    """Give a connection to an empty schema on MariaDB."""
    with closing(database.connect()) as opened:
        yield opened


@pytest.fixture
def mysql_connection(mysql_database: Schema) -> Iterator[Connection[Any]]:
    """Give a connection to an empty schema on MySQL."""
    with closing(mysql_database.connect()) as opened:
        yield opened


@pytest.fixture
def actions(connection: Connection[Any]) -> ShopActions:
    """Give the actions on a tiny shop of its own."""
    load_schema(connection)
    shop = generate(connection, seed=3)
    return ShopActions(connection, shop, seed=3, start_at_s=EPOCH_S)


@pytest.fixture(scope="module")
def shared_actions(mariadb_server: MariaDB) -> Iterator[ShopActions]:
    """Give the actions on a tiny shop that all tests of a module wear down together."""
    name = "shop_for_a_module"
    mariadb_server.execute(f"DROP DATABASE IF EXISTS {name}")
    mariadb_server.execute(f"CREATE DATABASE {name}")
    with closing(mariadb_server.connect(database=name)) as opened:
        load_schema(opened)
        shop = generate(opened, seed=5)
        yield ShopActions(opened, shop, seed=5, start_at_s=EPOCH_S)
    mariadb_server.execute(f"DROP DATABASE {name}")
