"""Stops and kills at the worst moments: what comes again changes nothing."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from cdc.errors import LogUnavailable
from cdc.log.embedded import EmbeddedLog
from cdc.log.protocol import Appender, Consumer, LogAdmin, Message, Publisher, TopicPartition
from cdc.records import Model
from sinks.accepted import AcceptedIndex, accepted_path
from sinks.delivery import Delivery
from sinks.synerise.client import SyneriseClient
from tests.integration.delivery.running import NAMES, PlainMapper, Running, running
from tests.unit.delivery.making import workspace
from tests.waiting import wait_until


class CrossedConsumer:
    """A consumer whose commits meet a fault first."""

    def __init__(self, consumer: Consumer, before_commit: Callable[[], None]) -> None:
        self._consumer = consumer
        self._before_commit = before_commit

    def poll(self, max_messages: int, timeout_s: float) -> list[Message]:
        return self._consumer.poll(max_messages, timeout_s)

    def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        self._before_commit()
        self._consumer.commit(offsets)

    def seek(self, offsets: Mapping[TopicPartition, int]) -> None:
        self._consumer.seek(offsets)

    def positions(self) -> dict[TopicPartition, int]:
        return self._consumer.positions()

    def committed(self) -> dict[TopicPartition, int]:
        return self._consumer.committed()

    def end_offsets(self) -> dict[TopicPartition, int]:
        return self._consumer.end_offsets()

    def close(self) -> None:
        self._consumer.close()


class CrossedLog:
    """The embedded log with faulty commits."""

    def __init__(self, log: EmbeddedLog, before_commit: Callable[[], None]) -> None:
        self._log = log
        self._before_commit = before_commit

    def publisher(self) -> Publisher:
        return self._log.publisher()

    def appender(self) -> Appender:
        return self._log.appender()

    def consumer(self, group: str, topics: Sequence[str]) -> Consumer:
        return CrossedConsumer(self._log.consumer(group, topics), self._before_commit)

    def reader(self, topics: Sequence[str]) -> Consumer:
        return self._log.reader(topics)

    def admin(self) -> LogAdmin:
        return self._log.admin()


def publish_all(run: Running) -> None:
    run.publish(
        run.customer(1, "a@example.com"),
        run.order(100, customId="1"),
        run.order(101, email="g@example.com"),
        run.product("MUG", title="Mug"),
    )


def _deliver_and_die(url: str, folder: str) -> None:
    """Deliver in a process that is killed in front of its first commit of persons."""
    path = Path(folder)
    settings = workspace(url)
    log = CrossedLog(
        EmbeddedLog(path / "log.sqlite", NAMES, 1), lambda: os.kill(os.getpid(), signal.SIGKILL)
    )
    stop = threading.Event()
    client = SyneriseClient(settings, stop)
    index = AcceptedIndex(accepted_path(path, settings.name))
    delivery = Delivery(settings, log, NAMES, PlainMapper(), client, index, stop)
    delivery.start()
    delivery.join(20.0)


@pytest.mark.parametrize("is_index_lost", [False, True])
def test_a_kill_between_acceptance_and_commit_makes_no_duplicate(
    is_index_lost: bool, tmp_path: Path
) -> None:
    with running(tmp_path) as run:
        publish_all(run)
        context = multiprocessing.get_context("spawn")
        for _ in range(2):
            process = context.Process(
                target=_deliver_and_die, args=(run.server.url, str(tmp_path)), daemon=True
            )
            process.start()
            process.join(30.0)
            assert process.exitcode == -signal.SIGKILL
        if is_index_lost:
            for part in tmp_path.glob(accepted_path(tmp_path, "main").name + "*"):
                part.unlink()
        run.start()
        run.wait_delivered()
        assert sorted(each["orderId"] for each in run.orders()) == ["100", "101"]
        assert len(run.profiles()) == 2
        run.assert_no_violation()


def test_a_topic_log_that_fails_at_the_commit_is_tried_again(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        faults = iter([True, True, True])

        def fail_three_times() -> None:
            if next(faults, False):
                raise LogUnavailable("committing: the broker is away")

        run.log = CrossedLog(EmbeddedLog(tmp_path / "log.sqlite", NAMES, 1), fail_three_times)
        publish_all(run)
        delivery = run.start()
        run.wait_delivered()
        assert len(run.orders()) == 2
        assert delivery.progress["people"].skipped["unchanged"] >= 1
        run.assert_no_violation()


def test_a_stop_during_a_long_wait_ends_at_once_and_the_rest_comes_after_the_restart(
    tmp_path: Path,
) -> None:
    with running(tmp_path) as run:
        run.admin.faults({"kind": "throttle", "retry_after_s": 3000, "count": None})
        publish_all(run)
        delivery = run.start()
        wait_until(lambda: delivery.health.reason == "throttled", what="the wait to begin")
        run.stop()
        assert run.committed(Model.CUSTOMER) == 0
        run.admin.clear_faults()
        run.start()
        run.wait_delivered()
        assert len(run.orders()) == 2
        run.assert_no_violation()


def test_unchanged_records_are_not_sent_again(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        publish_all(run)
        delivery = run.start()
        run.wait_delivered()
        before_count = run.admin.stats()["request_count"]
        publish_all(run)
        run.wait_delivered()
        assert run.admin.stats()["request_count"] == before_count
        assert delivery.progress["people"].skipped == {"unchanged": 4}
        assert delivery.progress["catalog"].skipped == {"unchanged": 2}


def test_a_replay_of_the_topics_leaves_the_same_state_and_sends_nothing_older(
    tmp_path: Path,
) -> None:
    with running(tmp_path) as run:
        delivery = run.start()
        for status in ("new", "processing", "complete"):
            run.publish(run.order(100, status, email="g@example.com"))
            run.wait_delivered()
        run.stop()
        admin = run.log.admin()
        admin.set_committed(
            NAMES.group_of("main", Model.ORDER), {TopicPartition(NAMES.model(Model.ORDER), 0): 0}
        )
        admin.close()
        before_count = run.admin.stats()["request_count"]
        delivery = run.start()
        run.wait_delivered()
        assert run.admin.stats()["request_count"] == before_count
        assert delivery.progress["people"].collapsed_count == 2
        (order,) = run.orders()
        assert order["metadata"]["orderStatus"] == "complete"


def test_a_replay_with_a_cleared_index_sends_everything_again_without_duplicates(
    tmp_path: Path,
) -> None:
    with running(tmp_path) as run:
        publish_all(run)
        run.start()
        run.wait_delivered()
        run.stop()
        index = AcceptedIndex(accepted_path(tmp_path, "main"))
        assert index.forget() == 6
        index.close()
        admin = run.log.admin()
        ends = admin.end_offsets(list(NAMES.models.values()))
        for place in ends:
            group = NAMES.group_of("main", NAMES.model_of(place.topic))
            admin.set_committed(group, {place: 0})
        admin.close()
        delivery = run.start()
        run.wait_delivered()
        assert delivery.progress["people"].accepted == {"profile": 2, "transaction": 2}
        assert delivery.progress["catalog"].accepted == {"item": 2}
        run.assert_no_violation()


def test_records_nobody_can_read_or_map_become_dead_letters_and_the_stream_goes_on(
    tmp_path: Path,
) -> None:
    with running(tmp_path) as run:
        broken = run.record(Model.CUSTOMER, "7", {"no": "email"})
        garbage = broken.__class__(broken.topic, b"8", b"not JSON")
        run.publish(broken, garbage, run.customer(9, "i@example.com"))
        run.start()
        run.wait_delivered()
        letters = {letter.key: letter for letter in run.dead_letters()}
        assert letters.keys() == {"7", "8"}
        assert "KeyError" in letters["7"].reason
        assert letters["8"].reason == "decoding a record: the value is not JSON"
        assert letters["8"].request is None
        assert list(run.profiles()) == ["i@example.com"]


def test_another_workspace_under_the_same_name_gets_everything(tmp_path: Path) -> None:
    with running(tmp_path) as run, running(tmp_path / "other") as other:
        publish_all(run)
        run.start()
        run.wait_delivered()
        run.stop()
        run.start(base_url=other.server.url)
        wait_until(
            lambda: (
                other.profiles().keys() == run.profiles().keys()
                and len(other.orders()) == len(run.orders())
                and other.items("store-1") == run.items("store-1")
            ),
            timeout_s=20,
            what="the other workspace to hold the same",
        )
        run.stop()
        # The same one again goes on where it was.
        delivery = run.start(base_url=other.server.url)
        run.publish(run.customer(2, "b@example.com"))
        run.wait_delivered()
        assert delivery.progress["people"].record_count == 1
        run.stop()
        run.assert_no_violation()
        other.assert_no_violation()
