"""The snapshot of a shop, on full, small and odd schemas."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from cdc.entities.shop import OPTIONAL_TABLES, SHOP_TABLES, Shop
from cdc.errors import SourceMisconfigured
from cdc.records import Model
from tests.integration.entities.reading import Workbench
from tests.servers.database import Schema
from tests.shop.generation.generator import generate
from tests.shop.schema.loading import load_schema


@pytest.fixture
def fresh(database: Schema) -> Iterator[Workbench]:
    """Give a generated shop that a test may alter, with the narrow character set of 2.4.7."""
    with database.connect() as connection:
        load_schema(connection, charset="utf8mb3")
        generate(connection, has_triggers=False)
        yield Workbench(connection, "")


def test_scopes_and_the_default_view_are_known(bench: Workbench) -> None:
    stores = bench.shop().stores
    assert stores.default_view is not None
    assert stores.default_view.store_id == 1
    assert sorted(stores.views) == [0, 1, 2, 3]
    assert [view.code for view in stores.by_website[1]] == ["en_1_1", "pl_1_2"]
    assert stores.websites[2].code == "site_2"
    assert stores.groups[2].default_store_id == 3
    assert bench.shop().view_count == 3


def test_now_is_the_databases_clock_until_it_is_moved(bench: Workbench) -> None:
    shop = bench.shop()
    text = str(bench.ask("SELECT CAST(UTC_TIMESTAMP() AS CHAR)")[0][0])
    clock = datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    assert abs(clock - shop.now) < timedelta(seconds=30)
    moved = shop.at(datetime(2025, 7, 1, 22, 30, tzinfo=UTC))
    assert moved.local_time(moved.stores.views[1]) == "2025-07-02 00:30:00"
    assert moved.local_day_ago(moved.stores.views[1]) == "2025-07-01 00:30:00"
    assert moved.categories is shop.categories


def test_a_time_zone_this_machine_does_not_know_reads_as_utc(bench: Workbench) -> None:
    bench.configure("general/locale/timezone", "Mars/Olympus")
    shop = bench.shop().at(datetime(2025, 7, 1, 22, 30, tzinfo=UTC))
    assert shop.local_time(shop.stores.views[1]) == "2025-07-01 22:30:00"


def test_every_table_the_snapshot_is_read_from_is_named(bench: Workbench) -> None:
    bench.statements.clear()
    bench.shop()
    read = {
        word.strip("`")[len(bench.prefix) :]
        for sql, _ in bench.statements
        for word in sql.replace("\n", " ").split()
        if word.startswith(f"`{bench.prefix}")
    }
    assert read == SHOP_TABLES


def test_no_secret_of_the_configuration_is_read(bench: Workbench) -> None:
    bench.configure("payment/gateway/key", "secret-key")
    asked = [args for sql, args in bench.statements if "core_config_data" in sql]
    bench.shop()
    assert "payment/gateway/key" not in repr(asked)
    assert "secret-key" not in repr(bench.shop().config.__dict__)


def test_a_shop_without_optional_tables_is_read(fresh: Workbench) -> None:
    fresh.execute("SET FOREIGN_KEY_CHECKS = 0")
    for table in sorted(OPTIONAL_TABLES):
        fresh.execute(f"DROP TABLE {{{table}}}")
    shop = fresh.shop()
    assert shop.present == frozenset()
    products = fresh.load(Model.PRODUCT, *range(1, 31), shop=shop)
    assert len(products) == 30
    views = [view for product in products.values() for view in product["stores"].values()]
    assert {view["stock_status"] for view in views} == {None}
    assert {view["parent"] for view in views} == {None}
    assert len(fresh.load(Model.ORDER, *range(1, 21), shop=shop)) == 20


def test_a_shop_without_multi_source_inventory_goes_by_the_stock_flag(fresh: Workbench) -> None:
    product = fresh.make_product("FLAG", qty=0)
    fresh.execute("SET FOREIGN_KEY_CHECKS = 0")
    for table in ("inventory_source_item", "inventory_source_stock_link"):
        fresh.execute(f"DROP TABLE {{{table}}}")
    shop: Shop = fresh.shop()
    assert not shop.stocks.is_msi
    assert fresh.product(product, shop)["stores"]["1"]["is_salable"] is True


def test_texts_a_narrow_column_cannot_hold_find_nothing(fresh: Workbench) -> None:
    fresh.insert("newsletter_subscriber", subscriber_email="a@x.pl", store_id=1)
    assert list(fresh.load(Model.SUBSCRIBER, "😀@x.pl", "a@x.pl")) == ["a@x.pl"]
    assert fresh.product_loader().entity_ids_by_sku(fresh, ["😀"]) == {}


def test_a_staged_catalog_is_refused_in_clear_words(fresh: Workbench) -> None:
    fresh.execute("ALTER TABLE {catalog_product_entity} ADD row_id INT UNSIGNED")
    with pytest.raises(SourceMisconfigured, match="Adobe Commerce"):
        fresh.shop()
