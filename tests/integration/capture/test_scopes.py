"""Store views, websites, attributes: changes of one row that concern everything."""

from __future__ import annotations

from cdc.records import Model
from tests.integration.capture.conftest import TestShop
from tests.integration.capture.rig import CaptureRig
from tests.shop.shop import PRODUCT


def test_a_new_store_view_gives_every_product_of_its_website_a_block(
    rig: CaptureRig, shop: TestShop
) -> None:
    done = shop.actions.stores.create_view(1, "de")
    records = rig.since()
    assert {record.model for record in records} == {Model.PRODUCT}
    products = rig.published.live(Model.PRODUCT)
    assert len(products) == shop.count("catalog_product_entity")
    for record in products.values():
        assert record.after is not None
        has_view = str(done.ids["store_id"]) in record.after["stores"]
        assert has_view == (1 in record.after["website_ids"])


def test_a_deleted_store_view_is_found_in_everything_that_silently_lost_it(
    rig: CaptureRig, shop: TestShop
) -> None:
    (lost,) = shop.execute("SELECT COUNT(*) FROM customer_entity WHERE store_id = 2")[0]
    assert lost
    shop.actions.stores.delete_view(2)
    rig.wait_until_at_rest()
    customers = rig.published.live(Model.CUSTOMER).values()
    nulled = [r for r in customers if r.after is not None and r.after["store_id"] is None]
    assert len([r for r in nulled if r.identity["store_id"] == 2]) == lost
    for record in rig.published.live(Model.PRODUCT).values():
        assert record.after is not None
        assert "2" not in record.after["stores"]
    for record in rig.published.live(Model.SUBSCRIBER).values():
        assert record.after is not None
        assert all(row["store_id"] != 2 for row in record.after["subscriptions"])


def test_a_deleted_website_leaves_products_with_the_stores_they_were_in(
    rig: CaptureRig, shop: TestShop
) -> None:
    before = {
        key: set(record.identity["stores"])
        for key, record in rig.published.live(Model.PRODUCT).items()
    }
    shop.actions.stores.delete_website(2)
    rig.wait_until_at_rest()
    products = rig.published.live(Model.PRODUCT)
    assert {key: set(record.identity["stores"]) for key, record in products.items()} == before
    for record in products.values():
        assert record.after is not None
        assert "3" not in record.after["stores"]
    for record in rig.published.live(Model.ORDER).values():
        assert record.after is not None
        assert record.after["store_id"] != 3
        assert record.identity["store_id"] is not None


def test_a_deleted_attribute_is_gone_from_every_product(rig: CaptureRig, shop: TestShop) -> None:
    attribute = shop.actions.shop.user_attributes(PRODUCT, "text", "select", "textarea")[0]
    products = rig.published.live(Model.PRODUCT).values()
    assert any(r.after is not None and attribute.code in r.after["attributes"] for r in products)
    shop.actions.attributes.delete(attribute.code)
    rig.wait_until_at_rest()
    for record in rig.published.live(Model.PRODUCT).values():
        assert record.after is not None
        assert attribute.code not in record.after["attributes"]


def test_labels_of_options_cost_nothing(rig: CaptureRig, shop: TestShop) -> None:
    attribute = shop.actions.shop.user_attributes(PRODUCT, "select")[0]
    shop.actions.attributes.relabel(attribute.code, {attribute.options[0]: "Other"})
    assert rig.since() == []


def test_a_new_base_url_changes_every_product(rig: CaptureRig, shop: TestShop) -> None:
    shop.actions.stores.set_config("web/unsecure/base_url", "https://moved.example.com/")
    rig.wait_until_at_rest()
    records = rig.since()
    assert len({record.key for record in records}) == shop.count("catalog_product_entity")
    urls = [
        view["product_url"]
        for record in records
        if record.after is not None
        for view in record.after["stores"].values()
    ]
    assert any(url.startswith("https://moved.example.com/") for url in urls if url)
