"""What a live shop writes all day and nobody should care about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.shop.actions.done import ActionDone
from tests.shop.actions.reservations import write_message, write_message_status
from tests.shop.database import execute

if TYPE_CHECKING:
    from tests.shop.actions.session import ShopSession
    from tests.shop.database import Row

_INDEX_TABLES = ("catalog_product_index_price", "cataloginventory_stock_status")


class NoiseActions:
    """Cron, queues, sessions, carts and reindexing."""

    def __init__(self, session: ShopSession) -> None:
        self._session = session

    def run_cron(self, count: int = 3) -> ActionDone:
        """Schedule, run and clean cron jobs."""
        session = self._session
        with session.transaction():
            rows = [(f"job_{n}", "pending", session.now, session.now) for n in range(count)]
            columns = "job_code status created_at scheduled_at"
            session.insert_many("cron_schedule", columns, rows)
        where: Row = {"status": "pending"}
        for row in session.rows("cron_schedule", "schedule_id", where, "schedule_id"):
            done: Row = {"status": "success", "finished_at": session.now}
            with session.transaction():
                session.update("cron_schedule", done, {"schedule_id": row["schedule_id"]})
        with session.transaction():
            session.delete("cron_schedule", {"status": "success"})
        return ActionDone("noise.run_cron", {"count": count})

    def send_message(self) -> ActionDone:
        """Put a message into a queue and take it out again."""
        session = self._session
        with session.transaction():
            message_id = write_message(session, "product_action_attribute.update", '{"a":"ż"}')
            write_message_status(session, message_id)
        with session.transaction():
            session.update("queue_message_status", {"status": 4}, {"message_id": message_id})
        with session.transaction():
            session.delete("queue_message", {"id": message_id})
        return ActionDone("noise.send_message", {"message_id": message_id})

    def write_session(self) -> ActionDone:
        """Save a visitor's session by REPLACE INTO."""
        session = self._session
        session_id = f"sess{session.rng.randint(1, 20)}"
        with session.transaction():
            row: Row = {"session_id": session_id, "session_expires": session.now_s + 3600}
            row["session_data"] = f"visitor|{session.rng.getrandbits(64)}"
            session.insert("session", row, verb="REPLACE")
        return ActionDone("noise.write_session", {"session_id": session_id})

    def fill_cart(self) -> ActionDone:
        """Create a cart and change it."""
        session = self._session
        with session.transaction():
            row: Row = {"store_id": session.shop.views[0].store_id, "items_count": 1}
            quote_id = session.insert("quote", row)
        with session.transaction():
            session.update("quote", {"items_count": 2}, {"entity_id": quote_id})
        return ActionDone("noise.fill_cart", {"quote_id": quote_id})

    def full_reindex(self) -> ActionDone:
        """Rebuild two index tables in a replica and swap the names, by DDL."""
        session = self._session
        for name in _INDEX_TABLES:
            table, replica = session.table(name), session.table(f"{name}_replica")
            outdated = session.table(f"{name}_outdated")
            execute(session.connection, f"DROP TABLE IF EXISTS {replica}")
            execute(session.connection, f"CREATE TABLE {replica} LIKE {table}")
            execute(session.connection, f"TRUNCATE TABLE {replica}")
            with session.transaction():
                execute(session.connection, f"INSERT INTO {replica} SELECT * FROM {table}")
            execute(
                session.connection,
                f"RENAME TABLE {table} TO {outdated}, {replica} TO {table}, "
                f"{outdated} TO {replica}",
            )
        return ActionDone("noise.full_reindex", {"table_count": len(_INDEX_TABLES)})

    def rewrite_index_rows(self, product_id: int) -> ActionDone:
        """Reindex the prices of one product: delete and insert equal rows."""
        session = self._session
        table = "catalog_product_index_price"
        where: Row = {"entity_id": product_id}
        rows = session.rows(table, "*", where, "customer_group_id, website_id")
        with session.transaction():
            session.delete(table, where)
            for row in rows:
                session.insert(table, row)
        return ActionDone("noise.rewrite_index_rows", {"product_id": product_id})
