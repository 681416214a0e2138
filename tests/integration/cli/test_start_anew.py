"""A lost position and lost topics, from the command line to what Synerise holds in the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pymysql
import pytest
from kafka import KafkaAdminClient

from cdc.log.factory import open_log
from cdc.log.plan import plan_topics
from cdc.log.topics import TopicNames
from cdc.records import ChangeRecord, Model, decode_record
from cli.status import status_of
from tests.integration.cli.conftest import WEBSITES, Machine, use_kafka
from tests.reference.comparison import differences
from tests.servers.kafka import KafkaBroker
from tests.waiting import wait_until


def assert_nothing_differs(machine: Machine, shop: pymysql.Connection[Any]) -> None:
    """The sandbox holds the shop's state, without what was deleted and with no second charge."""
    shop.rollback()
    assert differences(shop, machine.sandbox.state(), WEBSITES) == []
    invariants = machine.sandbox.invariants()
    assert invariants["violations"] == []
    assert invariants["duplicate_charges"] == {}


@contextmanager
def committed(shop: pymysql.Connection[Any]) -> Iterator[Any]:
    """Give a cursor whose work is committed at the end."""
    with shop.cursor() as cursor:
        yield cursor
    shop.commit()


def buyers_order(shop: pymysql.Connection[Any]) -> tuple[int, int]:
    """An order of a customer, and that customer, who is not the first one."""
    with committed(shop) as cursor:
        cursor.execute(
            "SELECT entity_id, customer_id FROM sales_order WHERE customer_id > 2 "
            "ORDER BY entity_id LIMIT 1"
        )
        order_id, customer_id = cursor.fetchone()
    return int(order_id), int(customer_id)


def change_meanwhile(shop: pymysql.Connection[Any], order_id: int) -> None:
    """Delete a customer and give another one's order to somebody else."""
    with committed(shop) as cursor:
        cursor.execute("DELETE FROM customer_entity WHERE entity_id = 1")
        cursor.execute("UPDATE sales_order SET customer_id = 2 WHERE entity_id = %s", (order_id,))


def newest(machine: Machine, model: Model, key: str) -> ChangeRecord:
    """The last record of a key in the topics."""
    reader = open_log(machine.settings).reader(
        [TopicNames(machine.settings.log.prefix).model(model)]
    )
    found = []
    try:
        while reader.positions() != reader.end_offsets():
            found += [m for m in reader.poll(1000, 0.5) if m.key.decode() == key and m.value]
    finally:
        reader.close()
    return decode_record(found[-1].value or b"")


def assert_all_is_known(machine: Machine, order_id: int, customer_id: int) -> None:
    """The delete is in the topics, and the order belongs to whom it belonged at first."""
    assert newest(machine, Model.CUSTOMER, "1").is_delete
    order = newest(machine, Model.ORDER, str(order_id))
    assert order.identity["client"]["customer_id"] == customer_id
    assert order.after is not None
    assert order.after["customer_id"] == 2


def purge_all_but_the_last(machine: Machine) -> None:
    """Purge binlogs; one that the server still sends is kept, and it notices late who has gone."""
    server = machine.server
    server.rotate_binlog()

    wait_until(server.purge_binlogs, what="all binlogs but the last one to be purged")


@pytest.mark.timeout(280)
def test_after_purged_binlogs_one_command_leads_back_and_no_delete_is_lost(
    any_machine: Machine, shop: pymysql.Connection[Any]
) -> None:
    machine = any_machine
    order_id, customer_id = buyers_order(shop)
    first = machine.start("run")
    machine.wait_until_at_rest(first)
    assert first.stop() == 0
    change_meanwhile(shop, order_id)
    purge_all_but_the_last(machine)

    refused = machine.start("run")
    assert refused.wait() == 3
    assert "BinlogPurged" in refused.output
    assert "magento-cdc offsets reset --capture" in refused.output

    answer = machine.ask("offsets", "reset", "--capture", "--yes", "--json")
    assert answer.code == 0
    assert answer.json["is_forgotten"] is True
    again = machine.start("run")
    machine.wait_until_at_rest(again)
    assert_all_is_known(machine, order_id, customer_id)
    assert_nothing_differs(machine, shop)
    assert again.stop() == 0


