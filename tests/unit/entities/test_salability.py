"""When a product can be bought."""

from __future__ import annotations

from decimal import Decimal

import pytest

from cdc.entities.salability import (
    SourceQuantities,
    StockItem,
    any_salable,
    is_bundle_salable,
    is_item_in_stock,
    is_source_in_stock,
)
from cdc.entities.stocks import Stocks


def item(
    is_in_stock: int = 1,
    qty: str | None = "5.0000",
    min_qty: str = "0",
    manage_stock: bool = True,
    backorders: int = 0,
) -> StockItem:
    return StockItem(is_in_stock, qty, min_qty, manage_stock, backorders)


@pytest.mark.parametrize(
    ("stock_item", "reserved", "is_in_stock"),
    [
        (item(), "0", True),
        (item(is_in_stock=0), "0", False),
        (item(is_in_stock=0, manage_stock=False), "0", True),
        (item(qty="0.0000"), "0", False),
        (item(qty=None), "0", False),
        (item(), "-5", False),
        (item(), "-4", True),
        (item(min_qty="5"), "0", False),
        (item(qty="0.0000", backorders=1), "-9", True),
        (item(qty="0.0000", min_qty="-3", backorders=1), "-2", True),
        (item(qty="0.0000", min_qty="-3", backorders=1), "-3", False),
    ],
)
def test_the_default_stock_counts_flag_quantity_and_reservations(
    stock_item: StockItem, reserved: str, is_in_stock: bool
) -> None:
    found = is_item_in_stock(stock_item, Decimal(reserved), is_composite=False)
    assert found is is_in_stock


def test_without_multi_source_inventory_the_flag_alone_counts() -> None:
    assert is_item_in_stock(item(qty="0.0000"), None, is_composite=False)
    assert not is_item_in_stock(item(is_in_stock=0), None, is_composite=False)


def test_the_quantity_of_a_composite_product_says_nothing() -> None:
    assert is_item_in_stock(item(qty="0.0000"), Decimal(0), is_composite=True)


@pytest.mark.parametrize(
    ("held", "reserved", "is_in_stock"),
    [
        (None, "0", False),
        (SourceQuantities(True, Decimal(2)), "0", True),
        (SourceQuantities(True, Decimal(2)), "-2", False),
        (SourceQuantities(False, Decimal(0)), "0", False),
    ],
)
def test_a_stock_with_sources_counts_what_its_sources_hold(
    held: SourceQuantities | None, reserved: str, is_in_stock: bool
) -> None:
    # The legacy item says "in stock" all along: it belongs to the default stock.
    assert is_source_in_stock(item(), held, Decimal(reserved)) is is_in_stock


def test_stock_that_is_not_managed_is_in_stock_where_the_sku_is_assigned() -> None:
    unmanaged = item(manage_stock=False)
    assert is_source_in_stock(unmanaged, SourceQuantities(False, Decimal(0)), Decimal(0))
    assert not is_source_in_stock(unmanaged, None, Decimal(0))


@pytest.mark.parametrize(
    ("options", "is_salable"),
    [
        ([], False),
        ([(True, [True, False]), (True, [True])], True),
        ([(True, [True]), (True, [False, None])], False),
        ([(True, [True]), (False, [False])], True),
        ([(False, [False]), (False, [])], False),
        ([(True, [])], False),
    ],
)
def test_a_bundle_needs_a_selection_for_each_required_option(
    options: list[tuple[bool, list[bool | None]]], is_salable: bool
) -> None:
    assert is_bundle_salable(options) is is_salable


def test_one_member_is_enough_for_a_configurable() -> None:
    assert any_salable([False, None, True])
    assert not any_salable([False, None])
    assert not any_salable([])


def test_a_website_without_channel_sells_from_the_only_stock_there_is() -> None:
    assert Stocks(is_msi=True, by_website={1: 1}).of_website(2) == 1
    assert Stocks(is_msi=True, by_website={1: 3}).of_website(2) is None
    assert Stocks(is_msi=True, by_website={1: 3}).of_website(1) == 3
    assert Stocks().of_website(9) == 1
