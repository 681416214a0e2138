"""A change is in Synerise within a second of its commit."""

from __future__ import annotations

import statistics
import time
from itertools import cycle, islice
from typing import Any

import pymysql
import pytest

from tests.e2e.conftest import MakeRig
from tests.e2e.rig import Rig
from tests.servers.database import DatabaseServer
from tests.waiting import wait_until

COMMITS_COUNT = 50
PROMISED_S = 1.0

# What is changed -> the kind of payload that is made of it, and the statement.
CHANGES = {
    "customer": ("profiles", "UPDATE customer_entity SET firstname = %s WHERE entity_id = 2"),
    "order": ("transactions", "UPDATE sales_order SET status = %s WHERE entity_id = 3"),
    "subscriber": (
        "profiles",
        "UPDATE newsletter_subscriber SET subscriber_status = 4 - subscriber_status, "
        "subscriber_confirm_code = %s WHERE subscriber_id = 1",
    ),
}


@pytest.mark.parametrize(
    ("server", "log"), [("mariadb", "embedded"), ("mysql", "kafka")], indirect=True
)
def test_single_commits_are_accepted_within_a_second(
    server: DatabaseServer,
    log: dict[str, Any],
    shop: pymysql.Connection[Any],
    make_rig: MakeRig,
    capsys: pytest.CaptureFixture[str],
) -> None:
    rig = make_rig(server, log=log)
    rig.daemon.start()
    rig.wait_until_at_rest()
    with shop.cursor() as cursor:
        cursor.execute(
            "UPDATE newsletter_subscriber SET subscriber_status = 1 WHERE subscriber_id = 1"
        )
    rig.wait_until_at_rest()
    delays_s: dict[str, list[float]] = {what: [] for what in CHANGES}
    for number, what in enumerate(islice(cycle(CHANGES), COMMITS_COUNT)):
        delays_s[what].append(committed_and_accepted_s(rig, shop, what, f"value {number}"))
    with capsys.disabled():
        print(f"\ncommit to accepted, {server.name} and {log['backend']} log:")
        for what, found in delays_s.items():
            print(f"  {what}: {figures(found)}")
    every = [delay_s for found in delays_s.values() for delay_s in found]
    assert len(every) == COMMITS_COUNT
    assert statistics.median(every) < PROMISED_S
    assert rig.daemon.stop() == 0


def committed_and_accepted_s(
    rig: Rig, shop: pymysql.Connection[Any], what: str, value: str
) -> float:
    """Commit one change and return the seconds from then to the acceptance of its payload."""
    kind, statement = CHANGES[what]
    last = rig.sandbox.stats()["last_seq"][kind]
    committing_s = time.time()
    with shop.cursor() as cursor:
        assert cursor.execute(statement, (value,)) == 1
    accepted: list[dict[str, Any]] = wait_until(
        lambda: rig.sandbox.stats(kind, after=last)["accepted_at"][kind],
        timeout_s=20,
        what=f"the change of a {what} to be accepted",
        interval_s=0.005,
    )
    return float(accepted[0]["at"]) - committing_s


def figures(delays_s: list[float]) -> str:
    """Median and extremes in milliseconds."""
    least, middle, most = min(delays_s), statistics.median(delays_s), max(delays_s)
    return (
        f"{len(delays_s)} changes, {least * 1000:.0f} ms at least, "
        f"{middle * 1000:.0f} ms median, {most * 1000:.0f} ms at most"
    )
