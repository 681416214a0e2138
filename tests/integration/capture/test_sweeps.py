"""Full runs: deletes that no event tells of, and runs that are asked for while one works."""

from __future__ import annotations

from cdc.records import Model, Op
from tests.integration.capture.comparing import differences
from tests.integration.capture.conftest import MakeRig, TestShop
from tests.integration.capture.rig import CaptureRig


def delete_without_binlog(shop: TestShop) -> dict[Model, str]:
    """Delete one of everything as a DBA does who turns the log off; returns the message keys."""
    gone = {
        Model.CUSTOMER: str(shop.value("SELECT MIN(entity_id) FROM customer_entity")),
        Model.ORDER: str(shop.value("SELECT MIN(entity_id) FROM sales_order")),
        Model.PRODUCT: str(shop.value("SELECT MIN(TRIM(sku)) FROM catalog_product_entity")),
        Model.SUBSCRIBER: str(
            shop.value("SELECT MIN(subscriber_email) FROM newsletter_subscriber")
        ),
    }
    shop.execute("SET sql_log_bin = 0")
    shop.execute("DELETE FROM customer_entity WHERE entity_id = %s", gone[Model.CUSTOMER])
    shop.execute("DELETE FROM sales_order WHERE entity_id = %s", gone[Model.ORDER])
    shop.execute("DELETE FROM catalog_product_entity WHERE TRIM(sku) = %s", gone[Model.PRODUCT])
    shop.execute(
        "DELETE FROM newsletter_subscriber WHERE subscriber_email = %s", gone[Model.SUBSCRIBER]
    )
    shop.execute("SET sql_log_bin = 1")
    return gone


def ask_for_full_runs(shop: TestShop) -> None:
    """Cause full runs of all models: a store view goes."""
    shop.execute("DELETE FROM store WHERE store_id = 3")


def test_deletes_that_are_not_in_the_binlog_are_found_by_a_full_run(
    shop: TestShop, make_rig: MakeRig
) -> None:
    rig = make_rig(shop).start()
    rig.mark()
    rig.stop()
    gone = delete_without_binlog(shop)
    rig.start()
    assert rig.since() == []
    ask_for_full_runs(shop)
    deletes = {record.model: record for record in rig.since() if record.is_delete}
    assert {model: record.key for model, record in deletes.items()} == gone
    assert {record.cause for record in deletes.values()} == {"sweep"}
    assert all(record.ts_ms > 0 for record in deletes.values())
    assert differences(rig) == []


def test_deletes_in_the_binlog_are_published_after_a_downtime(
    shop: TestShop, make_rig: MakeRig
) -> None:
    rig = make_rig(shop).start()
    rig.mark()
    rig.stop()
    shop.actions.customers.delete(1)
    shop.actions.products.delete(1)
    shop.actions.orders.delete(1)
    rig.start()
    deletes = [record for record in rig.since() if record.is_delete]
    assert {record.model for record in deletes} >= {Model.CUSTOMER, Model.PRODUCT, Model.ORDER}
    assert {record.cause for record in deletes} == {"stream"}
    assert differences(rig) == []


def test_a_truncated_table_asks_for_a_full_run_of_its_model(
    rig: CaptureRig, shop: TestShop
) -> None:
    shop.execute("SET foreign_key_checks = 0")
    shop.execute("TRUNCATE TABLE newsletter_subscriber")
    records = rig.since()
    assert {record.op for record in records} == {Op.DELETE}
    assert {record.model for record in records} == {Model.SUBSCRIBER}
    assert rig.published.live(Model.SUBSCRIBER) == {}


def test_a_full_run_publishes_what_did_not_change_as_well(rig: CaptureRig, shop: TestShop) -> None:
    ask_for_full_runs(shop)
    read = [record for record in rig.since() if record.op is Op.READ]
    counts = {model: sum(record.model is model for record in read) for model in Model}
    assert counts[Model.PRODUCT] == shop.count("catalog_product_entity")
    assert counts[Model.CUSTOMER] == shop.count("customer_entity")


def test_unchanged_entities_are_published_where_the_settings_say_so(
    shop: TestShop, make_rig: MakeRig
) -> None:
    rig = make_rig(shop, publish_unchanged=True).start()
    rig.mark()
    shop.execute(
        "UPDATE customer_entity SET failures_num = 7, updated_at = updated_at WHERE entity_id = 1"
    )
    (record,) = rig.since()
    assert (record.key, record.op) == ("1", Op.UPDATE)
