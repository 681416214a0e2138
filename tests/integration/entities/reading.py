"""A reader over one connection whose writes are undone, and rows made for one test."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pymysql

from cdc.entities.loaders import loaders
from cdc.entities.product import ProductLoader
from cdc.entities.protocol import Entity
from cdc.entities.shop import Shop, load_shop
from cdc.entities.tables import Tables
from cdc.records import Model


class Workbench:
    """A connection inside one transaction: what a test writes is read back and then rolled back.

    It is a Reader, with the session settings of `cdc.database.Database`.
    """

    def __init__(self, connection: pymysql.Connection[Any], prefix: str) -> None:
        self._connection = connection
        self.tables = Tables(prefix)
        self.prefix = prefix
        self.statements: list[tuple[str, Sequence[Any]]] = []
        self.execute("SET time_zone = '+00:00', sql_mode = ''")
        connection.begin()

    def rows(self, sql: str, args: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Run one statement and return all rows as dicts."""
        with self._connection.cursor(pymysql.cursors.DictCursor) as cursor:
            cursor.execute(sql, args or None)
            return list(cursor.fetchall())

    def tuples(self, sql: str, args: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement and return all rows as tuples; the statement is remembered."""
        self.statements.append((sql, args))
        with self._connection.cursor() as cursor:
            cursor.execute(sql, args or None)
            return list(cursor.fetchall())

    def execute(self, template: str, *args: Any) -> int:
        """Run a statement with {table} in it and return the id that an INSERT made."""
        with self._connection.cursor() as cursor:
            cursor.execute(self.tables.sql(template), args or None)
            return int(cursor.lastrowid or 0)

    def ask(self, template: str, *args: Any) -> list[tuple[Any, ...]]:
        """Run a query with {table} in it, apart from the remembered statements."""
        with self._connection.cursor() as cursor:
            cursor.execute(self.tables.sql(template), args or None)
            return list(cursor.fetchall())

    def insert(self, table: str, **values: Any) -> int:
        """Insert or replace one row and return its id."""
        columns = ", ".join(f"`{name}`" for name in values)
        marks = ", ".join(["%s"] * len(values))
        sql = f"REPLACE INTO {self.tables[table]} ({columns}) VALUES ({marks})"
        with self._connection.cursor() as cursor:
            cursor.execute(sql, tuple(values.values()))
            return int(cursor.lastrowid or 0)

    def shop(self) -> Shop:
        """Read the shop as it is now."""
        return load_shop(self, self.prefix)

    def load(self, model: Model, *keys: object, shop: Shop | None = None) -> dict[str, Entity]:
        """Load entities with their loader."""
        loader = loaders(self.prefix)[model]
        return loader.load(self, shop or self.shop(), [str(key) for key in keys])

    def product(self, product_id: int, shop: Shop | None = None) -> Entity:
        """Load one product."""
        return self.load(Model.PRODUCT, product_id, shop=shop)[str(product_id)]

    def product_loader(self) -> ProductLoader:
        """Return the loader of products, which can do more than the others."""
        return ProductLoader(self.tables)

    def attribute(self, code: str, entity_type: str = "catalog_product") -> tuple[int, str]:
        """Return id and backend of an attribute."""
        found = self.ask(
            "SELECT a.attribute_id, a.backend_type FROM {eav_attribute} a JOIN {eav_entity_type} t "
            "USING (entity_type_id) WHERE attribute_code = %s AND entity_type_code = %s",
            code,
            entity_type,
        )
        return found[0][0], found[0][1]

    def set_value(self, product_id: int, code: str, value: object, store_id: int = 0) -> None:
        """Write a value row of a product."""
        attribute_id, backend = self.attribute(code)
        self.insert(
            f"catalog_product_entity_{backend}",
            attribute_id=attribute_id,
            store_id=store_id,
            entity_id=product_id,
            value=value,
        )

    def make_product(
        self,
        sku: str,
        type_id: str = "simple",
        websites: Sequence[int] = (1,),
        qty: object = 10,
        **values: object,
    ) -> int:
        """Insert an enabled, visible product with a stock item."""
        product_id = self.insert(
            "catalog_product_entity", sku=sku, type_id=type_id, attribute_set_id=4
        )
        for website_id in websites:
            self.insert("catalog_product_website", product_id=product_id, website_id=website_id)
        defaults: dict[str, object] = {"status": 1, "visibility": 4, "name": sku, "price": 100}
        for code, value in {**defaults, **values}.items():
            self.set_value(product_id, code, value)
        self.insert(
            "cataloginventory_stock_item",
            product_id=product_id,
            stock_id=1,
            qty=qty,
            is_in_stock=1,
        )
        return product_id

    def link_child(self, parent_id: int, child_id: int) -> int:
        """Make a product the child of a configurable."""
        self.insert("catalog_product_relation", parent_id=parent_id, child_id=child_id)
        return self.insert("catalog_product_super_link", parent_id=parent_id, product_id=child_id)

    def configure(self, path: str, value: str | None, scope: str = "default", id_: int = 0) -> None:
        """Write a configuration row."""
        self.insert("core_config_data", scope=scope, scope_id=id_, path=path, value=value)
