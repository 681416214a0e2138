"""A small generated shop with a table prefix, and a transaction in it for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.entities.reading import Workbench
from tests.servers.database import Schema
from tests.servers.mariadb import MariaDB
from tests.shop.generation.generator import generate
from tests.shop.generation.size import ShopSize
from tests.shop.schema.loading import load_schema

PREFIX = "m2_"


@pytest.fixture(scope="session")
def small_shop(mariadb_server: MariaDB) -> Iterator[Schema]:
    """Give a shop with two websites: views 1 and 2, and view 3 with its code in its paths."""
    name = "entities_small"
    mariadb_server.execute(f"DROP DATABASE IF EXISTS {name}")
    mariadb_server.execute(f"CREATE DATABASE {name}")
    with mariadb_server.connect(database=name) as connection:
        load_schema(connection, PREFIX)
        generate(connection, ShopSize(products=60, customers=40, orders=40), prefix=PREFIX)
    yield Schema(mariadb_server, name)
    mariadb_server.execute(f"DROP DATABASE IF EXISTS {name}")


@pytest.fixture
def bench(small_shop: Schema) -> Iterator[Workbench]:
    """Give a transaction in the small shop, rolled back after the test."""
    with small_shop.connect() as connection:
        yield Workbench(connection, PREFIX)
        connection.rollback()
