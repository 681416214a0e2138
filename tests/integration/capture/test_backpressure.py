"""Bounds: few keys in memory, transactions with many rows, families with many members."""

from __future__ import annotations

from tests.integration.capture.comparing import differences
from tests.integration.capture.conftest import MakeRig, TestShop
from tests.shop.randomness.random_actions import random_actions
from tests.shop.shop import PRODUCT

ROWS_COUNT = 20_000


def test_room_for_one_key_is_enough(shop: TestShop, make_rig: MakeRig) -> None:
    rig = make_rig(shop, dirty_keys_max=1, window_keys=1).start()
    rig.wait_until_at_rest()
    for _ in random_actions(shop.connection, 21, 40):
        pass
    rig.wait_until_at_rest(60)
    assert differences(rig) == []


def test_a_transaction_with_many_rows_is_published_in_windows(
    shop: TestShop, make_rig: MakeRig
) -> None:
    rig = make_rig(shop, dirty_keys_max=100, window_keys=500).start()
    rig.mark()
    shop.execute(
        "INSERT INTO newsletter_subscriber (subscriber_email, store_id, subscriber_status) "
        f"SELECT CONCAT('many-', seq, '@example.com'), 1, 1 FROM seq_1_to_{ROWS_COUNT}"
    )
    records = rig.since()
    assert len(records) == ROWS_COUNT
    assert rig.status.dirty_count <= 1
    steps: dict[int, int] = {}
    for record in records:
        steps[record.seq] = steps.get(record.seq, 0) + 1
    assert max(steps.values()) == 500
    # Named by one transaction, so the checkpoint stayed before it until the last of them.
    assert len({record.source.pos for record in records}) == 1


def test_many_rows_of_one_key_are_one_record(shop: TestShop, make_rig: MakeRig) -> None:
    rig = make_rig(shop).start()
    rig.mark()
    attribute = shop.actions.shop.attribute(PRODUCT, "description")
    with shop.server.connect(database=shop.schema) as connection, connection.cursor() as cursor:
        connection.begin()
        for number in range(2000):
            cursor.execute(
                "REPLACE INTO catalog_product_entity_text (attribute_id, store_id, entity_id, "
                "value) VALUES (%s, 0, 1, %s)",
                (attribute.attribute_id, f"text {number}"),
            )
        connection.commit()
    (record,) = rig.since()
    assert record.after is not None
    assert record.after["attributes"]["description"] == "text 1999"


def test_what_relatives_bring_along_is_published_in_pieces(
    shop: TestShop, make_rig: MakeRig
) -> None:
    rig = make_rig(shop, window_keys=5).start()
    rig.wait_until_at_rest()
    parent = int(shop.actions.products.create("BIG", type_id="configurable").ids["product_id"])
    for number in range(17):
        child = shop.actions.products.create(f"BIG-{number}", is_visible=False)
        shop.actions.products.attach_child(parent, int(child.ids["product_id"]))
    rig.mark()
    shop.actions.products.change_sku(parent, "BIGGER")
    records = rig.since()
    assert {record.key for record in records} == {"BIG", "BIGGER"} | {
        f"BIG-{number}" for number in range(17)
    }
    steps = [record.seq for record in records]
    assert max(steps.count(seq) for seq in set(steps)) <= 6
