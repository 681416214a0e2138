"""What only the Kafka log has: topics of others, fencing, old checkpoints, lost sessions."""

from __future__ import annotations

import pytest
from kafka import KafkaConsumer, KafkaProducer
from kafka.admin import ConfigResource, ConfigResourceType

from cdc.errors import (
    ConsumerFenced,
    LogMisconfigured,
    LogUnavailable,
    PublisherFenced,
    RecordTooLarge,
)
from cdc.log import kafka_consumer
from cdc.log.kafka_log import KafkaLog
from cdc.log.kafka_producer import BoundedProducer
from cdc.log.protocol import Entry, TopicPartition
from config.topiclog import KafkaLogSettings
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
from tests.servers.kafka import KafkaBroker
from tests.waiting import wait_until

pytestmark = pytest.mark.kafka


@pytest.fixture
def spec(kafka_broker: KafkaBroker, unique_name: str) -> LogSpec:
    return LogSpec("kafka", unique_name, kafka_broker.bootstrap)


def settings_of(spec: LogSpec, **changes: object) -> KafkaLogSettings:
    return spec.kafka_settings().model_copy(update=changes)


def log_with(spec: LogSpec, **changes: object) -> KafkaLog:
    return KafkaLog(settings_of(spec, **changes), spec.names, "shop")


def test_client_still_has_what_the_consumer_reaches_for(spec: LogSpec) -> None:
    consumer = KafkaConsumer(bootstrap_servers=spec.address, group_id=spec.group)
    try:
        for name in ("need_rejoin", "poll", "coordinator_unknown"):
            assert callable(getattr(consumer._coordinator, name))
    finally:
        consumer.close()


def test_client_still_has_what_the_producer_reaches_for(spec: LogSpec) -> None:
    producer = KafkaProducer(bootstrap_servers=spec.address, transactional_id=spec.prefix)
    try:
        transactions = producer._transaction_manager
        for name in (
            *("initialize_transactions", "begin_commit", "begin_abort"),
            *("is_bumping_epoch", "last_error", "has_partitions_to_add"),
            *("has_in_flight_transactional_request", "_pending_requests", "_lock"),
        ):
            assert hasattr(transactions, name)
        for name in ("force_close", "wakeup", "join"):
            assert callable(getattr(producer._sender, name))
    finally:
        producer.close()


