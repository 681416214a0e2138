"""Addresses of store views, media and product pages, built from configuration."""

from __future__ import annotations

from cdc.entities.configuration import (
    BASE_URL,
    LINK_URL,
    MEDIA_URL,
    SECURE_BASE_URL,
    USE_REWRITES,
    USE_STORE_CODE,
    ScopedConfig,
)

_PLACEHOLDERS = (
    ("{{unsecure_base_url}}", BASE_URL),
    ("{{secure_base_url}}", SECURE_BASE_URL),
)


def link_url(config: ScopedConfig, website_id: int, store_id: int, code: str) -> str | None:
    """Base of the pages of a store view, with one trailing slash.

    Background work of Magento always takes the unsecure address. None when it is only known from
    the web request (`{{base_url}}`), because no reader of the database can know it.
    Source: Magento, configuration "Base URLs", "URL Options" and "Search Engine Optimization".
    """
    url = _resolved(config, website_id, store_id, LINK_URL) or _resolved(
        config, website_id, store_id, BASE_URL
    )
    if url is None:
        return None
    if not config.flag(USE_REWRITES, website_id=website_id, store_id=store_id):
        url += "index.php/"
    if config.flag(USE_STORE_CODE, website_id=website_id, store_id=store_id):
        url += f"{code}/"
    return url


def media_url(config: ScopedConfig, website_id: int, store_id: int) -> str | None:
    """Base of media files of a store view, with one trailing slash; None as `link_url`."""
    own = _resolved(config, website_id, store_id, MEDIA_URL)
    if own is not None:
        return own
    base = _resolved(config, website_id, store_id, BASE_URL)
    return None if base is None else f"{base}media/"


def view_query(config: ScopedConfig, website_id: int, store_id: int, code: str, views: int) -> str:
    """Query that names the store view, needed with several views and no code in the path."""
    if views < 2 or config.flag(USE_STORE_CODE, website_id=website_id, store_id=store_id):
        return ""
    return f"?___store={code}"


def product_url(
    base: str | None, query: str, request_path: str | None, product_id: int, url_key: str | None
) -> str | None:
    """Page of a product in a store view.

    Args:
        base: `link_url` of the view; without it there is no address.
        query: `view_query` of the view.
        request_path: of the product's own rewrite in the view, None when there is none.
        url_key: the product's in the view; part of the address only without a rewrite.
    """
    if base is None:
        return None
    if request_path:
        return f"{base}{request_path}{query}"
    key = f"s/{url_key}/" if url_key else ""
    return f"{base}catalog/product/view/id/{product_id}/{key}{query}"


def image_url(media: str | None, image: str | None) -> str | None:
    """Address of a product image's original file, None without an image."""
    if not image or image == "no_selection" or media is None:
        return None
    return f"{media}catalog/product{'' if image.startswith('/') else '/'}{image}"


def _resolved(config: ScopedConfig, website_id: int, store_id: int, path: str) -> str | None:
    """Value with its placeholders filled and one trailing slash; None when it has no host."""
    url = config.value(path, website_id=website_id, store_id=store_id).strip()
    # Two rounds: a value may name an address that names an address. More would be a circle.
    for _ in range(2):
        for placeholder, source in _PLACEHOLDERS:
            if placeholder in url:
                base = config.value(source, website_id=website_id, store_id=store_id).strip()
                url = url.replace(placeholder, f"{base.rstrip('/')}/")
    if not url.strip("/") or "{{" in url:
        return None
    scheme, mark, rest = url.partition("://")
    # A placeholder brings its slash, the text behind it may have one too.
    while "//" in rest:
        rest = rest.replace("//", "/")
    return f"{scheme}{mark}{rest}".rstrip("/") + "/"
