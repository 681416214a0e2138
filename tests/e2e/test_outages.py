"""Databases, connections and brokers that go away while the shop lives on, and second daemons."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pymysql
import pytest

from tests.e2e.busy_shop import BusyShop, live
from tests.e2e.conftest import MakeRig, generated_shop
from tests.e2e.rig import Daemon, Rig
from tests.e2e.test_convergence import assert_converged
from tests.servers.availability import require
from tests.servers.database import DatabaseServer
from tests.servers.kafka import KafkaBroker
from tests.servers.mariadb import MariaDB
from tests.servers.mysql import MySQL
from tests.servers.proxy import TcpProxy
from tests.shop.actions.shop_actions import ShopActions
from tests.waiting import wait_until

SOON_S = 30.0
EMBEDDED = {"backend": "embedded"}


def wait_for_requests(rig: Rig, count: int = 3) -> None:
    """Wait until something new has been delivered."""
    goal = rig.sandbox.stats()["request_count"] + count
    wait_until(
        lambda: rig.sandbox.stats()["request_count"] >= goal,
        timeout_s=SOON_S,
        what="delivery to go on",
    )


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.parametrize("kind", [MariaDB, MySQL], ids=["mariadb", "mysql"])
def test_databases_and_connections_that_break_end_in_the_shops_state(
    kind: type[MariaDB | MySQL], make_rig: MakeRig, unique_name: str
) -> None:
    require(kind)
    rng = random.Random(1)
    with kind({"max_binlog_size": 4096}) as server, TcpProxy((server.host, server.port)) as proxy:
        for _ in generated_shop(server, unique_name):
            rig = make_rig(server, log=EMBEDDED, changes={"database": {"port": proxy.port}})
            rig.daemon.start()
            with BusyShop(server, unique_name, 1) as busy:
                for _ in range(6):
                    wait_for_requests(rig)
                    cut_in_the_middle(proxy, rng.randrange(1, 4000))
                wait_for_requests(rig)
                proxy.refuse()
                proxy.cut()
                wait_until(lambda: proxy.open_count == 0, what="connections to end")
                proxy.accept()
                wait_for_requests(rig)
                server.restart()
                wait_for_requests(rig)
                server.kill()
                server.start()
                wait_for_requests(rig)
                server.rotate_binlog()
                wait_for_requests(rig)
            assert busy.losses_count >= 2
            with server.connect(database=unique_name) as shop:
                assert_converged(rig, shop)
            assert int(server.binlog_position()[0].rpartition(".")[2]) > 20, "no tiny binlogs"
            assert rig.daemon.stop() == 0


def cut_in_the_middle(proxy: TcpProxy, byte_count: int) -> None:
    """Cut all connections once some more bytes have come from the database, wherever that is."""
    accepted_count = proxy.accepted_count
    proxy.cut_after(byte_count)
    wait_until(
        lambda: proxy.accepted_count > accepted_count, timeout_s=SOON_S, what="a new connection"
    )


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_broker_that_is_killed_and_restarted_ends_in_the_shops_state(
    mariadb_server: MariaDB, make_rig: MakeRig, unique_name: str
) -> None:
    require(KafkaBroker)
    with KafkaBroker() as broker:
        for shop in generated_shop(mariadb_server, unique_name):
            rig = make_rig(mariadb_server, log=kafka(broker))
            rig.daemon.start()
            with BusyShop(mariadb_server, unique_name, 2):
                wait_for_requests(rig, 20)
                broker.kill()
                broker.start()
                wait_for_requests(rig)
                broker.restart()
                wait_for_requests(rig)
            assert_converged(rig, shop)
            assert rig.daemon.stop() == 0


def kafka(broker: KafkaBroker) -> dict[str, Any]:
    """Settings of the Kafka backend on a broker."""
    settings = {
        "bootstrap_servers": [broker.bootstrap],
        "partitions": 2,
        "session_timeout_ms": 6000,
        # A transaction that was open when the broker went is given up after this time.
        "transaction_timeout_ms": 10_000,
    }
    return {"backend": "kafka", "kafka": settings}


def test_a_second_daemon_on_an_embedded_log_is_refused_and_the_first_goes_on(
    mariadb_server: MariaDB, make_rig: MakeRig, unique_name: str, tmp_path: Path
) -> None:
    for shop in generated_shop(mariadb_server, unique_name):
        rig = make_rig(mariadb_server, log=EMBEDDED)
        rig.daemon.start()
        wait_for_requests(rig, 1)
        second = Daemon(rig.config, tmp_path / "second.log").start()
        assert second.wait() == 3
        last_line = second.output().splitlines()[-1]
        assert "PublisherFenced" in last_line
        assert "stop it first" in last_line
        live(shop, 1, 20)
        assert_converged(rig, shop)
        assert rig.daemon.stop() == 0


def test_a_second_daemon_on_kafka_fences_the_first_and_goes_on(
    mariadb_server: MariaDB,
    kafka_broker: KafkaBroker,
    make_rig: MakeRig,
    unique_name: str,
    tmp_path: Path,
) -> None:
    for shop in generated_shop(mariadb_server, unique_name):
        rig = make_rig(mariadb_server, log=kafka(kafka_broker))
        first = rig.daemon.start()
        rig.wait_until_at_rest()
        rig.daemon = Daemon(rig.config, tmp_path / "second.log").start()
        live(shop, 1, 20)
        assert first.wait() == 3
        assert "Fenced" in first.output().splitlines()[-1]
        live(shop, 2, 20)
        assert_converged(rig, shop)
        assert rig.daemon.stop() == 0


@pytest.mark.timeout(180)
@pytest.mark.parametrize("seed", [3, 4])
def test_schema_scopes_and_settings_that_change_end_in_the_shops_state(
    server: DatabaseServer, shop: pymysql.Connection[Any], make_rig: MakeRig, seed: int
) -> None:
    rig = make_rig(server, log=EMBEDDED)
    rig.daemon.start()
    wait_for_requests(rig, 1)
    live(shop, seed, 30, changes_settings=True, changes_scopes=True)
    change_schema(shop)
    live(shop, seed + 100, 30)
    change_scopes(ShopActions(shop, seed=seed))
    live(shop, seed + 200, 30)
    assert_converged(rig, shop)
    assert rig.daemon.stop() == 0


def change_schema(shop: pymysql.Connection[Any]) -> None:
    """What upgrades, extensions, reindexing and maintenance do to tables while the shop is open."""
    for statement in (
        "ALTER TABLE sales_order ADD COLUMN erp_note VARCHAR(32) NULL AFTER state",
        "UPDATE sales_order SET erp_note = 'ż', status = 'noted' ORDER BY entity_id LIMIT 3",
        "ALTER TABLE customer_entity ADD COLUMN erp_id INT NULL FIRST, ALGORITHM=COPY",
        "UPDATE customer_entity SET erp_id = 7, firstname = 'Ada' ORDER BY entity_id LIMIT 3",
        "ALTER TABLE newsletter_subscriber MODIFY subscriber_email VARCHAR(300) NULL",
        "OPTIMIZE TABLE catalog_product_entity",
        "OPTIMIZE TABLE catalog_product_index_price",
    ):
        with shop.cursor() as cursor:
            cursor.execute(statement)
            cursor.fetchall()
    ShopActions(shop).noise.full_reindex()


def change_scopes(actions: ShopActions) -> None:
    """A store view comes and another one goes; the root of a category tree gets another name."""
    first = actions.shop.groups[0]
    actions.stores.create_view(first.group_id, "coming")
    actions.categories.rename(first.root_category_id, "Korzeń")
    going = [view for view in actions.shop.views if view.group_id == first.group_id][1]
    actions.stores.delete_view(going.store_id)
