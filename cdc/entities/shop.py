"""What the loaders know about the shop besides the entities: one frozen snapshot."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from cdc.database import Reader
from cdc.entities.attributes import Attributes, load_attributes
from cdc.entities.categories import Categories, load_categories
from cdc.entities.configuration import LOCALE, SHIPPED, ScopedConfig, load_config
from cdc.entities.regions import Regions, load_regions
from cdc.entities.stocks import MSI_TABLES, RESERVATION_TABLE, Stocks, load_stocks
from cdc.entities.stores import Stores, StoreView, load_stores
from cdc.entities.tables import Tables
from cdc.errors import SourceMisconfigured

# A change of any of these makes a snapshot outdated (names without prefix).
SHOP_TABLES: frozenset[str] = frozenset(
    {
        "store",
        "store_group",
        "store_website",
        "core_config_data",
        "directory_country_region",
        "directory_country_region_name",
        "eav_entity_type",
        "eav_attribute",
        "catalog_eav_attribute",
        "catalog_category_entity",
        "catalog_category_entity_varchar",
        "inventory_source",
        "inventory_source_stock_link",
        "inventory_stock_sales_channel",
    }
)

# Tables that belong to optional modules; without them their part of an entity is left out.
OPTIONAL_TABLES: frozenset[str] = MSI_TABLES | {
    RESERVATION_TABLE,
    "catalog_product_bundle_option",
    "catalog_product_bundle_selection",
    "catalog_product_link",
    "catalog_product_index_price",
    "catalog_product_super_attribute",
    "catalog_product_super_link",
    "catalog_url_rewrite_product_category",
    "cataloginventory_stock_item",
    "catalogrule_product_price",
    "salesrule",
}

_PRESENT = """
SELECT table_name FROM information_schema.tables
WHERE table_schema = DATABASE() AND table_name IN %s
"""
_ROW_ID = """
SELECT 1 FROM information_schema.columns
WHERE table_schema = DATABASE() AND table_name = %s AND column_name = 'row_id'
"""
_TIME_FORMAT = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True, slots=True)
class Shop:
    """A snapshot of scopes, configuration, attributes, categories and regions.

    Immutable and safe to share; what is built on demand is remembered inside. `now` is the moment
    at which prices with dates are judged: nothing here asks a clock.
    """

    tables: Tables
    now: datetime
    config: ScopedConfig
    stores: Stores
    product_attributes: Attributes
    customer_attributes: Attributes
    categories: Categories
    regions: Regions
    stocks: Stocks
    present: frozenset[str]
    is_staged: bool

    def at(self, now: datetime) -> Shop:
        """Return the same shop at another moment (an aware datetime)."""
        return replace(self, now=now)

    def has(self, *names: str) -> bool:
        """Whether the shop has all of these tables of `OPTIONAL_TABLES`."""
        return self.present.issuperset(names)

    @property
    def view_count(self) -> int:
        """Number of store views, the admin one aside."""
        return sum(1 for store_id in self.stores.views if store_id > 0)

    def local_time(self, view: StoreView) -> str:
        """`now` on the view's clock, "YYYY-MM-DD HH:MM:SS": comparable with dates of attributes."""
        return self.now.astimezone(view.time_zone).strftime(_TIME_FORMAT)

    def local_day_ago(self, view: StoreView) -> str:
        """The same, a day earlier: an end date before it is over, as its whole day counts."""
        earlier = self.now.astimezone(view.time_zone).replace(tzinfo=None) - timedelta(days=1)
        return earlier.strftime(_TIME_FORMAT)


def load_shop(reader: Reader, prefix: str) -> Shop:
    """Read a snapshot; `now` is the database's clock, `Shop.at` moves it.

    Raises:
        SourceMisconfigured: the catalog is staged (Adobe Commerce), which is not supported yet.
        SourceError: as the reader does.
    """
    tables = Tables(prefix)
    if reader.tuples(_ROW_ID, (f"{prefix}catalog_product_entity",)):
        raise SourceMisconfigured(
            "reading the shop: catalog_product_entity has a column row_id, so this is Adobe "
            "Commerce with content staging; only shops without staging are supported"
        )
    present = _present_tables(reader, prefix)
    config = load_config(reader, tables)
    stores = load_stores(reader, tables, config)
    attributes = load_attributes(reader, tables, "catalog_product", "catalog_category", "customer")
    name = attributes["catalog_category"].by_code.get("name")
    default_view = stores.default_view
    return Shop(
        tables=tables,
        now=_database_time(reader),
        config=config,
        stores=stores,
        product_attributes=attributes["catalog_product"],
        customer_attributes=attributes["customer"],
        categories=load_categories(reader, tables, name.attribute_id if name else None),
        regions=load_regions(
            reader, tables, default_view.locale if default_view else SHIPPED[LOCALE]
        ),
        stocks=load_stocks(reader, tables, stores.website_ids, present),
        present=present,
        is_staged=False,
    )


def _present_tables(reader: Reader, prefix: str) -> frozenset[str]:
    names = tuple(f"{prefix}{name}" for name in sorted(OPTIONAL_TABLES))
    rows = reader.tuples(_PRESENT, (names,))
    return frozenset(str(row[0])[len(prefix) :] for row in rows)


def _database_time(reader: Reader) -> datetime:
    text = str(reader.tuples("SELECT CAST(UTC_TIMESTAMP() AS CHAR)")[0][0])
    return datetime.strptime(text[:19], _TIME_FORMAT).replace(tzinfo=UTC)
