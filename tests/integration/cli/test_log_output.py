"""What the daemon writes: valid JSON, no secret, nobody's address; and how it starts and ends."""

from __future__ import annotations

import re
from typing import Any

import pymysql
import pytest

from cli.version import version
from tests.integration.cli.conftest import API_KEYS, PASSWORD, Machine
from tests.waiting import wait_until

PERSONAL_COLUMNS = [
    ("customer_entity", "email"),
    ("newsletter_subscriber", "subscriber_email"),
    ("sales_order", "customer_email"),
    ("quote", "customer_email"),
    ("customer_address_entity", "telephone"),
    ("customer_address_entity", "street"),
    ("sales_order_address", "email"),
]
ADDRESS = re.compile(r"[\w.+-]+(@|%40)[\w-]+\.[\w.]+")


def personal_values(shop: pymysql.Connection[Any]) -> set[str]:
    """Addresses, telephone numbers and streets of everybody in the shop."""
    found: set[str] = set()
    for table, column in PERSONAL_COLUMNS:
        with shop.cursor() as cursor:
            cursor.execute(f"SELECT DISTINCT {column} FROM {table} WHERE CHAR_LENGTH({column}) > 5")
            found |= {str(row[0]) for row in cursor.fetchall()}
    return found


def trouble(machine: Machine) -> None:
    """Make the service answer with everything that is worth a line in the log."""
    machine.sandbox.faults(
        {"kind": "status", "status": 500, "first": 2, "count": 2, "body": "robin@example.com"},
        {"kind": "throttle", "first": 6, "count": 2, "retry_after_s": 0},
        {"kind": "forbidden", "first": 9, "count": 1},
        {"kind": "expire-tokens", "first": 11, "count": 1},
        {"kind": "close-before", "first": 13, "count": 1},
        {
            "kind": "status",
            "status": 400,
            "route": "POST *transactions*",
            "workspace": "alpha",
            "count": None,
            "body": "robin@example.com is wrong",
        },
    )


@pytest.mark.timeout(200)
def test_no_secret_and_nobodys_data_is_in_the_log_of_a_troubled_run(
    machine: Machine, shop: pymysql.Connection[Any]
) -> None:
    # With the loudest log: what is kept out of DEBUG is kept out of every level.
    machine.write(log_level="DEBUG")
    trouble(machine)
    daemon = machine.start("run")
    machine.wait_until_at_rest(daemon)
    with shop.cursor() as cursor:
        cursor.execute("UPDATE customer_entity SET email = 'robin@example.org' WHERE entity_id = 1")
        cursor.execute("DELETE FROM customer_entity WHERE entity_id = 2")
    shop.commit()
    machine.wait_until_at_rest(daemon)
    assert daemon.stop() == 0

    output = daemon.output
    values = personal_values(shop)
    assert len(values) > 40
    leaked = {value for value in values if value in output}
    assert leaked == set()
    assert ADDRESS.search(output) is None
    for secret in (*API_KEYS.values(), PASSWORD):
        assert secret not in output
    assert not re.search(r"eyJ[\w-]{10}|Bearer |Basic ", output), "a token"

    events = daemon.events()
    check_first_line(machine, events[0])
    check_last_status(machine, [event for event in events if event["event"] == "daemon.status"][-1])
    assert events[-1]["event"] == "daemon.stopped"
    names = {event["event"] for event in events}
    expected = {"capture.starting", "run.finished", "batch.accepted", "request.retried"}
    assert expected | {"payload.refused", "workspace.waiting"} <= names
    assert all({"at", "level", "logger", "event"} <= set(event) for event in events)
    check_commands_show_nobody(machine, values)


def check_commands_show_nobody(machine: Machine, values: set[str]) -> None:
    """The refused orders are listed, with their reasons and without their customers."""
    for words in (["dead-letters", "list"], ["status"], ["offsets", "show"]):
        for form in ([], ["--json"]):
            answer = machine.ask(*words, *form)
            assert answer.code == 0
            assert {value for value in values if value in answer.stdout + answer.stderr} == set()
            assert "robin" not in answer.stdout
    assert machine.ask("status", "--json").json["dead_letters"] > 0


def check_first_line(machine: Machine, first: dict[str, Any]) -> None:
    assert first["event"] == "daemon.starting"
    assert first["version"] == version()
    assert first["settings"]["database"]["password"] == "**********"
    assert {each["api_key"] for each in first["settings"]["workspaces"]} == {"**********"}
    assert "initial load" in first["capture_start"]["reason"]
    assert set(first["deliver_start"]) == set(API_KEYS)


def check_last_status(machine: Machine, status: dict[str, Any]) -> None:
    capture = status["capture"]
    assert re.fullmatch(r"\S+\.\d+:\d+", capture["position"])
    assert capture["saved_position"] == capture["position"]
    assert capture["published"]["customer"] > 20
    assert capture["runs"] == []
    assert 0 <= capture["lag_ms"] < 60_000
    for name in API_KEYS:
        delivery = status["deliveries"][name]
        assert sum(delivery["sent"].values()) > 0
        assert set(delivery["backlog"].values()) == {0}
        assert delivery["requests"] > 0
    assert status["deliveries"]["alpha"]["dead_letters"] > 0
    assert status["deliveries"]["beta"]["dead_letters"] == 0


@pytest.mark.timeout(120)
def test_restart_goes_on_from_the_checkpoint_and_says_so(
    machine: Machine, shop: pymysql.Connection[Any]
) -> None:
    daemon = machine.start("run")
    machine.wait_until_at_rest(daemon)
    assert daemon.stop() == 0
    position = machine.ask("status", "--json").json["capture"]["position"]
    again = machine.start("run")
    wait_until(lambda: "capture.starting" in again.output, timeout_s=30, what="a start")
    assert again.stop() == 0
    first = again.events()[0]
    assert first["capture_start"]["position"] == f"{position['file']}:{position['offset']}"
    assert first["capture_start"]["reason"] == "checkpoint in the topics"
    starts = first["deliver_start"]["alpha"]
    assert all(isinstance(offset, int) for offsets in starts.values() for offset in offsets)


@pytest.mark.timeout(60)
def test_wrong_password_ends_the_daemon_with_2(machine: Machine) -> None:
    machine.write(database={"password": "not-the-password"})
    daemon = machine.start("run")
    assert daemon.wait() == 2
    failed = daemon.events()[-1]
    assert failed["event"] == "daemon.failed"
    assert failed["exit_code"] == 2
    assert failed["error"].startswith("SourceDenied: ")
    assert "not-the-password" not in daemon.output


@pytest.mark.timeout(60)
def test_stop_ends_a_start_that_waits_for_the_broker(machine: Machine) -> None:
    machine.write(log={"backend": "kafka", "kafka": {"bootstrap_servers": ["127.0.0.1:9"]}})
    daemon = machine.start("run")
    wait_until(lambda: "log.unavailable" in daemon.output, timeout_s=50, what="a wait")
    assert daemon.stop() == 0


@pytest.mark.timeout(120)
def test_second_daemon_is_refused_and_the_first_goes_on(
    machine: Machine, shop: pymysql.Connection[Any]
) -> None:
    first = machine.start("run")
    machine.wait_until_at_rest(first)
    second = machine.start("run")
    assert second.wait() == 3
    assert "another process captures" in second.output
    with shop.cursor() as cursor:
        cursor.execute("UPDATE customer_entity SET firstname = 'Marian' WHERE entity_id = 3")
    shop.commit()
    machine.wait_until_at_rest(first)
    assert first.stop() == 0
