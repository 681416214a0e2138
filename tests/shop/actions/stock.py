"""Stock: by product form, by source, out of stock and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.shop.actions.done import ActionDone
from tests.shop.database import execute
from tests.shop.generation.stock_rows import DEFAULT_SOURCE

if TYPE_CHECKING:
    from tests.shop.actions.session import ShopSession
    from tests.shop.database import Row


class StockActions:
    """Actions on the legacy stock tables and on multi-source inventory."""

    def __init__(self, session: ShopSession) -> None:
        self._session = session

    def set_by_form(self, product_id: int, qty: int) -> ActionDone:
        """Save the quantity in the product form: legacy row first, then the source, together."""
        session = self._session
        with session.transaction():
            self._update_legacy(product_id, qty)
            self._update_source(self._sku(product_id), DEFAULT_SOURCE, qty)
        self._reindex_legacy(product_id, qty)
        return ActionDone("stock.set_by_form", {"product_id": product_id, "qty": qty})

    def set_source(
        self, product_id: int, qty: int, source_code: str = DEFAULT_SOURCE
    ) -> ActionDone:
        """Save a source item by API; the default source is synced to the legacy row afterwards."""
        session = self._session
        sku = self._sku(product_id)
        with session.transaction():
            self._update_source(sku, source_code, qty)
        if source_code == DEFAULT_SOURCE:
            with session.transaction():
                self._update_legacy(product_id, qty)
            self._reindex_legacy(product_id, qty)
        else:
            self._reindex_stocks(sku, source_code, qty)
        ids: dict[str, int | str] = {"product_id": product_id, "source": source_code, "qty": qty}
        return ActionDone("stock.set_source", ids)

    def set_managed(self, product_id: int, *, is_managed: bool) -> ActionDone:
        """Turn stock keeping of one product on or off."""
        session = self._session
        with session.transaction():
            row = {"manage_stock": int(is_managed), "use_config_manage_stock": 0}
            where = {"product_id": product_id, "stock_id": 1}
            session.update("cataloginventory_stock_item", row, where)
        ids = {"product_id": product_id, "is_managed": int(is_managed)}
        return ActionDone("stock.set_managed", ids)

    def _sku(self, product_id: int) -> str:
        where = {"entity_id": product_id}
        return str(self._session.row("catalog_product_entity", "sku", where)["sku"])

    def _update_legacy(self, product_id: int, qty: int) -> None:
        row: Row = {"qty": f"{qty}.0000", "is_in_stock": int(qty > 0)}
        row["low_stock_date"] = None if qty > 0 else self._session.now
        where = {"product_id": product_id, "stock_id": 1}
        self._session.update("cataloginventory_stock_item", row, where)

    def _update_source(self, sku: str, source_code: str, qty: int) -> None:
        session = self._session
        row: Row = {"quantity": f"{qty}.0000", "status": int(qty > 0)}
        where: Row = {"source_code": source_code, "sku": sku}
        if session.rows("inventory_source_item", "source_item_id", where):
            session.update("inventory_source_item", row, where)
        else:
            session.insert("inventory_source_item", where | row)

    def _reindex_legacy(self, product_id: int, qty: int) -> None:
        session = self._session
        with session.transaction():
            session.insert_many(
                "cataloginventory_stock_status",
                "product_id website_id stock_id qty stock_status",
                [(product_id, 0, 1, f"{qty}.0000", int(qty > 0))],
                update="qty stock_status",
            )

    def _reindex_stocks(self, sku: str, source_code: str, qty: int) -> None:
        """Write the index tables of the stocks that draw on a source."""
        session = self._session
        where: Row = {"source_code": source_code}
        for row in session.rows("inventory_source_stock_link", "stock_id", where):
            if row["stock_id"] == 1:
                continue
            with session.transaction():
                execute(
                    session.connection,
                    f"REPLACE INTO {session.table('inventory_stock_' + str(row['stock_id']))} "
                    "(sku, quantity, is_salable) VALUES (%s, %s, %s)",
                    [sku, f"{qty}.0000", int(qty > 0)],
                )
