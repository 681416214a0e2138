"""Which offsets may be committed. Pure.

Records finish in any order; the committed offset never passes one that is not finished.
"""

from __future__ import annotations

from collections import OrderedDict

from cdc.log.protocol import TopicPartition


class Ledger:
    """Offsets taken from the topics and not yet committed, per partition."""

    def __init__(self) -> None:
        self._open: dict[TopicPartition, OrderedDict[int, bool]] = {}
        self._next: dict[TopicPartition, int] = {}
        self._committed: dict[TopicPartition, int] = {}

    def take(self, place: TopicPartition, offset: int) -> None:
        """Note a record that was taken; offsets of a partition come in ascending order."""
        self._open.setdefault(place, OrderedDict())[offset] = False
        self._next[place] = offset + 1

    def finish(self, place: TopicPartition, offset: int) -> None:
        """Note that nothing is left to do for a record."""
        waiting = self._open[place]
        waiting[offset] = True
        while waiting:
            first = next(iter(waiting))
            if not waiting[first]:
                break
            del waiting[first]

    def advance(self, place: TopicPartition, position: int) -> None:
        """Note where reading stands: markers and compacted offsets before it are no records.

        Has no effect while a record of the partition is unfinished.
        """
        if place in self._next and not self._open[place]:
            self._next[place] = max(self._next[place], position)

    @property
    def open_count(self) -> int:
        """Records that block a commit, themselves or by being behind one that does."""
        return sum(map(len, self._open.values()))

    def committable(self) -> dict[TopicPartition, int]:
        """Next offset to read of each partition whose committed offset can move on."""
        movable: dict[TopicPartition, int] = {}
        for place, behind_last in self._next.items():
            waiting = self._open[place]
            offset = next(iter(waiting)) if waiting else behind_last
            if offset > self._committed.get(place, -1):
                movable[place] = offset
        return movable

    def committed(self, offsets: dict[TopicPartition, int]) -> None:
        """Note what the log has stored."""
        self._committed.update(offsets)
