"""Delivery from a Kafka broker: several partitions, one group, markers of transactions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cdc.log.kafka_log import KafkaLog
from cdc.log.topics import TopicNames
from config.topiclog import KafkaLogSettings
from tests.integration.delivery import running as setup
from tests.integration.delivery.running import Running, running
from tests.servers.kafka import KafkaBroker


@pytest.fixture
def run(
    kafka_broker: KafkaBroker, unique_name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Running]:
    names = TopicNames(unique_name)
    monkeypatch.setattr(setup, "NAMES", names)
    settings = KafkaLogSettings(
        bootstrap_servers=(kafka_broker.bootstrap,), partitions=3, session_timeout_ms=6000
    )
    with running(tmp_path, log=KafkaLog(settings, names, "shop")) as started:
        yield started


def test_everything_arrives_once_and_all_offsets_are_committed(run: Running) -> None:
    run.publish(
        *(run.customer(n, f"c{n}@example.com") for n in range(1, 31)),
        *(run.order(n, customId=str(n)) for n in range(1, 31)),
        *(run.product(f"SKU-{n}") for n in range(1, 31)),
        run.subscriber("c1@example.com"),
    )
    run.start()
    run.wait_delivered(timeout_s=60)
    assert len(run.profiles()) == 30
    assert sorted(int(each["orderId"]) for each in run.orders()) == list(range(1, 31))
    assert len(run.items("store-1")) == 30
    run.publish(run.customer(31, "late@example.com"), run.order(31, customId="31"))
    run.wait_delivered(timeout_s=30)
    assert run.profiles()["late@example.com"]["customId"] == "31"
    run.assert_no_violation()


def test_a_restart_continues_behind_what_was_committed(run: Running) -> None:
    run.publish(*(run.customer(n, f"c{n}@example.com") for n in range(1, 11)))
    run.start()
    run.wait_delivered(timeout_s=60)
    run.stop()
    run.publish(run.customer(11, "c11@example.com"))
    delivery = run.start()
    run.wait_delivered(timeout_s=60)
    assert delivery.progress["people"].record_count == 1
    assert len(run.profiles()) == 11


def test_waiting_for_the_service_keeps_the_place_in_the_group(run: Running) -> None:
    run.admin.faults({"kind": "forbidden", "route": "POST /v4/clients/batch", "count": 150})
    run.publish(run.customer(1, "a@example.com"), run.product("MUG"))
    delivery = run.start()
    # About 8 s of refusals, longer than the group's session.
    run.wait_delivered(timeout_s=60)
    assert list(run.profiles()) == ["a@example.com"]
    assert delivery.progress["people"].record_count == 1
    assert run.admin.stats()["answers"]["POST /v4/clients/batch"]["403"] == 150
