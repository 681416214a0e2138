"""Websites and store views, each with what its configuration says about addresses and money."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cdc.database import Reader
from cdc.entities import configuration as paths
from cdc.entities import urls
from cdc.entities.configuration import ScopedConfig
from cdc.entities.tables import Tables

logger = logging.getLogger(__name__)

_WEBSITES = """
SELECT website_id, code, is_default, default_group_id FROM {store_website} ORDER BY website_id
"""
_GROUPS = """
SELECT group_id, website_id, root_category_id, default_store_id FROM {store_group} ORDER BY group_id
"""
_VIEWS = """
SELECT store_id, code, website_id, group_id, name, is_active FROM {store} ORDER BY store_id
"""


@dataclass(frozen=True, slots=True)
class Website:
    """A website; id 0 is the admin one."""

    website_id: int
    code: str
    is_default: bool
    default_group_id: int


@dataclass(frozen=True, slots=True)
class StoreGroup:
    """A store group; id 0 is the admin one."""

    group_id: int
    website_id: int
    root_category_id: int
    default_store_id: int


@dataclass(frozen=True, slots=True)
class StoreView:
    """A store view with its configuration resolved; id 0 is the admin view.

    url, media_url: bases with a trailing slash, None when the database does not tell them.
    url_query: what page addresses end with, "" or "?___store=<code>".
    currency: code of the display currency; prices of products are in base currency all the same.
    """

    store_id: int
    code: str
    website_id: int
    group_id: int
    name: str
    is_active: bool
    url: str | None
    media_url: str | None
    url_query: str
    currency: str
    locale: str
    time_zone: tzinfo

    @property
    def key(self) -> str:
        """The id as text, as it stands in records."""
        return str(self.store_id)

    def product_url(
        self, product_id: int, request_path: str | None, url_key: str | None
    ) -> str | None:
        """Page of a product in this view; see `cdc.entities.urls.product_url`."""
        return urls.product_url(self.url, self.url_query, request_path, product_id, url_key)


@dataclass(frozen=True, slots=True)
class Stores:
    """All scopes of a shop by id, the admin ones included."""

    websites: Mapping[int, Website]
    groups: Mapping[int, StoreGroup]
    views: Mapping[int, StoreView]
    by_website: Mapping[int, tuple[StoreView, ...]]

    @property
    def website_ids(self) -> dict[str, int]:
        """Ids of the websites by code."""
        return {website.code: website_id for website_id, website in self.websites.items()}

    @property
    def default_view(self) -> StoreView | None:
        """The default store view of the default website, None in a shop without any."""
        for website in self.websites.values():
            group = self.groups.get(website.default_group_id) if website.is_default else None
            if group is not None and group.default_store_id in self.views:
                return self.views[group.default_store_id]
        return next((view for store_id, view in self.views.items() if store_id > 0), None)


def load_stores(reader: Reader, tables: Tables, config: ScopedConfig) -> Stores:
    """Read websites, groups and store views."""
    websites = {
        int(row[0]): Website(int(row[0]), str(row[1] or ""), bool(row[2]), int(row[3]))
        for row in reader.tuples(tables.sql(_WEBSITES))
    }
    groups = {int(row[0]): StoreGroup(*map(int, row)) for row in reader.tuples(tables.sql(_GROUPS))}
    rows = reader.tuples(tables.sql(_VIEWS))
    view_count = sum(1 for row in rows if row[0] > 0)
    views = {int(row[0]): _view(row, config, view_count) for row in rows}
    by_website: dict[int, tuple[StoreView, ...]] = {}
    for store_id, view in views.items():
        if store_id > 0:
            by_website[view.website_id] = (*by_website.get(view.website_id, ()), view)
    return Stores(websites, groups, views, by_website)


def _view(
    row: tuple[object, ...],
    config: ScopedConfig,
    view_count: int,
) -> StoreView:
    store_id, website_id, code = int(str(row[0])), int(str(row[2])), str(row[1] or "")
    zone = config.value(paths.TIME_ZONE, website_id=website_id, store_id=store_id)
    return StoreView(
        store_id=store_id,
        code=code,
        website_id=website_id,
        group_id=int(str(row[3])),
        name=str(row[4]),
        is_active=bool(row[5]),
        url=urls.link_url(config, website_id, store_id, code),
        media_url=urls.media_url(config, website_id, store_id),
        url_query=urls.view_query(config, website_id, store_id, code, view_count),
        currency=config.value(paths.DISPLAY_CURRENCY, website_id=website_id, store_id=store_id),
        locale=config.value(paths.LOCALE, website_id=website_id, store_id=store_id),
        time_zone=_zone(zone),
    )


def _zone(name: str) -> tzinfo:
    """Time zone by name; UTC for one that this machine does not know."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        logger.warning("time_zone.unknown", extra={"time_zone": name})
        return UTC
