"""A dump of a real Magento shop, when there is one: MAGENTO_CDC_REAL_SHOP names its folder.

The folder holds base.sql.gz, a database of Magento Open Source 2.4.7 with the Luma sample data.
"""

from __future__ import annotations

import gzip
import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cdc.entities.loaders import loaders
from cdc.records import Model
from tests.integration.entities.reading import Workbench
from tests.servers.mariadb import MariaDB

# Catalog rules are stored for the day of the dump and its neighbours.
DUMPED_AT = datetime(2026, 11, 23, 14, tzinfo=UTC)

FOLDER = os.environ.get("MAGENTO_CDC_REAL_SHOP", "")

pytestmark = [
    pytest.mark.skipif(not FOLDER, reason="MAGENTO_CDC_REAL_SHOP is not set"),
    pytest.mark.slow,
]


@pytest.fixture(scope="module")
def real(mariadb_server: MariaDB) -> Iterator[Workbench]:
    """Load the dump and give a transaction in it."""
    name = "real_shop"
    mariadb_server.execute(f"CREATE DATABASE {name}")
    dump = gzip.decompress((Path(FOLDER) / "base.sql.gz").read_bytes())
    client = ["mariadb", "--no-defaults", "-uroot", f"--socket={mariadb_server.socket}", name]
    subprocess.run(client, input=dump, check=True)
    with mariadb_server.connect(database=name) as connection:
        yield Workbench(connection, "")
    mariadb_server.execute(f"DROP DATABASE {name}")


@pytest.fixture(scope="module")
def products(real: Workbench) -> dict[str, dict[str, Any]]:
    """Load every product by scanning."""
    return scan_all(real, Model.PRODUCT)


def scan_all(real: Workbench, model: Model) -> dict[str, dict[str, Any]]:
    loader, shop = loaders("")[model], real.shop().at(DUMPED_AT)
    found: dict[str, dict[str, Any]] = {}
    after: int | None = 0
    while after is not None:
        step = loader.scan(real, after, 250)
        found |= loader.load(real, shop, step.keys)
        after = step.last
    return found


@pytest.mark.parametrize(
    ("model", "table"),
    [
        (Model.CUSTOMER, "customer_entity"),
        (Model.ORDER, "sales_order"),
        (Model.SUBSCRIBER, "newsletter_subscriber"),
    ],
)
def test_every_row_becomes_an_entity(real: Workbench, model: Model, table: str) -> None:
    assert len(scan_all(real, model)) == real.ask(f"SELECT COUNT(*) FROM {{{table}}}")[0][0]


def test_every_product_is_read(real: Workbench, products: dict[str, dict[str, Any]]) -> None:
    assert len(products) == 2046
    by_sku = real.product_loader().entity_ids_by_sku(real, ["24-MB01", "MH01", "24-mb01"])
    assert by_sku == {"24-MB01": 1, "MH01": 68}


def test_final_prices_are_those_that_the_shops_indexer_found(
    real: Workbench, products: dict[str, dict[str, Any]]
) -> None:
    # For configurables the rows of the children count: where a catalog rule holds, the indexer
    # takes its discount off the parent's lowest price a second time.
    expected = {
        entity_id: (final if type_id in ("simple", "downloadable") else least)
        for entity_id, type_id, final, least in real.ask(
            "SELECT p.entity_id, p.type_id, CAST(i.final_price AS CHAR), "
            "CAST(COALESCE(MIN(c.final_price), i.min_price) AS CHAR) "
            "FROM {catalog_product_entity} p JOIN {catalog_product_index_price} i "
            "ON i.entity_id = p.entity_id AND i.customer_group_id = 0 AND i.website_id = 1 "
            "LEFT JOIN {catalog_product_super_link} l ON l.parent_id = p.entity_id "
            "LEFT JOIN {catalog_product_index_price} c ON c.entity_id = l.product_id "
            "AND c.customer_group_id = 0 AND c.website_id = 1 GROUP BY p.entity_id"
        )
    }
    found = {
        entity_id: products[str(entity_id)]["stores"]["1"]["price"]["final"]
        for entity_id in expected
    }
    assert len(expected) == 2046
    assert found == expected
    prices = [product["stores"]["1"]["price"] for product in products.values()]
    assert sum(price["final"] != price["regular"] for price in prices) > 200


def test_addresses_are_those_of_the_rewrites(
    real: Workbench, products: dict[str, dict[str, Any]]
) -> None:
    rows = real.ask(
        "SELECT entity_id, request_path FROM {url_rewrite} "
        "WHERE entity_type = 'product' AND metadata IS NULL AND redirect_type = 0"
    )
    assert len(rows) == 187
    for entity_id, path in rows:
        url = products[str(entity_id)]["stores"]["1"]["product_url"]
        assert url == f"http://127.0.0.1:8099/{path}"


def test_every_invisible_child_names_its_parent(
    real: Workbench, products: dict[str, dict[str, Any]]
) -> None:
    rows = real.ask(
        "SELECT l.product_id, p.sku FROM {catalog_product_super_link} l "
        "JOIN {catalog_product_entity} p ON p.entity_id = l.parent_id"
    )
    assert len(rows) == 1847
    for child, sku in rows:
        found = products[str(child)]
        if found["attributes"]["visibility"] == "1":
            assert found["stores"]["1"]["parent"]["sku"] == sku
    with_parent = [p for p in products.values() if p["stores"]["1"]["parent"]]
    assert len(with_parent) > 1800


def test_salability_is_that_of_the_shops_stock_index(
    real: Workbench, products: dict[str, dict[str, Any]]
) -> None:
    status = dict(real.ask("SELECT product_id, stock_status FROM {cataloginventory_stock_status}"))
    differing = [
        key
        for key, product in products.items()
        if product["stores"]["1"]["is_salable"] is not bool(status[int(key)])
    ]
    assert differing == []


def test_known_products_are_told_rightly(products: dict[str, dict[str, Any]]) -> None:
    bag = products["1"]
    assert bag["attributes"]["name"] == "Joust Duffle Bag"
    assert [entry["path"] for entry in bag["stores"]["1"]["categories"]] == [
        ["Root Catalog", "Default Category", "Gear"],
        ["Root Catalog", "Default Category", "Gear", "Bags"],
    ]
    hoodie = products["68"]
    assert hoodie["type_id"] == "configurable"
    assert sorted(hoodie["super_attributes"]) == ["color", "size"]
    assert len(hoodie["super_attributes"]["size"]) == 5
    assert products["45"]["stores"]["1"]["price"]["final"] == "61.000000"
    assert products["46"]["stores"]["1"]["price"]["final"] == "14.000000"
