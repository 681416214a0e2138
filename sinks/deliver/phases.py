"""In which order the payloads of one cycle are sent. Pure.

A cycle is sent in waves, a wave in phases. The phases make a person known before anything refers
to the person: customers, subscribers, guests, transactions, events, and deletions last. A
deletion (of a profile, or the event that announces it) opens the next wave for everything that
comes after it in record order and shares a claim with it, directly or through other payloads: a
new account with the address of a deleted one must not be written before the old one is gone.

Source: Synerise API: profile first, deletion last.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum

from mappers.payload import PayloadKind
from sinks.outgoing import (
    CUSTOM_ID_CLAIM,
    CUSTOMER_PROFILE,
    GUEST_PROFILE,
    SUBSCRIBER_PROFILE,
    Outgoing,
)

Wave = dict["Phase", list[Outgoing]]


class Phase(IntEnum):
    """Sending order within a wave."""

    CUSTOMERS = 0
    SUBSCRIBERS = 1
    GUESTS = 2
    TRANSACTIONS = 3
    EVENTS = 4
    DELETES = 5
    ITEMS = 6


_PROFILE_PHASES = (
    (CUSTOMER_PROFILE, Phase.CUSTOMERS),
    (SUBSCRIBER_PROFILE, Phase.SUBSCRIBERS),
    (GUEST_PROFILE, Phase.GUESTS),
)
_KIND_PHASES = {
    PayloadKind.TRANSACTION: Phase.TRANSACTIONS,
    PayloadKind.EVENT: Phase.EVENTS,
    PayloadKind.PROFILE_DELETE: Phase.DELETES,
    PayloadKind.ITEM: Phase.ITEMS,
}
_DELETIONS = frozenset({PayloadKind.EVENT, PayloadKind.PROFILE_DELETE})


def phase_of(outgoing: Outgoing) -> Phase:
    """The phase of a payload; profiles of unknown make go with the customers."""
    if outgoing.kind is PayloadKind.PROFILE:
        for prefix, phase in _PROFILE_PHASES:
            if outgoing.target.startswith(prefix):
                return phase
        return Phase.CUSTOMERS
    return _KIND_PHASES[outgoing.kind]


def waves(payloads: Iterable[Outgoing]) -> list[Wave]:
    """Arrange payloads into waves of phases.

    Args:
        payloads: in record order (ascending `seq`, then the mapper's order).
    Returns:
        Waves in sending order; each maps phases, ascending, to payloads in record order.
    """
    payloads = list(payloads)
    if not any(payload.kind in _DELETIONS for payload in payloads):
        return [_phases(payloads)] if payloads else []
    numbers: list[int] = []
    wave_of_claim: dict[str, int] = {}
    for payload in payloads:
        number = max((wave_of_claim.get(claim, 0) for claim in payload.claims), default=0)
        numbers.append(number)
        following = number + 1 if payload.kind in _DELETIONS else number
        if following:
            for claim in payload.claims:
                wave_of_claim[claim] = following
    result: list[list[Outgoing]] = [[] for _ in range(max(numbers) + 1)]
    for payload, number in zip(payloads, numbers, strict=True):
        result[number].append(payload)
    return [_phases(members) for members in result if members]


def _phases(payloads: Iterable[Outgoing]) -> Wave:
    wave: Wave = {}
    for payload in payloads:
        wave.setdefault(phase_of(payload), []).append(payload)
    return dict(sorted(wave.items()))


def in_record_order(payloads: Sequence[Outgoing]) -> list[Outgoing]:
    """Sort by the publishing step; payloads of one record keep their order."""
    return sorted(payloads, key=lambda payload: payload.origin.seq)


def widened(
    payloads: Iterable[Outgoing], known_claims: Mapping[str, frozenset[str]]
) -> list[Outgoing]:
    """Let payloads that name a person by custom id claim the person's e-mail addresses too.

    An order names its customer by custom id, a newsletter subscription names the same person by
    e-mail: only the union shows that they are one.

    Args:
        known_claims: custom-id claim → all claims known of that person.
    """
    listed = list(payloads)
    if not known_claims and all(payload.kind is PayloadKind.PROFILE for payload in listed):
        return listed  # profiles claim all that is known
    people = dict(known_claims)
    for payload in listed:
        if payload.is_customer or payload.kind in _DELETIONS:
            for claim in payload.claims:
                if claim.startswith(CUSTOM_ID_CLAIM):
                    people[claim] = people.get(claim, frozenset()) | payload.claims
    for payload in listed:
        for claim in payload.claims:
            known = people.get(claim)
            if known is not None and not known <= payload.claims:
                payload.claims = payload.claims | known
    return listed
