"""The publisher's role: whom capture takes it from, and how long it keeps it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pymysql
import pytest
from pydantic import SecretStr

import cdc.service
from cdc.checkpoint import Checkpoint
from cdc.errors import (
    BinlogPurged,
    LogUnavailable,
    PublisherFenced,
    SourceDenied,
    SourceMisconfigured,
    SourceUnavailable,
)
from cdc.log.embedded import EmbeddedLog
from cdc.log.protocol import Publisher
from cdc.position import Position
from cdc.preflight import preflight
from tests.integration.capture.comparing import differences
from tests.integration.capture.conftest import MakeRig, TestShop
from tests.integration.capture.faults import FaultyLog
from tests.integration.capture.rig import CaptureRig
from tests.waiting import wait_until


def other_publisher(rig: CaptureRig) -> Publisher:
    """A publisher of the rig's log, as a second daemon has."""
    return EmbeddedLog(rig.settings.embedded_log_path, rig.names, 1).publisher()


def cut_connections(shop: TestShop) -> None:
    """End what reads the binlog."""
    for row in shop.execute("SHOW PROCESSLIST"):
        if row[4].startswith("Binlog Dump"):
            with suppress(pymysql.err.MySQLError):  # it may have ended by itself
                shop.execute(f"KILL {row[0]}")


def test_the_role_is_kept_while_the_database_is_away(
    shop: TestShop, make_rig: MakeRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = FaultyLog()
    rig = make_rig(shop, wrap=plan.around).start()
    rig.mark()

    def is_away(*args: Any, **more: Any) -> Any:
        raise SourceUnavailable("the server is away")

    def has_tried() -> bool:
        # Again and again: at any one moment there may be no connection that reads the binlog.
        cut_connections(shop)
        return rig.status.reconnects_count >= 3

    monkeypatch.setattr(cdc.service, "preflight", is_away)
    wait_until(has_tried, what="tries that fail")
    assert rig.status.to_json()["trouble"] == "SourceUnavailable"
    with pytest.raises(PublisherFenced):
        other_publisher(rig).open()
    shop.actions.customers.edit(3, {"lastname": "Meanwhile"})
    monkeypatch.setattr(cdc.service, "preflight", preflight)
    (record,) = rig.since()
    assert record.after is not None
    assert record.after["lastname"] == "Meanwhile"
    assert plan.opened_count == 1
    assert rig.status.to_json()["trouble"] is None
    rig.stop()
    other = other_publisher(rig)
    other.open()
    other.close()


def test_the_role_is_taken_anew_after_the_log_failed(shop: TestShop, make_rig: MakeRig) -> None:
    plan = FaultyLog()
    rig = make_rig(shop, wrap=plan.around).start()
    rig.mark()
    plan.fail(LogUnavailable("the answer is lost"), is_after=True)
    shop.actions.customers.edit(3, {"lastname": "Uncertain"})
    wait_until(lambda: plan.opened_count == 2, what="the role to be taken again")
    rig.since()
    assert differences(rig) == []


def wrong_password(rig: CaptureRig) -> None:
    account = {"user": "nobody", "password": SecretStr("wrong")}
    database = rig.settings.database.model_copy(update=account)
    rig.settings = rig.settings.model_copy(update={"database": database})


def servers_own_id(rig: CaptureRig) -> None:
    own = int(rig.server.execute("SELECT @@server_id")[0][0])
    capture = rig.settings.capture.model_copy(update={"server_id": own})
    rig.settings = rig.settings.model_copy(update={"capture": capture})


@pytest.mark.parametrize(
    ("spoil", "error"), [(wrong_password, SourceDenied), (servers_own_id, SourceMisconfigured)]
)
@pytest.mark.parametrize("takes_over", [True, False])
def test_a_daemon_that_cannot_capture_takes_the_role_from_nobody(
    shop: TestShop,
    make_rig: MakeRig,
    spoil: Callable[[CaptureRig], None],
    error: type[Exception],
    takes_over: bool,
) -> None:
    plan = FaultyLog(takes_over=takes_over)
    rig = make_rig(shop, wrap=plan.around)
    spoil(rig)
    rig.start()
    rig.wait_until_ended()
    assert isinstance(rig.error, error)
    rig.error = None
    assert plan.opened_count == (0 if takes_over else 1)


def test_a_purged_position_is_told_before_anything_is_read_and_names_the_way_out(
    shop: TestShop, make_rig: MakeRig
) -> None:
    rig = make_rig(shop).start()
    rig.mark()
    rig.stop()
    stored = rig.checkpoint()
    assert stored is not None
    position = stored.position
    purged = Position(position.flavor, position.server, "binlog.000000", 4)
    publisher = other_publisher(rig)
    publisher.open()
    publisher.publish([], Checkpoint(stored.seq, purged, (), stored.log_id).encode())
    publisher.close()
    (rig.settings.state_dir / "identity.sqlite").unlink()
    rig.start()
    rig.wait_until_ended()
    assert isinstance(rig.error, BinlogPurged)
    assert str(rig.error).endswith("magento-cdc offsets reset --capture")
    rig.error = None
    assert not (rig.settings.state_dir / "identity.sqlite").exists()


def test_the_position_is_known_before_the_first_transaction(
    shop: TestShop, make_rig: MakeRig
) -> None:
    rig = make_rig(shop).start()
    rig.mark()
    rig.stop()
    stored = rig.checkpoint()
    assert stored is not None
    rig.start()
    wait_until(lambda: rig.status.position is not None, what="a position")
    assert rig.status.position == stored.position
    assert rig.status.transactions_count == 0
