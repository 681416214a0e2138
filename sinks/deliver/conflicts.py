"""Customers whose new address is another customer's for now, and what has to wait behind them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from mappers.payload import PayloadKind
from mappers.person import email_claim
from sinks.deliver.phases import in_record_order
from sinks.outgoing import CUSTOM_ID_CLAIM, Outgoing

CYCLES_COUNT = 2


class Conflicts:
    """What is put off from cycle to cycle. Pure bookkeeping.

    Whatever names such a customer, or the address the customer comes to, waits too: it would make
    a profile of its own, which the customer could then never become one with.
    """

    def __init__(self) -> None:
        self._customers: list[Outgoing] = []
        self._behind: list[Outgoing] = []
        self._claims: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self._customers or self._behind)

    def are_touched(self, payloads: Iterable[Outgoing]) -> bool:
        """Whether one of these customers is a waiting one's newer self, or may free an address."""
        claims = {claim for each in self._customers for claim in each.claims}
        return any(each.is_customer and not claims.isdisjoint(each.claims) for each in payloads)

    def take(self, payloads: Sequence[Outgoing]) -> tuple[list[Outgoing], list[Outgoing]]:
        """Add all that waits, to be tried again.

        Returns:
            Everything in record order; and those that a newer payload of their target replaces.
        """
        fresh = {payload.target for payload in payloads}
        waiting = [*self._customers, *self._behind]
        self._customers, self._behind, self._claims = [], [], frozenset()
        replaced = [each for each in waiting if each.target in fresh]
        kept = [each for each in waiting if each.target not in fresh]
        return in_record_order([*kept, *payloads]), replaced

    def keep_behind(self, payloads: Sequence[Outgoing]) -> list[Outgoing]:
        """Put those off that have to wait behind a customer; the others are returned."""
        if not self._claims:
            return list(payloads)
        free: list[Outgoing] = []
        for payload in payloads:
            (self._behind if self._is_behind(payload) else free).append(payload)
        return free

    def hold(self, customers: Collection[Outgoing], *, is_all_read: bool) -> list[Outgoing]:
        """Put customers off.

        Args:
            is_all_read: whether all customers were in hand. Before that, the record that frees
                the address may simply not have been read, and the try does not count.
        Returns:
            Those that were tried often enough: their addresses will not become free.
        """
        refused: list[Outgoing] = []
        for customer in customers:
            customer.conflict_cycles_count += is_all_read
            if customer.conflict_cycles_count >= CYCLES_COUNT:
                refused.append(customer)
            else:
                self._customers.append(customer)
        self._claims = frozenset(claim for each in self._customers for claim in _needed(each))
        return refused

    def _is_behind(self, payload: Outgoing) -> bool:
        if payload.is_customer:
            return False
        claims = payload.payload.claims
        if payload.kind in (PayloadKind.EVENT, PayloadKind.PROFILE_DELETE):
            # Another customer's deletion may be what frees the address.
            claims = frozenset(claim for claim in claims if claim.startswith(CUSTOM_ID_CLAIM))
        return not self._claims.isdisjoint(claims)


def _needed(customer: Outgoing) -> set[str]:
    """Claims that lead to the customer's profile once the customer is accepted."""
    claims = {claim for claim in customer.claims if claim.startswith(CUSTOM_ID_CLAIM)}
    if customer.email is not None:
        claims.add(email_claim(customer.email))
    return claims
