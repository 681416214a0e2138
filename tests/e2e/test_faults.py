"""Faults of every part while the shop lives on: afterwards the target holds the shop's state."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from typing import Any

import pymysql
import pytest

from sinks.sandbox.server import SandboxServer
from tests.e2e import trouble
from tests.e2e.conftest import MakeRig
from tests.e2e.rig import Rig
from tests.e2e.test_convergence import assert_converged
from tests.servers.database import DatabaseServer
from tests.shop.actions.shop_actions import ShopActions
from tests.shop.randomness.random_actions import DEFAULT_WEIGHTS, random_actions
from tests.waiting import WaitExpired, wait_until

# Events and look-ups come from deleted customers and changed addresses, which are rare otherwise.
PEOPLE_COME_AND_GO = {**DEFAULT_WEIGHTS, "customer.delete": 6, "customer.change_email": 10}
ACTIONS_MAX_COUNT = 3000

both_ends = pytest.mark.parametrize(
    ("server", "log"), [("mariadb", "embedded"), ("mysql", "kafka")], indirect=True
)


@pytest.mark.slow
@pytest.mark.timeout(240)
@both_ends
def test_every_fault_of_the_target_ends_in_the_shops_state(
    server: DatabaseServer,
    log: dict[str, Any],
    shop: pymysql.Connection[Any],
    make_rig: MakeRig,
    sandbox: SandboxServer,
) -> None:
    rig = make_rig(server, log=log, each_workspace={"timeout_s": trouble.TIMEOUT_S})
    rig.sandbox.faults(*trouble.initial_faults())
    rig.daemon.start()
    rig.wait_until_at_rest()
    assert trouble.untouched(rig.sandbox) == []

    rig.sandbox.clear_faults()
    rig.sandbox.faults(*trouble.lasting_faults())
    live_until_all_have_struck(rig, shop)
    rig.sandbox.clear_faults()

    sandbox.stop()
    for _ in random_actions(shop, 2, 20):
        pass
    sandbox.start()
    rig.wait_until_at_rest()

    before = last_numbers(rig)
    rig.sandbox.faults(*trouble.late_writes())
    write_once(ShopActions(shop))
    rig.wait_until_at_rest()
    assert trouble.untouched(rig.sandbox) == []
    wait_until_written_twice(rig, before)

    assert_converged(rig, shop, refusals=trouble.FORCED_REFUSALS)
    assert catalogs_of_one_name(rig) == []
    assert rig.daemon.stop() == 0


def live_until_all_have_struck(rig: Rig, shop: pymysql.Connection[Any]) -> None:
    """Do random things, not faster than they are delivered, until every armed fault has struck."""
    for _ in random_actions(shop, 1, ACTIONS_MAX_COUNT, PEOPLE_COME_AND_GO):
        # Much of what is done in a shop is not to be delivered.
        with suppress(WaitExpired):
            wait_for_requests(rig, timeout_s=0.1)
        if not trouble.untouched(rig.sandbox):
            return
    assert trouble.untouched(rig.sandbox) == []


def wait_for_requests(rig: Rig, count: int = 1, *, timeout_s: float = 30.0) -> None:
    """Wait until something new was sent."""
    goal = rig.sandbox.stats()["request_count"] + count
    wait_until(
        lambda: rig.sandbox.stats()["request_count"] >= goal,
        timeout_s=timeout_s,
        what="delivery to go on",
    )


def write_once(actions: ShopActions) -> None:
    """Change one thing of each kind, once."""
    session = actions.session
    customer_id = session.pick("customer_entity", "entity_id", "website_id = 1")
    order_id = session.pick("sales_order", "entity_id", "store_id = 1")
    assert customer_id
    assert order_id
    actions.customers.edit(customer_id, {"firstname": "Late"})
    actions.orders.set_status(order_id, "late")
    actions.products.create("LATE", website_ids=(1,))


def last_numbers(rig: Rig) -> dict[str, int]:
    """Kind -> number of the payload that was accepted last."""
    return dict(rig.sandbox.stats()["last_seq"])


def wait_until_written_twice(rig: Rig, before: dict[str, int]) -> None:
    """Wait until something of each kind was accepted twice: from the retry, then from the past."""

    def have_landed() -> bool:
        for kind in ("profiles", "transactions", "items"):
            accepted = rig.sandbox.stats(kind, after=before[kind])["accepted_at"][kind]
            times = Counter((one["workspace"], *one["keys"]) for one in accepted)
            if max(times.values(), default=0) < 2:
                return False
        return True

    wait_until(have_landed, timeout_s=15, what="the late writes to take effect")


def catalogs_of_one_name(rig: Rig) -> list[str]:
    """Names that more than one catalog of a workspace has."""
    found: list[str] = []
    for workspace in rig.sandbox.state()["workspaces"].values():
        names = Counter(bag["name"] for bag in workspace["catalogs"])
        found += [name for name, count in names.items() if count > 1]
    return found
