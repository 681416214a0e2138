"""Every fault the service or the network can show: the end state is right, nothing is doubled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cdc.records import Model
from tests.integration.delivery.running import Running, running
from tests.waiting import wait_until

PROFILES = "POST /v4/clients/batch"
ORDERS = "POST /v4/transactions/batch"
ITEMS = "POST /catalogs/bags/*/items/batch"
LOGIN = "POST /uauth/v2/auth/login/profile"
CREATE_CATALOG = "POST /catalogs/bags"


def publish_all(run: Running) -> None:
    """A customer, a subscriber, two orders and two products."""
    run.publish(
        run.customer(1, "ann@example.com", firstName="Ann"),
        run.subscriber("ann@example.com"),
        run.order(100, customId="1"),
        run.order(101, email="guest@example.com"),
        run.product("MUG", title="Mug"),
        run.product("CAP", title="Cap"),
    )


def assert_all_arrived(run: Running, *, may_overlap: bool = False) -> None:
    """The end state of `publish_all`, without doubles, violations or dead letters."""
    run.wait_delivered()
    assert run.dead_letters() == []
    ann = run.profiles()["ann@example.com"]
    assert (ann["customId"], ann["firstName"], ann["agreements"]) == ("1", "Ann", {"email": True})
    assert sorted(each["orderId"] for each in run.orders()) == ["100", "101"]
    for catalog in ("store-1", "store-2"):
        assert {key: item["title"] for key, item in run.items(catalog).items()} == {
            "MUG": "Mug",
            "CAP": "Cap",
        }
    run.assert_no_violation(may_overlap=may_overlap)


EVERY_WRITE: list[dict[str, Any]] = [
    {"route": PROFILES, "count": 2},
    {"route": ORDERS, "count": 2},
    {"route": ITEMS, "count": 2},
]
FAULTS: dict[str, dict[str, Any]] = {
    "token-expired-once": {"kind": "token-expired", "count": 1},
    "token-expired-again-and-again": {"kind": "token-expired", "count": 4},
    "all-tokens-expire": {"kind": "expire-tokens"},
    "forbidden-for-a-while": {"kind": "forbidden", "count": 3},
    "throttled": {"kind": "throttle"},
    "throttled-with-seconds": {"kind": "throttle", "retry_after_s": 0.2},
    "throttled-with-a-date": {
        "kind": "throttle",
        "retry_after_s": 1,
        "retry_after_form": "date",
        "count": 1,
    },
    "500": {"kind": "status", "status": 500},
    "502-html": {"kind": "html"},
    "200-html": {"kind": "html", "status": 200},
    "503": {"kind": "status", "status": 503},
    "504": {"kind": "status", "status": 504},
    "408": {"kind": "status", "status": 408},
    "301": {"kind": "status", "status": 301},
    "closed-before-storing": {"kind": "close-before"},
    "closed-after-storing": {"kind": "close-after"},
    "slow-but-stored": {"kind": "slow", "delay_s": 1.5, "count": 1},
    "slow-and-never-stored": {"kind": "slow", "delay_s": 1.5, "apply": "never", "count": 1},
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_everything_arrives_once_in_spite_of(fault: dict[str, Any], tmp_path: Path) -> None:
    with running(tmp_path) as run:
        run.admin.faults(*({**where, **fault} for where in EVERY_WRITE))
        publish_all(run)
        is_slow = fault["kind"] == "slow"
        run.start(timeout_s=0.7 if is_slow else 2.0)
        assert_all_arrived(run, may_overlap=is_slow)
        hits = [rule["hits"] for rule in run.admin.faults()]
        assert all(hits), "a fault did not strike"


@pytest.mark.parametrize("kind", ["truncate", "empty"])
@pytest.mark.parametrize("route", [LOGIN, "GET /catalogs/bags", "POST /catalogs/bags"])
def test_answers_without_their_json_are_asked_for_again(
    kind: str, route: str, tmp_path: Path
) -> None:
    with running(tmp_path) as run:
        run.admin.faults({"kind": kind, "route": route})
        publish_all(run)
        run.start()
        assert_all_arrived(run)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 503, "count": 3},
        {"kind": "throttle", "count": 3},
        {"kind": "html", "count": 2},
        {"kind": "close-before", "count": 2},
        {"kind": "status", "status": 401, "count": 2},
        {"kind": "forbidden", "count": 2},
    ],
    ids=lambda fault: str(fault.get("status", fault["kind"])),
)
def test_a_login_that_fails_for_a_while_delays_only(fault: dict[str, Any], tmp_path: Path) -> None:
    with running(tmp_path) as run:
        run.admin.faults({"route": LOGIN, **fault})
        publish_all(run)
        run.start()
        assert_all_arrived(run)


@pytest.mark.parametrize("kind", ["stale-bag", "foreign-bag"])
def test_a_stale_catalog_id_is_looked_up_again(kind: str, tmp_path: Path) -> None:
    with running(tmp_path) as run:
        publish_all(run)
        run.start()
        run.wait_delivered()
        run.admin.faults({"kind": kind, "route": ITEMS, "count": 3})
        run.publish(run.product("PEN", title="Pen"))
        run.wait_delivered()
        assert run.items("store-1")["PEN"]["title"] == "Pen"
        assert run.items("store-2")["PEN"]["title"] == "Pen"
        assert run.dead_letters() == []


def test_a_catalog_that_was_deleted_is_made_again(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        publish_all(run)
        run.start()
        run.wait_delivered()
        run.server.stop()
        workspace = run.server.sandbox.gate.workspaces["main"]
        for bag in list(workspace.catalogs.bags.values()):
            workspace.catalogs.delete(bag)
        run.server.start()
        run.publish(run.product("PEN", title="Pen"))
        run.wait_delivered()
        assert run.items("store-1") == {"PEN": {"itemId": "PEN", "deleted": 0, "title": "Pen"}}


def test_forbidden_for_good_is_waited_out_with_an_alarm_and_nothing_is_dropped(
    tmp_path: Path,
) -> None:
    with running(tmp_path) as run:
        run.admin.faults({"kind": "forbidden", "route": PROFILES, "count": None})
        publish_all(run)
        delivery = run.start()
        wait_until(lambda: delivery.health.reason == "forbidden", what="the alarm to be raised")
        wait_until(lambda: run.committed(Model.PRODUCT) == 2, what="products, which do not wait")
        assert run.committed(Model.CUSTOMER) == 0
        run.admin.clear_faults()
        assert_all_arrived(run)
        wait_until(lambda: delivery.health.is_ok, what="health to come back")


@pytest.mark.parametrize("status", [404, 405, 418])
def test_a_status_that_the_api_does_not_have_there_condemns_nothing(
    status: int, tmp_path: Path
) -> None:
    with running(tmp_path) as run:
        run.admin.faults({"kind": "status", "status": status, "route": PROFILES, "count": 5})
        publish_all(run)
        run.start()
        assert_all_arrived(run)


def test_a_key_that_may_not_create_catalogs_raises_the_alarm_and_waits(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        run.admin.faults({"kind": "forbidden", "route": CREATE_CATALOG, "count": None})
        publish_all(run)
        delivery = run.start()
        wait_until(lambda: delivery.health.reason == "forbidden", what="the alarm to be raised")
        assert run.committed(Model.PRODUCT) == 0
        run.admin.clear_faults()
        assert_all_arrived(run)
        wait_until(lambda: delivery.health.is_ok, what="health to come back")


def test_a_key_that_is_refused_for_good_raises_the_alarm_and_ends_at_a_stop(
    tmp_path: Path,
) -> None:
    with running(tmp_path) as run:
        run.admin.faults({"kind": "status", "status": 401, "route": LOGIN, "count": None})
        publish_all(run)
        delivery = run.start()
        wait_until(lambda: delivery.health.reason == "unauthorized", what="the alarm")
        run.stop()
        assert run.committed(Model.CUSTOMER) == 0


def test_a_server_that_is_away_is_waited_for(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        run.server.stop()
        publish_all(run)
        delivery = run.start()
        wait_until(lambda: delivery.health.reason == "unavailable", what="the outage to be noticed")
        run.server.start()
        assert_all_arrived(run)


def test_tokens_that_end_in_the_middle_of_a_series_are_renewed(tmp_path: Path) -> None:
    with running(tmp_path, token_lifetime_s=1.0) as run:
        run.start()

        def has_sent_with_a_third_token() -> bool:
            number = run.seq + 1
            run.publish(run.customer(number, f"c{number}@example.com"))
            run.wait_delivered()
            return int(run.admin.invariants()["logins"]["main"]) >= 3

        wait_until(has_sent_with_a_third_token, what="a third login", interval_s=0.05)
        assert len(run.profiles()) == run.seq
        assert run.dead_letters() == []


def test_opaque_tokens_work_too(tmp_path: Path) -> None:
    with running(tmp_path, opaque_tokens=True) as run:
        publish_all(run)
        run.start()
        assert_all_arrived(run)
        assert run.admin.invariants()["logins"] == {"main": 1}


def test_basic_authentication_needs_no_login(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        guid = run.admin.workspace(
            name="main", api_key=run.settings.api_key.get_secret_value(), basic_enabled=True
        )["guid"]
        publish_all(run)
        run.start(auth="basic", guid=guid)
        assert_all_arrived(run)
        assert run.admin.invariants()["logins"] == {"main": 0}
