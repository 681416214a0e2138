"""What only the embedded log has: cleaning, files, locks, and how little it costs to wait."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
import time
from pathlib import Path

import pytest

from cdc.errors import LogMisconfigured, LogUnavailable, PublisherFenced
from cdc.log.embedded import EmbeddedLog
from cdc.log.embedded_cleaning import Retention
from cdc.log.embedded_publisher import EmbeddedPublisher
from cdc.log.protocol import Entry, TopicPartition
from cdc.log.topics import TopicNames
from cdc.records import Model
from tests.integration.log.backends import (
    LogSpec,
    child,
    closing,
    elapsed_s,
    opened,
    read_to_end,
    values,
)
from tests.waiting import wait_until

NAMES = TopicNames("shop")
TOPIC = NAMES.model(Model.CUSTOMER)
MINUTE_MS = 60_000
DAY_MS = 24 * 60 * MINUTE_MS


class Clock:
    """Milliseconds that pass when told to."""

    def __init__(self) -> None:
        self.now_ms = 1_700_000_000_000

    def __call__(self) -> int:
        return self.now_ms


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "log.sqlite"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def log(path: Path, clock: Clock) -> EmbeddedLog:
    retention = Retention(superseded_s=600, tombstone_s=86_400, tombstone_longest_s=30 * 86_400)
    return EmbeddedLog(path, NAMES, 2, retention=retention, busy_timeout_s=0.3, now_ms=clock)


def entry(key: str, value: bytes | None) -> Entry:
    return Entry(TOPIC, key.encode(), value)


def kept(log: EmbeddedLog, topic: str = TOPIC) -> dict[bytes, list[bytes | None]]:
    """Return the values of each key that are still there."""
    found: dict[bytes, list[bytes | None]] = {}
    with closing(log.reader([topic])) as reader:
        for message in read_to_end(reader):
            found.setdefault(message.key, []).append(message.value)
    return found


def test_superseded_messages_go_after_a_while_and_the_newest_stays(
    log: EmbeddedLog, clock: Clock
) -> None:
    with opened(log) as publisher:
        for number in range(3):
            publisher.publish([entry("a", b"%d" % number), entry(f"only {number}", b"x")], b"c")
        clock.now_ms += 9 * MINUTE_MS
        publisher.publish([], b"c")
        assert kept(log)[b"a"] == [b"0", b"1", b"2"]
        clock.now_ms += 2 * MINUTE_MS
        publisher.publish([], b"c")
        assert kept(log)[b"a"] == [b"2"]
        clock.now_ms += 400 * DAY_MS
        publisher.publish([], b"c")
        only = {f"only {number}".encode(): [b"x"] for number in range(3)}
        assert kept(log) == {b"a": [b"2"], **only}


def test_checkpoints_do_not_pile_up(log: EmbeddedLog, clock: Clock) -> None:
    with opened(log) as publisher:
        for number in range(500):
            publisher.publish([], b"%d" % number)
        clock.now_ms += 11 * MINUTE_MS
        for number in range(500, 510):
            publisher.publish([], b"%d" % number)
        assert len(kept(log, NAMES.checkpoint)[b"shop"]) <= 11
        admin = log.admin()
        assert admin.checkpoint() == b"509"
        admin.close()


def test_cleaning_is_spread_over_many_publishes(log: EmbeddedLog, clock: Clock) -> None:
    with opened(log) as publisher:
        for _ in range(2):
            publisher.publish([entry(f"{n}", b"x") for n in range(1000)], None)
        clock.now_ms += 11 * MINUTE_MS
        publisher.publish([], b"c")
        left_count = sum(map(len, kept(log).values()))
        assert 1000 < left_count < 2000
        for _ in range(20):
            publisher.publish([], b"c")
        assert sum(map(len, kept(log).values())) == 1000


def test_side_topics_keep_everything(log: EmbeddedLog, clock: Clock) -> None:
    appender = log.appender()
    for number in range(3):
        appender.append([Entry(NAMES.dead_letter, b"k", b"%d" % number)])
    appender.close()
    clock.now_ms += 400 * DAY_MS
    with opened(log) as publisher:
        publisher.publish([], b"c")
    assert kept(log, NAMES.dead_letter) == {b"k": [b"0", b"1", b"2"]}


def test_tombstone_goes_with_its_key_after_a_day(log: EmbeddedLog, clock: Clock) -> None:
    with opened(log) as publisher:
        publisher.publish([entry("gone", b"1"), entry("back", b"1")], None)
        publisher.publish([entry("gone", None), entry("back", None)], None)
        publisher.publish([entry("back", b"2")], None)
        clock.now_ms += 11 * MINUTE_MS
        publisher.publish([], b"c")
        assert kept(log) == {b"gone": [None], b"back": [b"2"]}
        clock.now_ms += DAY_MS
        publisher.publish([], b"c")
        assert kept(log) == {b"back": [b"2"]}
        publisher.publish([entry("gone", b"again")], None)
        assert kept(log) == {b"back": [b"2"], b"gone": [b"again"]}


def test_tombstone_waits_for_a_group_that_is_behind_but_not_for_ever(
    log: EmbeddedLog, clock: Clock
) -> None:
    with opened(log) as publisher:
        publisher.publish([entry("a", b"1")], None)
        with closing(log.consumer("late", [TOPIC])) as consumer:
            read_to_end(consumer)
            consumer.commit(consumer.positions())
        publisher.publish([entry("a", None)], None)
        clock.now_ms += 3 * DAY_MS
        publisher.publish([], b"c")
        assert kept(log) == {b"a": [None]}
        clock.now_ms += 28 * DAY_MS
        publisher.publish([], b"c")
        assert kept(log) == {}


def test_tombstone_goes_when_all_groups_passed_it(log: EmbeddedLog, clock: Clock) -> None:
    with opened(log) as publisher:
        publisher.publish([entry("a", None)], None)
        with closing(log.consumer("quick", [TOPIC])) as consumer:
            read_to_end(consumer)
            consumer.commit(consumer.positions())
        clock.now_ms += DAY_MS
        publisher.publish([], b"c")
    assert kept(log) == {}


def test_offsets_are_not_used_again_after_cleaning(log: EmbeddedLog, clock: Clock) -> None:
    admin = log.admin()
    with opened(log) as publisher:
        publisher.publish([entry("a", None)], None)
        before = admin.end_offsets([TOPIC])
        clock.now_ms += 2 * DAY_MS
        publisher.publish([], b"c")
        assert admin.begin_offsets([TOPIC]) == admin.end_offsets([TOPIC]) == before
    with opened(log) as publisher:
        publisher.publish([entry("a", b"1")], None)
        assert sum(admin.end_offsets([TOPIC]).values()) == sum(before.values()) + 1
    admin.close()


def test_consumer_passes_over_cleaned_offsets(log: EmbeddedLog, clock: Clock) -> None:
    with opened(log) as publisher:
        publisher.publish([entry("a", b"1"), entry("a", b"2"), entry("a", b"3")], None)
        clock.now_ms += 11 * MINUTE_MS
        publisher.publish([], b"c")
    with closing(log.consumer("group", [TOPIC])) as consumer:
        assert values(read_to_end(consumer)) == [b"3"]
        assert consumer.positions() == consumer.end_offsets()


def test_offsets_at_a_time_are_found_over_holes(log: EmbeddedLog, clock: Clock) -> None:
    times: list[int] = []
    with opened(log) as publisher:
        for number in range(40):
            publisher.publish([entry("a" if number % 3 else f"k{number}", b"x")], None)
            times.append(clock.now_ms)
            clock.now_ms += MINUTE_MS
        publisher.publish([], b"c")
    with closing(log.reader([TOPIC])) as reader:
        messages = read_to_end(reader)
    assert len(messages) < 40
    admin = log.admin()
    for moment_ms in [*times, times[0] - 1, times[-1] + 1]:
        expected = {
            TopicPartition(TOPIC, partition): min(
                (
                    message.offset
                    for message in messages
                    if message.partition == partition and message.timestamp_ms >= moment_ms
                ),
                default=admin.end_offsets([TOPIC])[TopicPartition(TOPIC, partition)],
            )
            for partition in (0, 1)
        }
        assert admin.offsets_at([TOPIC], moment_ms) == expected
    admin.close()


def test_times_do_not_go_back_with_the_clock(log: EmbeddedLog, clock: Clock) -> None:
    with opened(log) as publisher:
        publisher.publish([entry("a", b"1")], None)
        clock.now_ms -= DAY_MS
        publisher.publish([entry("a", b"2")], None)
    with closing(log.reader([TOPIC])) as reader:
        first, second = read_to_end(reader)
    assert second.timestamp_ms >= first.timestamp_ms


def test_refusal_names_the_publisher_that_holds_the_lock(log: EmbeddedLog) -> None:
    with opened(log):
        other = log.publisher()
        with pytest.raises(PublisherFenced, match=f"process {os.getpid()} on "):
            other.open()


def test_busy_file_is_reported_after_the_timeout(log: EmbeddedLog, path: Path) -> None:
    with opened(log) as publisher:
        blocker = sqlite3.connect(path, isolation_level=None)
        blocker.execute("BEGIN IMMEDIATE")
        with pytest.raises(LogUnavailable, match="held the file"):
            publisher.publish([entry("a", b"1")], b"c")
        blocker.execute("ROLLBACK")
        blocker.close()
        publisher.publish([entry("a", b"2")], b"c")
    assert kept(log) == {b"a": [b"2"]}


def test_full_disk_is_reported_and_nothing_is_half_written(log: EmbeddedLog) -> None:
    publisher = log.publisher()
    assert isinstance(publisher, EmbeddedPublisher)
    publisher.open()
    publisher.publish([entry("a", b"1")], b"one")
    assert publisher._database is not None
    publisher._database.connection.execute("PRAGMA max_page_count = 30")
    with pytest.raises(LogUnavailable, match="disk is full"):
        publisher.publish([entry(f"{n}", bytes(8000)) for n in range(100)], b"two")
    publisher._database.connection.execute("PRAGMA max_page_count = 100000")
    publisher.publish([entry("b", b"2")], None)
    publisher.close()
    assert publisher.open() == b"one"
    publisher.close()
    assert kept(log) == {b"a": [b"1"], b"b": [b"2"]}


def test_deleted_file_stops_the_publisher_and_the_consumer(log: EmbeddedLog, path: Path) -> None:
    with opened(log) as publisher, closing(log.consumer("group", [TOPIC])) as consumer:
        publisher.publish([entry("a", b"1")], b"c")
        for file in path.parent.glob("log.sqlite*"):
            file.unlink()
        with pytest.raises(LogUnavailable, match="gone"):
            publisher.publish([entry("a", b"2")], b"c")

        def is_noticed() -> bool:
            try:
                consumer.poll(1, 0)
            except LogUnavailable:
                return True
            return False

        wait_until(is_noticed, what="the consumer to notice")
        publisher.close()
        assert publisher.open() is None


@pytest.mark.parametrize("content", [b"this is no database, it is only text\n" * 40, None])
def test_file_of_something_else_is_refused(
    log: EmbeddedLog, path: Path, content: bytes | None
) -> None:
    path.parent.mkdir()
    if content is None:
        other = sqlite3.connect(path)
        other.execute("CREATE TABLE theirs (id INTEGER)")
        other.close()
        before = path.read_bytes()
    else:
        before = content
        path.write_bytes(content)
    with pytest.raises(LogMisconfigured):
        log.publisher().open()
    assert path.read_bytes() == before


def test_halved_file_is_refused_with_the_remedy(log: EmbeddedLog, path: Path) -> None:
    with opened(log) as publisher:
        publisher.publish([entry(f"{n}", bytes(8000)) for n in range(100)], b"c")
    os.truncate(path, path.stat().st_size // 2)
    with pytest.raises(LogMisconfigured, match=r"damaged; .*remove it with its -wal and -shm"):
        log.publisher().open()


def test_folder_that_cannot_be_made_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    log = EmbeddedLog(tmp_path / "file" / "log.sqlite", NAMES, 1)
    admin = log.admin()
    for use in (log.publisher().open, lambda: log.consumer("g", [TOPIC]), admin.ensure_topics):
        with pytest.raises((LogMisconfigured, LogUnavailable), match="file"):
            use()


def test_files_are_readable_by_their_owner_only(log: EmbeddedLog, path: Path) -> None:
    with opened(log) as publisher, closing(log.consumer("group", [TOPIC])):
        publisher.publish([entry("a", b"secret")], b"c")
        files = list(path.parent.iterdir())
        assert len(files) >= 5
        for file in [path.parent, *files]:
            assert stat.S_IMODE(file.stat().st_mode) & 0o077 == 0, file


def test_log_made_by_many_threads_at_once_is_made_once(path: Path) -> None:
    failures: list[BaseException] = []
    barrier = threading.Barrier(6)

    def make(number: int) -> None:
        try:
            barrier.wait()
            appender = EmbeddedLog(path, NAMES, 2).appender()
            appender.append([Entry(NAMES.control, b"k", b"%d" % number)])
            appender.close()
        except BaseException as exc:
            failures.append(exc)

    threads = [threading.Thread(target=make, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(kept(EmbeddedLog(path, NAMES, 2), NAMES.control)[b"k"]) == 6


def test_message_from_another_process_is_seen_within_milliseconds(path: Path) -> None:
    spec = LogSpec("embedded", NAMES.prefix, str(path))
    log = spec.log()
    with closing(log.reader([spec.topic])) as reader, child(spec, "publish_until_killed") as other:
        other.wait_for("ready")
        delays_ms: list[float] = []

        def has_enough() -> bool:
            for message in reader.poll(1000, 1):
                delays_ms.append(time.time() * 1000 - message.timestamp_ms)
            return len(delays_ms) > 400

        wait_until(has_enough, what="messages of the other process", interval_s=0)
    delays_ms.sort()
    # Half of them: the tail belongs to whatever else this machine does.
    assert delays_ms[len(delays_ms) // 2] < 20


@pytest.mark.parametrize("has_publisher", [True, False])
def test_idle_poll_uses_little_processor_time(log: EmbeddedLog, has_publisher: bool) -> None:
    publisher = log.publisher()
    if has_publisher:
        publisher.open()
    with closing(log.consumer("group", [TOPIC])) as consumer:
        consumer.poll(1, 0)
        start_s = time.thread_time()
        waited_s = elapsed_s(lambda: consumer.poll(1, 1.0))
        assert (time.thread_time() - start_s) / waited_s < 0.05
    publisher.close()


def test_consumer_that_polls_holds_no_view_that_blocks_cleaning_up(
    log: EmbeddedLog, path: Path
) -> None:
    with opened(log) as publisher, closing(log.consumer("group", [TOPIC])) as consumer:
        for _ in range(60):
            publisher.publish([entry(f"{n}", bytes(10_000)) for n in range(100)], b"c")
            read_to_end(consumer)
        # SQLite's side file starts over once nobody reads an old view of it.
        assert path.with_name("log.sqlite-wal").stat().st_size < 50_000_000
