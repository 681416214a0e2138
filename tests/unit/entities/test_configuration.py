"""Which configuration value holds in which scope."""

from __future__ import annotations

import pytest

from cdc.entities.configuration import (
    LOCALE,
    MANAGE_STOCK,
    MEDIA_URL,
    USE_STORE_CODE,
    ConfigRow,
    ScopedConfig,
)

ROWS: list[ConfigRow] = [
    ("default", 0, LOCALE, "en_GB"),
    ("websites", 2, LOCALE, "pl_PL"),
    ("stores", 5, LOCALE, "de_DE"),
]


@pytest.mark.parametrize(
    ("website_id", "store_id", "locale"),
    [
        (2, 5, "de_DE"),
        (2, 4, "pl_PL"),
        (1, 3, "en_GB"),
        (2, None, "pl_PL"),
        (None, None, "en_GB"),
    ],
)
def test_the_nearest_scope_wins(website_id: int | None, store_id: int | None, locale: str) -> None:
    config = ScopedConfig(ROWS)
    assert config.value(LOCALE, website_id=website_id, store_id=store_id) == locale


def test_ids_of_one_scope_are_not_taken_for_those_of_another() -> None:
    config = ScopedConfig([("websites", 5, LOCALE, "pl_PL")])
    assert config.value(LOCALE, website_id=1, store_id=5) == "en_US"


def test_without_a_row_the_shipped_default_holds() -> None:
    config = ScopedConfig([])
    assert config.value(MEDIA_URL) == ""
    assert config.flag(MANAGE_STOCK)
    assert not config.flag(USE_STORE_CODE)


def test_a_null_row_hides_the_scopes_behind_it() -> None:
    config = ScopedConfig(
        [("default", 0, USE_STORE_CODE, "1"), ("stores", 5, USE_STORE_CODE, None)]
    )
    assert config.flag(USE_STORE_CODE, website_id=1, store_id=4)
    assert not config.flag(USE_STORE_CODE, website_id=1, store_id=5)


def test_a_path_nobody_declared_is_refused() -> None:
    with pytest.raises(KeyError):
        ScopedConfig([]).value("payment/secret/key")
