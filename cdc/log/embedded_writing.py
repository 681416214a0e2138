"""Putting entries into the embedded log, inside a transaction of the caller."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from cdc.errors import RecordTooLarge
from cdc.log.embedded_topics import StoredTopics, first_id
from cdc.log.protocol import Entry

MAX_RECORD_BYTES = 16 * 1024 * 1024
"""Key and value together; far over any entity, far under what one transaction can take."""


def check_sizes(entries: Sequence[Entry]) -> None:
    """Make sure that each entry may be stored.

    Raises:
        RecordTooLarge: names the first that may not.
    """
    for index, entry in enumerate(entries):
        size_bytes = len(entry.key) + len(entry.value or b"")
        if size_bytes > MAX_RECORD_BYTES:
            raise RecordTooLarge(
                f"publishing to {entry.topic}: a record of {size_bytes} bytes is over the limit of"
                f" {MAX_RECORD_BYTES} bytes",
                index=index,
            )


def write_entries(
    connection: sqlite3.Connection, topics: StoredTopics, entries: Sequence[Entry], now_ms: int
) -> int:
    """Append entries in order and return their timestamp, never below an earlier one.

    Offsets come from a counter that only grows, so they are not used twice whatever is cleaned.

    Raises:
        LogMisconfigured: an entry names an unknown topic.
    """
    next_offsets, last_ms = _counters(connection)
    timestamp_ms = max(now_ms, last_ms)
    messages: list[tuple[int, bytes, bytes | None, int]] = []
    newest: list[tuple[int, bytes, int, int]] = []
    tombstones: list[tuple[int, int]] = []
    touched: dict[int, None] = {}
    for entry in entries:
        topic = topics.topic(entry.topic)
        place = topic.place_of(entry.key)
        offset = next_offsets[place]
        next_offsets[place] = offset + 1
        touched[place] = None
        message_id = first_id(place) + offset
        messages.append((message_id, entry.key, entry.value, timestamp_ms))
        if topic.is_compacted:
            newest.append((place, entry.key, message_id, timestamp_ms))
            if entry.value is None:
                tombstones.append((message_id, timestamp_ms))
    connection.executemany("INSERT INTO message VALUES (?, ?, ?, ?)", messages)
    connection.executemany(
        "INSERT INTO newest VALUES (?, ?, ?, ?) ON CONFLICT (place, key)"
        " DO UPDATE SET id = excluded.id, at_ms = excluded.at_ms",
        newest,
    )
    connection.executemany("INSERT INTO tombstone (id, at_ms) VALUES (?, ?)", tombstones)
    connection.executemany(
        "UPDATE place SET next_offset = ?, last_ms = ? WHERE id = ?",
        [(next_offsets[place], timestamp_ms, place) for place in touched],
    )
    return timestamp_ms


def _counters(connection: sqlite3.Connection) -> tuple[dict[int, int], int]:
    rows = connection.execute("SELECT id, next_offset, last_ms FROM place").fetchall()
    return {row[0]: row[1] for row in rows}, max(row[2] for row in rows)
