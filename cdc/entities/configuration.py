"""Magento's configuration values: which scope wins, and what holds without any row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cdc.database import Reader
from cdc.entities.tables import Tables

BASE_URL = "web/unsecure/base_url"
SECURE_BASE_URL = "web/secure/base_url"
LINK_URL = "web/unsecure/base_link_url"
MEDIA_URL = "web/unsecure/base_media_url"
USE_REWRITES = "web/seo/use_rewrites"
USE_STORE_CODE = "web/url/use_store"
LOCALE = "general/locale/code"
TIME_ZONE = "general/locale/timezone"
DISPLAY_CURRENCY = "currency/options/default"
MANAGE_STOCK = "cataloginventory/item_options/manage_stock"
BACKORDERS = "cataloginventory/item_options/backorders"
MIN_QTY = "cataloginventory/item_options/min_qty"

# What Magento's modules ship in their config.xml, invisible in the database.
SHIPPED: Mapping[str, str] = {
    BASE_URL: "{{base_url}}",
    SECURE_BASE_URL: "{{unsecure_base_url}}",
    LINK_URL: "{{unsecure_base_url}}",
    MEDIA_URL: "",
    USE_REWRITES: "0",
    USE_STORE_CODE: "0",
    LOCALE: "en_US",
    TIME_ZONE: "America/Los_Angeles",
    DISPLAY_CURRENCY: "USD",
    MANAGE_STOCK: "1",
    BACKORDERS: "0",
    MIN_QTY: "0",
}

_SELECT = "SELECT scope, scope_id, path, value FROM {core_config_data} WHERE path IN %s"

ConfigRow = tuple[str, int, str, str | None]


class ScopedConfig:
    """Values of the paths in `SHIPPED` by scope. Immutable.

    A row that is present wins in its scope even if its value is NULL, which reads as "".
    Source: Magento, configuration scopes: store view, then website, then default, then config.xml.
    """

    def __init__(self, rows: Iterable[ConfigRow]) -> None:
        self._values = {
            (scope, scope_id, path): value or "" for scope, scope_id, path, value in rows
        }

    def value(
        self, path: str, *, website_id: int | None = None, store_id: int | None = None
    ) -> str:
        """Resolve a path; without ids the default scope's value.

        Raises:
            KeyError: a path that is not in `SHIPPED`.
        """
        shipped = SHIPPED[path]
        for scope, scope_id in (("stores", store_id), ("websites", website_id), ("default", 0)):
            if scope_id is not None and (scope, scope_id, path) in self._values:
                return self._values[scope, scope_id, path]
        return shipped

    def flag(
        self, path: str, *, website_id: int | None = None, store_id: int | None = None
    ) -> bool:
        """Resolve a yes/no path the way PHP reads it: "" and "0" are no."""
        return self.value(path, website_id=website_id, store_id=store_id) not in ("", "0")


def load_config(reader: Reader, tables: Tables) -> ScopedConfig:
    """Read the rows of the paths in `SHIPPED`, and no other: the table also holds secrets."""
    return ScopedConfig(
        (str(row[0]), int(row[1]), str(row[2]), row[3])
        for row in reader.tuples(tables.sql(_SELECT), (tuple(SHIPPED),))
    )
