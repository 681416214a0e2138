"""What every backend promises of publishing and reading, checked on both."""

from __future__ import annotations

import threading
import time

import pytest

from cdc.errors import LogMisconfigured, PublisherFenced, RecordTooLarge
from cdc.log.protocol import Entry, LogAdmin, TopicLog, TopicPartition
from tests.integration.log.backends import (
    LogSpec,
    child,
    closing,
    elapsed_s,
    opened,
    read,
    read_to_end,
    values,
)
from tests.waiting import wait_until


def test_entries_and_checkpoint_become_visible_together(spec: LogSpec, log: TopicLog) -> None:
    with opened(log) as publisher, closing(log.reader([spec.topic])) as reader:
        publisher.publish([spec.entry("a", b"1"), spec.entry("b", b"2")], b"after both")
        assert sorted(map(str, values(read(reader, 2)))) == ["b'1'", "b'2'"]
        admin = log.admin()
        assert admin.checkpoint() == b"after both"
        admin.close()


def test_new_log_has_no_checkpoint(log: TopicLog) -> None:
    publisher = log.publisher()
    assert publisher.open() is None
    publisher.close()


def test_checkpoint_survives_closing(spec: LogSpec, log: TopicLog) -> None:
    with opened(log) as publisher:
        publisher.publish([], b"first")
        publisher.publish([], b"second")
        publisher.publish([spec.entry("a")], None)
    publisher = spec.log().publisher()
    assert publisher.open() == b"second"
    publisher.close()


def test_nothing_to_publish_publishes_nothing(spec: LogSpec, log: TopicLog) -> None:
    with opened(log) as publisher:
        publisher.publish([], None)
        with closing(log.reader([spec.topic])) as reader:
            assert set(reader.end_offsets().values()) == {0}


def test_publisher_killed_before_commit_leaves_nothing_visible(spec: LogSpec) -> None:
    with child(spec, "die_before_commit") as process:
        code, _ = process.wait()
    assert code == -9
    log = spec.log()
    publisher = log.publisher()
    assert publisher.open() == b"checkpoint 1"
    publisher.publish([spec.entry("after", b"3")], None)
    with closing(log.reader([spec.topic])) as reader:
        assert {message.key for message in read_to_end(reader)} == {b"kept", b"after"}
    publisher.close()


def test_publisher_can_be_opened_again(spec: LogSpec, log: TopicLog) -> None:
    publisher = log.publisher()
    publisher.open()
    publisher.publish([spec.entry("a", b"1")], b"one")
    publisher.close()
    publisher.close()
    assert publisher.open() == b"one"
    publisher.publish([spec.entry("a", b"2")], b"two")
    publisher.close()
    with closing(log.reader([spec.topic])) as reader:
        assert values(read_to_end(reader)) == [b"1", b"2"]


def test_only_one_of_two_publishers_can_publish(spec: LogSpec, log: TopicLog) -> None:
    first, second = log.publisher(), spec.log().publisher()
    first.open()
    first.publish([spec.entry("a", b"1")], b"one")
    # Kafka lets the newer one take over; the embedded log refuses it. Either way one is left.
    if spec.is_kafka:
        assert second.open() == b"one"
        winner, loser = second, first
        with pytest.raises(PublisherFenced):
            loser.publish([spec.entry("a", b"lost")], b"lost")
    else:
        winner, loser = first, second
        with pytest.raises(PublisherFenced, match=r"process \d+ on .* publishes"):
            loser.open()
    winner.publish([spec.entry("a", b"2")], b"two")
    loser.close()
    winner.publish([spec.entry("a", b"3")], b"three")
    winner.close()
    with closing(log.reader([spec.topic])) as reader:
        assert values(read_to_end(reader)) == [b"1", b"2", b"3"]


def test_publisher_in_another_process_is_one_too_many(spec: LogSpec, log: TopicLog) -> None:
    with child(spec, "hold_publisher") as process:
        process.wait_for("ready")
        publisher = log.publisher()
        if spec.is_kafka:
            publisher.open()
        else:
            with pytest.raises(PublisherFenced):
                publisher.open()
        process.kill()
        # A killed holder never blocks its successor.
        assert elapsed_s(publisher.open) < 5
        publisher.publish([spec.entry("a")], b"mine")
        publisher.close()


