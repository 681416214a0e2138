"""Finding the last checkpoint in its compacted topic."""

from __future__ import annotations

import time

from cdc.errors import LogUnavailable
from cdc.log.kafka_connection import admin_client
from cdc.log.kafka_reading import KafkaReader
from cdc.log.kafka_topics import partition_counts
from cdc.log.protocol import Message, TopicPartition
from cdc.log.topics import TopicNames
from config.topiclog import KafkaLogSettings

_FIRST_STEP_COUNT = 100
_POLL_COUNT = 1000
_TIMEOUT_S = 30.0


def read_checkpoint(settings: KafkaLogSettings, names: TopicNames, key: bytes) -> bytes | None:
    """Return the newest committed checkpoint of a source, None when there is none.

    It is looked for from the end backwards, in growing steps, as a busy day leaves many old ones
    that the broker has not cleaned yet.

    Args:
        key: name of the source, the checkpoint's message key.
    Raises:
        LogUnavailable, LogMisconfigured: also when the topic does not exist.
    Blocks: 30 s.
    """
    with admin_client(settings, "reading the checkpoint") as admin:
        counts = partition_counts(admin, [names.checkpoint])
    partitions = [TopicPartition(names.checkpoint, n) for n in range(counts[names.checkpoint])]
    reader = KafkaReader(settings, partitions)
    try:
        begins, ends = reader.positions(), reader.end_offsets()
        step_count = _FIRST_STEP_COUNT
        while True:
            starts = {p: max(begins[p], ends[p] - step_count) for p in partitions}
            found = _last_message(reader, key, starts, ends)
            if found is not None:
                return found.value
            if starts == begins:
                return None
            step_count *= 10
    finally:
        reader.close()


def _last_message(
    reader: KafkaReader,
    key: bytes,
    starts: dict[TopicPartition, int],
    ends: dict[TopicPartition, int],
) -> Message | None:
    found: Message | None = None
    reader.seek(starts)
    deadline_s = time.monotonic() + _TIMEOUT_S
    while any(position < ends[p] for p, position in reader.positions().items()):
        if time.monotonic() >= deadline_s:
            raise LogUnavailable("reading the checkpoint: the broker sends nothing")
        for message in reader.poll(_POLL_COUNT, 0.5):
            if message.key == key:
                found = message
    return found
