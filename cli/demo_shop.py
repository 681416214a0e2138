"""The shop of the demo: its content, what happens in it, and when that was committed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.shop.actions.customers import CustomerActions
from tests.shop.actions.order_documents import OrderDocumentActions
from tests.shop.actions.orders import OrderActions
from tests.shop.actions.product_imports import ProductImportActions
from tests.shop.actions.product_places import ProductPlaceActions
from tests.shop.actions.product_values import ProductValueActions
from tests.shop.actions.products import ProductActions
from tests.shop.actions.session import ShopSession
from tests.shop.actions.subscribers import SubscriberActions
from tests.shop.generation.generator import generate
from tests.shop.generation.size import ShopSize
from tests.shop.sales.items import SaleLine
from tests.shop.schema.loading import load_schema

if TYPE_CHECKING:
    from tests.shop.database import DatabaseConnection
    from tests.shop.shop import Shop


class ClockedSession(ShopSession):
    """A session that notes when it commits, in epoch seconds of this machine's clock."""

    def __init__(self, connection: DatabaseConnection, shop: Shop, seed: int) -> None:
        super().__init__(connection, shop, seed)
        self.commits_s: list[float] = []

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Write everything inside in one transaction; an error rolls it back."""
        with super().transaction():
            yield
            # Taken before the commit is sent: a measured time is never shorter than the true one.
            self.commits_s.append(time.time())


class DemoShop:
    """A generated shop, and everything that the story does in it. For one thread.

    Args:
        connection: to an empty schema; the shop is made in it.
    """

    def __init__(self, connection: DatabaseConnection, size: ShopSize, seed: int) -> None:
        load_schema(connection)
        self.content = generate(connection, size, seed)
        self.connection = connection
        session = ClockedSession(connection, self.content, seed)
        self._session = session
        self._customers = CustomerActions(session)
        self._subscribers = SubscriberActions(session)
        self._orders = OrderActions(session)
        self._documents = OrderDocumentActions(session)
        self._products = ProductActions(session)
        self._values = ProductValueActions(session)
        self._places = ProductPlaceActions(session)
        self._imports = ProductImportActions(session)

    @property
    def commits_s(self) -> list[float]:
        """When each transaction since `forget_commits` was committed, epoch seconds."""
        return self._session.commits_s

    def forget_commits(self) -> None:
        """Start noting commits anew."""
        self._session.commits_s = []

    def count(self, table: str) -> int:
        """Number of rows of a table."""
        name = self._session.table(table)
        return int(self._session.ids(f"SELECT COUNT(*) FROM {name}")[0])

    def register(self, firstname: str, lastname: str, email: str) -> int:
        """Create an account in the first store view; returns its id."""
        done = self._customers.register(email, firstname=firstname, lastname=lastname)
        return int(done.ids["customer_id"])

    def delete_customer(self, customer_id: int) -> None:
        """Delete an account; its subscription goes in a later transaction."""
        self._customers.delete(customer_id)

    def subscribe_customer(self, customer_id: int) -> None:
        """Subscribe a customer to the newsletter."""
        self._subscribers.subscribe_customer(customer_id)

    def subscribe_guest(self, email: str) -> int:
        """Subscribe somebody without an account; returns the id of the subscription."""
        return int(self._subscribers.subscribe_guest(email).ids["subscriber_id"])

    def delete_subscriber(self, subscriber_id: int) -> None:
        """Delete a subscription."""
        self._subscribers.delete(subscriber_id)

    def create_product(self, sku: str, name: str, price: str, website_ids: list[int]) -> int:
        """Create a simple product; returns its id."""
        done = self._products.create(sku, name=name, price=price, website_ids=website_ids)
        return int(done.ids["product_id"])

    def set_price(self, product_id: int, price: str) -> None:
        """Change a price."""
        self._values.set_price(product_id, price)

    def change_sku(self, product_id: int, sku: str) -> None:
        """Give a product another SKU, with its stock, as the admin form does."""
        self._products.change_sku(product_id, sku, moves_stock=True)

    def leave_website(self, product_id: int, website_id: int) -> None:
        """Stop offering a product in a website."""
        self._places.unassign_website(product_id, website_id)

    def import_products(self, skus: list[str]) -> None:
        """Import new products into the first website by a CSV file: a dozen transactions."""
        self._imports.append_new(skus)

    def place_order(
        self, lines: list[SaleLine], *, customer_id: int | None = None, email: str | None = None
    ) -> tuple[int, str]:
        """Place an order, as a guest without `customer_id`; returns its id and number."""
        done = self._orders.place(lines=lines, customer_id=customer_id, email=email)
        return int(done.ids["order_id"]), str(done.ids["number"])

    def invoice(self, order_id: int) -> None:
        """Invoice and pay an order."""
        self._documents.invoice(order_id)
