"""Products: settling, imports, SKUs, websites, families."""

from __future__ import annotations

from cdc.records import ChangeRecord, Model, Op
from tests.integration.capture.conftest import Live
from tests.waiting import wait_until


def keys(records: list[ChangeRecord]) -> list[tuple[str, bool]]:
    """Message key and whether it is a delete, sorted."""
    return sorted((record.key, record.is_delete) for record in records)


def test_the_many_transactions_of_an_import_are_one_record_a_product(live: Live) -> None:
    live.actions.product_imports.append_new(["IMPORT-1", "IMPORT-2"], website_id=1)
    records = live.rig.since()
    assert keys(records) == [("IMPORT-1", False), ("IMPORT-2", False)]
    for record in records:
        assert record.op is Op.CREATE
        assert record.after is not None
        assert set(record.after["stores"]) == {"1", "2"}
        assert record.after["stores"]["1"]["price"]["final"] is not None
        assert "catalog_product_entity_decimal" in record.changed


def test_a_replaced_product_is_an_update_of_its_sku_and_no_delete(live: Live) -> None:
    old_id = live.new_product("REPLACED", website_ids=[1, 2])
    live.actions.product_places.unassign_website(old_id, 2)
    live.rig.mark()
    done = live.actions.product_imports.replace(old_id)
    (record,) = live.rig.since()
    assert (record.key, record.id) == ("REPLACED", str(done.ids["new_id"]))
    assert not record.is_delete
    assert set(record.identity["stores"]) == {"1", "2", "3"}


def test_a_sku_that_does_not_come_back_is_deleted_after_its_time(live: Live) -> None:
    product_id = live.new_product("GOING", website_ids=[1, 2])
    live.actions.product_imports.delete([product_id])
    (record,) = live.rig.since()
    assert (record.key, record.is_delete) == ("GOING", True)
    assert set(record.identity["stores"]) == {"1", "2", "3"}
    assert record.captured_ms - record.ts_ms >= 0
    assert "catalog_product_entity" in record.changed


def test_a_sku_that_comes_back_after_its_time_is_a_delete_and_a_create(live: Live) -> None:
    product_id = live.new_product("LATE", website_ids=[1, 2])

    def wait_for_delete() -> None:
        wait_until(
            lambda: live.rig.published.newest(Model.PRODUCT)["LATE"].is_delete, what="delete"
        )

    live.actions.product_imports.replace(product_id, between=wait_for_delete)
    records = live.rig.since()
    assert [(record.key, record.op) for record in records] == [
        ("LATE", Op.DELETE),
        ("LATE", Op.CREATE),
    ]
    assert set(records[1].identity["stores"]) == {"1", "2", "3"}


def test_sku_change_marks_the_old_item_deleted_and_creates_the_new(live: Live) -> None:
    product_id = live.new_product("OLD-SKU")
    live.actions.products.change_sku(product_id, "NEW-SKU")
    records = live.rig.since()
    assert [(record.key, record.op) for record in records] == [
        ("OLD-SKU", Op.DELETE),
        ("NEW-SKU", Op.CREATE),
    ]
    assert records[0].seq == records[1].seq


def test_a_sku_that_changes_its_case_alone_is_another_key(live: Live) -> None:
    product_id = live.new_product("case-sku")
    live.actions.products.change_sku(product_id, "CASE-SKU")
    assert keys(live.rig.since()) == [("CASE-SKU", False), ("case-sku", True)]


def test_swapped_skus_end_with_both_products_under_the_other_key(live: Live) -> None:
    first, second = live.new_product("SWAP-A"), live.new_product("SWAP-B")
    for product_id, sku in ((first, "SWAP-TEMP"), (second, "SWAP-A"), (first, "SWAP-B")):
        live.actions.products.change_sku(product_id, sku)
    assert not any(record.is_delete for record in live.rig.since())
    newest = live.rig.published.newest(Model.PRODUCT)
    assert (newest["SWAP-A"].id, newest["SWAP-B"].id) == (str(second), str(first))
    assert "SWAP-TEMP" not in newest


def test_a_freed_sku_that_another_product_takes_later_is_that_products(live: Live) -> None:
    first, second = live.new_product("FREED"), live.new_product("TAKER")
    live.actions.products.change_sku(first, "MOVED-AWAY")
    live.rig.wait_until_at_rest()
    live.actions.products.change_sku(second, "FREED")
    assert keys(live.rig.since()) == [
        ("FREED", False),
        ("FREED", True),
        ("MOVED-AWAY", False),
        ("TAKER", True),
    ]
    newest = live.rig.published.newest(Model.PRODUCT)
    assert (newest["FREED"].id, newest["FREED"].is_delete) == (str(second), False)


