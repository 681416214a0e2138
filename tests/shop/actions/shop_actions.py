"""All actions on a shop in one place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.shop.actions.attributes import AttributeActions
from tests.shop.actions.categories import CategoryActions
from tests.shop.actions.customers import CustomerActions
from tests.shop.actions.noise import NoiseActions
from tests.shop.actions.order_documents import OrderDocumentActions
from tests.shop.actions.orders import OrderActions
from tests.shop.actions.product_imports import ProductImportActions
from tests.shop.actions.product_places import ProductPlaceActions
from tests.shop.actions.product_values import ProductValueActions
from tests.shop.actions.products import ProductActions
from tests.shop.actions.session import ShopSession
from tests.shop.actions.stock import StockActions
from tests.shop.actions.stores import StoreActions
from tests.shop.actions.subscribers import SubscriberActions
from tests.shop.shop import read_shop

if TYPE_CHECKING:
    from tests.shop.database import DatabaseConnection
    from tests.shop.shop import Shop


class ShopActions:
    """Everything that can be done in a shop, by subject, over one connection and for one thread.

    Each action writes what Magento writes, in its order and in its transactions, and returns an
    `ActionDone`. Values that are not given are made up from `seed`.

    Args:
        shop: what `generate` or `read_shop` returned; read from the database when left out.
        start_at_s: a clock of its own for writes that are equal for equal seeds, see `ShopSession`.
    """

    def __init__(
        self,
        connection: DatabaseConnection,
        shop: Shop | None = None,
        seed: int = 1,
        prefix: str = "",
        *,
        start_at_s: int | None = None,
    ) -> None:
        shop = shop or read_shop(connection, prefix)
        self.session = ShopSession(connection, shop, seed, start_at_s)
        self.customers = CustomerActions(self.session)
        self.subscribers = SubscriberActions(self.session)
        self.orders = OrderActions(self.session)
        self.order_documents = OrderDocumentActions(self.session)
        self.products = ProductActions(self.session)
        self.product_values = ProductValueActions(self.session)
        self.product_places = ProductPlaceActions(self.session)
        self.product_imports = ProductImportActions(self.session)
        self.categories = CategoryActions(self.session)
        self.stock = StockActions(self.session)
        self.attributes = AttributeActions(self.session)
        self.stores = StoreActions(self.session)
        self.noise = NoiseActions(self.session)

    @property
    def shop(self) -> Shop:
        """Return the shop's settings as they are now."""
        return self.session.shop
