"""Addresses of store views, products and images."""

from __future__ import annotations

import pytest

from cdc.entities import urls
from cdc.entities.configuration import (
    BASE_URL,
    LINK_URL,
    MEDIA_URL,
    SECURE_BASE_URL,
    USE_REWRITES,
    USE_STORE_CODE,
    ScopedConfig,
)


def config(**values: str | None) -> ScopedConfig:
    paths = {
        "base": BASE_URL,
        "secure": SECURE_BASE_URL,
        "link": LINK_URL,
        "media": MEDIA_URL,
        "rewrites": USE_REWRITES,
        "code": USE_STORE_CODE,
    }
    rows = {"rewrites": "1", **values}
    return ScopedConfig(("default", 0, paths[name], value) for name, value in rows.items())


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        ({"base": "http://h/"}, "http://h/"),
        ({"base": "http://h"}, "http://h/"),
        ({"base": "http://h/shop/"}, "http://h/shop/"),
        ({"base": "http://h/", "link": "https://pages/"}, "https://pages/"),
        ({"base": "http://h/", "link": "{{unsecure_base_url}}en/"}, "http://h/en/"),
        ({"base": "http://h", "link": "{{unsecure_base_url}}/en"}, "http://h/en/"),
        (
            {"base": "http://h/", "secure": "https://s/", "link": "{{secure_base_url}}"},
            "https://s/",
        ),
        ({"base": "http://h/", "link": "{{secure_base_url}}"}, "http://h/"),
        ({"base": "http://h/", "link": None}, "http://h/"),
        ({"base": "http://h/", "code": "1"}, "http://h/pl/"),
        ({"base": "http://h/", "rewrites": "0"}, "http://h/index.php/"),
        ({"base": "http://h/", "rewrites": "0", "code": "1"}, "http://h/index.php/pl/"),
    ],
)
def test_link_url_follows_the_configuration(settings: dict[str, str | None], url: str) -> None:
    assert urls.link_url(config(**settings), 1, 2, "pl") == url


@pytest.mark.parametrize(
    "settings", [{}, {"base": "{{base_url}}"}, {"base": ""}, {"base": "{{unsecure_base_url}}"}]
)
def test_an_address_only_the_web_request_knows_is_none(settings: dict[str, str | None]) -> None:
    assert urls.link_url(config(**settings), 1, 2, "pl") is None
    assert urls.media_url(config(**settings), 1, 2) is None


@pytest.mark.parametrize(
    ("media", "url"),
    [
        (None, "http://h/media/"),
        ("", "http://h/media/"),
        ("{{unsecure_base_url}}pub/media/", "http://h/pub/media/"),
        ("https://cdn.example/m", "https://cdn.example/m/"),
    ],
)
def test_media_url_falls_back_to_a_folder_of_the_base(media: str | None, url: str) -> None:
    assert urls.media_url(config(base="http://h/", media=media, code="1"), 1, 2) == url


def test_the_view_is_named_in_the_query_only_where_nothing_else_tells_it() -> None:
    assert urls.view_query(config(), 1, 2, "pl", views=3) == "?___store=pl"
    assert urls.view_query(config(), 1, 2, "pl", views=1) == ""
    assert urls.view_query(config(code="1"), 1, 2, "pl", views=3) == ""


@pytest.mark.parametrize(
    ("path", "key", "url"),
    [
        ("bag.html", "bag", "http://h/bag.html?___store=pl"),
        (None, "bag", "http://h/catalog/product/view/id/7/s/bag/?___store=pl"),
        (None, None, "http://h/catalog/product/view/id/7/?___store=pl"),
        ("", "bag", "http://h/catalog/product/view/id/7/s/bag/?___store=pl"),
    ],
)
def test_product_url_uses_the_rewrite_or_the_plain_route(
    path: str | None, key: str | None, url: str
) -> None:
    assert urls.product_url("http://h/", "?___store=pl", path, 7, key) == url


def test_product_url_needs_a_base() -> None:
    assert urls.product_url(None, "", "bag.html", 7, "bag") is None


@pytest.mark.parametrize(
    ("image", "url"),
    [
        ("/w/b/wb01.jpg", "http://h/media/catalog/product/w/b/wb01.jpg"),
        ("w/b/wb01.jpg", "http://h/media/catalog/product/w/b/wb01.jpg"),
        ("no_selection", None),
        ("", None),
        (None, None),
    ],
)
def test_image_url_leaves_out_what_is_no_image(image: str | None, url: str | None) -> None:
    assert urls.image_url("http://h/media/", image) == url
