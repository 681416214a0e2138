"""The lane of persons: customers, newsletter subscribers, guests and orders.

The order of things in a cycle, and why:

1. Orders and subscribers are taken, then customers up to the end that their topic has *after*
   that. A customer is published no later than the orders that name the customer, so whoever an
   order in hand refers to is in hand too, or was delivered before. When there are too many
   customers for one cycle, they go alone, those of the earliest publishing steps first, and the
   orders wait in hand.
2. Everything is collapsed, mapped and put into publishing order. Records of the next cycle are
   taken and mapped in this way while requests of this one are under way.
3. It is sent in waves of phases (see `phases`): customers first, deletions last, and what follows
   a deletion of the same person after that deletion. Each phase ends before the next begins.
   What was published under an address before its customer left it is corrected (see
   `successors`), as it may come after the customer.
4. Customers whose new e-mail address is still another customer's are tried again when all others
   are through, then in later cycles (see `identity`); what names them waits (see `conflicts`).
5. Dead letters, accepted index, offsets are written, in this order.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from cdc.log.protocol import Consumer, TopicPartition
from cdc.records import Model
from sinks.deliver.conflicts import Conflicts
from sinks.deliver.identity import CONFLICT
from sinks.deliver.lane import IDLE_S, POLL_COUNT, Lane, LaneParts, Stock
from sinks.deliver.phases import in_record_order, waves, widened
from sinks.outgoing import Outgoing
from sinks.synerise.results import SendResult, Verdict

Offsets = Mapping[TopicPartition, int]

# Long enough for the record that frees an address to be published: keys settle before that.
CONFLICT_REST_S = 2.0
_CUSTOMERS_COUNT = 4_000
_OTHERS_COUNT = 2_000


class PeopleLane(Lane):
    """Takes records of customers, subscribers and orders, and delivers them in a safe order."""

    name = "people"

    def __init__(self, parts: LaneParts) -> None:
        super().__init__(parts)
        self._customer_topic = parts.names.model(Model.CUSTOMER)
        self._other_topics = (
            parts.names.model(Model.ORDER),
            parts.names.model(Model.SUBSCRIBER),
        )
        self.forget()

    def topic_sets(self) -> Sequence[Sequence[str]]:
        """Two consumers: customers have to be read up to a known end, others have not."""
        return ((self._customer_topic,), self._other_topics)

    def forget(self) -> None:
        """Drop payloads in hand and customers that wait for their address."""
        self._customers = Stock(_CUSTOMERS_COUNT)
        self._others = Stock(_OTHERS_COUNT)
        self._has_others = False
        self._goal: Offsets = {}
        self._conflicts = Conflicts()
        self._retry_at_s = 0.0

    def cycle(self) -> None:
        """Deliver what is there; wait a moment when there is nothing."""
        self._take_others()
        self._take_customers(0.0 if self.taken_count else IDLE_S)
        self._reach_goal()
        payloads = self._complete_customers()
        if self._has_others and self._are_customers_ahead():
            payloads += self._others.empty()
            self._has_others = False
        has_work = self.taken_count > 0 or bool(payloads)
        is_due = bool(self._conflicts) and time.monotonic() >= self._retry_at_s
        if has_work or is_due:
            self.taken_count = 0
            self._deliver_cycle(in_record_order(payloads), is_due=is_due)
            self._flush()
        else:
            self._rest()

    def prepare_more(self) -> bool:
        """Take and map records of the next cycle, in the same order as `cycle`."""
        return self._take_others() or self._take_customers(0.0)

    def _take_others(self) -> bool:
        """Take orders and subscribers, unless some wait already; then fix the customers' goal."""
        if self._has_others:
            return False
        while (room_count := self._others.room_count) > 0:
            taken = self._take(self._other_topics[0], room_count, 0.0)
            if taken is None:
                break
            self._has_others = True
            self._others.add(taken)
        if self._has_others:
            self._goal = self._customers_consumer().end_offsets()
        return self._has_others

    def _reach_goal(self) -> None:
        """Take customers up to the goal, as far as there is room."""
        # An empty poll does not prove that nothing is left, so polling goes on up to the goal.
        while self._customers.room_count and not self._stop.is_set():
            is_reached = not self._has_others or self._is_read(self._goal)
            if not self._take_customers(0.0 if is_reached else IDLE_S) and is_reached:
                break

    def _complete_customers(self) -> list[Outgoing]:
        """Customers in hand of those publishing steps of which all customers are in hand.

        Partitions are read side by side: without it, a customer who takes an address could
        overtake the customer who left it.
        """
        if self._customers.is_empty:
            return []
        ends = self._customers_consumer().end_offsets()
        while not self._stop.is_set():
            behind = self._places_before(ends)
            if not behind:
                break
            # The last step that was read of a partition may have more records there.
            seq = min(self._intake.newest_seqs.get(place, 0) for place in behind) - 1
            if not self._customers.room_count and self._customers.has_any(seq):
                return self._customers.empty(seq)
            # Takes more than there is room for, rather than nothing.
            self._customers.add(self._take(self._customer_topic, POLL_COUNT, IDLE_S) or ())
        return self._customers.empty()

    def _are_customers_ahead(self) -> bool:
        """Whether all customers up to the goal go out in this cycle, or went before."""
        return self._is_read(self._goal) and not self._customers.has_before(self._goal)

    def _take_customers(self, timeout_s: float) -> bool:
        room_count = self._customers.room_count
        taken = self._take(self._customer_topic, room_count, timeout_s) if room_count else None
        self._customers.add(taken or ())
        return taken is not None

    def _deliver_cycle(self, payloads: Sequence[Outgoing], *, is_due: bool) -> None:
        if is_due or self._conflicts.are_touched(payloads):
            payloads, replaced = self._conflicts.take(payloads)
            for payload in replaced:
                self._settlement.supersede(payload)
        self._gate.open(payloads)
        for wave in waves(widened(payloads, self._gate.known_claims())):
            for members in wave.values():
                put_off = self._courier.deliver(self._conflicts.keep_behind(members))
                if put_off:
                    self._hold(self._again(put_off, members))

    def _again(self, put_off: Sequence[Outgoing], members: Sequence[Outgoing]) -> list[Outgoing]:
        """Try customers again when all others are through: one may have freed the address.

        Only the last payload of each is tried, it has overtaken the others.
        """
        last = {payload.target: payload for payload in members}
        newest: list[Outgoing] = []
        for payload in put_off:
            if last[payload.target] is payload:
                newest.append(payload)
            else:
                self._settlement.supersede(payload)
        return self._courier.deliver(newest)

    def _hold(self, customers: Sequence[Outgoing]) -> None:
        """Keep conflicting customers for a later cycle, or give them up."""
        if not customers:
            return
        is_all_read = self._is_read(self._customers_consumer().end_offsets())
        for payload in self._conflicts.hold(customers, is_all_read=is_all_read):
            self._settlement.refuse(SendResult(payload, Verdict.REFUSED, CONFLICT))
        self._retry_at_s = time.monotonic() + CONFLICT_REST_S

    def _customers_consumer(self) -> Consumer:
        return self._consumers[self._customer_topic]

    def _is_read(self, goal: Offsets) -> bool:
        return not self._places_before(goal)

    def _places_before(self, goal: Offsets) -> list[TopicPartition]:
        """Partitions of the customers that have not been read up to these offsets."""
        positions = self._customers_consumer().positions()
        return [place for place, offset in goal.items() if positions.get(place, 0) < offset]
