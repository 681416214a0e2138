"""CSV imports: many small transactions, one per table, as Magento's importer writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.shop.actions.done import ActionDone
from tests.shop.actions.product_saving import read_value, write_value
from tests.shop.actions.product_urls import delete_rewrites, insert_rewrites
from tests.shop.actions.products import initial_values, insert_entity, insert_stock
from tests.shop.generation.words import product_name, sku
from tests.shop.shop import PRODUCT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tests.shop.actions.session import ShopSession
    from tests.shop.database import Row, Value

_BACKENDS = ("varchar", "text", "decimal", "int", "datetime")


class ProductImportActions:
    """Imports with the behaviours append, replace and delete."""

    def __init__(self, session: ShopSession) -> None:
        self._session = session

    def append_new(
        self, skus: Sequence[str] | None = None, *, website_id: int = 1, category_id: int = 0
    ) -> ActionDone:
        """Import products that are not there yet; between transactions they are half there."""
        session = self._session
        numbers = [session.rng.randint(10**6, 10**9) for _ in skus or range(2)]
        skus = skus or [sku(session.rng, number) for number in numbers]
        data_id = self._start("append")
        with session.transaction():
            ids = [insert_entity(session, one, "simple") for one in skus]
        names = [product_name(session.rng) for _ in skus]
        values = [
            initial_values(name, number, "10.0000", True)
            for name, number in zip(names, numbers, strict=True)
        ]
        self._write_places(ids, [website_id], [category_id] if category_id else [])
        self._write_contents(ids, list(skus), values, [website_id])
        self._finish(data_id, f"Created: {len(ids)}, Updated: 0, Deleted: 0")
        listed = ",".join(map(str, ids))
        return ActionDone("import.append_new", {"product_ids": listed, "skus": "|".join(skus)})

    def append_prices(self, prices: Mapping[int, str]) -> ActionDone:
        """Import prices of existing products; with equal prices no product row changes at all."""
        session = self._session
        data_id = self._start("append")
        with session.transaction():
            for product_id, price in prices.items():
                write_value(session, product_id, "price", price)
        self._finish(data_id, f"Created: 0, Updated: {len(prices)}, Deleted: 0")
        return ActionDone("import.append_prices", {"product_ids": ",".join(map(str, prices))})

    def replace(
        self, product_id: int, *, price: str = "13.0000", between: Callable[[], None] | None = None
    ) -> ActionDone:
        """Replace a product: it is deleted and comes back under the same SKU with a new id.

        Args:
            between: called after the deletion is committed and before the product comes back.
        """
        session = self._session
        where: Row = {"entity_id": product_id}
        sku_ = str(session.row("catalog_product_entity", "sku", where)["sku"])
        name = str(read_value(session, product_id, "name") or sku_)
        visibility = read_value(session, product_id, "visibility")
        places = {"product_id": product_id}
        websites = session.rows("catalog_product_website", "website_id", places)
        website_ids = [row["website_id"] for row in websites] or [1]
        categories = session.rows("catalog_category_product", "category_id", places)
        data_id = self._start("replace")
        self._delete_products([product_id])
        if between is not None:
            between()
        with session.transaction():
            new_id = insert_entity(session, sku_, "simple")
        values = initial_values(name, new_id, price, visibility != 1)
        self._write_places([new_id], website_ids, [row["category_id"] for row in categories])
        self._write_contents([new_id], [sku_], [values], website_ids)
        self._finish(data_id, "Created: 1, Updated: 0, Deleted: 1")
        ids: dict[str, int | str] = {"old_id": product_id, "new_id": new_id, "sku": sku_}
        return ActionDone("import.replace", ids)

    def delete(self, product_ids: Sequence[int]) -> ActionDone:
        """Import a list of products to delete; their stock by source stays behind."""
        data_id = self._start("delete")
        self._delete_products(product_ids)
        self._finish(data_id, f"Created: 0, Updated: 0, Deleted: {len(product_ids)}")
        return ActionDone("import.delete", {"product_ids": ",".join(map(str, product_ids))})

    def _delete_products(self, product_ids: Sequence[int]) -> None:
        session = self._session
        with session.transaction():
            for product_id in product_ids:
                session.delete("catalog_product_entity", {"entity_id": product_id})
        with session.transaction():
            for product_id in product_ids:
                delete_rewrites(session, product_id)

    def _write_places(
        self, ids: Sequence[int], website_ids: Sequence[int], category_ids: Sequence[int]
    ) -> None:
        session = self._session
        with session.transaction():
            rows = [(id_, website_id) for id_ in ids for website_id in website_ids]
            session.insert_many("catalog_product_website", "product_id website_id", rows)
        with session.transaction():
            links = [(category_id, id_, 0) for id_ in ids for category_id in category_ids]
            columns = "category_id product_id position"
            session.insert_many("catalog_category_product", columns, links)

    def _write_contents(
        self,
        ids: Sequence[int],
        skus: Sequence[str],
        values: Sequence[Mapping[str, Value]],
        website_ids: Sequence[int],
    ) -> None:
        """Write values by backend type, rewrites and stock, each in its own transaction."""
        session = self._session
        for backend in _BACKENDS:
            rows: list[tuple[Value, ...]] = []
            for id_, own in zip(ids, values, strict=True):
                for code, value in own.items():
                    attribute = session.shop.attribute(PRODUCT, code)
                    if attribute.backend == backend:
                        rows.append((attribute.attribute_id, 0, id_, value))
            if rows:
                with session.transaction():
                    session.insert_many(
                        f"catalog_product_entity_{backend}",
                        "attribute_id store_id entity_id value",
                        rows,
                        update="value",
                    )
        with session.transaction():
            for id_ in ids:
                insert_rewrites(session, id_, website_ids, has_categories=False)
        with session.transaction():
            for id_, one in zip(ids, skus, strict=True):
                insert_stock(session, id_, one, qty=5)

    def _start(self, behavior: str) -> int:
        session = self._session
        with session.transaction():
            session.delete("importexport_importdata", {"is_processed": 1})
        with session.transaction():
            row: Row = {"entity": "catalog_product", "behavior": behavior, "data": "[{}]"}
            return session.insert("importexport_importdata", row | {"is_processed": 0})

    def _finish(self, data_id: int, summary: str) -> None:
        session = self._session
        with session.transaction():
            session.update("importexport_importdata", {"is_processed": 1}, {"id": data_id})
        with session.transaction():
            row: Row = {"user_id": 1, "summary": summary, "execution_time": "00:00:01"}
            session.insert("import_history", row | {"error_file": ""})
