"""The lane of products: their items in the catalogs of the store views."""

from __future__ import annotations

from collections.abc import Sequence

from cdc.records import Model
from sinks.deliver.lane import IDLE_S, Lane
from sinks.outgoing import Outgoing

_CYCLE_COUNT = 1_000
_IDLE_S = 10 * IDLE_S


class CatalogLane(Lane):
    """Takes product records, sends the last state of each item, commits.

    The catalogs are independent, so their batches run side by side.
    """

    name = "catalog"

    def topic_sets(self) -> Sequence[Sequence[str]]:
        """One consumer for the products."""
        return ((self._parts.names.model(Model.PRODUCT),),)

    def cycle(self) -> None:
        """Deliver what is there; wait a moment when there is nothing."""
        topic = self._parts.names.model(Model.PRODUCT)
        messages = self._poll(topic, _CYCLE_COUNT, _IDLE_S)
        if not messages:
            return
        payloads = self._last_of_each(self._intake.payloads(messages))
        self._gate.open(payloads)
        self._deliver(payloads)
        self._flush()

    def _last_of_each(self, payloads: Sequence[Outgoing]) -> list[Outgoing]:
        """Keep the last payload of each item: a batch must not name an item twice."""
        last = {payload.target: payload for payload in payloads}
        for payload in payloads:
            if last[payload.target] is not payload:
                self._settlement.supersede(payload)
        return list(last.values())