def test_library_for_compression_that_is_missing_is_named(
    spec: LogSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(KafkaProducer._COMPRESSORS, "snappy", (lambda: False, 2))
    with pytest.raises(LogMisconfigured, match="snappy"):
        log_with(spec, compression="snappy").publisher().open()


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_compressed_records_arrive(spec: LogSpec, compression: str) -> None:
    log = log_with(spec, compression=compression)
    with opened(log) as publisher, closing(log.reader([spec.topic])) as reader:
        publisher.publish([spec.entry("a", b"x" * 100_000), spec.entry("a", b"y")], b"c")
        assert values(read_to_end(reader)) == [b"x" * 100_000, b"y"]


def test_created_topics_are_kept_as_planned(kafka_broker: KafkaBroker, spec: LogSpec) -> None:
    admin = spec.log().admin()
    admin.ensure_topics()
    names = spec.names
    client = kafka_broker.admin()
    topics = [spec.topic, names.checkpoint, names.control, names.dead_letter]
    resources = [ConfigResource(ConfigResourceType.TOPIC, topic) for topic in topics]
    found = client.describe_configs(resources, config_filter="all")["topic"]
    client.close()
    admin.close()
    policies = {topic: found[topic]["cleanup.policy"]["value"] for topic in topics}
    assert policies == {
        spec.topic: "compact",
        names.checkpoint: "compact",
        names.control: "delete",
        names.dead_letter: "delete",
    }


def test_topic_that_forgets_records_is_refused_with_the_fix(
    kafka_broker: KafkaBroker, spec: LogSpec
) -> None:
    kafka_broker.create_topic(spec.topic, settings={"cleanup.policy": "delete"})
    with pytest.raises(LogMisconfigured, match=rf"{spec.topic} .*cleanup\.policy=compact"):
        spec.log().publisher().open()


def test_dead_letter_topic_that_is_compacted_is_refused(
    kafka_broker: KafkaBroker, spec: LogSpec
) -> None:
    kafka_broker.create_topic(spec.names.dead_letter, settings={"cleanup.policy": "compact"})
    admin = spec.log().admin()
    with pytest.raises(LogMisconfigured, match=r"dead-letter .*cleanup\.policy=delete"):
        admin.ensure_topics()
    admin.close()


def test_consumer_without_topics_says_so(spec: LogSpec) -> None:
    with pytest.raises(LogMisconfigured, match=f"{spec.topic} does not exist"):
        spec.log().consumer(spec.group, [spec.topic])


def test_checkpoint_of_a_log_without_topics_is_none(spec: LogSpec) -> None:
    admin = spec.log().admin()
    assert admin.checkpoint() is None
    admin.close()


def test_fenced_publisher_never_takes_the_role_back(spec: LogSpec) -> None:
    log = spec.log()
    first = log.publisher()
    first.open()
    first.publish([spec.entry("a", b"1")], b"one")
    with opened(log) as second:
        for _ in range(3):
            with pytest.raises((PublisherFenced, LogUnavailable)):
                first.publish([spec.entry("a", b"lost")], b"lost")
            second.publish([spec.entry("a", b"2")], b"two")
        first.close()
    with closing(log.reader([spec.topic])) as reader:
        assert set(values(read_to_end(reader))) == {b"1", b"2"}


def test_publisher_fenced_in_the_middle_of_a_transaction_publishes_nothing(
    spec: LogSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = spec.log()
    first, second = log.publisher(), log.publisher()
    first.open()
    settle = BoundedProducer.settle

    def settle_and_be_fenced(producer: BoundedProducer) -> None:
        settle(producer)
        monkeypatch.setattr(BoundedProducer, "settle", settle)
        second.open()

    monkeypatch.setattr(BoundedProducer, "settle", settle_and_be_fenced)
    with pytest.raises(PublisherFenced):
        first.publish([spec.entry("a", b"lost")], b"lost")
    second.publish([spec.entry("a", b"2")], b"two")
    second.close()
    with closing(log.reader([spec.topic])) as reader:
        assert values(read_to_end(reader)) == [b"2"]


def test_publisher_fenced_while_sending_gets_to_know(
    spec: LogSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = spec.log()
    first, second = log.publisher(), log.publisher()
    first.open()
    send = BoundedProducer.send
    sent: list[str] = []

    def send_and_be_fenced(producer: BoundedProducer, topic: str, *rest: object) -> None:
        send(producer, topic, *rest)  # type: ignore[arg-type]
        sent.append(topic)
        if len(sent) == 5:
            producer.settle()
            second.open()

    monkeypatch.setattr(BoundedProducer, "send", send_and_be_fenced)
    with pytest.raises(PublisherFenced):
        first.publish([spec.entry("a", b"lost") for _ in range(10)], b"lost")
    monkeypatch.undo()
    second.publish([spec.entry("a", b"2")], b"two")
    second.close()
    with closing(log.reader([spec.topic])) as reader:
        assert values(read_to_end(reader)) == [b"2"]


def test_record_that_the_broker_refuses_is_named(
    kafka_broker: KafkaBroker, spec: LogSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    kafka_broker.create_topic(
        spec.topic, settings={"cleanup.policy": "compact", "max.message.bytes": "20000"}
    )
    log = spec.log()
    with opened(log) as publisher:
        with pytest.raises(RecordTooLarge, match="20000") as caught:
            publisher.publish([spec.entry("a"), spec.entry("b", bytes(30_000))], b"lost")
        assert caught.value.index == 1
        # Should our own check ever be wrong, the broker's answer must lead to the same end.
        monkeypatch.setattr("cdc.log.kafka_publisher._check", lambda *_: None)
        with pytest.raises(RecordTooLarge) as caught:
            publisher.publish([spec.entry("a"), spec.entry("b", bytes(30_000))], b"lost")
        assert caught.value.index == 1
        publisher.publish([spec.entry("a", b"kept")], b"kept")
    with closing(log.reader([spec.topic])) as reader:
        assert values(read_to_end(reader)) == [b"kept"]


def test_many_records_pass_a_topic_with_a_small_limit(
    kafka_broker: KafkaBroker, spec: LogSpec
) -> None:
    kafka_broker.create_topic(
        spec.topic, settings={"cleanup.policy": "compact", "max.message.bytes": "20000"}
    )
    log = spec.log()
    with opened(log) as publisher:
        for _ in range(3):
            publisher.publish([spec.entry("a", bytes(3_000)) for _ in range(100)], b"c")
    with closing(log.reader([spec.topic])) as reader:
        assert len(read_to_end(reader)) == 300


def test_checkpoint_is_found_behind_many_of_another_source(spec: LogSpec) -> None:
    with opened(spec.log()) as publisher:
        publisher.publish([], b"ours")
    other = KafkaLog(spec.kafka_settings(), spec.names, "other")
    with opened(other) as publisher:
        for _ in range(3):
            publisher.publish(
                [Entry(spec.names.checkpoint, b"noise", b"%d" % n) for n in range(500)], b"theirs"
            )
    admin = spec.log().admin()
    assert admin.checkpoint() == b"ours"
    admin.close()


def test_aborted_transactions_are_invisible_and_passed_over(spec: LogSpec) -> None:
    log = spec.log()
    with opened(log) as publisher:
        publisher.publish([spec.entry("a", b"1")], b"one")
    producer = KafkaProducer(bootstrap_servers=spec.address, transactional_id=f"{spec.prefix}-x")
    producer.init_transactions()
    for _ in range(3):
        producer.begin_transaction()
        for partition in range(3):
            producer.send(spec.topic, value=b"never", key=b"k", partition=partition)
        producer.flush()
        producer.abort_transaction()
    producer.close()
    with closing(log.consumer(spec.group, [spec.topic])) as consumer:
        assert values(read_to_end(consumer)) == [b"1"]
        assert consumer.positions() == consumer.end_offsets()


def test_same_key_goes_where_other_clients_send_it(spec: LogSpec) -> None:
    keys = [f"customer-{n}@example.com".encode() for n in range(30)]
    log = spec.log()
    with opened(log) as publisher:
        publisher.publish([spec.entry(key) for key in keys], b"c")
    producer = KafkaProducer(bootstrap_servers=spec.address)
    theirs = {key: producer.send(spec.topic, key=key, value=b"x").get(10) for key in keys}
    producer.close()
    with closing(log.reader([spec.topic])) as reader:
        for message in read_to_end(reader):
            assert message.partition == theirs[message.key].partition


def test_lost_session_is_renewed_without_doubles(spec: LogSpec) -> None:
    log = spec.log()
    with opened(log) as publisher:
        publisher.publish([spec.entry("a", b"%d" % n) for n in range(10)], b"c")
    admin = log.admin()
    with closing(log.consumer(spec.group, [spec.topic])) as consumer:
        messages = read(consumer, 6)
        consumer.commit(behind(messages[:2]))
        # What a broker does to a member whose heartbeats stayed away.
        from kafka import KafkaAdminClient
        from kafka.admin import MemberToRemove

        client = KafkaAdminClient(bootstrap_servers=spec.address)
        (member,) = client.describe_groups([spec.group])[spec.group]["members"]
        gone = MemberToRemove(
            member_id=member["member_id"], group_instance_id=member["group_instance_id"]
        )
        client.remove_group_members(spec.group, [gone])
        client.close()
        assert not admin.is_live(spec.group)
        consumer.commit(behind(messages))
        assert admin.is_live(spec.group)
        assert values(read(consumer, 4)) == [b"6", b"7", b"8", b"9"]
        assert consumer.committed() == behind(messages)
    admin.close()


def test_replaced_consumer_that_idles_finds_out(
    spec: LogSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kafka_consumer, "PULSE_S", 0.2)
    log = spec.log()
    with opened(log) as publisher:
        publisher.publish([spec.entry("a")], b"c")

    def is_refused() -> bool:
        try:
            old.poll(10, 0.1)
        except ConsumerFenced:
            return True
        return False

    with closing(log.consumer(spec.group, [spec.topic])) as old:
        read_to_end(old)
        old.commit(old.positions())
        with child(spec, "hold_consumer") as other:
            other.wait_for("ready")
            wait_until(is_refused, timeout_s=10, what="the old consumer to stop")
            old.close()
            admin = log.admin()
            assert admin.is_live(spec.group)  # leaving must not throw the successor out
            admin.close()


def test_bytes_on_their_way_are_bounded(spec: LogSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cdc.log.kafka_producer._IN_FLIGHT_LIMIT_BYTES", 100_000)
    settled: list[int] = []
    settle = BoundedProducer.settle

    def counted(producer: BoundedProducer) -> None:
        settle(producer)
        settled.append(producer._settled_count)

    monkeypatch.setattr(BoundedProducer, "settle", counted)
    log = spec.log()
    with opened(log) as publisher:
        publisher.publish([spec.entry(f"{n}", bytes(30_000)) for n in range(20)], b"c")
    assert settled[-1] == 21
    assert max(after - before for before, after in zip([0, *settled], settled, strict=False)) <= 4
    with closing(log.reader([spec.topic])) as reader:
        assert len(read_to_end(reader)) == 20


def test_groups_of_other_prefixes_are_not_listed(spec: LogSpec) -> None:
    log = spec.log()
    admin = log.admin()
    admin.ensure_topics()
    place = TopicPartition(spec.topic, 0)
    admin.set_committed("someone-else", {place: 0})
    admin.set_committed(spec.group, {place: 0})
    assert admin.groups() == [spec.group]
    admin.close()
