"""Crashes between the steps of publishing, a log that fails, records that are too large."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pymysql
import pytest

import cdc.log.embedded_writing
import cdc.publishing
from cdc.errors import LogUnavailable, PublisherFenced, StreamPoisoned
from cdc.identity_index import IdentityIndex
from cdc.log.embedded_cleaning import Retention
from cdc.records import Model
from tests.integration.capture.comparing import differences
from tests.integration.capture.conftest import MakeRig, TestShop
from tests.integration.capture.faults import FaultyLog
from tests.integration.capture.rig import CaptureRig
from tests.shop.randomness.random_actions import random_actions
from tests.waiting import wait_until


def content(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Everything an identity index says about keys."""
    with sqlite3.connect(path) as db:
        found = {
            table: sorted(db.execute(f"SELECT * FROM {table}").fetchall(), key=repr)
            for table in ("known", "link", "retired", "state")
        }
    db.close()
    return found


def index_path(rig: CaptureRig) -> Path:
    """File of the identity index."""
    return rig.settings.state_dir / "identity.sqlite"


def test_an_index_that_missed_a_step_catches_up(
    shop: TestShop, make_rig: MakeRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = make_rig(shop).start()
    rig.mark()
    apply = IdentityIndex.apply

    def crash(index: IdentityIndex, records: Any, seq: int, **more: Any) -> None:
        if any(record.key == "MISSED" for record in records):
            monkeypatch.setattr(IdentityIndex, "apply", apply)
            raise LogUnavailable("killed between the topics and the index")
        apply(index, records, seq, **more)

    monkeypatch.setattr(IdentityIndex, "apply", crash)
    product_id = int(shop.actions.products.create("MISSED").ids["product_id"])
    assert [record.key for record in rig.since()] == ["MISSED"]
    # Known, so a delete is complete and the change back is none.
    shop.actions.products.delete(product_id)
    assert rig.since()[-1].is_delete
    assert differences(rig) == []


@pytest.mark.parametrize("partitions", [1, 3])
@pytest.mark.parametrize(
    "retention", [None, Retention(superseded_s=0.0)], ids=["everything", "compacted"]
)
def test_an_index_built_again_from_the_topics_is_the_same(
    shop: TestShop, make_rig: MakeRig, partitions: int, retention: Retention | None
) -> None:
    rig = make_rig(shop, partitions=partitions, retention=retention).start()
    rig.wait_until_at_rest()
    for _ in random_actions(shop.connection, 13, 150):
        pass
    rig.wait_until_at_rest()
    rig.stop()
    before = content(index_path(rig))
    index_path(rig).unlink()
    rig.start()
    rig.mark()
    rig.stop()
    assert content(index_path(rig)) == before


@pytest.mark.parametrize("damage", [b"no database at all, but long enough to be read" * 9, b""])
def test_a_damaged_index_is_built_again(shop: TestShop, make_rig: MakeRig, damage: bytes) -> None:
    rig = make_rig(shop).start()
    rig.mark()
    rig.stop()
    before = content(index_path(rig))
    for suffix in ("-wal", "-shm"):
        index_path(rig).with_name("identity.sqlite" + suffix).unlink(missing_ok=True)
    index_path(rig).write_bytes(damage)
    rig.start()
    assert rig.since() == []
    rig.stop()
    assert content(index_path(rig))["known"] == before["known"]


def test_an_index_of_another_log_does_not_count(shop: TestShop, make_rig: MakeRig) -> None:
    rig = make_rig(shop).start()
    rig.wait_until_at_rest()
    for _ in range(5):
        shop.actions.customers.edit(3, {"lastname": "Later"})
        rig.wait_until_at_rest()
    rig.stop()
    other = make_rig(shop, "other")
    other.settings.state_dir.mkdir(exist_ok=True)
    index_path(other).write_bytes(index_path(rig).read_bytes())
    other.start()
    other.mark()
    shop.actions.customers.edit(3, {"lastname": "Anew"})
    (record,) = other.since()
    assert record.after is not None
    assert record.after["lastname"] == "Anew"
    other.stop()
    index = other.index()
    try:
        assert index.get(Model.CUSTOMER, ["3"])["3"].seq == record.seq
    finally:
        index.close()


def test_topics_without_their_checkpoint_are_loaded_again_behind_what_they_hold(
    shop: TestShop, make_rig: MakeRig
) -> None:
    rig = make_rig(shop).start()
    rig.mark()
    rig.stop()
    highest = max(record.seq for record in rig.published.all())
    with sqlite3.connect(rig.settings.embedded_log_path) as db:
        db.execute(
            "DELETE FROM message WHERE id >> 40 IN (SELECT place.id FROM place JOIN topic "
            "ON topic.id = place.topic_id WHERE topic.name LIKE '%.checkpoint')"
        )
        db.execute(
            "DELETE FROM newest WHERE place IN (SELECT place.id FROM place JOIN topic "
            "ON topic.id = place.topic_id WHERE topic.name LIKE '%.checkpoint')"
        )
    db.close()
    assert rig.checkpoint() is None
    rig.start()
    records = rig.since()
    assert min(record.seq for record in records) > highest
    assert differences(rig) == []


@pytest.mark.parametrize("is_after", [False, True], ids=["nothing written", "answer lost"])
def test_a_log_that_fails_costs_a_session_and_nothing_else(
    shop: TestShop, make_rig: MakeRig, is_after: bool
) -> None:
    faulty = FaultyLog()
    rig = make_rig(shop, wrap=faulty.around).start()
    rig.mark()
    faulty.fail(LogUnavailable("the log is away"), count=3, is_after=is_after)
    for _ in random_actions(shop.connection, 3, 40):
        pass
    rig.since()
    assert faulty.failed_count == 3
    assert rig.status.reconnects_count == 3
    assert differences(rig) == []


def test_a_second_publisher_stops_the_first(shop: TestShop, make_rig: MakeRig) -> None:
    faulty = FaultyLog()
    rig = make_rig(shop, wrap=faulty.around).start()
    rig.mark()
    faulty.fail(PublisherFenced("another one publishes"))
    shop.actions.customers.edit(3, {"lastname": "Fenced"})
    rig.wait_until_ended()
    assert isinstance(rig.error, PublisherFenced)
    rig.error = None
    assert "Fenced" not in str([record.after for record in rig.published.all()])


def test_a_record_that_is_too_large_goes_to_the_dead_letters_and_the_rest_goes_on(
    shop: TestShop, make_rig: MakeRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = make_rig(shop).start()
    rig.mark()
    monkeypatch.setattr(cdc.log.embedded_writing, "MAX_RECORD_BYTES", 60_000)
    shop.execute(
        "UPDATE customer_entity SET lastname = CASE entity_id WHEN 3 THEN 'Fits' ELSE lastname END"
    )
    shop.actions.products.create("LARGE", values={"description": "x" * 60_000})
    shop.actions.products.create("SMALL")
    records = rig.since()
    assert {record.key for record in records} == {"3", "SMALL"}
    (letter,) = map(json.loads, rig.dead_letters())
    assert (letter["model"], letter["key"]) == ("product", "LARGE")
    assert letter["reason"].startswith("the record has ")
    assert int(letter["reason"].split()[3]) > 60_000
    assert "xxx" not in json.dumps(letter)
    rig.stop()
    index = rig.index()
    try:
        assert index.get(Model.PRODUCT, ["LARGE"]) == {}
    finally:
        index.close()


def write_statement(shop: TestShop) -> None:
    """Change customers in a way that rows cannot tell."""
    shop.execute("SET SESSION binlog_format = 'STATEMENT'")
    shop.execute("UPDATE customer_entity SET lastname = 'Statement' WHERE entity_id <= 3")
    shop.execute("SET SESSION binlog_format = 'ROW'")


def test_changes_that_cannot_be_read_stop_capture(rig: CaptureRig, shop: TestShop) -> None:
    write_statement(shop)
    rig.wait_until_ended()
    assert isinstance(rig.error, StreamPoisoned)
    assert "resync" in str(rig.error)
    rig.error = None


def test_changes_that_cannot_be_read_become_a_full_run_where_the_settings_say_so(
    shop: TestShop, make_rig: MakeRig
) -> None:
    rig = make_rig(shop, poison="resync").start()
    rig.mark()
    write_statement(shop)
    records = rig.since()
    assert {record.model for record in records} == {Model.CUSTOMER}
    assert len(records) == shop.count("customer_entity")
    assert rig.status.unreadable_count == 1
    assert differences(rig) == []


def test_deleted_keys_leave_the_topics_and_the_index_after_their_time(
    shop: TestShop, make_rig: MakeRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cdc.publishing, "TOMBSTONES_EVERY_S", 0.05)
    monkeypatch.setattr(cdc.publishing, "TOMBSTONES_COUNT", 1)
    rig = make_rig(shop, tombstone_after_h=0.5 / 3600).start()
    rig.mark()
    shop.actions.customers.change_email(2, "second@example.com")
    rig.wait_until_at_rest()
    shop.actions.customers.delete(2)
    shop.actions.orders.delete(3)
    wanted = {(Model.CUSTOMER, "2"), (Model.ORDER, "3")}

    def are_buried() -> bool:
        rig.published.all()
        return wanted <= set(rig.published.tombstones)

    wait_until(are_buried, what="tombstones")
    rig.mark()
    rig.stop()
    before = content(index_path(rig))
    assert not {("customer", "2"), ("order", "3")} & {row[:2] for row in before["known"]}
    assert not [row for row in before["retired"] if row[1] == 2]
    index_path(rig).unlink()
    rig.start()
    rig.mark()
    rig.stop()
    assert without_seq(content(index_path(rig))) == without_seq(before)


def without_seq(found: Mapping[str, list[tuple[Any, ...]]]) -> dict[str, list[tuple[Any, ...]]]:
    """An index's content but for the ordinal of the last step."""
    return {table: rows for table, rows in found.items() if table != "state"}


def test_a_lost_connection_costs_a_session_and_nothing_else(
    rig: CaptureRig, shop: TestShop
) -> None:
    def is_cut() -> bool:
        for row in shop.execute("SHOW PROCESSLIST"):
            if row[4].startswith("Binlog Dump"):
                with suppress(pymysql.err.MySQLError):  # it may have ended by itself
                    shop.execute(f"KILL {row[0]}")
        return rig.status.reconnects_count > 0

    wait_until(is_cut, what="a new session", interval_s=0.2)
    shop.actions.customers.edit(3, {"lastname": "Reconnected"})
    (record,) = rig.since()
    assert record.after is not None
    assert record.after["lastname"] == "Reconnected"


def test_a_restart_between_prepare_and_commit_of_an_xa_transaction_loses_nothing(
    shop: TestShop, make_rig: MakeRig
) -> None:
    rig = make_rig(shop).start()
    rig.mark()
    with shop.server.connect(database=shop.schema) as connection, connection.cursor() as cursor:
        for statement in (
            "XA START 'x'",
            "UPDATE customer_entity SET lastname = 'Prepared' WHERE entity_id = 3",
            "XA END 'x'",
            "XA PREPARE 'x'",
        ):
            cursor.execute(statement)
    shop.actions.customers.edit(4, {"lastname": "Between"})
    wait_until(
        lambda: "Between" in str(rig.published.newest(Model.CUSTOMER)["4"].after), what="record"
    )
    rig.stop()
    wait_until(lambda: is_xa_committed(shop), what="XA COMMIT")
    rig.start()
    records = {record.key: record.after for record in rig.since(Model.CUSTOMER)}
    assert records["3"] is not None
    assert records["3"]["lastname"] == "Prepared"


def is_xa_committed(shop: TestShop) -> bool:
    """Commit the prepared transaction; it takes a moment until its session is really gone."""
    try:
        shop.execute("XA COMMIT 'x'")
    except pymysql.err.MySQLError as exc:
        if exc.args[0] not in (1397, 1399):
            raise
        return False
    return True
