"""Of what the Kafka client says in its own log, little becomes part of ours."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from cdc.log.kafka_driver_log import SILENCE_S, DriverLog, thin_out_driver_log


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def driver(clock: Clock) -> Iterator[logging.Logger]:
    """Give the client's logger with a fresh `DriverLog`, and put it back as it was."""
    driver = logging.getLogger("kafka")
    before = (driver.handlers[:], driver.propagate)
    driver.handlers[:] = [DriverLog(clock)]
    driver.propagate = False
    yield driver
    driver.handlers[:], driver.propagate = before


def complaints(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str, int]]:
    """Part of the client, text, and number of lines kept back, of each line."""
    lines = [vars(one) for one in caplog.records if one.message == "driver.complained"]
    return [(one["driver_logger"], one["error"], one["silenced_count"]) for one in lines]


@pytest.mark.usefixtures("driver")
def test_an_outage_is_one_line_a_minute(caplog: pytest.LogCaptureFixture, clock: Clock) -> None:
    for second in range(int(SILENCE_S) * 2 + 1):
        clock.now_s = float(second)
        logging.getLogger("kafka.net.manager").error("Connection failed: %s", "refused")
        logging.getLogger("kafka.cluster").warning("No node available")
        logging.getLogger("kafka.consumer.fetcher").error("Fetch to node %s failed", 1)
    assert complaints(caplog) == [
        ("kafka.net.manager", "Connection failed: refused", 0),
        ("kafka.net.manager", "Connection failed: refused", 179),
        ("kafka.net.manager", "Connection failed: refused", 179),
    ]


@pytest.mark.usefixtures("driver")
def test_parts_of_the_client_that_have_trouble_of_their_own_are_heard(
    caplog: pytest.LogCaptureFixture, clock: Clock
) -> None:
    logging.getLogger("kafka.net.manager").error("refused")
    clock.now_s = SILENCE_S
    logging.getLogger("kafka.coordinator.heartbeat").warning("session expired")
    logging.getLogger("kafka.producer.sender").error("splitting batch")
    assert [source for source, _, _ in complaints(caplog)] == [
        "kafka.net.manager",
        "kafka.coordinator.heartbeat",
        "kafka.producer.sender",
    ]


def test_the_clients_lines_do_not_get_past_it(
    caplog: pytest.LogCaptureFixture, driver: logging.Logger
) -> None:
    caplog.set_level(logging.DEBUG)
    thin_out_driver_log()
    thin_out_driver_log()
    assert [type(one) for one in driver.handlers].count(DriverLog) == 1
    assert not driver.propagate
    logging.getLogger("kafka.net.selector").warning("Task ran for 0.125s")
    logging.getLogger("kafka.cluster").debug("Sleeping")
    logging.getLogger("kafka.cluster").info("Updated cluster metadata")
    logging.getLogger("kafka.cluster").error("Metadata refresh: failed")
    assert complaints(caplog) == [("kafka.cluster", "Metadata refresh: failed", 0)]
