"""The reference function takes what a shop may hold."""

from __future__ import annotations

from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.reference.people import expected_transactions
from tests.reference.shop import ReferenceShop

ITEM = {
    "item_id": 1, "parent_item_id": None, "qty_ordered": "1", "row_total": "10",
    "discount_amount": "0", "tax_amount": "2", "name": "Bag", "sku": "24-MB01",
}  # fmt: skip


def shop(created_at: Any) -> ReferenceShop:
    """A shop with one order."""
    order = dict.fromkeys(
        ("shipping_incl_tax", "shipping_amount", "shipping_method", "status", "coupon_code")
    ) | {
        "entity_id": 1, "store_id": 1, "increment_id": "000000001", "order_currency_code": "EUR",
        "discount_amount": "0", "created_at": created_at,
    }  # fmt: skip
    rows = SimpleNamespace(
        all=lambda sql, *values: [ITEM] if "sales_order_item" in sql else [order],
        value=lambda sql, *values: "checkmo",
    )
    return cast(ReferenceShop, SimpleNamespace(rows=rows))


@pytest.mark.parametrize("created_at", ["0000-00-00 00:00:00", "2026-00-10 00:00:00", None])
def test_an_order_without_a_date_is_not_expected(created_at: str | None) -> None:
    assert expected_transactions(shop(created_at), [{"store_id": 1}]) == {}


def test_an_order_with_a_date_is_expected() -> None:
    found = expected_transactions(shop(datetime(2026, 5, 1, 10)), [{"store_id": 1}])
    assert found["000000001"]["recordedAt"] == "2026-05-01T10:00:00.000Z"
