"""How many entities are read per second, from a generated shop in a private MariaDB.

    python -m bench.entities [--products N] [--customers N] [--orders N] [--chunk N]

Prints for each model the entities per second of wall time (server included) and of this process's
own CPU time, which is what one core of the daemon could do with a server that is never waited for.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pymysql
from pydantic import SecretStr

from cdc.database import Database
from cdc.entities.loaders import loaders
from cdc.entities.protocol import Loader
from cdc.entities.shop import Shop, load_shop
from cdc.entities.values import ValueTables
from config.source import DatabaseSettings
from tests.servers.mariadb import MariaDB
from tests.shop.generation.generator import generate
from tests.shop.generation.size import ShopSize
from tests.shop.schema.loading import load_schema

SCHEMA = "bench"
# Goal of the design: products with 80 attributes in three store views.
ATTRIBUTES_PER_PRODUCT = 80


@dataclass(frozen=True, slots=True)
class Measured:
    """Entities read, and the seconds it took."""

    count: int
    wall_s: float
    cpu_s: float

    def line(self, name: str) -> str:
        """Describe in one line of the report."""
        return (
            f"{name:<11} {self.count:>7} read  {self.count / self.wall_s:>9,.0f}/s wall  "
            f"{self.count / self.cpu_s:>9,.0f}/s CPU"
        )


def prepare(server: MariaDB, size: ShopSize) -> None:
    """Generate the shop and fill its products up to `ATTRIBUTES_PER_PRODUCT` values."""
    server.execute(f"CREATE DATABASE {SCHEMA}")
    with server.connect(database=SCHEMA) as connection:
        load_schema(connection)
        generate(connection, size, has_triggers=False)
        _fill_up(connection)


def _fill_up(connection: pymysql.Connection[Any]) -> None:
    """Add attributes that every product has a value of, in the proportions of a usual catalog."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT COUNT(*) / (SELECT COUNT(*) FROM catalog_product_entity) FROM ("
            + " UNION ALL ".join(
                f"SELECT entity_id FROM catalog_product_entity_{backend} WHERE store_id = 0"
                for backend in ("varchar", "int", "decimal", "text", "datetime")
            )
            + ") v"
        )
        row = cursor.fetchone()
        assert row is not None
        missing = max(0, round(ATTRIBUTES_PER_PRODUCT - float(str(row[0]))))
        for number in range(missing):
            backend, value = _EXTRA[number % len(_EXTRA)]
            cursor.execute(
                "INSERT INTO eav_attribute (entity_type_id, attribute_code, backend_type, "
                "frontend_input, is_user_defined) SELECT entity_type_id, %s, %s, 'text', 1 "
                "FROM eav_entity_type WHERE entity_type_code = 'catalog_product'",
                (f"extra_{number}", backend),
            )
            attribute_id = cursor.lastrowid
            cursor.execute(
                "INSERT INTO catalog_eav_attribute (attribute_id, is_global) VALUES (%s, 0)",
                (attribute_id,),
            )
            cursor.execute(
                f"INSERT INTO catalog_product_entity_{backend} "
                "(attribute_id, store_id, entity_id, value) "
                "SELECT %s, 0, entity_id, %s FROM catalog_product_entity",
                (attribute_id, value),
            )


_EXTRA = (
    ("varchar", "Zażółć gęślą jaźń"),
    ("int", "49"),
    ("int", "1"),
    ("varchar", "11,21,23"),
    ("text", "A sentence about the product, as long as sentences in shops are. " * 3),
    ("decimal", "12.500000"),
)


def measure(database: Database, shop: Shop, loader: Loader, chunk: int, rounds: int) -> Measured:
    """Read the whole table chunk by chunk, some times over, and keep the best round."""
    best: Measured | None = None
    for _ in range(rounds):
        count, after = 0, 0
        wall_s, cpu_s = time.perf_counter(), time.process_time()
        while True:
            step = loader.scan(database, after, chunk)
            count += len(loader.load(database, shop, step.keys))
            if step.last is None:
                break
            after = step.last
        done = Measured(count, time.perf_counter() - wall_s, time.process_time() - cpu_s)
        if best is None or done.wall_s < best.wall_s:
            best = done
    assert best is not None
    return best


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark and print its report."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--products", type=int, default=4000)
    parser.add_argument("--customers", type=int, default=10_000)
    parser.add_argument("--orders", type=int, default=6000)
    parser.add_argument("--chunk", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args(arguments)
    size = ShopSize(
        products=options.products,
        customers=options.customers,
        orders=options.orders,
        subscribers=options.customers // 2,
        websites=1,
        stores_per_website=(3,),
    )
    with MariaDB({"innodb_buffer_pool_size": "512M"}) as server:
        prepare(server, size)
        settings = DatabaseSettings(
            host=server.host,
            port=server.port,
            user=server.user,
            password=SecretStr(server.password),
            name=SCHEMA,
        )
        database = Database(settings)
        try:
            shop = load_shop(database, "")
            print(f"{_values_per_product(database, shop):.0f} values a product, ", end="")
            print(f"{shop.view_count} store views, chunks of {options.chunk}")
            for model, loader in loaders("").items():
                done = measure(database, shop, loader, options.chunk, options.rounds)
                print(done.line(model.value))
        finally:
            database.close()


def _values_per_product(database: Database, shop: Shop) -> float:
    tables = ValueTables(shop.tables, "catalog_product_entity", is_scoped=True)
    ids = [
        row[0] for row in database.tuples("SELECT entity_id FROM catalog_product_entity LIMIT 200")
    ]
    found = tables.load(database, shop.product_attributes, ids)
    return sum(len(values.defaults) for values in found.values()) / max(1, len(found))


if __name__ == "__main__":
    main()
