"""Compaction of the embedded log, a little with each publish.

The newest message of a key always stays. An older one goes some minutes after it was superseded.
A tombstone goes, and with it the key, after a day and when every group has passed it; a group that
never comes back holds it for a month at most.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from cdc.log.embedded_topics import offset_of, place_of

_LEAST_PER_PUBLISH = 64


@dataclass(frozen=True, slots=True)
class Retention:
    """How long messages stay that are no longer needed, in seconds."""

    superseded_s: float = 600.0
    tombstone_s: float = 24 * 3600.0
    tombstone_longest_s: float = 30 * 24 * 3600.0


def clean(
    connection: sqlite3.Connection, retention: Retention, now_ms: int, entry_count: int
) -> int:
    """Remove what is due, inside the caller's write transaction; return how many messages went.

    The work is bounded by twice what was just published, so that cleaning keeps up and no publish
    is slow.
    """
    budget_count = 2 * entry_count + _LEAST_PER_PUBLISH
    removed_count = _clean_superseded(
        connection, now_ms - int(retention.superseded_s * 1000), budget_count
    )
    return removed_count + _clean_tombstones(connection, retention, now_ms, budget_count)


def _clean_superseded(connection: sqlite3.Connection, horizon_ms: int, budget_count: int) -> int:
    due = _head(connection, "superseded", horizon_ms, budget_count)
    if due:
        _delete_messages(connection, [message_id for _, message_id, _ in due])
        connection.execute("DELETE FROM superseded WHERE seq <= ?", (due[-1][0],))
    return len(due)


def _clean_tombstones(
    connection: sqlite3.Connection, retention: Retention, now_ms: int, budget_count: int
) -> int:
    due = _head(connection, "tombstone", now_ms - int(retention.tombstone_s * 1000), budget_count)
    if not due:
        return 0
    longest_ms = now_ms - int(retention.tombstone_longest_s * 1000)
    passed = dict(
        connection.execute("SELECT place, min(next_offset) FROM committed GROUP BY place")
    )
    done_seq = 0
    removed: list[int] = []
    for seq, message_id, at_ms in due:
        place = place_of(message_id)
        is_awaited = passed.get(place, offset_of(message_id) + 1) <= offset_of(message_id)
        if is_awaited and at_ms > longest_ms:
            break
        # A key that came back has a newer message: then the queue of superseded ones has this one.
        cursor = connection.execute(
            "DELETE FROM newest WHERE id = ?1 AND place = ?2"
            " AND key = (SELECT key FROM message WHERE id = ?1)",
            (message_id, place),
        )
        if cursor.rowcount:
            removed.append(message_id)
        done_seq = seq
    _delete_messages(connection, removed)
    connection.execute("DELETE FROM tombstone WHERE seq <= ?", (done_seq,))
    return len(removed)


def _head(
    connection: sqlite3.Connection, queue: str, horizon_ms: int, limit_count: int
) -> list[tuple[int, int, int]]:
    # Times grow along a queue, so a head that is not due ends the search at one row.
    first = connection.execute(f"SELECT at_ms FROM {queue} ORDER BY seq LIMIT 1").fetchone()
    if first is None or first[0] > horizon_ms:
        return []
    rows: list[tuple[int, int, int]] = connection.execute(
        f"SELECT seq, id, at_ms FROM {queue} ORDER BY seq LIMIT ?", (limit_count,)
    ).fetchall()
    return [row for row in rows if row[2] <= horizon_ms]


def _delete_messages(connection: sqlite3.Connection, ids: list[int]) -> None:
    connection.executemany("DELETE FROM message WHERE id = ?", [(one,) for one in ids])
