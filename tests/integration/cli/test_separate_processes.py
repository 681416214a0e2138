"""Capture and deliveries in processes of their own, and commands beside them."""

from __future__ import annotations

from typing import Any

import pymysql
import pytest

from cdc.records import Model
from tests.integration.cli.conftest import WEBSITES, Machine
from tests.integration.cli.processes import Process
from tests.reference.comparison import differences
from tests.waiting import wait_until


def assert_nothing_differs(machine: Machine, shop: pymysql.Connection[Any]) -> None:
    """The sandbox holds the shop's state and had nothing to complain of."""
    shop.rollback()
    assert differences(shop, machine.sandbox.state(), WEBSITES) == []
    invariants = machine.sandbox.invariants()
    assert invariants["violations"] == []
    assert invariants["duplicate_charges"] == {}


def wait_until_stopped(machine: Machine) -> None:
    """Wait until no group is live: Kafka notices a member's end by its session's time-out."""
    wait_until(
        lambda: not any(line["is_live"] for line in machine.ask("offsets", "list", "--json").json),
        timeout_s=30,
        interval_s=0.5,
        what="all groups stopped",
    )


@pytest.mark.timeout(280)
def test_capture_and_two_deliveries_work_together_and_commands_beside_them(
    any_machine: Machine, shop: pymysql.Connection[Any]
) -> None:
    machine = any_machine
    processes = [
        machine.start("capture"),
        machine.start("deliver", "-w", "alpha"),
        machine.start("deliver", "--workspace", "beta"),
    ]
    machine.wait_until_at_rest(*processes)
    assert_nothing_differs(machine, shop)
    check_status_while_running(machine)
    check_moving_is_refused(machine, processes)
    check_nothing_is_wrong(machine)

    assert [process.stop() for process in processes] == [0, 0, 0]
    wait_until_stopped(machine)
    check_offsets_of_stopped(machine)

    with shop.cursor() as cursor:
        cursor.execute("UPDATE customer_entity SET firstname = 'Robin' WHERE entity_id = 1")
    shop.commit()
    again = machine.start("run")
    machine.wait_until_at_rest(again)
    assert_nothing_differs(machine, shop)
    assert again.stop() == 0


def check_status_while_running(machine: Machine) -> None:
    found = machine.ask("status", "--json").json
    is_embedded = machine.settings.log.backend == "embedded"
    assert found["capture"]["is_live"] is (True if is_embedded else None)
    assert found["capture"]["runs"] == []
    assert found["capture"]["known"]["customer"] == 20
    assert found["topics"]["missing"] == []
    assert [workspace["is_live"] for workspace in found["workspaces"]] == [True, True]
    for workspace in found["workspaces"]:
        assert set(workspace["lag"].values()) == {0}
        assert workspace["accepted"]["profile:customer"] > 0
    text = machine.ask("status")
    assert text.code == 0
    assert "Delivery to alpha: running" in text.stdout


def check_moving_is_refused(machine: Machine, processes: list[Process]) -> None:
    for command in (["reset"], ["seek", "--to", "latest"]):
        refused = machine.ask("offsets", *command, "-w", "alpha", "--yes")
        assert refused.code == 3, refused
        assert "delivery to alpha runs" in refused.stderr
    assert all(process.is_running for process in processes)


def check_nothing_is_wrong(machine: Machine) -> None:
    """`check` beside a running daemon does not take the daemon itself for a fault."""
    answer = machine.ask("check", "--json")
    assert [line for line in answer.json if line["severity"] == "error"] == []
    assert answer.code == 0


def check_offsets_of_stopped(machine: Machine) -> None:
    found = machine.ask("status", "--json").json
    assert [workspace["is_live"] for workspace in found["workspaces"]] == [False, False]
    before = machine.ask("offsets", "show", "-w", "alpha", "--json").json
    assert {line["model"] for line in before} == {model.value for model in Model}
    moved = machine.ask("offsets", "reset", "-w", "alpha", "-m", "order", "--yes", "--json")
    assert moved.code == 0, moved
    after = machine.ask("offsets", "show", "-w", "alpha", "--json").json
    for old, new in zip(before, after, strict=True):
        expected = old["begin"] if old["model"] == "order" else old["committed"]
        assert new["committed"] == expected
    in_future = ["offsets", "seek", "-w", "alpha", "-m", "order", "--to", "2099-01-01", "--yes"]
    assert machine.ask(*in_future).code == 0
    lines = machine.ask("offsets", "list", "-w", "alpha", "-m", "order", "--json").json
    assert [line["waiting"] for line in lines] == [0]
    assert machine.ask("offsets", "reset", "-w", "alpha", "-m", "order", "--yes").code == 0


@pytest.mark.timeout(120)
def test_fresh_install_can_be_looked_at(any_machine: Machine) -> None:
    status = any_machine.ask("status")
    assert status.code == 0
    assert "do not exist yet" in status.stdout
    assert any_machine.ask("status", "--json").json["dead_letters"] == 0
    assert any_machine.ask("offsets", "list", "--json").json == []
    assert any_machine.ask("dead-letters", "list", "--json").json == []
    refused = any_machine.ask("offsets", "reset", "--yes")
    assert refused.code == 2
    assert "start capture first" in refused.stderr
    assert not (any_machine.folder / "state").exists()
    missing = any_machine.ask("status", "--json").json["topics"]["missing"]
    assert len(missing) == 7, "looking has made no topics"
