"""Topics that vanish, and a position that is given up: what the index knew is not forgotten."""

from __future__ import annotations

import shutil
import sqlite3

import pytest

from cdc.log.embedded import EmbeddedLog
from cdc.log.topics import TopicNames
from cdc.records import Model
from cli.moves import forget_position
from tests.integration.capture.comparing import differences
from tests.integration.capture.conftest import MakeRig, TestShop
from tests.integration.capture.rig import CaptureRig
from tests.waiting import wait_until


def remove_log(rig: CaptureRig) -> None:
    """Delete the file of the topics with all that lies beside it."""
    path = rig.settings.embedded_log_path
    for file in path.parent.glob(f"{path.name}*"):
        file.unlink()


def live_before(shop: TestShop) -> dict[str, str]:
    """Change things while capture runs, so that the index knows what the shop will not tell."""
    order_id = str(shop.value("SELECT MAX(entity_id) FROM sales_order WHERE customer_id > 2"))
    client = str(shop.value("SELECT customer_id FROM sales_order WHERE entity_id = %s", order_id))
    shop.actions.customers.change_email(2, "second@example.com")
    shop.actions.customers.delete(1)
    return {"order": order_id, "client": client}


def change_meanwhile(shop: TestShop, order_id: str) -> dict[Model, str]:
    """Delete one of everything and give an order away; the keys of what is gone."""
    gone = {
        Model.PRODUCT: str(shop.value("SELECT MIN(TRIM(sku)) FROM catalog_product_entity")),
        Model.ORDER: str(shop.value("SELECT MIN(entity_id) FROM sales_order")),
        Model.CUSTOMER: str(shop.value("SELECT MAX(entity_id) FROM customer_entity")),
    }
    assert gone[Model.ORDER] != order_id
    shop.actions.products.delete(
        int(shop.value("SELECT entity_id FROM catalog_product_entity ORDER BY TRIM(sku) LIMIT 1"))
    )
    shop.actions.orders.delete(int(gone[Model.ORDER]))
    shop.actions.customers.delete(int(gone[Model.CUSTOMER]))
    shop.execute("UPDATE sales_order SET customer_id = 2 WHERE entity_id = %s", order_id)
    return gone


def assert_all_is_there(
    rig: CaptureRig, before: dict[str, str], gone: dict[Model, str], first_seq: int
) -> None:
    """The topics hold the whole shop, the deletes, and what was known of old."""
    assert differences(rig) == []
    records = rig.published.all()
    assert min(record.seq for record in records) > first_seq
    deleted = {(record.model, record.key) for record in records if record.is_delete}
    assert set(gone.items()) <= deleted
    customer = rig.published.newest(Model.CUSTOMER)["2"]
    assert customer.identity["former_emails"], "the address it left while the old topics were there"
    order = rig.published.newest(Model.ORDER)[before["order"]]
    assert str(order.identity["client"]["customer_id"]) == before["client"]
    assert order.after is not None
    assert order.after["customer_id"] == 2


def test_deletes_and_identities_survive_topics_that_vanished_while_stopped(
    shop: TestShop, make_rig: MakeRig
) -> None:
    rig = make_rig(shop).start()
    rig.mark()
    before = live_before(shop)
    rig.mark()
    rig.stop()
    first_seq = max(record.seq for record in rig.published.all())
    gone = change_meanwhile(shop, before["order"])
    remove_log(rig)
    again = make_rig(shop).start()
    again.wait_until_at_rest()
    # What was deleted before goes out again: nobody knows whether it was delivered.
    assert again.published.newest(Model.CUSTOMER)["1"].is_delete
    assert_all_is_there(again, before, gone, first_seq)


def test_deletes_and_identities_survive_topics_that_vanish_under_a_running_capture(
    shop: TestShop, make_rig: MakeRig
) -> None:
    rig = make_rig(shop).start()
    rig.mark()
    before = live_before(shop)
    rig.mark()
    first_seq = max(record.seq for record in rig.published.all())
    rig.settings.embedded_log_path.unlink()
    gone = change_meanwhile(shop, before["order"])
    wait_until(rig.settings.embedded_log_path.exists, what="a new file")
    watcher = make_rig(shop)
    wait_until(lambda: watcher.checkpoint() is not None, what="a checkpoint in the new topics")
    watcher.wait_until_at_rest()
    assert rig.error is None
    assert_all_is_there(watcher, before, gone, first_seq)


def test_a_log_put_back_from_an_older_copy_is_loaded_again(
    shop: TestShop, make_rig: MakeRig
) -> None:
    rig = make_rig(shop).start()
    rig.mark()
    rig.stop()
    path = rig.settings.embedded_log_path
    copy = path.with_name("copy.sqlite")
    shutil.copy(path, copy)
    rig.start()
    rig.mark()
    made = shop.actions.products.create("NEWER")
    rig.mark()
    rig.stop()
    newest = max(record.seq for record in rig.published.all())
    shop.execute("SET sql_log_bin = 0")
    shop.actions.products.delete(int(made.ids["product_id"]))
    shop.execute("SET sql_log_bin = 1")
    remove_log(rig)
    shutil.copy(copy, path)
    again = make_rig(shop).start()
    again.wait_until_at_rest()
    delete = again.published.newest(Model.PRODUCT)["NEWER"]
    assert delete.is_delete, "the older topics never knew it, but Synerise does"
    assert delete.seq > newest
    assert differences(again) == []


def test_topics_of_another_shop_start_without_its_index(
    shop: TestShop, make_rig: MakeRig, caplog: pytest.LogCaptureFixture
) -> None:
    rig = make_rig(shop).start()
    rig.mark()
    rig.stop()
    remove_log(rig)
    with sqlite3.connect(rig.settings.state_dir / "identity.sqlite") as db:
        db.execute("UPDATE origin SET value = 'another_shop' WHERE name = 'schema'")
        db.execute("UPDATE known SET key = 'of the other shop' WHERE model = 'order' AND key = '1'")
    db.close()
    again = make_rig(shop).start()
    again.wait_until_at_rest()
    assert [record for record in again.published.all() if record.is_delete] == []
    (reason,) = [vars(r)["reason"] for r in caplog.records if r.message == "identity.foreign"]
    assert "it is of another_shop at" in reason


@pytest.mark.parametrize("damage", [None, b"{}"], ids=["purged", "damaged"])
def test_a_position_that_is_given_up_costs_no_delete_and_no_identity(
    shop: TestShop, make_rig: MakeRig, damage: bytes | None
) -> None:
    rig = make_rig(shop).start()
    rig.mark()
    before = live_before(shop)
    rig.mark()
    rig.stop()
    seen = len(rig.published.all())
    first_seq = max(record.seq for record in rig.published.all())
    shop.execute("SET sql_log_bin = 0")  # as if the binlogs between were purged
    gone = change_meanwhile(shop, before["order"])
    shop.execute("SET sql_log_bin = 1")
    log = EmbeddedLog(rig.settings.embedded_log_path, TopicNames(rig.settings.log.prefix), 1)
    if damage is not None:
        publisher = log.publisher()
        publisher.open()
        publisher.publish([], damage)
        publisher.close()
    forget_position(log)
    assert rig.checkpoint() is None
    rig.start()
    rig.wait_until_at_rest()
    assert_all_is_there(rig, before, gone, 0)
    loaded = rig.published.all()[seen:]
    assert min(record.seq for record in loaded) > first_seq
    live = {(model, key) for model in Model for key in rig.published.live(model)}
    assert live <= {(record.model, record.key) for record in loaded}, "everything comes again"
