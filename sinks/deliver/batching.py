"""Which payloads may travel together. Pure.

Two payloads with a common claim are never in one request nor in flight together, and keep their
order. Source: Synerise API: ordering and asynchrony (serial per key).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from mappers.payload import PayloadKind
from sinks.outgoing import Outgoing
from sinks.synerise.requests import Limits

_BRACKETS_BYTES = 2
_COMMA_BYTES = 1


def rounds(payloads: Iterable[Outgoing]) -> list[list[Outgoing]]:
    """Put each payload into the earliest round after all earlier payloads it shares a claim with.

    Returns:
        Rounds to be sent one after another. No two payloads of a round share a claim; within a
        round the order is that of the input.
    """
    result: list[list[Outgoing]] = []
    next_round: dict[str, int] = {}
    for payload in payloads:
        number = max((next_round.get(claim, 0) for claim in payload.claims), default=0)
        if number == len(result):
            result.append([])
        result[number].append(payload)
        for claim in payload.claims:
            next_round[claim] = number + 1
    return result


def body_bytes(payload: Outgoing) -> int:
    """Bytes of a request that carries this payload alone."""
    return len(payload.content) + _BRACKETS_BYTES


def batches(
    payloads: Iterable[Outgoing], limits_by_kind: Mapping[PayloadKind, Limits]
) -> tuple[list[Sequence[Outgoing]], list[Outgoing]]:
    """Cut the payloads of one round into requests.

    Args:
        limits_by_kind: most elements and bytes of a request.
    Returns:
        Batches of one kind and one catalog each, within the limits; and the payloads that are
        over the limit all alone.
    """
    full: list[Sequence[Outgoing]] = []
    oversized: list[Outgoing] = []
    growing: dict[tuple[PayloadKind, str | None], _Growing] = {}
    for payload in payloads:
        limits = limits_by_kind[payload.kind]
        if body_bytes(payload) > limits.bytes_max:
            oversized.append(payload)
            continue
        place = (payload.kind, payload.payload.catalog)
        batch = growing.get(place)
        if batch is None or not batch.has_room(payload, limits):
            batch = growing[place] = _Growing()
            full.append(batch.payloads)
        batch.add(payload)
    return full, oversized


class _Growing:
    """A batch that is being filled."""

    __slots__ = ("payloads", "size_bytes")

    def __init__(self) -> None:
        self.payloads: list[Outgoing] = []
        self.size_bytes = _BRACKETS_BYTES

    def has_room(self, payload: Outgoing, limits: Limits) -> bool:
        grown_bytes = self.size_bytes + len(payload.content) + _COMMA_BYTES
        return len(self.payloads) < limits.count_max and grown_bytes <= limits.bytes_max

    def add(self, payload: Outgoing) -> None:
        self.size_bytes += len(payload.content) + (_COMMA_BYTES if self.payloads else 0)
        self.payloads.append(payload)
