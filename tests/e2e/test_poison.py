"""What can never be sent or read is told clearly, and everything else arrives."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pymysql
import pytest

from cdc.log.factory import open_log
from cdc.log.topics import TopicNames
from tests.e2e import trouble
from tests.e2e.busy_shop import live
from tests.e2e.conftest import MakeRig
from tests.e2e.rig import Rig
from tests.e2e.test_convergence import WEBSITES, assert_converged
from tests.reference.comparison import differences
from tests.servers.database import DatabaseServer
from tests.shop.actions.shop_actions import ShopActions
from tests.waiting import wait_until

EMBEDDED = {"backend": "embedded"}
BAD_CUSTOMER = "ada..lovelace@example.com"
BAD_SUBSCRIBER = "grace..hopper@example.com"
_ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("server", "log"), [("mariadb", "kafka"), ("mysql", "embedded")], indirect=True
)
def test_what_is_refused_for_good_becomes_dead_letters_and_the_rest_arrives(
    server: DatabaseServer,
    log: dict[str, Any],
    shop: pymysql.Connection[Any],
    make_rig: MakeRig,
) -> None:
    rig = make_rig(server, log=log)
    rig.daemon.start()
    rig.wait_until_at_rest()
    actions = ShopActions(shop)
    customer_id = actions.customers.register(BAD_CUSTOMER, store_id=1).ids["customer_id"]
    actions.subscribers.subscribe_guest(BAD_SUBSCRIBER, store_id=3)
    order = actions.orders.place(store_id=1, email="buyer@example.com").ids
    execute(
        shop,
        "UPDATE sales_order SET order_currency_code = 'zł', increment_id = 'X1' "
        "WHERE entity_id = %s",
        order["order_id"],
    )
    rig.wait_until_at_rest()
    rig.sandbox.faults(
        {"kind": "whole-refusal", "route": trouble.ITEMS, "workspace": "alpha", "count": None}
    )
    actions.products.create("CURSED", website_ids=(1, 2))
    rig.wait_until_at_rest()
    rig.sandbox.clear_faults()
    actions.customers.register("fine@example.com", store_id=1)
    actions.orders.place(store_id=1)
    actions.products.create("FINE", website_ids=(1,))
    rig.wait_until_at_rest()

    shop.rollback()
    assert set(differences(shop, rig.sandbox.state(), WEBSITES)) == {
        f"alpha: customer {customer_id} is missing",
        f"beta: consent of {BAD_SUBSCRIBER} is None, should be True",
        "alpha: order X1 has 0 transactions",
        "alpha: item store-1 'CURSED' is missing",
        "alpha: item store-2 'CURSED' is missing",
    }
    letters = rig.dead_letters()
    assert {what_and_why(letter) for letter in letters} == {
        ("alpha", "customer", str(customer_id), None, "email is not an e-mail address"),
        ("beta", "subscriber", BAD_SUBSCRIBER, None, "identity.email is not an e-mail address"),
        (
            "alpha",
            "order",
            str(order["order_id"]),
            None,
            "order_currency_code is not a three-letter code",
        ),
        ("alpha", "product", "CURSED", 400, "refused"),
    }
    assert {letter["key"] for letter in letters} == keys_at_the_places_of(rig, letters)
    assert_listed_without_personal_data(rig, letters)
    assert rig.daemon.stop() == 0


def execute(shop: pymysql.Connection[Any], statement: str, *values: Any) -> None:
    """Run a statement of a merchant's own making."""
    with shop.cursor() as cursor:
        cursor.execute(statement, values)


def what_and_why(letter: dict[str, Any]) -> tuple[str, str, str, int | None, str]:
    """What a person looks at first; of the reason what is wrong."""
    reason = letter["reason"].rpartition(": ")[2].partition(" that Synerise")[0]
    return letter["workspace"], letter["model"], letter["key"], letter["status"], reason


def keys_at_the_places_of(rig: Rig, letters: list[dict[str, Any]]) -> set[str]:
    """Keys of the records at the topics, partitions and offsets that letters name."""
    places = {(letter["topic"], letter["partition"], letter["offset"]) for letter in letters}
    topics = list(TopicNames(rig.settings.log.prefix).models.values())
    reader = open_log(rig.settings).reader(topics)
    keys: set[str] = set()
    try:
        ends = reader.end_offsets()
        while any(at < ends.get(place, 0) for place, at in reader.positions().items()):
            keys |= {
                message.key.decode()
                for message in reader.poll(1000, 1.0)
                if (message.topic, message.partition, message.offset) in places
            }
    finally:
        reader.close()
    return keys


