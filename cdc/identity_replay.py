"""Making index and topics agree at the start: after a crash, a lost index, or lost topics."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cdc.checkpoint import Checkpoint
from cdc.errors import RecordUndecodable
from cdc.identity_index import IdentityIndex
from cdc.identity_origin import Shop
from cdc.log.protocol import Consumer, Message, TopicLog, TopicPartition
from cdc.log.topics import TopicNames
from cdc.records import ChangeRecord, Model, decode_record

logger = logging.getLogger(__name__)

_CHUNK_COUNT = 2000


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """What came of catching up.

    Attributes:
        lost: models whose topics do not hold all that the index knows: they need a full run, and
            until its request is durable `IdentityIndex.set_places` must wait.
        ends: offsets up to which the topics are included in the index now.
    """

    lost: frozenset[Model]
    ends: dict[TopicPartition, int]


def catch_up(
    index: IdentityIndex,
    log: TopicLog,
    names: TopicNames,
    shop: Shop,
    checkpoint: Checkpoint | None,
) -> CaughtUp:
    """Apply the records that the index does not include yet.

    What the index knows outlives the topics: only it can tell which keys are gone meanwhile, which
    addresses a customer left, and whose an order was first. So it is cleared only when it describes
    another shop, or another log than the one that goes on. Topics made anew, or put back from an
    older copy, are told by `lost`, and nothing of these models counts as published any more.

    Args:
        index: index to bring up to date; the next step's ordinal goes on behind its `seq`.
        checkpoint: the log's; None where it has none, when every model counts as lost.

    Blocks: as long as reading the missing part of the topics takes.
    Raises:
        LogUnavailable, OffsetLost.
    """
    reader = log.reader(list(names.models.values()))
    try:
        ends = reader.end_offsets()
        reason = _why_foreign(index, shop, checkpoint)
        if reason:
            logger.warning("identity.foreign", extra={"reason": reason})
            index.clear()
        lost = _lost(index, names, ends, checkpoint)
        if checkpoint is None or index.seq < checkpoint.seq:
            if checkpoint is not None:
                reader.seek(_included(index.places(), ends))
            applied_count = _apply_all(index, names, reader, ends)
            seq = index.highest_seq if checkpoint is None else checkpoint.seq
            index.apply((), max(index.seq, seq))
            logger.info("identity.caught_up", extra={"records": applied_count, "seq": index.seq})
        mistrusted = lost & index.models
        if mistrusted:
            logger.warning("identity.kept", extra={"models": sorted(mistrusted), "seq": index.seq})
            index.mistrust(mistrusted)
    finally:
        reader.close()
    return CaughtUp(lost, ends)


def _why_foreign(index: IdentityIndex, shop: Shop, checkpoint: Checkpoint | None) -> str:
    """Why the index must not be used here, the empty text when it may."""
    origin = index.origin
    if origin is None:
        return "it does not say whose it is" if index.seq else ""
    if checkpoint is None:
        return "" if origin.shop.is_same(shop) else f"it is of {origin.shop}, the shop is {shop}"
    return "" if origin.log_id == checkpoint.log_id else "the topics are of another log"


def _lost(
    index: IdentityIndex,
    names: TopicNames,
    ends: Mapping[TopicPartition, int],
    checkpoint: Checkpoint | None,
) -> frozenset[Model]:
    """Models whose topics lack something: all when the log's end is missing."""
    if checkpoint is None or index.seq > checkpoint.seq:
        return frozenset(Model)
    shorter = {place.topic for place, at in index.places().items() if at > ends.get(place, 0)}
    written = {place.topic for place, end in ends.items() if end}
    known = {names.model(model) for model in index.models}
    return frozenset(names.model_of(topic) for topic in shorter | (known - written))


def _included(
    places: Mapping[TopicPartition, int], ends: Mapping[TopicPartition, int]
) -> dict[TopicPartition, int]:
    """Where to go on reading; what was made anew is read from its beginning."""
    return {place: at for place, at in places.items() if at <= ends.get(place, 0)}


def _apply_all(
    index: IdentityIndex,
    names: TopicNames,
    reader: Consumer,
    ends: Mapping[TopicPartition, int],
) -> int:
    applied_count = 0
    while any(at < ends.get(place, 0) for place, at in reader.positions().items()):
        applied_count += _apply(index, names, reader)
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
