"""What every backend promises of groups, offsets and many processes, checked on both."""

from __future__ import annotations

import json
import threading
import time
from functools import partial

import pytest

from cdc.errors import ConsumerFenced, LogMisconfigured, OffsetLost
from cdc.log.protocol import Entry, LogAdmin, TopicLog, TopicPartition
from tests.integration.log.backends import (
    LogSpec,
    behind,
    child,
    closing,
    opened,
    read,
    read_to_end,
    values,
)
from tests.waiting import wait_until


def test_consumer_goes_on_behind_its_commit(spec: LogSpec, log: TopicLog) -> None:
    with opened(log) as publisher:
        publisher.publish([spec.entry("a", b"%d" % n) for n in range(10)], None)
    with closing(log.consumer(spec.group, [spec.topic])) as consumer:
        consumer.commit(behind(read(consumer, 4)))
        read(consumer, 3)  # read, but not committed
    with closing(spec.log().consumer(spec.group, [spec.topic])) as consumer:
        assert values(read(consumer, 6)) == [b"%d" % n for n in range(4, 10)]
        assert list(consumer.committed().values()) == [4]


def test_groups_do_not_see_each_other(spec: LogSpec, log: TopicLog) -> None:
    with opened(log) as publisher:
        publisher.publish([spec.entry("a", b"1")], None)
    for workspace in ("one", "two"):
        with closing(log.consumer(spec.names.group(workspace), [spec.topic])) as consumer:
            messages = read(consumer, 1)
            consumer.commit(behind(messages))
            assert values(messages) == [b"1"]


def test_committed_end_is_where_a_new_consumer_starts(spec: LogSpec, log: TopicLog) -> None:
    with opened(log) as publisher:
        publisher.publish([spec.entry(f"{n}") for n in range(9)], b"c")
    with closing(log.consumer(spec.group, [spec.topic])) as consumer:
        read_to_end(consumer)
        consumer.commit(consumer.positions())
    with closing(log.consumer(spec.group, [spec.topic])) as consumer:
        assert consumer.positions() == consumer.end_offsets() == consumer.committed()
        assert consumer.poll(10, 0.2) == []


def test_reader_starts_at_the_earliest_and_commits_nothing(
    spec: LogSpec, log: TopicLog, admin: LogAdmin
) -> None:
    with opened(log) as publisher:
        publisher.publish([spec.entry("a", b"1")], None)
    with closing(log.reader([spec.topic])) as reader:
        messages = read(reader, 1)
        assert reader.committed() == {}
        with pytest.raises(LogMisconfigured):
            reader.commit(behind(messages))
    assert admin.groups() == []


def test_admin_lists_groups_and_offsets(spec: LogSpec, log: TopicLog, admin: LogAdmin) -> None:
    partitions = [TopicPartition(spec.topic, n) for n in range(3)]
    assert admin.partitions([spec.topic]) == partitions
    assert admin.groups() == []
    assert admin.committed(spec.group) == {}
    with opened(log) as publisher:
        publisher.publish([spec.entry("a") for _ in range(5)], b"c")
    with closing(log.consumer(spec.group, [spec.topic])) as consumer:
        messages = read(consumer, 3)
        consumer.commit(behind(messages))
    assert admin.groups() == [spec.group]
    assert admin.committed(spec.group) == behind(messages)
    assert set(admin.begin_offsets([spec.topic])) == set(partitions)
    assert admin.begin_offsets([spec.topic])[messages[0].place] == messages[0].offset
    assert admin.end_offsets([spec.topic])[messages[0].place] > messages[-1].offset


def test_offsets_at_a_time_are_those_of_the_first_message_since(
    spec: LogSpec, log: TopicLog, admin: LogAdmin
) -> None:
    with opened(log) as publisher:
        for number in range(6):
            publisher.publish([spec.entry("a", b"%d" % number)], b"c")
            # The next one must have another millisecond.
            next_ms = time.time_ns() // 1_000_000 + 2
            wait_until(partial(is_past, next_ms), interval_s=0.001)
    with closing(log.reader([spec.topic])) as reader:
        messages = read(reader, 6)
        place = messages[0].place
        for message in messages:
            # On Kafka it may be that of a transaction's marker before the message.
            offset = admin.offsets_at([spec.topic], message.timestamp_ms)[place]
            reader.seek({place: offset})
            assert read(reader, 1) == [message]
    assert admin.offsets_at([spec.topic], 0)[place] == messages[0].offset
    late_ms = messages[-1].timestamp_ms + 60_000
    assert admin.offsets_at([spec.topic], late_ms) == admin.end_offsets([spec.topic])


def is_past(moment_ms: int) -> bool:
    """Tell whether a moment of the wall clock is over."""
    return time.time_ns() // 1_000_000 >= moment_ms


def test_moved_group_reads_from_its_new_place(
    spec: LogSpec, log: TopicLog, admin: LogAdmin
) -> None:
    with opened(log) as publisher:
        publisher.publish([spec.entry("a", b"%d" % n) for n in range(5)], None)
    with closing(log.consumer(spec.group, [spec.topic])) as consumer:
        messages = read_to_end(consumer)
        consumer.commit(consumer.positions())
    admin.set_committed(spec.group, {messages[0].place: messages[2].offset})
    with closing(log.consumer(spec.group, [spec.topic])) as consumer:
        assert values(read_to_end(consumer)) == [b"2", b"3", b"4"]