def remove_topics(machine: Machine) -> None:
    """Delete the file of the embedded log, or all topics of a broker."""
    settings = machine.settings
    if settings.log.backend == "embedded":
        for file in settings.state_dir.glob("log.sqlite*"):
            file.unlink()
        return
    admin = KafkaAdminClient(bootstrap_servers=settings.log.kafka.bootstrap_servers)
    topics = [plan.name for plan in plan_topics(TopicNames(settings.log.prefix), 1)]
    admin.delete_topics(topics)
    wait_until(lambda: not set(topics) & set(admin.list_topics()), what="topics to be gone")
    admin.close()


@pytest.mark.timeout(280)
def test_topics_that_vanish_while_stopped_are_filled_again_and_no_delete_is_lost(
    any_machine: Machine, shop: pymysql.Connection[Any]
) -> None:
    machine = any_machine
    order_id, customer_id = buyers_order(shop)
    first = machine.start("run")
    machine.wait_until_at_rest(first)
    assert first.stop() == 0
    remove_topics(machine)
    change_meanwhile(shop, order_id)
    again = machine.start("run")
    machine.wait_until_at_rest(again)
    assert_all_is_known(machine, order_id, customer_id)
    assert_nothing_differs(machine, shop)
    assert again.stop() == 0


@pytest.mark.timeout(280)
def test_a_damaged_file_is_refused_and_without_it_no_delete_is_lost(
    machine: Machine, shop: pymysql.Connection[Any]
) -> None:
    order_id, customer_id = buyers_order(shop)
    first = machine.start("run")
    machine.wait_until_at_rest(first)
    assert first.stop() == 0
    path = machine.settings.embedded_log_path
    path.write_bytes(b"\xa5" * path.stat().st_size)
    change_meanwhile(shop, order_id)

    refused = machine.start("capture")
    assert refused.wait() == 2
    assert "remove it with its -wal and -shm; the next start loads everything" in refused.output
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    again = machine.start("run")
    machine.wait_until_at_rest(again)
    assert_all_is_known(machine, order_id, customer_id)
    assert_nothing_differs(machine, shop)
    assert again.stop() == 0


def test_a_file_that_vanishes_under_the_daemon_is_filled_again_and_no_delete_is_lost(
    machine: Machine, shop: pymysql.Connection[Any]
) -> None:
    order_id, customer_id = buyers_order(shop)
    daemon = machine.start("run")
    machine.wait_until_at_rest(daemon)
    remove_topics(machine)
    change_meanwhile(shop, order_id)
    machine.wait_until_at_rest(daemon)
    assert_all_is_known(machine, order_id, customer_id)
    assert_nothing_differs(machine, shop)
    assert daemon.stop() == 0


@pytest.mark.timeout(280)
def test_kafka_topics_that_vanish_under_capture_are_filled_again_and_no_delete_is_lost(
    machine: Machine, shop: pymysql.Connection[Any], kafka_broker: KafkaBroker
) -> None:
    use_kafka(machine, kafka_broker)
    order_id, customer_id = buyers_order(shop)
    daemon = machine.start("run")
    machine.wait_until_at_rest(daemon)
    assert daemon.stop() == 0
    capture = machine.start("capture")
    wait_until(lambda: "binlog.opened" in capture.output, timeout_s=30, what="capture")
    remove_topics(machine)
    change_meanwhile(shop, order_id)

    def is_loaded() -> bool:
        assert capture.is_running, capture.output[-5000:]
        found = status_of(machine.settings)
        is_begun = not found["topics"]["missing"] and found["capture"]["position"] is not None
        return is_begun and not found["capture"]["runs"]

    wait_until(is_loaded, timeout_s=120, interval_s=0.5, what="a load into the new topics")
    assert capture.stop() == 0
    assert_all_is_known(machine, order_id, customer_id)
    daemon = machine.start("run")
    machine.wait_until_at_rest(daemon)
    assert_nothing_differs(machine, shop)
    assert daemon.stop() == 0
