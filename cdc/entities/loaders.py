"""All loaders of one installation."""

from __future__ import annotations

from cdc.entities.customer import CustomerLoader
from cdc.entities.order import OrderLoader
from cdc.entities.product import ProductLoader
from cdc.entities.protocol import Loader
from cdc.entities.subscriber import SubscriberLoader
from cdc.entities.tables import Tables
from cdc.records import Model


def loaders(prefix: str) -> dict[Model, Loader]:
    """Return a loader for each model of the shop with this table prefix."""
    tables = Tables(prefix)
    return {
        Model.CUSTOMER: CustomerLoader(tables),
        Model.PRODUCT: ProductLoader(tables),
        Model.ORDER: OrderLoader(tables),
        Model.SUBSCRIBER: SubscriberLoader(tables),
    }