def assert_listed_without_personal_data(rig: Rig, letters: list[dict[str, Any]]) -> None:
    """`dead-letters list` shows every letter; neither it nor the log of the daemon an address."""
    command = ["dead-letters", "list", "--json", "--config", str(rig.config)]
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", *command],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    listed = json.loads(done.stdout)
    assert [line["id"] for line in listed] == [letter["id"] for letter in letters]
    assert {line["key"] for line in listed if line["model"] == "subscriber"} == {"g…@example.com"}
    for name in ("workspace", "model", "reason", "topic", "partition", "offset"):
        assert [line[name] for line in listed] == [letter[name] for letter in letters]
    for text in (done.stdout, done.stderr, rig.daemon.output()):
        for address in (BAD_CUSTOMER, BAD_SUBSCRIBER):
            assert address not in text
            assert address.partition("@")[0] not in text


def test_statements_in_the_binlog_stop_the_daemon_or_are_mended_by_a_full_run(
    server: DatabaseServer, shop: pymysql.Connection[Any], make_rig: MakeRig
) -> None:
    rig = make_rig(server, log=EMBEDDED)
    rig.daemon.start()
    rig.wait_until_at_rest()
    write_as_statements(shop)
    assert rig.daemon.wait() == 3
    end = rig.daemon.output().splitlines()[-1]
    assert "binlog_format is not ROW" in end
    assert "capture.poison" in end
    # Started again, it comes to the same statements.
    rig.daemon.start()
    assert rig.daemon.wait() == 3

    rig = make_rig(server, log=EMBEDDED, changes={"capture": {"poison": "resync"}})
    rig.daemon.start()
    live(shop, 1, 20)
    assert_converged(rig, shop)
    assert rig.daemon.stop() == 0


def write_as_statements(shop: pymysql.Connection[Any]) -> None:
    """Change, add and delete rows of watched tables without row events."""
    execute(shop, "SET SESSION binlog_format = 'STATEMENT'")
    execute(shop, "UPDATE customer_entity SET firstname = 'Statement' WHERE entity_id < 5")
    execute(shop, "UPDATE sales_order SET status = 'statement' WHERE entity_id < 5")
    execute(shop, "DELETE FROM catalog_product_entity WHERE type_id = 'simple' AND entity_id > 20")
    execute(shop, "DELETE FROM newsletter_subscriber WHERE customer_id = 0 AND subscriber_id > 3")
    execute(shop, "SET SESSION binlog_format = 'ROW'")


def test_binlogs_purged_behind_a_stopped_daemon_are_told_and_nothing_is_skipped(
    server: DatabaseServer, shop: pymysql.Connection[Any], make_rig: MakeRig
) -> None:
    rig = make_rig(server, log=EMBEDDED)
    rig.daemon.start()
    rig.wait_until_at_rest()
    assert rig.daemon.stop() == 0
    live(shop, 1, 5)
    server.rotate_binlog()
    live(shop, 2, 5)
    wait_until(server.purge_binlogs, what="all binlogs but the last one to be purged")
    rig.daemon.start()
    assert rig.daemon.wait() == 3
    end = rig.daemon.output().splitlines()[-1]
    assert "BinlogPurged: going on from a stored position: transactions after the position" in end


@pytest.mark.parametrize(
    ("privileges", "lacking"),
    [
        (("SELECT",), "REPLICATION SLAVE"),
        (("REPLICATION SLAVE", "REPLICATION CLIENT"), "SELECT"),
    ],
    ids=["no replication", "no select"],
)
def test_a_user_with_too_few_privileges_ends_the_daemon_at_once(
    server: DatabaseServer,
    shop: pymysql.Connection[Any],
    make_rig: MakeRig,
    privileges: tuple[str, ...],
    lacking: str,
) -> None:
    server.create_user("poor", "pw", privileges)
    try:
        account = {"user": "poor", "password": "pw"}
        rig = make_rig(server, log=EMBEDDED, changes={"database": account})
        rig.daemon.start()
        assert rig.daemon.wait() == 2
        end = rig.daemon.output().splitlines()[-1]
        assert f"GRANT {lacking}" in end
    finally:
        server.execute("DROP USER poor")


def test_a_wrong_password_ends_the_daemon_at_once(
    server: DatabaseServer, shop: pymysql.Connection[Any], make_rig: MakeRig
) -> None:
    account = {"user": "nobody", "password": "hush-hush"}
    rig = make_rig(server, log=EMBEDDED, changes={"database": account})
    rig.daemon.start()
    assert rig.daemon.wait() == 2
    assert "SourceDenied" in rig.daemon.output().splitlines()[-1]
    assert "hush-hush" not in rig.daemon.output()


def test_a_server_setting_that_loses_changes_ends_the_daemon_at_once(
    server: DatabaseServer, shop: pymysql.Connection[Any], make_rig: MakeRig
) -> None:
    server.execute("SET GLOBAL binlog_row_image = 'MINIMAL'")
    try:
        rig = make_rig(server, log=EMBEDDED)
        rig.daemon.start()
        assert rig.daemon.wait() == 2
        end = rig.daemon.output().splitlines()[-1]
        assert "binlog_row_image" in end
        assert "FULL" in end
    finally:
        server.execute("SET GLOBAL binlog_row_image = 'FULL'")