def test_a_freed_sku_that_another_product_takes_at_once_is_never_deleted(live: Live) -> None:
    first, second = live.new_product("QUICK"), live.new_product("QUICK-TAKER")
    live.actions.products.change_sku(first, "QUICK-AWAY")
    live.actions.products.change_sku(second, "QUICK")
    assert keys(live.rig.since()) == [
        ("QUICK", False),
        ("QUICK-AWAY", False),
        ("QUICK-TAKER", True),
    ]
    assert live.rig.published.newest(Model.PRODUCT)["QUICK"].id == str(second)


def test_a_left_website_is_kept_in_the_identity_and_not_in_the_entity(live: Live) -> None:
    product_id = live.new_product("SITES", website_ids=[1, 2])
    live.actions.product_places.unassign_website(product_id, 2)
    (record,) = live.rig.since()
    assert record.after is not None
    assert set(record.after["stores"]) == {"1", "2"}
    assert set(record.identity["stores"]) == {"1", "2", "3"}


def test_a_deleted_product_knows_the_stores_that_vanished_by_cascade(live: Live) -> None:
    product_id = live.new_product("CASCADE", website_ids=[1, 2])
    live.actions.products.delete(product_id)
    (record,) = live.rig.since()
    assert record.is_delete
    assert record.identity["stores"]["3"]["website_id"] == 2


def family(live: Live, name: str) -> tuple[int, int]:
    """A configurable and its invisible child, published."""
    parent = live.new_product(f"{name}-PARENT", type_id="configurable")
    child = live.new_product(f"{name}-CHILD", is_visible=False)
    live.actions.products.attach_child(parent, child)
    live.rig.mark()
    return parent, child


def test_a_configurable_whose_child_is_deleted_is_published_again(live: Live) -> None:
    parent, child = family(live, "DEL")
    live.actions.products.delete(child)
    assert keys(live.rig.since()) == [("DEL-CHILD", True), ("DEL-PARENT", False)]
    newest = live.rig.published.newest(Model.PRODUCT)["DEL-PARENT"]
    assert newest.after is not None
    assert newest.after["child_ids"] == []
    assert newest.id == str(parent)


def test_stock_of_a_child_changes_its_parent(live: Live) -> None:
    _, child = family(live, "STOCK")
    live.actions.stock.set_source(child, 0)
    assert keys(live.rig.since()) == [("STOCK-CHILD", False), ("STOCK-PARENT", False)]
    newest = live.rig.published.newest(Model.PRODUCT)["STOCK-PARENT"]
    assert newest.after is not None
    assert newest.after["stores"]["1"]["is_salable"] is False
    assert newest.cause == "dependency"


def test_invisible_children_show_the_new_sku_of_their_parent(live: Live) -> None:
    parent, _ = family(live, "SKU")
    live.actions.products.change_sku(parent, "SKU-PARENT-2")
    records = {record.key: record for record in live.rig.since()}
    child = records["SKU-CHILD"]
    assert child.after is not None
    assert child.after["stores"]["1"]["parent"]["sku"] == "SKU-PARENT-2"


def test_invisible_children_show_the_new_address_of_their_parent(live: Live) -> None:
    parent, _ = family(live, "URL")
    live.shop.execute(
        "UPDATE url_rewrite SET request_path = CONCAT('moved-', request_path) "
        "WHERE entity_type = 'product' AND entity_id = %s",
        parent,
    )
    child = {record.key: record for record in live.rig.since()}["URL-CHILD"]
    assert child.after is not None
    assert "/moved-" in child.after["stores"]["1"]["parent"]["url"]


def test_saving_a_product_as_it_is_publishes_nothing(live: Live) -> None:
    product_id = live.new_product("NOOP")
    before = live.rig.status.unchanged_count[Model.PRODUCT]
    live.shop.execute(
        "UPDATE catalog_product_entity SET has_options = 1 - has_options, "
        "updated_at = updated_at WHERE entity_id = %s",
        product_id,
    )
    assert live.rig.since() == []
    assert live.rig.status.unchanged_count[Model.PRODUCT] == before + 1


def test_swapping_index_tables_costs_no_read(live: Live) -> None:
    status = live.rig.status
    before = dict(status.unchanged_count)
    live.actions.noise.full_reindex()
    assert live.rig.since() == []
    assert dict(status.unchanged_count) == before


def test_noise_of_a_live_shop_is_not_even_decoded(live: Live) -> None:
    status = live.rig.status
    rows, unchanged = status.rows_count, dict(status.unchanged_count)
    live.actions.noise.run_cron()
    live.actions.noise.send_message()
    live.actions.noise.write_session()
    live.actions.noise.fill_cart()
    assert live.rig.since() == []
    assert (status.rows_count, dict(status.unchanged_count)) == (rows, unchanged)
