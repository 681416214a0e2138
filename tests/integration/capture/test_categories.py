"""Categories: their products are found page by page, also when the category is gone."""

from __future__ import annotations

import pytest

from cdc.errors import LogUnavailable
from cdc.records import ChangeRecord, Model
from tests.integration.capture.conftest import MakeRig, TestShop
from tests.integration.capture.faults import FaultyLog
from tests.integration.capture.rig import CaptureRig

WINDOW = 3


@pytest.fixture
def rig(shop: TestShop, make_rig: MakeRig) -> CaptureRig:
    """Give a rig that reads three products at a time."""
    rig = make_rig(shop, window_keys=WINDOW).start()
    rig.mark()
    return rig


def filled_category(shop: TestShop, rig: CaptureRig) -> tuple[int, int, set[str]]:
    """A category with a child below it, more products in both than a page has, their SKUs."""
    top = int(shop.actions.categories.create(2, "Top").ids["category_id"])
    below = int(shop.actions.categories.create(top, "Below").ids["category_id"])
    skus = set()
    for number in range(2 * WINDOW + 1):
        category_id = below if number % 2 else top
        shop.actions.products.create(f"IN-{number}", category_ids=[category_id])
        skus.add(f"IN-{number}")
    rig.mark()
    return top, below, skus


def paths(record: ChangeRecord) -> list[list[str]]:
    """Category paths of a product in view 1."""
    assert record.after is not None
    return [entry["path"] for entry in record.after["stores"]["1"]["categories"]]


def test_a_renamed_category_renames_the_paths_of_all_products_below_it(
    rig: CaptureRig, shop: TestShop
) -> None:
    top, _, skus = filled_category(shop, rig)
    shop.actions.categories.rename(top, "Renamed")
    records = rig.since()
    assert {record.key for record in records} == skus
    assert len(records) == len(skus)
    assert all("Renamed" in path for record in records for path in paths(record))
    assert {record.cause for record in records} == {"dependency"}


def test_a_moved_category_takes_its_products_along(rig: CaptureRig, shop: TestShop) -> None:
    _, below, skus = filled_category(shop, rig)
    target = int(shop.actions.categories.create(2, "Target").ids["category_id"])
    shop.actions.categories.move(below, target)
    rig.wait_until_at_rest()
    newest = rig.published.newest(Model.PRODUCT)
    moved = {sku for sku in skus if any("Target" in path for path in paths(newest[sku]))}
    assert moved == {sku for sku in skus if int(sku[3:]) % 2}


def test_products_of_a_deleted_category_are_found_by_what_was_published(
    rig: CaptureRig, shop: TestShop
) -> None:
    top, below, skus = filled_category(shop, rig)
    # The rows of the rewrites would name the products as well.
    shop.execute("DELETE FROM catalog_category_entity WHERE entity_id IN (%s, %s)", top, below)
    records = rig.since()
    assert {record.key for record in records} == skus
    assert all(paths(record) == [] for record in records)


def test_counters_of_a_category_cost_no_read(rig: CaptureRig, shop: TestShop) -> None:
    top, _, _ = filled_category(shop, rig)
    before = dict(rig.status.unchanged_count)
    shop.execute(
        "UPDATE catalog_category_entity SET children_count = children_count + 1, position = 7 "
        "WHERE entity_id = %s",
        top,
    )
    assert rig.since() == []
    assert rig.status.unchanged_count == before


def test_live_changes_do_not_wait_for_a_long_expansion(rig: CaptureRig, shop: TestShop) -> None:
    top, _, skus = filled_category(shop, rig)
    shop.actions.categories.rename(top, "Long")
    email = str(shop.actions.customers.register().ids["email"])
    records = rig.since()
    place = [record.model for record in records].index(Model.CUSTOMER)
    assert sum(record.model is Model.PRODUCT for record in records[place:]) > 0
    assert records[place].identity["email"] == email
    assert {record.key for record in records if record.model is Model.PRODUCT} == skus


def test_a_crash_in_the_middle_of_an_expansion_names_the_category_again(
    shop: TestShop, make_rig: MakeRig
) -> None:
    faulty = FaultyLog()
    rig = make_rig(shop, window_keys=WINDOW, wrap=faulty.around).start()
    top, _, skus = filled_category(shop, rig)
    held = rig.checkpoint()
    faulty.fail(LogUnavailable("the log is away"), when="Halfway", skip_count=1, count=1)
    shop.actions.categories.rename(top, "Halfway")
    records = rig.since()
    assert faulty.failed_count == 1
    assert held is not None
    assert faulty.checkpoints_at_failure == [held.position]
    assert {record.key for record in records} == skus
    assert all("Halfway" in path for record in records for path in paths(record))