def test_partition_keeps_the_order_of_publishing(spec: LogSpec, log: TopicLog) -> None:
    with opened(log) as publisher:
        for window in range(5):
            entries = [spec.entry(f"k{n % 7}", b"%d" % (window * 100 + n)) for n in range(100)]
            publisher.publish(entries, b"%d" % window)
    with closing(log.consumer(spec.group, [spec.topic])) as consumer:
        messages = read_to_end(consumer)
    assert len(messages) == 500
    places: dict[bytes, set[TopicPartition]] = {}
    last: dict[TopicPartition, tuple[int, int]] = {}
    for message in messages:
        now = (message.offset, int(message.value or b"-1"))
        before = last.get(message.place, (-1, -1))
        assert now[0] > before[0]
        assert now[1] > before[1]
        last[message.place] = now
        places.setdefault(message.key, set()).add(message.place)
    assert all(len(found) == 1 for found in places.values())
    assert len(last) == 3


def test_key_stays_in_its_partition_after_reopening(spec: LogSpec, log: TopicLog) -> None:
    keys = [f"sku-{n}" for n in range(20)]
    for _ in range(2):
        with opened(spec.log()) as publisher:
            publisher.publish([spec.entry(key) for key in keys], None)
    with closing(log.reader([spec.topic])) as reader:
        places = {(message.key, message.place) for message in read_to_end(reader)}
    assert len(places) == len(keys)


def test_consumer_sees_what_comes_while_it_waits(spec: LogSpec, log: TopicLog) -> None:
    with opened(log) as publisher, closing(log.consumer(spec.group, [spec.topic])) as consumer:
        consumer.positions()
        timer = threading.Timer(0.2, lambda: publisher.publish([spec.entry("a", b"1")], b"c"))
        timer.start()
        assert values(consumer.poll(10, 10)) == [b"1"]
        timer.join()


def test_poll_returns_when_its_time_is_over(spec: LogSpec, log: TopicLog, admin: LogAdmin) -> None:
    with closing(log.consumer(spec.group, [spec.topic])) as consumer:
        consumer.positions()
        assert elapsed_s(lambda: consumer.poll(10, 0.2)) < 1
        assert elapsed_s(lambda: consumer.poll(10, 0)) < 0.5


def test_polls_without_any_patience_get_messages_too(spec: LogSpec, log: TopicLog) -> None:
    with opened(log) as publisher:
        publisher.publish([spec.entry("a", b"1")], b"c")
    with closing(log.consumer(spec.group, [spec.topic])) as consumer:
        found = wait_until(lambda: consumer.poll(10, 0), timeout_s=20, what="the message")
        assert values(found) == [b"1"]


def test_poll_of_no_messages_returns_none_and_loses_none(spec: LogSpec, log: TopicLog) -> None:
    with opened(log) as publisher:
        publisher.publish([spec.entry("a", b"%d" % n) for n in range(5)], None)
    with closing(log.consumer(spec.group, [spec.topic])) as consumer:
        consumer.positions()
        for _ in range(3):
            assert consumer.poll(0, 0.05) == []
        assert values(read(consumer, 2)) == [b"0", b"1"]
        assert consumer.poll(0, 0.05) == []
        assert values(read(consumer, 3)) == [b"2", b"3", b"4"]


def test_seek_repeats_and_skips(spec: LogSpec, log: TopicLog) -> None:
    with opened(log) as publisher:
        publisher.publish([spec.entry("a", b"%d" % n) for n in range(6)], None)
    with closing(log.consumer(spec.group, [spec.topic])) as consumer:
        first = read(consumer, 6)
        place = first[0].place
        consumer.seek({place: first[1].offset})
        assert consumer.positions()[place] == first[1].offset
        assert values(read(consumer, 2)) == [b"1", b"2"]
        consumer.seek({place: first[5].offset})
        assert values(read(consumer, 1)) == [b"5"]
        assert consumer.committed() == {}


def test_positions_reach_the_end_offsets(spec: LogSpec, log: TopicLog) -> None:
    topics = [spec.topic, spec.names.checkpoint]
    with opened(log) as publisher, closing(log.consumer(spec.group, topics)) as consumer:
        assert consumer.positions() == consumer.end_offsets()
        for number in range(3):
            publisher.publish([spec.entry("a", b"%d" % number)], b"%d" % number)
            assert len(read_to_end(consumer)) == 2
        assert set(consumer.positions()) == {
            *[TopicPartition(spec.topic, n) for n in range(3)],
            TopicPartition(spec.names.checkpoint, 0),
        }


