"""Consumer groups of the embedded log: offsets, and which consumer of a group is current."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterable, Mapping

from cdc.errors import ConsumerFenced, LogMisconfigured
from cdc.log.embedded_topics import StoredTopics
from cdc.log.protocol import TopicPartition


def group_id(connection: sqlite3.Connection, name: str) -> int:
    """Return the id of a group, made when missing; inside a write transaction."""
    connection.execute("INSERT OR IGNORE INTO consumer_group (name) VALUES (?)", (name,))
    (found,) = connection.execute(
        "SELECT id FROM consumer_group WHERE name = ?", (name,)
    ).fetchone()
    return int(found)


def group_names(connection: sqlite3.Connection) -> list[str]:
    """Return the names of groups that have committed offsets, sorted."""
    rows = connection.execute(
        "SELECT name FROM consumer_group WHERE id IN (SELECT group_id FROM committed) ORDER BY name"
    ).fetchall()
    return [name for (name,) in rows]


def committed_offsets(connection: sqlite3.Connection, name: str) -> dict[int, int]:
    """Return the committed next offset of each place that has one."""
    return dict(
        connection.execute(
            "SELECT place, next_offset FROM committed"
            " WHERE group_id = (SELECT id FROM consumer_group WHERE name = ?)",
            (name,),
        ).fetchall()
    )


def store_offsets(
    connection: sqlite3.Connection,
    group: int,
    topics: StoredTopics,
    offsets: Mapping[TopicPartition, int],
) -> None:
    """Store next offsets of a group, inside a write transaction.

    Raises:
        LogMisconfigured: a partition is unknown or an offset is below zero.
    """
    wrong = [partition for partition, offset in offsets.items() if offset < 0]
    if wrong:
        raise LogMisconfigured(f"storing offsets: {wrong[0]} would be below zero")
    connection.executemany(
        "INSERT INTO committed (group_id, place, next_offset) VALUES (?, ?, ?)"
        " ON CONFLICT (group_id, place) DO UPDATE SET next_offset = excluded.next_offset",
        [(group, topics.place(partition), offset) for partition, offset in offsets.items()],
    )


class Membership:
    """One consumer's claim to a group and its set of topics: the newest claim counts.

    So a daemon that was started while an old one hangs takes over, and the old one stops at its
    next step instead of delivering beside it.
    """

    def __init__(self, connection: sqlite3.Connection, group: str, topics: Iterable[str]) -> None:
        """Claim, inside a write transaction."""
        self.group = group
        self.group_id = group_id(connection, group)
        self._topics = "\n".join(sorted(set(topics)))
        self._token = secrets.token_hex(8)
        connection.execute(
            "INSERT INTO membership (group_id, topics, token) VALUES (?, ?, ?)"
            " ON CONFLICT (group_id, topics) DO UPDATE SET token = excluded.token",
            (self.group_id, self._topics, self._token),
        )

    def check(self, connection: sqlite3.Connection) -> None:
        """Make sure that the claim is the newest; inside a transaction.

        Raises:
            ConsumerFenced: another consumer took over.
        """
        (token,) = connection.execute(
            "SELECT token FROM membership WHERE group_id = ? AND topics = ?",
            (self.group_id, self._topics),
        ).fetchone()
        if token != self._token:
            raise ConsumerFenced(
                f"consuming as group {self.group}: another process took the group over; run one"
                " delivery for each workspace"
            )
