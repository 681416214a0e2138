"""The identity index's own file: its connection, and what it says of itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

from cdc.identity_file import TABLES, connect, door
from cdc.identity_origin import Origin, Shop
from cdc.log.protocol import TopicPartition

_VARIABLES = 500  # SQLite's limit on variables in one statement is far higher; batches stay small


class IdentityStore:
    """One SQLite file; whoever opened it closes it."""

    def __init__(self, path: Path) -> None:
        """Open the file, or make it.

        Raises:
            LogUnavailable: the disk or another process is in the way.
            IndexUnusable: see `cdc.identity_file.remove_unusable`.
        """
        self._db = connect(path)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @property
    def seq(self) -> int:
        """Ordinal of the last publishing step that is included."""
        rows = self._rows("SELECT value FROM state WHERE name = 'seq'")
        return int(rows[0][0]) if rows else 0

    @property
    def origin(self) -> Origin | None:
        """What the index was written for; None in a new one."""
        fields: dict[str, str] = dict(self._rows("SELECT name, value FROM origin"))
        log_id = fields.pop("log_id", None)
        return None if log_id is None else Origin(Shop(**fields), log_id)

    def set_origin(self, origin: Origin) -> None:
        """Say what the index is written for from now on."""
        fields = asdict(origin.shop) | {"log_id": origin.log_id}
        with self._writing("writing the identity index"):
            self._db.executemany("INSERT OR REPLACE INTO origin VALUES (?, ?)", fields.items())

    def places(self) -> dict[TopicPartition, int]:
        """Offsets up to which the topics are surely included."""
        rows = self._rows("SELECT topic, partition, next_offset FROM place")
        return {TopicPartition(topic, part): offset for topic, part, offset in rows}

    def set_places(self, places: Mapping[TopicPartition, int]) -> None:
        """Remember how far the topics are included."""
        with self._writing("writing the identity index"):
            self._db.execute("DELETE FROM place")
            self._db.executemany(
                "INSERT INTO place VALUES (?, ?, ?)",
                [(place.topic, place.partition, offset) for place, offset in places.items()],
            )

    def clear(self) -> None:
        """Forget everything: the index is of other topics than the ones there are."""
        with self._writing("clearing the identity index"):
            for table in TABLES:
                self._db.execute(f"DELETE FROM {table}")

    @contextmanager
    def _writing(self, doing: str) -> Iterator[None]:
        with door(doing):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                # A full disk has ended the transaction already; its error is the one to tell.
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def _rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with door("reading the identity index"):
            return self._db.execute(statement, values).fetchall()

    def _in(self, statement: str, values: Iterable[Any], *before: Any) -> Iterator[tuple[Any, ...]]:
        """Rows of a statement with an IN list, in lists of bounded length."""
        rest = iter(values)
        while part := list(islice(rest, _VARIABLES)):
            marks = ",".join("?" * len(part))
            yield from self._rows(statement % marks, *before, *part)
