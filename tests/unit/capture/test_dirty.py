"""The dirty set: coalescing, settling, and how far the checkpoint may go."""

from __future__ import annotations

import pytest

from cdc.dirty import DirtySet
from cdc.names import Kind, Name
from cdc.position import Position
from config.source import SettleByModel, SettleSettings

SETTLE = SettleByModel(
    product=SettleSettings(quiet_ms=300, longest_ms=1000, delete_ms=2000),
    customer=SettleSettings(quiet_ms=20, longest_ms=100, delete_ms=20),
)


def at(offset: int) -> Position:
    return Position("mariadb", "server", "bin.000001", offset)


def product(entity_id: int, *, deleted: bool = False) -> Name:
    return Name(Kind.PRODUCT, str(entity_id), deleted, ("SKU",) if deleted else None)


def customer(entity_id: int) -> Name:
    return Name(Kind.CUSTOMER, str(entity_id))


@pytest.fixture
def dirty() -> DirtySet:
    return DirtySet(SETTLE, at(0))


def test_a_key_of_an_open_transaction_is_never_taken(dirty: DirtySet) -> None:
    dirty.name("customer_entity", [customer(1)])
    assert dirty.take(10, now_s=1000.0) == []


def test_a_key_is_taken_once_it_was_quiet_for_its_time(dirty: DirtySet) -> None:
    dirty.name("catalog_product_entity_int", [product(1)])
    dirty.commit(at(10), 5, now_s=1.0)
    assert dirty.take(10, now_s=1.299) == []
    assert [key.id for key in dirty.take(10, now_s=1.301)] == ["1"]


def test_a_key_that_never_gets_quiet_is_taken_after_the_longest_time(dirty: DirtySet) -> None:
    for step in range(11):
        dirty.name("catalog_product_entity_int", [product(1)])
        dirty.commit(at(10 + step), 5, now_s=1.0 + step * 0.1)
    assert dirty.take(10, now_s=1.99) == []
    assert len(dirty.take(10, now_s=2.0)) == 1


def test_ten_changes_of_one_key_cost_one_read_and_keep_the_newest_position(
    dirty: DirtySet,
) -> None:
    for step in range(10):
        dirty.name(f"table_{step}", [customer(1)])
        dirty.commit(at(10 + step), 100 + step, now_s=1.0)
    (key,) = dirty.take(10, now_s=2.0)
    assert key.position == at(19)
    assert key.committed_ms == 109
    assert len(key.tables) == 10


def test_a_settling_product_does_not_delay_a_customer(dirty: DirtySet) -> None:
    dirty.name("catalog_product_entity", [product(1)])
    dirty.commit(at(10), 1, now_s=1.0)
    dirty.name("customer_entity", [customer(2)])
    dirty.commit(at(20), 2, now_s=1.0)
    assert [key.kind for key in dirty.take(10, now_s=1.05)] == [Kind.CUSTOMER]


def test_a_deleted_product_waits_so_that_a_replaced_sku_is_an_update(dirty: DirtySet) -> None:
    dirty.name("catalog_product_entity", [product(1, deleted=True)])
    dirty.commit(at(10), 1, now_s=1.0)
    assert dirty.take(10, now_s=2.9) == []
    (key,) = dirty.take(10, now_s=3.1)
    assert key.is_deleted
    assert key.image == ("SKU",)


def test_a_product_written_again_after_its_delete_settles_like_any_other(dirty: DirtySet) -> None:
    dirty.name("catalog_product_entity", [product(1, deleted=True)])
    dirty.commit(at(10), 1, now_s=1.0)
    dirty.name("catalog_product_entity", [product(1)])
    dirty.commit(at(20), 2, now_s=1.1)
    (key,) = dirty.take(10, now_s=1.41)
    assert not key.is_deleted


def test_other_tables_rows_after_a_delete_do_not_bring_the_entity_back(dirty: DirtySet) -> None:
    dirty.name("catalog_product_entity", [product(1, deleted=True)])
    dirty.commit(at(10), 1, now_s=1.0)
    dirty.name("url_rewrite", [product(1)])
    dirty.commit(at(20), 2, now_s=1.0)
    (key,) = dirty.take(10, now_s=4.0)
    assert key.is_deleted


