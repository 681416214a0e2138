"""Random actions with restarts: in the end the topics hold what the shop holds."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator

import pytest

from cdc.records import ChangeRecord, Model
from tests.integration.capture.comparing import differences
from tests.integration.capture.conftest import MakeRig, TestShop, make_shop
from tests.servers.database import DatabaseServer
from tests.shop.randomness.random_actions import random_actions

BOTH = [
    pytest.param("mariadb_server", marks=pytest.mark.mariadb, id="mariadb"),
    pytest.param("mysql_server", marks=pytest.mark.mysql, id="mysql"),
]
ACTIONS_COUNT = int(os.environ.get("CAPTURE_ACTIONS", "200"))
SEEDS = range(int(os.environ.get("CAPTURE_SEEDS", "1")))


@pytest.fixture(params=BOTH)
def shop(request: pytest.FixtureRequest, unique_name: str) -> Iterator[TestShop]:
    """Give a fresh tiny shop on MariaDB, then on MySQL."""
    server: DatabaseServer = request.getfixturevalue(request.param)
    yield from make_shop(server, unique_name)


def assert_cumulative(records: list[ChangeRecord]) -> None:
    """No record of a key forgets a store view that an earlier one knew, nor an order its client."""
    stores: dict[tuple[Model, str], set[str]] = {}
    clients: dict[str, object] = {}
    for record in records:
        known = stores.setdefault((record.model, record.key), set())
        assert known <= set(record.identity.get("stores", known)), record.key
        known |= set(record.identity.get("stores", ()))
        if record.model is Model.ORDER and record.identity["client"]["customer_id"]:
            client = clients.setdefault(record.key, record.identity["client"])
            assert record.identity["client"] == client


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", SEEDS)
def test_random_actions_with_restarts_end_in_the_shops_state(
    shop: TestShop, make_rig: MakeRig, seed: int
) -> None:
    rig = make_rig(shop, window_keys=20, partitions=2).start()
    rng = random.Random(seed)
    for _ in random_actions(shop.connection, seed, ACTIONS_COUNT):
        if rng.random() < 6 / ACTIONS_COUNT:
            rig.stop()
            rig.start()
    rig.wait_until_at_rest(60)
    assert differences(rig) == []
    assert_cumulative(rig.published.all())
    assert rig.dead_letters() == []
