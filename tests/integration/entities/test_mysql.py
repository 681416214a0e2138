"""The same statements on MySQL, whose settings for packed values differ."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cdc.entities.loaders import loaders
from tests.integration.entities.reading import Workbench
from tests.servers.database import Schema
from tests.shop.generation.generator import generate
from tests.shop.generation.size import ShopSize
from tests.shop.schema.loading import load_schema


@pytest.fixture
def on_mysql(mysql_database: Schema) -> Iterator[Workbench]:
    """Give a transaction in a small shop on MySQL."""
    with mysql_database.connect() as connection:
        load_schema(connection)
        generate(connection, ShopSize(products=60), has_triggers=False)
        yield Workbench(connection, "")
        connection.rollback()


def test_every_model_is_read_whole(on_mysql: Workbench) -> None:
    shop = on_mysql.shop()
    for loader in loaders("").values():
        keys = loader.scan(on_mysql, 0, 1000).keys
        assert keys
        assert set(loader.load(on_mysql, shop, keys)) == set(keys)


def test_values_longer_than_the_servers_limit_are_whole(on_mysql: Workbench) -> None:
    text = "Zażółć 😀 " * 5000
    product = on_mysql.make_product("LONG", description=text, price="12.5", special_price=None)
    on_mysql.set_value(product, "description", text + "!", store_id=1)
    on_mysql.statements.clear()
    found = on_mysql.product(product)
    assert found["attributes"]["description"] == text
    assert found["stores"]["1"]["attributes"] == {"description": text + "!"}
    assert found["attributes"]["price"] == "12.500000"
    assert found["attributes"]["special_price"] is None
    # Packed and not row by row: the limit was raised for the statement.
    assert not [sql for sql, _ in on_mysql.statements if "SELECT entity_id, attribute_id" in sql]
