"""What the daemon says first, and then every minute."""

from __future__ import annotations

import logging
from threading import Event

import pytest

from cdc.errors import LogUnavailable, PublisherFenced
from cdc.log.factory import open_log
from cdc.records import Model
from cdc.service import CaptureService
from cdc.status import CaptureStatus
from cli import starting
from cli.pulse import Pulse, capture_facts, daemon_facts
from cli.starting import masked, start_facts
from cli.version import version
from cli.wiring import deliveries
from tests.unit.cli.place import NOBODY, POSITION, SECRETS, Place
from tests.waiting import wait_until


def test_settings_are_named_where_they_differ_and_secrets_are_masked(place: Place) -> None:
    place.write(
        log={"backend": "kafka", "kafka": {"sasl_password": "kafka-secret"}},
        workspaces=[
            {
                "name": "alpha",
                "api_key": SECRETS["alpha"],
                "base_url": "https://robin:url-secret@proxy.example.com",
            }
        ],
    )
    fields = masked(place.settings)
    text = str(fields)
    for secret in (*SECRETS.values(), "kafka-secret", "url-secret", "robin"):
        assert secret not in text
    assert fields["workspaces"][0]["base_url"] == "https://***@proxy.example.com"
    assert fields["database"] == {
        "port": 9,
        "password": "**********",
        "connect_timeout_s": 1.0,
    }
    assert "mapping" not in fields


def test_first_line_of_the_log_names_version_settings_and_start(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    import json

    place.publish({Model.ORDER: ["1"]})
    monkeypatch.setattr(CaptureService, "run", lambda self: self._stop.wait(0))
    result = place.call("capture")
    first = json.loads(result.stderr.splitlines()[0])
    assert first["event"] == "daemon.starting"
    assert first["version"] == version()
    assert first["capture_start"] == {
        "position": str(POSITION.coordinates),
        "gtid": "0-1-99",
        "reason": "checkpoint in the topics",
    }
    assert first["settings"]["database"]["password"] == "**********"
    assert result.exit_code == 1, "a part that ends by itself is no success"


def test_without_a_checkpoint_the_reason_is_an_initial_load(place: Place) -> None:
    facts = start_facts(place.settings, is_capturing=True, workspaces=["alpha"])
    assert facts["capture_start"]["position"] is None
    assert "initial load" in facts["capture_start"]["reason"]
    assert "do not exist yet" in facts["deliver_start"]["alpha"]
    assert not place.settings.state_dir.exists()


def test_deliveries_start_at_committed_offsets_or_at_the_first_record(place: Place) -> None:
    place.publish({Model.PRODUCT: ["a"]})
    with place.delivering("alpha") as consumer:
        consumer.commit(dict.fromkeys(consumer.positions(), 0))
    facts = start_facts(place.settings, is_capturing=False, workspaces=["alpha"])
    assert "capture_start" not in facts
    assert facts["deliver_start"]["alpha"]["product"] == [0, 0]
    assert facts["deliver_start"]["alpha"]["order"] == ["first record", "first record"]


def test_damaged_checkpoint_is_told(place: Place) -> None:
    publisher = open_log(place.settings).publisher()
    publisher.open()
    publisher.publish([], b"damaged")
    publisher.close()
    facts = start_facts(place.settings, is_capturing=True, workspaces=[])
    assert "cannot be used" in facts["capture_start"]["reason"]


def test_topic_log_that_is_away_does_not_keep_the_first_line_back(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(settings: object) -> None:
        raise LogUnavailable("opening: no broker")

    monkeypatch.setattr(starting, "admin_of", away)
    facts = start_facts(place.settings, is_capturing=True, workspaces=["alpha"])
    assert "not known yet" in facts["start"]


def test_another_capture_is_found(place: Place) -> None:
    publisher = open_log(place.settings).publisher()
    publisher.open()
    try:
        with pytest.raises(PublisherFenced, match="another process captures"):
            start_facts(place.settings, is_capturing=True, workspaces=[])
        assert start_facts(place.settings, is_capturing=False, workspaces=[])
    finally:
        publisher.close()


def test_status_line_comes_again_and_again_and_once_at_the_end(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def count() -> int:
        return sum(record.getMessage() == "daemon.status" for record in caplog.records)

    with caplog.at_level(logging.INFO):
        with Pulse(lambda: {"figure": 7}, every_s=0.01):
            wait_until(lambda: count() >= 3, what="status lines")
        with Pulse(lambda: {"figure": 8}, every_s=1000):
            pass
    assert vars(caplog.records[-1])["figure"] == 8


def test_lag_of_capture_is_the_age_of_the_last_transaction_until_the_server_is_quiet() -> None:
    status = CaptureStatus()
    assert capture_facts(status)["silent_s"] is None
    status.seen(POSITION, committed_ms=1)
    facts = capture_facts(status)
    assert facts["lag_ms"] > 1_000_000
    assert facts["position"] == "binlog.000007:4711"
    status.heartbeat()
    assert capture_facts(status)["lag_ms"] == 0


def test_figures_of_deliveries_have_backlog_health_and_counts(place: Place) -> None:
    place.publish({Model.PRODUCT: ["a", "b"]})
    settings = place.settings
    stop = Event()
    with deliveries(settings, open_log(settings), settings.workspaces, stop) as made:
        facts = daemon_facts(settings, None, made)
    assert set(facts) == {"deliveries"}
    alpha = facts["deliveries"]["alpha"]
    assert alpha["backlog"] == {"customer": 0, "product": 2, "order": 0, "subscriber": 0}
    assert (alpha["health"], alpha["sent"], alpha["dead_letters"]) == ("ok", {}, 0)
    assert {path.name for path in settings.state_dir.glob("accepted-*")} >= {
        "accepted-alpha.sqlite",
        "accepted-beta.sqlite",
    }
    assert NOBODY in settings.workspaces[0].url
