"""Logs for the tests in this folder, each with topics of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cdc.log.protocol import LogAdmin, TopicLog
from tests.integration.log.backends import LogSpec
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
