"""The topic log on Kafka."""

from __future__ import annotations

from collections.abc import Sequence

from cdc.log.kafka_admin import KafkaAdmin
from cdc.log.kafka_connection import admin_client
from cdc.log.kafka_consumer import KafkaGroupConsumer
from cdc.log.kafka_driver_log import thin_out_driver_log
from cdc.log.kafka_publisher import KafkaAppender, KafkaPublisher
from cdc.log.kafka_reading import KafkaReader
from cdc.log.kafka_topics import partition_counts
from cdc.log.protocol import Appender, Consumer, LogAdmin, Publisher, TopicPartition
from cdc.log.topics import TopicNames
from config.topiclog import KafkaLogSettings


class KafkaLog:
    """`TopicLog` on Kafka 2.7 or newer.

    Args:
        source: name of the shop, the key of its checkpoint.
    """

    def __init__(self, settings: KafkaLogSettings, names: TopicNames, source: str) -> None:
        self._settings = settings
        self._names = names
        self._source = source
        thin_out_driver_log()

    def publisher(self) -> Publisher:
        """A publisher; not yet open."""
        return KafkaPublisher(self._settings, self._names, self._source)

    def appender(self) -> Appender:
        """A writer for side topics; connects with its first entries."""
        return KafkaAppender(self._settings, self._names)

    def consumer(self, group: str, topics: Sequence[str]) -> Consumer:
        """A consumer of a group. It takes over from an older one of the same group and topics.

        Raises:
            LogMisconfigured: a topic does not exist.
            LogUnavailable.
        """
        return KafkaGroupConsumer(self._settings, group, topics, self._partitions(topics))

    def reader(self, topics: Sequence[str]) -> Consumer:
        """A consumer without a group.

        Raises:
            LogMisconfigured: a topic does not exist.
            LogUnavailable.
        """
        return KafkaReader(self._settings, self._partitions(topics))

    def admin(self) -> LogAdmin:
        """Topics and offsets.

        Raises:
            LogUnavailable, LogMisconfigured.
        """
        return KafkaAdmin(self._settings, self._names, self._source)

    def _partitions(self, topics: Sequence[str]) -> list[TopicPartition]:
        with admin_client(self._settings, "looking up topics") as admin:
            counts = partition_counts(admin, topics)
        return [TopicPartition(topic, n) for topic in counts for n in range(counts[topic])]
