"""What a test wants to know about a shop: its websites, store views, attributes and groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.shop.database import query

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.shop.database import DatabaseConnection

CUSTOMER = "customer"
ADDRESS = "customer_address"
CATEGORY = "catalog_category"
PRODUCT = "catalog_product"

SCOPE_STORE, SCOPE_GLOBAL, SCOPE_WEBSITE = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Website:
    """A website other than the admin one."""

    website_id: int
    code: str
    name: str
    stock_id: int


@dataclass(frozen=True, slots=True)
class StoreGroup:
    """A store group and the root of its category tree."""

    group_id: int
    website_id: int
    name: str
    root_category_id: int


@dataclass(frozen=True, slots=True)
class StoreView:
    """A store view other than the admin one."""

    store_id: int
    code: str
    website_id: int
    group_id: int
    name: str
    currency: str


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute; `scope` is 0 store view, 1 global, 2 website. `options` are in shop order."""

    attribute_id: int
    entity_type: str
    code: str
    backend: str
    input: str
    scope: int
    is_user_defined: bool
    options: tuple[int, ...]

    @property
    def table(self) -> str:
        """Name the value table; only for attributes that are not static."""
        return f"{self.entity_type}_entity_{self.backend}"


@dataclass(frozen=True, slots=True)
class Shop:
    """The settings of a shop when it was read; read it again after a change of scopes."""

    prefix: str
    websites: tuple[Website, ...]
    groups: tuple[StoreGroup, ...]
    views: tuple[StoreView, ...]
    customer_group_ids: tuple[int, ...]
    attributes: Mapping[tuple[str, str], Attribute]
    base_currency: str

    def website(self, website_id: int) -> Website:
        """Return one website. Raises StopIteration when there is none with that id."""
        return next(site for site in self.websites if site.website_id == website_id)

    def view(self, store_id: int) -> StoreView:
        """Return one store view. Raises StopIteration when there is none with that id."""
        return next(view for view in self.views if view.store_id == store_id)

    def views_of(self, website_id: int) -> list[StoreView]:
        """List the store views of a website by id."""
        return [view for view in self.views if view.website_id == website_id]

    def attribute(self, entity_type: str, code: str) -> Attribute:
        """Return one attribute. Raises KeyError when the shop does not have it."""
        return self.attributes[entity_type, code]

    def user_attributes(self, entity_type: str, *inputs: str) -> list[Attribute]:
        """List the merchant's own attributes with one of these inputs, by id."""
        found = [
            attribute
            for attribute in self.attributes.values()
            if attribute.entity_type == entity_type
            and attribute.is_user_defined
            and attribute.input in inputs
        ]
        return sorted(found, key=lambda attribute: attribute.attribute_id)


def read_shop(connection: DatabaseConnection, prefix: str = "") -> Shop:
    """Read the settings of the shop that is in the connection's current database."""
    base = query(
        connection,
        f"SELECT value FROM `{prefix}core_config_data` "
        "WHERE scope = 'default' AND path = 'currency/options/base'",
    )
    currency = str(base[0][0]) if base else "USD"
    return Shop(
        prefix=prefix,
        websites=_read_websites(connection, prefix),
        groups=tuple(
            StoreGroup(*row)
            for row in query(
                connection,
                "SELECT group_id, website_id, name, root_category_id "
                f"FROM `{prefix}store_group` WHERE group_id > 0 ORDER BY group_id",
            )
        ),
        views=_read_views(connection, prefix, currency),
        customer_group_ids=tuple(
            row[0]
            for row in query(
                connection,
                f"SELECT customer_group_id FROM `{prefix}customer_group` "
                "WHERE customer_group_id > 0 ORDER BY customer_group_id",
            )
        ),
        attributes=_read_attributes(connection, prefix),
        base_currency=currency,
    )


def _read_websites(connection: DatabaseConnection, prefix: str) -> tuple[Website, ...]:
    rows = query(
        connection,
        "SELECT w.website_id, w.code, w.name, COALESCE(c.stock_id, 1) "
        f"FROM `{prefix}store_website` w LEFT JOIN `{prefix}inventory_stock_sales_channel` c "
        "ON c.type = 'website' AND c.code = w.code "
        "WHERE w.website_id > 0 ORDER BY w.website_id",
    )
    return tuple(Website(id_, code, name, int(stock_id)) for id_, code, name, stock_id in rows)


def _read_views(connection: DatabaseConnection, prefix: str, base: str) -> tuple[StoreView, ...]:
    currencies = dict(
        query(
            connection,
            f"SELECT scope_id, value FROM `{prefix}core_config_data` "
            "WHERE scope = 'stores' AND path = 'currency/options/default'",
        )
    )
    rows = query(
        connection,
        "SELECT store_id, code, website_id, group_id, name "
        f"FROM `{prefix}store` WHERE store_id > 0 ORDER BY store_id",
    )
    return tuple(
        StoreView(id_, code, website_id, group_id, name, currencies.get(id_, base))
        for id_, code, website_id, group_id, name in rows
    )


def _read_attributes(
    connection: DatabaseConnection, prefix: str
) -> dict[tuple[str, str], Attribute]:
    options: dict[int, list[int]] = {}
    for attribute_id, option_id in query(
        connection,
        f"SELECT attribute_id, option_id FROM `{prefix}eav_attribute_option` "
        "ORDER BY attribute_id, sort_order, option_id",
    ):
        options.setdefault(attribute_id, []).append(option_id)
    rows = query(
        connection,
        "SELECT a.attribute_id, t.entity_type_code, a.attribute_code, a.backend_type, "
        "COALESCE(a.frontend_input, ''), COALESCE(c.is_global, 1), a.is_user_defined "
        f"FROM `{prefix}eav_attribute` a "
        f"JOIN `{prefix}eav_entity_type` t ON t.entity_type_id = a.entity_type_id "
        f"LEFT JOIN `{prefix}catalog_eav_attribute` c ON c.attribute_id = a.attribute_id "
        "ORDER BY a.attribute_id",
    )
    return {
        (type_, code): Attribute(
            id_, type_, code, backend, input_, int(scope), bool(own), tuple(options.get(id_, ()))
        )
        for id_, type_, code, backend, input_, scope, own in rows
    }
