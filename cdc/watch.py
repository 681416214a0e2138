"""The watch table: which row of which table names which entity. Pure.

A table that is not listed costs nothing: its rows are never decoded.

Sources: Magento's declarative schema; foreign keys with ON DELETE CASCADE, whose child rows never
reach the binlog of MariaDB and of MySQL before 9.6, are covered by the parent's own row.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cdc import names
from cdc.binlog.changes import RowChanges
from cdc.names import Kind, Name, Namer
from cdc.records import Model


@dataclass(frozen=True, slots=True)
class Watch:
    """What to decode of a table and what its rows name.

    `models` are the models that need a full run when changes of the table cannot be known.
    """

    columns: tuple[str, ...]
    names: Namer
    models: frozenset[Model]


_CUSTOMER = frozenset({Model.CUSTOMER})
_PRODUCT = frozenset({Model.PRODUCT})
_ORDER = frozenset({Model.ORDER})
_SUBSCRIBER = frozenset({Model.SUBSCRIBER})
_EVERYTHING = frozenset(Model)
_VALUE_TYPES = ("varchar", "int", "decimal", "text", "datetime")


def _watch_table() -> dict[str, Watch]:
    table = {
        "customer_entity": Watch(
            ("entity_id", "email", "store_id", "website_id"), names.entity(Kind.CUSTOMER), _CUSTOMER
        ),
        "customer_address_entity": Watch(("parent_id",), names.by(Kind.CUSTOMER), _CUSTOMER),
        "newsletter_subscriber": Watch(
            ("subscriber_email", "store_id"), names.subscriber, _SUBSCRIBER
        ),
        "sales_order": Watch(("entity_id",), names.entity(Kind.ORDER), _ORDER),
        "sales_order_item": Watch(("order_id",), names.by(Kind.ORDER), _ORDER),
        "sales_order_payment": Watch(("parent_id",), names.by(Kind.ORDER), _ORDER),
        "sales_order_address": Watch(("parent_id",), names.by(Kind.ORDER), _ORDER),
        "catalog_product_entity": Watch(("entity_id", "sku"), names.entity(Kind.PRODUCT), _PRODUCT),
        "catalog_product_entity_tier_price": Watch(
            ("entity_id",), names.by(Kind.PRODUCT), _PRODUCT
        ),
        "catalog_product_website": Watch(("product_id",), names.by(Kind.PRODUCT), _PRODUCT),
        "catalog_category_product": Watch(("product_id",), names.by(Kind.PRODUCT), _PRODUCT),
        "catalog_product_super_link": Watch(
            ("parent_id", "product_id"), names.parent_and_child, _PRODUCT
        ),
        "catalog_product_super_attribute": Watch(("product_id",), names.by(Kind.PRODUCT), _PRODUCT),
        "catalog_product_relation": Watch(
            ("parent_id", "child_id"), names.parent_and_child, _PRODUCT
        ),
        # Deleting an option takes its selections along by a cascade.
        "catalog_product_bundle_option": Watch(("parent_id",), names.by(Kind.PRODUCT), _PRODUCT),
        "catalog_product_bundle_selection": Watch(
            ("parent_product_id", "product_id"), names.parent_and_child, _PRODUCT
        ),
        "catalog_product_link": Watch(
            ("link_type_id", "product_id", "linked_product_id"), names.grouped_link, _PRODUCT
        ),
        "catalog_product_index_price": Watch(("entity_id",), names.by(Kind.PRODUCT), _PRODUCT),
        "catalogrule_product_price": Watch(("product_id",), names.by(Kind.PRODUCT), _PRODUCT),
        "cataloginventory_stock_item": Watch(("product_id",), names.by(Kind.PRODUCT), _PRODUCT),
        "inventory_source_item": Watch(("sku",), names.sku(0), _PRODUCT),
        "inventory_reservation": Watch(("sku",), names.sku(0), _PRODUCT),
        "url_rewrite": Watch(("entity_type", "entity_id"), names.url_rewrite, _PRODUCT),
        "catalog_url_rewrite_product_category": Watch(
            ("product_id",), names.by(Kind.PRODUCT), _PRODUCT
        ),
        "catalog_category_entity": Watch(("entity_id", "path"), names.category, _PRODUCT),
        "catalog_category_entity_varchar": Watch(("entity_id",), names.category_value, _PRODUCT),
        "core_config_data": Watch(("path",), names.config, _PRODUCT),
        "store": Watch(
            ("store_id", "code", "website_id", "group_id"), names.store_structure, _EVERYTHING
        ),
        "store_group": Watch(
            ("group_id", "website_id", "root_category_id", "default_store_id"),
            names.store_structure,
            _EVERYTHING,
        ),
        "store_website": Watch(
            ("website_id", "code", "is_default", "default_group_id"),
            names.store_structure,
            _EVERYTHING,
        ),
        # An attribute's values go with it by a cascade.
        "eav_attribute": Watch(
            ("attribute_id", "attribute_code", "backend_type", "backend_table"),
            names.settings(Model.PRODUCT, Model.CUSTOMER),
            _PRODUCT | _CUSTOMER,
        ),
        "catalog_eav_attribute": Watch(
            ("attribute_id", "is_global"), names.settings(Model.PRODUCT), _PRODUCT
        ),
        # Configurables list the options that their children use, in this order.
        "eav_attribute_option": Watch(
            ("option_id", "attribute_id", "sort_order"), names.settings(Model.PRODUCT), _PRODUCT
        ),
        "inventory_source": Watch(
            ("source_code", "enabled"), names.settings(Model.PRODUCT, on_insert=True), _PRODUCT
        ),
        # Deleting a stock takes its links and channels along by a cascade.
        "inventory_stock": Watch(("stock_id",), names.settings(Model.PRODUCT), _PRODUCT),
        "inventory_source_stock_link": Watch(
            ("stock_id", "source_code"), names.settings(Model.PRODUCT, on_insert=True), _PRODUCT
        ),
        "inventory_stock_sales_channel": Watch(
            ("type", "code", "stock_id"), names.settings(Model.PRODUCT, on_insert=True), _PRODUCT
        ),
    }
    for value_type in _VALUE_TYPES:
        table[f"customer_entity_{value_type}"] = Watch(
            ("entity_id",), names.by(Kind.CUSTOMER), _CUSTOMER
        )
        table[f"catalog_product_entity_{value_type}"] = Watch(
            ("entity_id",), names.by(Kind.PRODUCT), _PRODUCT
        )
    for settings_table in (
        "directory_country_region",
        "directory_country_region_name",
        "eav_entity_type",
    ):
        table[settings_table] = Watch((), names.shop, frozenset())
    return table


WATCH_TABLE: dict[str, Watch] = _watch_table()

WATCHED_COLUMNS: dict[str, tuple[str, ...]] = {
    name: watch.columns for name, watch in WATCH_TABLE.items()
}

# Swapped in by RENAME at every full reindex, which would ask for a full run each time. What is
# derived there from catalog rules and from other indexes is seen when its products change next.
INDEX_TABLES = frozenset({"catalog_product_index_price", "catalogrule_product_price"})


def names_of(changes: RowChanges) -> Iterable[Name]:
    """Everything the rows of one event name; unknown tables name nothing."""
    watch = WATCH_TABLE.get(changes.table)
    return watch.names(changes) if watch is not None else ()


def models_of(tables: Iterable[str]) -> frozenset[Model]:
    """Models that need a full run when changes of these tables cannot be known.

    No table at all means any of them.
    """
    named = tuple(tables)
    if not named:
        return _EVERYTHING
    found: frozenset[Model] = frozenset()
    for table in named:
        watch = WATCH_TABLE.get(table)
        if watch is not None:
            found |= watch.models
    return found
