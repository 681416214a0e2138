"""Making the topic log that the settings name."""

from __future__ import annotations

from cdc.log.embedded import EmbeddedLog
from cdc.log.protocol import TopicLog
from cdc.log.topics import TopicNames
from config.settings import Settings


def open_log(settings: Settings) -> TopicLog:
    """Return the log of the settings' backend; nothing is connected or made yet."""
    names = TopicNames(settings.log.prefix)
    if settings.log.backend == "kafka":
        # The client takes a tenth of a second to import, which commands without Kafka save.
        from cdc.log.kafka_log import KafkaLog

        return KafkaLog(settings.log.kafka, names, settings.source)
    return EmbeddedLog(settings.embedded_log_path, names, settings.log.embedded.partitions)
