"""The watch table: which row of which table names which entity. Pure.

A table that is not listed costs nothing: its rows are never decoded. The names a row yields are
keys of one of the four models, or of something that leads to such keys when it is expanded inside
the consistent read (`category`, `sku`), or of the shop's own settings (`shop`), or a request for
everything of a model (`full`).

Sources: Magento's declarative schema; foreign keys with ON DELETE CASCADE, whose child rows never
reach the binlog of MariaDB and of MySQL before 9.6, are covered by the parent's own row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from cdc.binlog.changes import Row, RowChanges, RowKind
from cdc.records import Model


class Kind(StrEnum):
    """What a name stands for."""

    CUSTOMER = "customer"
    PRODUCT = "product"
    ORDER = "order"
    SUBSCRIBER = "subscriber"
    CATEGORY = "category"
    SKU = "sku"
    SHOP = "shop"
    FULL = "full"


MODEL_KINDS = {Kind(model.value): model for model in Model}


@dataclass(frozen=True, slots=True)
class Name:
    """One thing a row names.

    `is_deleted` says that the entity's own row was deleted. `image` is what only the before image
    of that row knows: (e-mail, store id, website id) of a customer, (sku,) of a product,
    (store id,) of a subscriber.
    """

    kind: Kind
    id: str
    is_deleted: bool = False
    image: Row | None = None


Namer = Callable[[RowChanges], Iterable[Name]]


@dataclass(frozen=True, slots=True)
class Watch:
    """What to decode of a table and what its rows name.

    `models` are the models that need a full run when changes of the table cannot be known.
    """

    columns: tuple[str, ...]
    names: Namer
    models: frozenset[Model]


def _by(kind: Kind, index: int = 0) -> Namer:
    """Names the id in one column of both images; NULL and 0 name nothing."""

    def names(changes: RowChanges) -> Iterator[Name]:
        ids = {row[index] for row in changes.before}
        ids.update(row[index] for row in changes.after)
        return (Name(kind, str(found)) for found in ids if found)

    return names


def _entity(kind: Kind, image: int = 1) -> Namer:
    """Names the entity's own row; a delete carries the columns from `image` on."""

    def names(changes: RowChanges) -> Iterator[Name]:
        if changes.kind is RowKind.DELETE:
            for row in changes.before:
                yield Name(kind, str(row[0]), is_deleted=True, image=row[image:])
            return
        for old, new in _pairs(changes):
            yield Name(kind, str(new[0]))
            if old is not None and old[0] != new[0]:
                yield Name(kind, str(old[0]), is_deleted=True, image=old[image:])

    return names


def _pairs(changes: RowChanges) -> Iterator[tuple[Row | None, Row]]:
    if changes.kind is RowKind.UPDATE:
        yield from zip(changes.before, changes.after, strict=True)
    else:
        for row in changes.after:
            yield None, row


def _subscriber(changes: RowChanges) -> Iterator[Name]:
    """Names the addresses of both images; one that a row left carries the row's store view."""
    kept = {(row[0] or "").strip() for row in changes.after}
    yield from (Name(Kind.SUBSCRIBER, email) for email in kept if email)
    for row in changes.before:
        email = (row[0] or "").strip()
        if email and email not in kept:
            yield Name(Kind.SUBSCRIBER, email, is_deleted=True, image=row[1:])


def _sku(index: int) -> Namer:
    def names(changes: RowChanges) -> Iterator[Name]:
        skus = {row[index] for row in changes.before} | {row[index] for row in changes.after}
        return (Name(Kind.SKU, sku) for sku in skus if sku)

    return names


def _parent_and_child(changes: RowChanges) -> Iterator[Name]:
    ids = {value for row in (*changes.before, *changes.after) for value in row[:2]}
    return (Name(Kind.PRODUCT, str(found)) for found in ids if found)


_GROUPED_LINK = 3  # catalog_product_link_type: 1 related, 3 grouped, 4 up-sell, 5 cross-sell


def _grouped_link(changes: RowChanges) -> Iterator[Name]:
    """Names the ends of grouped links; the other kinds are rewritten at every save, unused here."""
    rows = [row for row in (*changes.before, *changes.after) if row[0] == _GROUPED_LINK]
    ids = {value for row in rows for value in row[1:]}
    return (Name(Kind.PRODUCT, str(found)) for found in ids if found)


def _url_rewrite(changes: RowChanges) -> Iterator[Name]:
    ids = {row[1] for row in (*changes.before, *changes.after) if row[0] == "product"}
    return (Name(Kind.PRODUCT, str(found)) for found in ids if found)


def _category(changes: RowChanges) -> Iterator[Name]:
    yield Name(Kind.SHOP, "")
    ids = {row[0] for row in (*changes.before, *changes.after)}
    yield from (Name(Kind.CATEGORY, str(found)) for found in ids if found)


def _shop(changes: RowChanges) -> Iterator[Name]:
    del changes
    yield Name(Kind.SHOP, "")


def _store_structure(changes: RowChanges) -> Iterator[Name]:
    """A view, group or website came, changed or went: every product has other store blocks.

    Deleting one also nulls links of customers, orders and subscribers without any row event.
    """
    yield Name(Kind.SHOP, "")
    yield Name(Kind.FULL, Model.PRODUCT.value)
    if changes.kind is RowKind.DELETE:
        for model in (Model.CUSTOMER, Model.SUBSCRIBER, Model.ORDER):
            yield Name(Kind.FULL, model.value)