def test_tombstone_empty_and_odd_bytes_arrive_as_they_were(spec: LogSpec, log: TopicLog) -> None:
    sent: list[tuple[bytes, bytes | None]] = [
        (b"gone", None),
        (b"empty", b""),
        ("zażółć gęślą jaźń / 商品 🛒".encode(), "wartość".encode()),
        (b"\x00\xff'\"%s", b"\x00\x01\xfe"),
        (b" ", b" "),
    ]
    with opened(log) as publisher:
        publisher.publish([spec.entry(key, value) for key, value in sent], None)
    with closing(log.reader([spec.topic])) as reader:
        found = {message.key: message.value for message in read_to_end(reader)}
    assert found == dict(sent)


def test_message_tells_when_it_was_published(spec: LogSpec, log: TopicLog) -> None:
    before_ms = time.time_ns() // 1_000_000
    with opened(log) as publisher:
        publisher.publish([spec.entry("a")], None)
    after_ms = time.time_ns() // 1_000_000
    with closing(log.reader([spec.topic])) as reader:
        (message,) = read(reader, 1)
    assert before_ms <= message.timestamp_ms <= after_ms


def test_appended_letters_are_kept_in_order(spec: LogSpec, log: TopicLog, admin: LogAdmin) -> None:
    appender = log.appender()
    appender.append([])
    for number in range(3):
        appender.append([Entry(spec.names.dead_letter, b"k", b"%d" % number)])
    appender.close()
    with closing(log.reader([spec.names.dead_letter])) as reader:
        assert values(read_to_end(reader)) == [b"0", b"1", b"2"]


def test_appenders_of_several_threads_and_the_publisher_share_a_topic(
    spec: LogSpec, log: TopicLog
) -> None:
    def append(worker: int) -> None:
        appender = spec.log().appender()
        for number in range(10):
            appender.append([Entry(spec.names.control, b"%d" % worker, b"%d" % number)])
        appender.close()

    with opened(log) as publisher:
        threads = [threading.Thread(target=append, args=(n,)) for n in range(3)]
        for thread in threads:
            thread.start()
        for number in range(10):
            publisher.publish([Entry(spec.names.control, b"p", b"%d" % number)], b"c")
        for thread in threads:
            thread.join()
    with closing(log.reader([spec.names.control])) as reader:
        messages = read_to_end(reader)
    for writer in (b"0", b"1", b"2", b"p"):
        assert [message.value for message in messages if message.key == writer] == [
            b"%d" % number for number in range(10)
        ]


def test_too_large_record_is_named_and_nothing_is_published(spec: LogSpec, log: TopicLog) -> None:
    huge = spec.entry("huge", bytes(17 * 1024 * 1024))
    with opened(log) as publisher:
        with pytest.raises(RecordTooLarge) as caught:
            publisher.publish([spec.entry("small"), huge, spec.entry("other")], b"lost")
        assert caught.value.index == 1
        publisher.publish([spec.entry("small")], b"kept")
        with pytest.raises(RecordTooLarge):
            log.appender().append([Entry(spec.names.dead_letter, b"k", huge.value)])
    with closing(log.reader([spec.topic])) as reader:
        assert [message.key for message in read_to_end(reader)] == [b"small"]


def test_large_records_pass(spec: LogSpec, log: TopicLog) -> None:
    sizes_bytes = [3_000_000, 1, 1_500_000, 3_900_000]
    with opened(log) as publisher:
        publisher.publish([spec.entry("a", bytes(size)) for size in sizes_bytes], b"c")
    with closing(log.reader([spec.topic])) as reader:
        assert [len(value or b"") for value in values(read_to_end(reader))] == sizes_bytes


def test_unknown_topic_is_refused(spec: LogSpec, log: TopicLog) -> None:
    with opened(log) as publisher:
        with pytest.raises(LogMisconfigured, match="no-such-topic"):
            publisher.publish([Entry("no-such-topic", b"k", b"v")], None)
        publisher.publish([spec.entry("a")], None)
        with pytest.raises(LogMisconfigured, match="no-such-topic"):
            log.reader(["no-such-topic"])
