"""Bringing the identity index up to date from the topics after a crash, or from nothing."""

from __future__ import annotations

import logging

from cdc.errors import RecordUndecodable
from cdc.identity_index import IdentityIndex
from cdc.log.protocol import TopicLog
from cdc.log.topics import TopicNames
from cdc.records import ChangeRecord, decode_record

logger = logging.getLogger(__name__)

_CHUNK_COUNT = 2000


def catch_up(index: IdentityIndex, log: TopicLog, names: TopicNames, seq: int) -> int:
    """Apply the records that the index does not include yet and return how many there were.

    Args:
        index: index to bring up to date.
        log: the topic log.
        names: names of the topics.
        seq: ordinal in the checkpoint; an index that has it needs nothing.

    Blocks: as long as reading the missing part of the topics takes.
    Raises:
        LogUnavailable, OffsetLost.
    """
    if index.seq == seq:
        return 0
    if index.seq > seq:
        # The index is never ahead of its log, so this is another log, or an older copy of it.
        logger.warning("identity.foreign", extra={"seq": seq, "index_seq": index.seq})
        index.clear()
    reader = log.reader(list(names.models.values()))
    applied_count = 0
    try:
        ends = reader.end_offsets()
        places = {place: at for place, at in index.places().items() if at <= ends.get(place, 0)}
        reader.seek(places)
        while any(at < ends[place] for place, at in reader.positions().items() if place in ends):
            records: list[ChangeRecord] = []
            for message in reader.poll(_CHUNK_COUNT, 1.0):
                if message.value is None:
                    continue
                try:
                    records.append(decode_record(message.value))
                except RecordUndecodable:
                    # Delivery reports it as a dead letter; the index only loses a comparison.
                    logger.warning(
                        "record.undecodable",
                        extra={"topic": message.topic, "offset": message.offset},
                    )
            # Partitions are read side by side; what a customer's record does to orders depends on
            # the order of publishing.
            records.sort(key=lambda record: record.seq)
            index.apply(records, index.seq)
            applied_count += len(records)
        index.apply((), seq)
        index.set_places(ends)
    finally:
        reader.close()
    logger.info("identity.caught_up", extra={"records": applied_count, "seq": seq})
    return applied_count