def test_live_group_cannot_be_moved(spec: LogSpec, log: TopicLog, admin: LogAdmin) -> None:
    place = TopicPartition(spec.topic, 0)
    assert not admin.is_live(spec.group)
    admin.set_committed(spec.group, {place: 0})
    with closing(log.consumer(spec.group, [spec.topic])) as consumer:
        consumer.positions()
        assert admin.is_live(spec.group)
        with pytest.raises(LogMisconfigured, match="live"):
            admin.set_committed(spec.group, {place: 0})
    assert not admin.is_live(spec.group)
    admin.set_committed(spec.group, {place: 0})


def test_killed_consumer_is_live_for_seconds_at_most(spec: LogSpec, admin: LogAdmin) -> None:
    with child(spec, "hold_consumer") as process:
        process.wait_for("ready")
        assert admin.is_live(spec.group)
        process.kill()
        wait_until(lambda: not admin.is_live(spec.group), timeout_s=12, what="the end of the group")


def test_newer_consumer_takes_the_group_over(spec: LogSpec, log: TopicLog) -> None:
    with opened(log) as publisher:
        publisher.publish([spec.entry("a", b"%d" % n) for n in range(4)], None)
    with closing(log.consumer(spec.group, [spec.topic])) as old:
        messages = read(old, 1)
        old.commit(behind(messages))
        with closing(spec.log().consumer(spec.group, [spec.topic])) as new:
            assert values(read(new, 3)) == [b"1", b"2", b"3"]
            with pytest.raises(ConsumerFenced, match="took the group over"):
                old.commit(behind(messages))
            old.close()
            new.commit(new.positions())


def test_consumers_of_different_topics_share_a_group(
    spec: LogSpec, log: TopicLog, admin: LogAdmin
) -> None:
    other = Entry(spec.names.control, b"k", b"control")
    with opened(log) as publisher:
        publisher.publish([spec.entry("a", b"model"), other], None)
    found: dict[str, list[bytes | None]] = {}

    def consume(topic: str) -> None:
        with closing(spec.log().consumer(spec.group, [topic])) as consumer:
            messages = read(consumer, 1)
            consumer.commit(behind(messages))
            found[topic] = values(messages)

    threads = [threading.Thread(target=consume, args=(one,)) for one in (spec.topic, other.topic)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {spec.topic: [b"model"], other.topic: [b"control"]}
    assert {place.topic for place in admin.committed(spec.group)} == {spec.topic, other.topic}


def test_offset_beyond_the_end_is_lost(spec: LogSpec, log: TopicLog, admin: LogAdmin) -> None:
    admin.set_committed(spec.group, {TopicPartition(spec.topic, 1): 99})

    def is_lost() -> bool:
        try:
            consumer.poll(10, 0.2)
        except OffsetLost:
            return True
        return False

    with closing(log.consumer(spec.group, [spec.topic])) as consumer:
        wait_until(is_lost, timeout_s=15, what="the report of the lost offset")


def test_offset_of_an_unknown_partition_is_refused(spec: LogSpec, admin: LogAdmin) -> None:
    for place, offset in ((TopicPartition(spec.topic, 99), 0), (TopicPartition(spec.topic, 0), -1)):
        with pytest.raises(LogMisconfigured):
            admin.set_committed(spec.group, {place: offset})
    assert admin.committed(spec.group) == {}


def test_ensuring_topics_again_changes_nothing(
    spec: LogSpec, log: TopicLog, admin: LogAdmin
) -> None:
    with opened(log) as publisher:
        publisher.publish([spec.entry("a")], b"c")
    before = admin.end_offsets([spec.topic])
    admin.ensure_topics()
    assert admin.end_offsets([spec.topic]) == before
    assert admin.checkpoint() == b"c"


def test_topic_keeps_its_partitions_when_settings_want_more(spec: LogSpec, admin: LogAdmin) -> None:
    wider = LogSpec(spec.backend, spec.prefix, spec.address, partitions=5)
    with opened(wider.log()) as publisher:
        publisher.publish([spec.entry(f"{n}") for n in range(30)], b"c")
    assert len(admin.partitions([spec.topic])) == 3


def test_many_processes_use_one_log(spec: LogSpec, log: TopicLog, admin: LogAdmin) -> None:
    with (
        child(spec, "consume_windows") as one,
        child(spec, "consume_windows") as two,
    ):
        one.wait_for("ready")
        two.wait_for("ready")
        with child(spec, "append_letters") as letters, child(spec, "publish_windows") as writer:
            assert writer.wait()[0] == 0
            assert letters.wait()[0] == 0
        for reader in (one, two):
            code, output = reader.wait()
            assert code == 0
            keys = json.loads(output.splitlines()[-1])
            assert sorted(keys) == sorted(f"{w}/{n}" for w in range(40) for n in range(25))
    assert admin.checkpoint() == b"39"
    with closing(log.reader([spec.names.dead_letter])) as reader_of_letters:
        assert len(read_to_end(reader_of_letters)) == 40


def test_kill_while_publishing_never_leaves_half_a_window(spec: LogSpec, log: TopicLog) -> None:
    for _ in range(3):
        with child(spec, "publish_until_killed") as process:
            process.wait_for("ready")
            with closing(log.reader([spec.topic])) as reader:
                reader.seek(reader.end_offsets())
                read(reader, 30)
            process.kill()
    publisher = log.publisher()
    checkpoint = int(publisher.open() or b"0")
    with closing(log.reader([spec.topic])) as reader:
        keys = [message.key.decode() for message in read_to_end(reader)]
    publisher.close()
    expected = [f"{window}/{n}" for window in range(1, checkpoint + 1) for n in range(20)]
    assert sorted(keys) == sorted(expected)
