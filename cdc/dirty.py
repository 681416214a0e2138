"""The dirty set: what is to be read, what already settled, and how far the checkpoint may go."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from cdc.binlog.changes import Row
from cdc.names import Kind, Name
from cdc.position import Position
from config.source import SettleByModel, SettleSettings


@dataclass(slots=True)
class _Transaction:
    """A committed transaction that named keys; it holds the checkpoint before it.

    `before` is where a restart reads this transaction again.
    """

    before: Position
    open_count: int = 0


@dataclass(slots=True)
class DirtyKey:
    """One thing to read, with all that named it since it was last taken.

    Times are seconds of the clock given to `DirtySet.commit` and `take`, except `committed_ms`.
    """

    kind: Kind
    id: str
    first_s: float
    last_s: float
    position: Position
    committed_ms: int
    is_deleted: bool
    image: Row | None
    tables: set[str] = field(default_factory=set)
    transaction: _Transaction | None = None


class DirtySet:
    """Keys named by committed transactions, coalesced. Not thread-safe; the owner locks.

    Names of an open transaction are held apart until its commit gives them a position: a key must
    not be read before the transaction that named it is visible.
    """

    def __init__(self, settle: SettleByModel, start: Position) -> None:
        self._settle = _settle_by_kind(settle)
        self._keys: dict[tuple[Kind, str], DirtyKey] = {}
        self._open: dict[tuple[Kind, str], tuple[Name, set[str]]] = {}
        self._transactions: deque[_Transaction] = deque()
        # (ready time, tie-break, key); an entry is stale when its key was taken or settles later.
        self._heap: list[tuple[float, int, DirtyKey]] = []
        self._pushed_count = 0
        self._last = start
        self._resume = start
        self._taken_count = 0

    def __len__(self) -> int:
        return len(self._keys) + len(self._open) + self._taken_count

    @property
    def position(self) -> Position:
        """End of the last committed transaction that was seen."""
        return self._last

    def name(self, table: str, names: Iterable[Name]) -> None:
        """Add what rows of the open transaction name."""
        for name in names:
            key = (name.kind, name.id)
            known = self._open.get(key)
            if known is None:
                self._open[key] = (name, {table})
            else:
                known[1].add(table)
                # The entity's own row decides: deleted, or deleted and written again.
                if name.is_deleted or (known[0].is_deleted and table == _own_table(name)):
                    self._open[key] = (name, known[1])

    def commit(
        self,
        position: Position,
        committed_ms: int,
        now_s: float,
        *,
        resume: Position | None = None,
    ) -> None:
        """The open transaction ended at `position`; its names start to settle.

        Args:
            resume: where a restart has to read from as long as this transaction is the last one,
                when that is before `position` (a prepared XA transaction is open).
        """
        if self._open:
            transaction = _Transaction(self._resume)
            for (kind, key_id), (name, tables) in self._open.items():
                self._add(kind, key_id, name, tables, position, committed_ms, now_s, transaction)
            if transaction.open_count:
                self._transactions.append(transaction)
            self._open.clear()
        self._last = position
        self._resume = resume or position

    def _add(
        self,
        kind: Kind,
        key_id: str,
        name: Name,
        tables: set[str],
        position: Position,
        committed_ms: int,
        now_s: float,
        transaction: _Transaction,
    ) -> None:
        known = self._keys.get((kind, key_id))
        if known is None:
            transaction.open_count += 1
            fresh = DirtyKey(
                kind, key_id, now_s, now_s, position, committed_ms,
                name.is_deleted, name.image, set(tables), transaction,
            )  # fmt: skip
            self._keys[kind, key_id] = fresh
            self._push(fresh)
            return
        was_ready_s = self._ready_s(known)
        known.last_s = now_s
        known.position = position
        known.committed_ms = committed_ms
        known.tables |= tables
        if name.is_deleted or _own_table(name) in tables:
            if name.is_deleted and not known.is_deleted:
                known.first_s = now_s  # a delete waits its full time, whatever came before
            known.is_deleted = name.is_deleted
            known.image = name.image or known.image
        if self._ready_s(known) < was_ready_s:
            self._push(known)

    def _push(self, key: DirtyKey) -> None:
        self._pushed_count += 1
        heapq.heappush(self._heap, (self._ready_s(key), self._pushed_count, key))

    def take(self, limit: int, now_s: float) -> list[DirtyKey]:
        """Remove and return settled keys, first settled first, at most `limit`.

        They go on holding the checkpoint until `done` is called for them.
        """
        taken: list[DirtyKey] = []
        while self._heap and len(taken) < limit and self._heap[0][0] <= now_s:
            _, _, key = heapq.heappop(self._heap)
            if self._keys.get((key.kind, key.id)) is not key:
                continue
            if self._ready_s(key) > now_s:
                self._push(key)
                continue
            del self._keys[key.kind, key.id]
            taken.append(key)
        self._taken_count += len(taken)
        return taken

    def next_ready_s(self) -> float | None:
        """Earliest time at which a key may have settled; None when there is no key."""
        while self._heap:
            ready_s, _, key = self._heap[0]
            if self._keys.get((key.kind, key.id)) is key:
                return ready_s
            heapq.heappop(self._heap)
        return None

    def done(self, keys: Iterable[DirtyKey]) -> None:
        """These keys are durably published."""
        for key in keys:
            self._taken_count -= 1
            if key.transaction is not None:
                key.transaction.open_count -= 1
        while self._transactions and not self._transactions[0].open_count:
            self._transactions.popleft()

    def checkpoint(self, published: Iterable[DirtyKey] = ()) -> Position:
        """Position up to which every change is published, once `published` is.

        Args:
            published: taken keys that the step which writes this checkpoint makes durable.
        """
        closing: dict[int, int] = {}
        for key in published:
            if key.transaction is not None:
                mark = id(key.transaction)
                closing[mark] = closing.get(mark, 0) + 1
        for transaction in self._transactions:
            if transaction.open_count > closing.get(id(transaction), 0):
                return transaction.before
        return self._resume

    def _ready_s(self, key: DirtyKey) -> float:
        settle = self._settle[key.kind]
        quiet_ms = settle.delete_ms if key.is_deleted else settle.quiet_ms
        longest_ms = max(settle.longest_ms, settle.delete_ms if key.is_deleted else 0)
        return min(key.last_s + quiet_ms / 1000, key.first_s + longest_ms / 1000)


_OWN_TABLES = {
    Kind.CUSTOMER: "customer_entity",
    Kind.PRODUCT: "catalog_product_entity",
    Kind.ORDER: "sales_order",
    Kind.SUBSCRIBER: "newsletter_subscriber",
}


def _own_table(name: Name) -> str:
    return _OWN_TABLES.get(name.kind, "")


def _settle_by_kind(settle: SettleByModel) -> Mapping[Kind, SettleSettings]:
    at_once = SettleSettings(quiet_ms=0, longest_ms=0, delete_ms=0)
    return {
        Kind.CUSTOMER: settle.customer,
        Kind.PRODUCT: settle.product,
        Kind.ORDER: settle.order,
        Kind.SUBSCRIBER: settle.subscriber,
        Kind.CATEGORY: settle.product,
        Kind.SKU: settle.product,
        Kind.SHOP: at_once,
        Kind.FULL: at_once,
    }
