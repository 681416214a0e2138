"""The lane of products: their items in the catalogs of the store views."""

from __future__ import annotations

from collections.abc import Sequence

from cdc.records import Model
from sinks.deliver.lane import IDLE_S, Lane, LaneParts, Stock
from sinks.outgoing import Outgoing

_CYCLE_COUNT = 2_000
_IDLE_S = 10 * IDLE_S


class CatalogLane(Lane):
    """Takes product records, sends the last state of each item, commits.

    The catalogs are independent, so their batches run side by side.
    """

    name = "catalog"

    def __init__(self, parts: LaneParts) -> None:
        super().__init__(parts)
        self._topic = parts.names.model(Model.PRODUCT)
        self.forget()

    def topic_sets(self) -> Sequence[Sequence[str]]:
        """One consumer for the products."""
        return ((self._topic,),)

    def forget(self) -> None:
        """Drop items in hand."""
        self._items = Stock(_CYCLE_COUNT)

    def cycle(self) -> None:
        """Deliver what is there; wait a moment when there is nothing."""
        if not self.taken_count:
            self._take_items(_IDLE_S)
        while self._take_items(0.0):
            pass
        if not self.taken_count:
            self._rest()
            return
        self.taken_count = 0
        payloads = self._last_of_each(self._items.empty())
        self._gate.open(payloads)
        self._courier.deliver(payloads)
        self._flush()

    def prepare_more(self) -> bool:
        """Take and map items of the next cycle."""
        return self._take_items(0.0)

    def _take_items(self, timeout_s: float) -> bool:
        room_count = self._items.room_count
        taken = self._take(self._topic, room_count, timeout_s) if room_count else None
        self._items.add(taken or ())
        return taken is not None

    def _last_of_each(self, payloads: Sequence[Outgoing]) -> list[Outgoing]:
        """Keep the last payload of each item: a batch must not name an item twice."""
        last = {payload.target: payload for payload in payloads}
        for payload in payloads:
            if last[payload.target] is not payload:
                self._settlement.supersede(payload)
        return list(last.values())