def test_checkpoint_stays_before_a_transaction_whose_key_still_settles(dirty: DirtySet) -> None:
    dirty.commit(at(10), 1, now_s=1.0)
    dirty.name("catalog_product_entity", [product(1)])
    dirty.commit(at(20), 1, now_s=1.0)
    dirty.commit(at(30), 1, now_s=1.0)
    assert dirty.checkpoint() == at(10)


def test_checkpoint_stays_while_a_taken_key_is_not_published(dirty: DirtySet) -> None:
    dirty.name("customer_entity", [customer(1)])
    dirty.commit(at(20), 1, now_s=1.0)
    keys = dirty.take(10, now_s=2.0)
    assert dirty.checkpoint() == at(0)
    assert dirty.checkpoint(published=keys) == at(20)
    dirty.done(keys)
    assert dirty.checkpoint() == at(20)


def test_a_key_named_again_while_it_is_published_holds_the_checkpoint_anew(
    dirty: DirtySet,
) -> None:
    dirty.name("customer_entity", [customer(1)])
    dirty.commit(at(20), 1, now_s=1.0)
    keys = dirty.take(10, now_s=2.0)
    dirty.name("customer_entity", [customer(1)])
    dirty.commit(at(30), 1, now_s=2.0)
    assert dirty.checkpoint(published=keys) == at(20)
    dirty.done(keys)
    again = dirty.take(10, now_s=3.0)
    assert dirty.checkpoint(published=again) == at(30)


def test_a_delete_waits_its_full_time_whatever_was_changed_before(dirty: DirtySet) -> None:
    for step in range(10):
        dirty.name("catalog_product_entity_int", [product(1)])
        dirty.commit(at(10 + step), 1, now_s=1.0 + step * 0.09)
    dirty.name("catalog_product_entity", [product(1, deleted=True)])
    dirty.commit(at(30), 1, now_s=1.9)
    assert dirty.take(10, now_s=3.8) == []
    assert [key.is_deleted for key in dirty.take(10, now_s=3.91)] == [True]


def test_a_deleted_row_decides_though_other_rows_came_before_it(dirty: DirtySet) -> None:
    category = Name(Kind.CATEGORY, "9")
    dirty.name("catalog_category_entity_varchar", [category])
    dirty.name("catalog_category_entity", [Name(Kind.CATEGORY, "9", is_deleted=True)])
    dirty.commit(at(10), 1, now_s=1.0)
    (key,) = dirty.take(10, now_s=9.0)
    assert key.is_deleted


def test_checkpoint_stays_before_a_prepared_xa_transaction(dirty: DirtySet) -> None:
    dirty.commit(at(10), 1, now_s=1.0)
    dirty.name("customer_entity", [customer(1)])
    dirty.commit(at(30), 1, now_s=1.0, resume=at(10))
    keys = dirty.take(10, now_s=2.0)
    assert dirty.position == at(30)
    assert dirty.checkpoint(published=keys) == at(10)
    dirty.done(keys)
    assert dirty.checkpoint() == at(10)


def test_rows_of_a_committed_xa_transaction_hold_the_place_before_its_prepare(
    dirty: DirtySet,
) -> None:
    dirty.commit(at(20), 1, now_s=1.0, resume=at(10))
    dirty.name("customer_entity", [customer(1)])
    dirty.commit(at(30), 1, now_s=1.0)
    keys = dirty.take(10, now_s=2.0)
    assert dirty.checkpoint() == at(10)
    assert dirty.checkpoint(published=keys) == at(30)


def test_a_hot_key_takes_no_more_room_with_every_change(dirty: DirtySet) -> None:
    for step in range(1000):
        dirty.name("customer_entity", [customer(1)])
        dirty.commit(at(10 + step), 1, now_s=1.0 + step / 1e5)
    assert len(dirty) == 1
    assert len(dirty._heap) == 1
