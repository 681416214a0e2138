"""Whatever happens in the shop and to the daemon, the target ends up with the shop's state."""

from __future__ import annotations

import os
import random
from collections.abc import Collection
from contextlib import suppress
from typing import Any

import pymysql
import pytest

from tests.e2e.conftest import MakeRig
from tests.e2e.rig import Rig
from tests.reference.comparison import differences
from tests.servers.database import DatabaseServer
from tests.shop.randomness.random_actions import random_actions
from tests.waiting import WaitExpired, wait_until

WEBSITES = {"alpha": [1], "beta": [2]}
ACTIONS_COUNT = int(os.environ.get("CONVERGENCE_ACTIONS", "150"))
SEEDS = range(int(os.environ.get("CONVERGENCE_SEEDS", "1")))


def assert_converged(
    rig: Rig,
    shop: pymysql.Connection[Any],
    *,
    refusals: Collection[str] = (),
    timeout_s: float = 90.0,
) -> None:
    """Nothing differs, nothing was violated, nothing was refused, all offsets are at the end.

    Args:
        refusals: rules by which the sandbox was made to refuse good requests for a while.
    """
    rig.wait_until_at_rest(timeout_s)
    shop.rollback()
    found = differences(shop, rig.sandbox.state(), WEBSITES)
    letters = [(one["key"], one["reason"]) for one in rig.dead_letters()]
    told = [str(one) for one in rig.sandbox.violations()["violations"]]
    assert found == [], "\n".join([*found, f"dead letters: {letters}", *told])
    invariants = rig.sandbox.invariants()
    assert invariants["violations"] == []
    assert invariants["duplicate_charges"] == {}
    assert invariants["overlapping_writes"] == {}
    assert invariants["requests_without_user_agent"] == 0
    assert rig.dead_letters() == []
    # P20 is a look-up of an e-mail address that no profile has: an answer, not a refusal.
    assert set(rig.sandbox.rejects()["counts"]) <= {"P20", *refusals}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", SEEDS)
def test_random_actions_with_kills_end_in_the_shops_state(
    server: DatabaseServer,
    log: dict[str, Any],
    shop: pymysql.Connection[Any],
    make_rig: MakeRig,
    seed: int,
) -> None:
    rig = make_rig(server, log=log)
    rng = random.Random(seed)
    rig.daemon.start()
    for _ in random_actions(shop, seed, ACTIONS_COUNT):
        if rng.random() < 4 / ACTIONS_COUNT:
            kill_at_some_moment(rig, rng)
    assert_converged(rig, shop)
    assert rig.daemon.stop() == 0


def kill_at_some_moment(rig: Rig, rng: random.Random) -> None:
    """Kill the daemon some requests from now, or after a while without any, and start it again."""
    goal = rig.sandbox.stats()["request_count"] + rng.randrange(1, 8)
    with suppress(WaitExpired):
        wait_until(lambda: rig.sandbox.stats()["request_count"] >= goal, timeout_s=2)
    rig.daemon.kill()
    rig.daemon.start()
