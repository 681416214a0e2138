"""The lane of persons: customers, newsletter subscribers, guests and orders.

The order of things in a cycle, and why:

1. Orders and subscribers are taken, then customers up to the end that their topic has *after*
   that. A customer is published no later than the orders that name the customer, so whoever an
   order in hand refers to is in hand too, or was delivered before. When there are too many
   customers for one cycle, they go alone and the orders wait in hand.
2. Everything is collapsed, mapped and put into publishing order. Records of the next cycle are
   taken and mapped in this way while requests of this one are under way.
   A customer who left an address makes the lane take orders and subscribers once more, up to
   then, so that what came under the old address goes first.
3. It is sent in waves of phases (see `phases`): customers first, deletions last, and what follows
   a deletion of the same person after that deletion. Each phase ends before the next begins.
4. Customers whose new e-mail address is still another customer's are tried again when all others
   are through, then in later cycles (see `identity`).
5. Dead letters, accepted index, offsets are written, in this order.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from cdc.log.protocol import Consumer, TopicPartition
from cdc.records import Model
from sinks.deliver.identity import CONFLICT
from sinks.deliver.lane import IDLE_S, Lane, LaneParts, Stock
from sinks.deliver.phases import Phase, in_record_order, waves, widened
from sinks.outgoing import Outgoing
from sinks.synerise.results import SendResult, Verdict

Offsets = Mapping[TopicPartition, int]

CONFLICT_CYCLES_COUNT = 2
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
        self._waiting: list[Outgoing] = []
        self._retry_at_s = 0.0

    def cycle(self) -> None:
        """Deliver what is there; wait a moment when there is nothing."""
        self._take_others()
        is_idle = not self.taken_count
        self._take_customers(IDLE_S if is_idle else 0.0)
        self._reach_goal()
        if self._customers.has_left_addresses and self._take_what_came_before():
            self._goal = self._customers_consumer().end_offsets()
            self._reach_goal()
        has_work = self.taken_count > 0
        payloads = self._customers.empty()
        if self._has_others and self._is_caught_up():
            payloads += self._others.empty()
            self._has_others = False
            has_work = True
        is_due = bool(self._waiting) and time.monotonic() >= self._retry_at_s
        if has_work or is_due:
            self.taken_count = 0
            self._deliver_cycle(payloads, is_due=is_due)
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
            has_taken = self._take_customers(0.0 if self._is_caught_up() else IDLE_S)
            if not has_taken and self._is_caught_up():
                break

    def _take_what_came_before(self) -> bool:
        """Take orders and subscribers up to now, as far as there is room; whether there were any.

        Customers in hand may have overtaken some: what was published under an address before its
        customer left it has to be sent before the customer's new address is.
        """
        topic = self._other_topics[0]
        goal = self._consumers[topic].end_offsets()
        has_taken = False
        while self._others.room_count and not self._stop.is_set():
            taken = self._take(topic, self._others.room_count, IDLE_S)
            if taken is not None:
                self._has_others = has_taken = True
                self._others.add(taken)
            elif _has_reached(self._consumers[topic].positions(), goal):
                break
        return has_taken

    def _take_customers(self, timeout_s: float) -> bool:
        room_count = self._customers.room_count
        taken = self._take(self._customer_topic, room_count, timeout_s) if room_count else None
        self._customers.add(taken or ())
        return taken is not None

    def _deliver_cycle(self, payloads: Sequence[Outgoing], *, is_due: bool) -> None:
        payloads = self._with_waiting(in_record_order(payloads), is_due=is_due)
        self._gate.open(payloads)
        deferred: list[Outgoing] = []
        for wave in waves(widened(payloads, self._gate.known_claims())):
            for phase, members in wave.items():
                put_off = self._courier.deliver(members)
                if phase is Phase.CUSTOMERS and put_off:
                    # All others are through by now; one of them may have freed the address.
                    put_off = self._courier.deliver(self._newest(put_off, members))
                deferred += put_off
        self._hold(deferred)

    def _with_waiting(self, payloads: list[Outgoing], *, is_due: bool) -> list[Outgoing]:
        """Add customers of earlier cycles, unless a newer record of the same customer came."""
        fresh = {payload.target for payload in payloads}
        kept: list[Outgoing] = []
        for payload in self._waiting:
            if payload.target in fresh:
                self._settlement.supersede(payload)
            else:
                kept.append(payload)
        self._waiting = [] if is_due else kept
        return [*kept, *payloads] if is_due else payloads

    def _newest(self, deferred: Sequence[Outgoing], members: Sequence[Outgoing]) -> list[Outgoing]:
        """Deferred payloads that are the last of their target; the others have been overtaken."""
        last = {payload.target: payload for payload in members}
        newest: list[Outgoing] = []
        for payload in deferred:
            if last[payload.target] is payload:
                newest.append(payload)
            else:
                self._settlement.supersede(payload)
        return newest

    def _hold(self, deferred: Sequence[Outgoing]) -> None:
        """Keep conflicting customers for a later cycle, or give them up.

        A cycle counts only when all customers were in hand: before that, the record that frees the
        address may simply not have been read.
        """
        if not deferred:
            return
        customers = self._customers_consumer()
        is_all_read = _has_reached(customers.positions(), customers.end_offsets())
        for payload in deferred:
            payload.conflict_cycles_count += is_all_read
            if payload.conflict_cycles_count >= CONFLICT_CYCLES_COUNT:
                self._settlement.refuse(SendResult(payload, Verdict.REFUSED, CONFLICT))
            else:
                self._waiting.append(payload)
        self._retry_at_s = time.monotonic() + CONFLICT_REST_S

    def _customers_consumer(self) -> Consumer:
        return self._consumers[self._customer_topic]

    def _is_caught_up(self) -> bool:
        """Whether all customers up to the goal have been polled."""
        if not self._goal:
            return True
        if _has_reached(self._customers_consumer().positions(), self._goal):
            self._goal = {}
        return not self._goal


def _has_reached(positions: Offsets, goal: Offsets) -> bool:
    return all(positions.get(place, 0) >= offset for place, offset in goal.items())
