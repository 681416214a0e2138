"""The initial load: everything once, nothing lost, and it goes on where it was."""

from __future__ import annotations

from cdc.records import Model, Op
from tests.integration.capture.conftest import MakeRig, TestShop
from tests.integration.capture.rig import CaptureRig


def keys_in_shop(shop: TestShop) -> dict[Model, set[str]]:
    """Message keys of everything that exists."""
    columns = {
        Model.CUSTOMER: "CAST(entity_id AS CHAR) FROM customer_entity",
        Model.ORDER: "CAST(entity_id AS CHAR) FROM sales_order",
        Model.PRODUCT: "TRIM(sku) FROM catalog_product_entity",
        Model.SUBSCRIBER: "TRIM(subscriber_email) FROM newsletter_subscriber",
    }
    return {
        model: {row[0] for row in shop.execute(f"SELECT {select}")}
        for model, select in columns.items()
    }


def assert_everything_is_live(rig: CaptureRig, shop: TestShop) -> None:
    """Exactly what exists is live in the topics."""
    assert {model: set(rig.published.live(model)) for model in Model} == keys_in_shop(shop)


def test_everything_is_published_once_as_read(rig: CaptureRig, shop: TestShop) -> None:
    assert_everything_is_live(rig, shop)
    records = rig.published.all()
    assert {record.op for record in records} == {Op.READ}
    assert len(records) == sum(map(len, keys_in_shop(shop).values()))
