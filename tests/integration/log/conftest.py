"""Logs for the tests in this folder, each with topics of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cdc.log import kafka_connection, kafka_consumer, kafka_reading
from cdc.log.protocol import LogAdmin, TopicLog
from tests.integration.log.backends import LogSpec
from tests.servers.availability import require
from tests.servers.kafka import KafkaBroker


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def spec(request: pytest.FixtureRequest, tmp_path: Path, unique_name: str) -> LogSpec:
    """Give an empty log of each backend in turn."""
    if request.param == "kafka":
        broker: KafkaBroker = request.getfixturevalue("kafka_broker")
        return LogSpec("kafka", unique_name, broker.bootstrap)
    return LogSpec("embedded", unique_name, str(tmp_path / "log.sqlite"))


@pytest.fixture
def log(spec: LogSpec) -> TopicLog:
    """Give the log of the spec."""
    return spec.log()


@pytest.fixture
def admin(log: TopicLog) -> Iterator[LogAdmin]:
    """Give an admin whose topics exist."""
    admin = log.admin()
    admin.ensure_topics()
    yield admin
    admin.close()


@pytest.fixture(scope="module")
def faulty_broker() -> Iterator[KafkaBroker]:
    """Give a broker that the tests of this file kill, freeze and restart."""
    require(KafkaBroker)
    # A transaction that is left open is given up within a second.
    options = {"transaction.abort.timed.out.transaction.cleanup.interval.ms": 500}
    with KafkaBroker(options) as broker:
        yield broker


@pytest.fixture
def faulty(faulty_broker: KafkaBroker, unique_name: str) -> LogSpec:
    faulty_broker.start()
    return LogSpec("kafka", unique_name, faulty_broker.bootstrap)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every wait short, so that a broker that is away is noticed in test time."""
    for module in (kafka_connection, kafka_reading, kafka_consumer):
        monkeypatch.setattr(module, "REQUEST_TIMEOUT_MS", 2_000)
    monkeypatch.setattr(kafka_connection, "BOOTSTRAP_TIMEOUT_MS", 500)
    for module in (kafka_reading, kafka_consumer):
        monkeypatch.setattr(module, "PULSE_S", 0.5)