# Configuration that changes what is sent for every product: URLs, prices, stock rules.
_PRODUCT_PATHS = (
    "web/unsecure/",
    "web/secure/",
    "web/url/",
    "web/seo/",
    "currency/options/",
    "catalog/price/",
    "catalog/seo/",
    "cataloginventory/",
    "general/locale/",
)


def _config(changes: RowChanges) -> Iterator[Name]:
    yield Name(Kind.SHOP, "")
    paths = {row[0] for row in (*changes.before, *changes.after)}
    if any(path and path.startswith(_PRODUCT_PATHS) for path in paths):
        yield Name(Kind.FULL, Model.PRODUCT.value)


_CUSTOMER = frozenset({Model.CUSTOMER})
_PRODUCT = frozenset({Model.PRODUCT})
_ORDER = frozenset({Model.ORDER})
_SUBSCRIBER = frozenset({Model.SUBSCRIBER})
_EVERYTHING = frozenset(Model)
_VALUE_TYPES = ("varchar", "int", "decimal", "text", "datetime")


def _watch_table() -> dict[str, Watch]:
    table = {
        "customer_entity": Watch(
            ("entity_id", "email", "store_id", "website_id"), _entity(Kind.CUSTOMER), _CUSTOMER
        ),
        "customer_address_entity": Watch(("parent_id",), _by(Kind.CUSTOMER), _CUSTOMER),
        "newsletter_subscriber": Watch(("subscriber_email", "store_id"), _subscriber, _SUBSCRIBER),
        "sales_order": Watch(("entity_id",), _entity(Kind.ORDER), _ORDER),
        "sales_order_item": Watch(("order_id",), _by(Kind.ORDER), _ORDER),
        "sales_order_payment": Watch(("parent_id",), _by(Kind.ORDER), _ORDER),
        "sales_order_address": Watch(("parent_id",), _by(Kind.ORDER), _ORDER),
        "catalog_product_entity": Watch(("entity_id", "sku"), _entity(Kind.PRODUCT), _PRODUCT),
        "catalog_product_entity_tier_price": Watch(("entity_id",), _by(Kind.PRODUCT), _PRODUCT),
        "catalog_product_website": Watch(("product_id",), _by(Kind.PRODUCT), _PRODUCT),
        "catalog_category_product": Watch(("product_id",), _by(Kind.PRODUCT), _PRODUCT),
        "catalog_product_super_link": Watch(
            ("parent_id", "product_id"), _parent_and_child, _PRODUCT
        ),
        "catalog_product_super_attribute": Watch(("product_id",), _by(Kind.PRODUCT), _PRODUCT),
        "catalog_product_relation": Watch(("parent_id", "child_id"), _parent_and_child, _PRODUCT),
        "catalog_product_bundle_selection": Watch(
            ("parent_product_id", "product_id"), _parent_and_child, _PRODUCT
        ),
        "catalog_product_link": Watch(
            ("link_type_id", "product_id", "linked_product_id"), _grouped_link, _PRODUCT
        ),
        "catalog_product_index_price": Watch(("entity_id",), _by(Kind.PRODUCT), _PRODUCT),
        "catalogrule_product_price": Watch(("product_id",), _by(Kind.PRODUCT), _PRODUCT),
        "cataloginventory_stock_item": Watch(("product_id",), _by(Kind.PRODUCT), _PRODUCT),
        "inventory_source_item": Watch(("sku",), _sku(0), _PRODUCT),
        "inventory_reservation": Watch(("sku",), _sku(0), _PRODUCT),
        "url_rewrite": Watch(("entity_type", "entity_id"), _url_rewrite, _PRODUCT),
        "catalog_category_entity": Watch(("entity_id",), _category, _PRODUCT),
        "catalog_category_entity_varchar": Watch(("entity_id",), _category, _PRODUCT),
        "core_config_data": Watch(("path",), _config, _PRODUCT),
        "store": Watch(("store_id",), _store_structure, _EVERYTHING),
        "store_group": Watch(("group_id",), _store_structure, _EVERYTHING),
        "store_website": Watch(("website_id",), _store_structure, _EVERYTHING),
    }
    for value_type in _VALUE_TYPES:
        table[f"customer_entity_{value_type}"] = Watch(
            ("entity_id",), _by(Kind.CUSTOMER), _CUSTOMER
        )
        table[f"catalog_product_entity_{value_type}"] = Watch(
            ("entity_id",), _by(Kind.PRODUCT), _PRODUCT
        )
    for settings_table in (
        "eav_attribute",
        "catalog_eav_attribute",
        "eav_attribute_option",
        "eav_attribute_option_value",
        "directory_country_region",
        "directory_country_region_name",
        "salesrule",
        "eav_entity_type",
        "directory_currency_rate",
        "inventory_source",
        "inventory_stock_sales_channel",
        "inventory_source_stock_link",
    ):
        table[settings_table] = Watch((), _shop, frozenset())
    return table


WATCH_TABLE: dict[str, Watch] = _watch_table()

WATCHED_COLUMNS: dict[str, tuple[str, ...]] = {
    name: watch.columns for name, watch in WATCH_TABLE.items()
}

# Swapped in by RENAME at every full reindex; their rows are derived from tables watched above.
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
