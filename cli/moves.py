"""Moving consumer groups, and giving capture's position up: whether it may be done now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import click

from cdc.errors import LogMisconfigured
from cdc.log.protocol import LogAdmin, TopicLog, TopicPartition
from cli.context import OperatorNeeded
from cli.groups import PartitionOffsets


@dataclass(frozen=True, slots=True)
class Move:
    """One partition of one workspace, and the offset where it will go on."""

    offsets: PartitionOffsets
    new: int


def moves_to(admin: LogAdmin, chosen: Sequence[PartitionOffsets], target: str) -> list[Move]:
    """Find the offset of a target in each partition; one beyond an end becomes that end.

    Args:
        target: earliest, latest, an offset, or a time in ISO 8601 (UTC without an offset).
    Raises:
        BadParameter: the target is none of these.
        LogUnavailable, LogMisconfigured.
    """
    find = _finder(admin, [one.place.topic for one in chosen], target)
    return [Move(one, min(max(find(one), one.begin), one.end)) for one in chosen]


def _finder(
    admin: LogAdmin, topics: Sequence[str], target: str
) -> Callable[[PartitionOffsets], int]:
    if target == "earliest":
        return lambda one: one.begin
    if target == "latest":
        return lambda one: one.end
    if target.isascii() and target.isdigit():
        return lambda one: int(target)
    found: dict[TopicPartition, int] = admin.offsets_at(sorted(set(topics)), _time_ms(target))
    return lambda one: found[one.place]


def _time_ms(text: str) -> int:
    """Unix milliseconds of a time in ISO 8601, never below 0, where Kafka has other meanings."""
    try:
        at = datetime.fromisoformat(text)
        aware = at if at.tzinfo else at.replace(tzinfo=UTC)
        return max(round(aware.timestamp() * 1000), 0)
    except (ValueError, OverflowError) as exc:
        raise click.BadParameter(
            "earliest, latest, a number, or a time such as 2026-05-01T10:00:00Z",
            param_hint="--to",
        ) from exc


def refuse_live(admin: LogAdmin, moves: Sequence[Move]) -> None:
    """Return when no delivery of these groups runs.

    Raises:
        OperatorNeeded: one does (exit 3).
    """
    live = sorted({m.offsets.workspace for m in moves if admin.is_live(m.offsets.group)})
    if live:
        raise OperatorNeeded(
            f"delivery to {', '.join(live)} runs; stop it first. (After a crash, a group on Kafka "
            "counts as running for another log.kafka.session_timeout_ms.)"
        )


def apply(admin: LogAdmin, moves: Sequence[Move]) -> None:
    """Move every group.

    Raises:
        OperatorNeeded: a delivery has started meanwhile; says what was moved before.
        LogUnavailable, LogMisconfigured.
    """
    done: list[str] = []
    for group in sorted({move.offsets.group for move in moves}):
        offsets = {m.offsets.place: m.new for m in moves if m.offsets.group == group}
        try:
            admin.set_committed(group, offsets)
        except LogMisconfigured as exc:
            if not admin.is_live(group):
                raise
            moved = f"; moved before that: {', '.join(done)}" if done else ""
            raise OperatorNeeded(f"{exc}{moved}") from exc
        done.append(group)


def can_tell_capture(admin: LogAdmin) -> bool:
    """Return True when no capture runs, False where that cannot be told (Kafka).

    Raises:
        OperatorNeeded: one does run (exit 3).
    """
    is_running = admin.has_publisher()
    if is_running:
        raise OperatorNeeded("capture runs; stop it first")
    return is_running is not None


def forget_position(log: TopicLog) -> None:
    """Give capture's position up, whatever it is: the next start begins anew.

    On Kafka a capture that runs all the same is fenced by it and ends.

    Raises:
        PublisherFenced: a capture has started meanwhile (embedded).
        LogUnavailable, LogMisconfigured.
    """
    publisher = log.publisher()
    publisher.open()
    try:
        publisher.forget_checkpoint()
    finally:
        publisher.close()
