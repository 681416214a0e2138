"""Generated shops with a capture service beside them."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pymysql
import pytest

import cdc.publishing
from tests.integration.capture.rig import CaptureRig
from tests.servers.database import DatabaseServer
from tests.shop.actions.shop_actions import ShopActions
from tests.shop.generation.generator import generate
from tests.shop.generation.size import ShopSize
from tests.shop.schema.loading import load_schema

MakeRig = Callable[..., CaptureRig]

_numbers = itertools.count(1)


@dataclass
class TestShop:
    """A generated shop in a schema of its own."""

    __test__ = False

    server: DatabaseServer
    schema: str
    connection: pymysql.Connection[Any]
    actions: ShopActions

    def execute(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows."""
        with self.connection.cursor() as cursor:
            cursor.execute(statement, values or None)
            return list(cursor.fetchall())

    def value(self, statement: str, *values: Any) -> Any:
        """First column of the first row of a query."""
        return self.execute(statement, *values)[0][0]

    def count(self, table: str) -> int:
        """Number of rows of a table."""
        return int(self.value(f"SELECT COUNT(*) FROM {table}"))


@dataclass
class Live:
    """A shop and the capture that follows it."""

    shop: TestShop
    rig: CaptureRig

    @property
    def actions(self) -> ShopActions:
        """What can be done in the shop."""
        return self.shop.actions

    def new_product(self, sku: str, **more: Any) -> int:
        """Create a product, wait until it is published, and set the mark behind it."""
        done = self.actions.products.create(sku, **more)
        self.rig.mark()
        return int(done.ids["product_id"])


def make_shop(server: DatabaseServer, schema: str, **size: Any) -> Iterator[TestShop]:
    """Make a generated shop and drop it afterwards."""
    server.execute(f"CREATE DATABASE `{schema}`")
    connection = server.connect(database=schema)
    try:
        load_schema(connection)
        shop = generate(connection, ShopSize(**size))
        yield TestShop(server, schema, connection, ShopActions(connection, shop))
    finally:
        connection.close()
        server.execute(f"DROP DATABASE `{schema}`")


@pytest.fixture(autouse=True)
def quick_positions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Move the checkpoint past unwatched changes at once, so that tests need not wait for it."""
    monkeypatch.setattr(cdc.publishing, "POSITION_EVERY_S", 0.05)


@pytest.fixture
def shop(mariadb_server: DatabaseServer, unique_name: str) -> Iterator[TestShop]:
    """Give a fresh tiny shop on MariaDB."""
    yield from make_shop(mariadb_server, unique_name)


@pytest.fixture
def make_rig(tmp_path: Path) -> Iterator[MakeRig]:
    """Give a function that makes a rig for a shop; stopped after the test."""
    with ExitStack() as opened:

        def make(shop: TestShop, folder: str = "state", **more: Any) -> CaptureRig:
            rig = CaptureRig(tmp_path / folder, shop.server, shop.schema, **more)
            return opened.enter_context(rig)

        yield make


@pytest.fixture
def rig(shop: TestShop, make_rig: MakeRig) -> CaptureRig:
    """Give a rig on the fresh shop whose initial load is done."""
    rig = make_rig(shop).start()
    rig.mark()
    return rig


@pytest.fixture(scope="module")
def running(
    mariadb_server: DatabaseServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Live]:
    """Give a shop with a running capture that the tests of a module share."""
    schema = f"capture_{os.getpid()}_{next(_numbers)}"
    for shop in make_shop(mariadb_server, schema):
        with CaptureRig(tmp_path_factory.mktemp("state"), mariadb_server, schema) as rig:
            yield Live(shop, rig.start())


@pytest.fixture
def live(running: Live) -> Live:
    """Give the shared shop and rig, at rest; `live.rig.since` tells what the test caused."""
    running.rig.mark()
    return running
