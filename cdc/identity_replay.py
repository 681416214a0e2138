"""Bringing the identity index up to date from the topics after a crash, or from nothing."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from cdc.errors import RecordUndecodable
from cdc.identity_index import IdentityIndex
from cdc.log.protocol import Consumer, Message, TopicLog
from cdc.log.topics import TopicNames
from cdc.records import ChangeRecord, decode_record

logger = logging.getLogger(__name__)

_CHUNK_COUNT = 2000


def catch_up(index: IdentityIndex, log: TopicLog, names: TopicNames, seq: int | None) -> int:
    """Apply the records that the index does not include yet and return how many there were.

    An index that is ahead of the checkpoint or of the topics describes other topics (the log was
    made anew): it is built again from nothing.

    Args:
        index: index to bring up to date.
        log: the topic log.
        names: names of the topics.
        seq: ordinal in the checkpoint; None without a checkpoint, when the topics alone count.

    Blocks: as long as reading the missing part of the topics takes.
    Raises:
        LogUnavailable, OffsetLost.
    """
    reader = log.reader(list(names.models.values()))
    applied_count = 0
    try:
        ends = reader.end_offsets()
        places = index.places()
        is_foreign = any(at > ends.get(place, 0) for place, at in places.items())
        if seq is None or index.seq > seq or is_foreign:
            index.clear()
            places = {}
        if index.seq != seq:
            reader.seek({place: at for place, at in places.items() if place in ends})
            while any(at < ends.get(place, 0) for place, at in reader.positions().items()):
                applied_count += _apply(index, names, reader)
            index.apply((), index.highest_seq if seq is None else seq)
            logger.info("identity.caught_up", extra={"records": applied_count, "seq": index.seq})
        # Also when nothing was missing: after a crash only what follows has to be read.
        index.set_places(ends)
    finally:
        reader.close()
    return applied_count


def _apply(index: IdentityIndex, names: TopicNames, reader: Consumer) -> int:
    """Apply the next messages; the last one of each key decides."""
    newest: dict[tuple[str, bytes], Message] = {}
    messages = reader.poll(_CHUNK_COUNT, 1.0)
    for message in messages:
        newest[message.topic, message.key] = message
    records = list(_decoded(newest.values()))
    buried = [
        (names.model_of(message.topic), message.key.decode())
        for message in newest.values()
        if message.value is None
    ]
    index.apply(records, index.seq, forgotten=buried)
    return len(records)


def _decoded(messages: Iterable[Message]) -> Iterable[ChangeRecord]:
    for message in messages:
        if message.value is None:
            continue
        try:
            yield decode_record(message.value)
        except RecordUndecodable:
            # Delivery reports it as a dead letter; the index only loses a comparison.
            logger.warning(
                "record.undecodable",
                extra={"topic": message.topic, "offset": message.offset},
            )
