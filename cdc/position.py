"""Positions in the binlog: values with an order, never compared as text.

Sources: MariaDB manual "Global Transaction ID" (one triple per domain), MySQL manual "GTID Sets"
(closed intervals per source uuid and tag).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal, Self

Flavor = Literal["mariadb", "mysql"]

_FILE = re.compile(r"^(?P<base>.+)\.(?P<number>\d+)$")
_MYSQL_SID = re.compile(
    r"^(?P<uuid>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})(?P<rest>(?::[0-9A-Za-z_-]+)+)$"
)
_INTERVAL = re.compile(r"^(?P<first>\d+)(?:-(?P<last>\d+))?$")


@dataclass(frozen=True, slots=True)
class Coordinates:
    """Binlog file and byte offset; ordered by the file's number, then the offset."""

    file: str
    offset: int

    @property
    def number(self) -> int:
        """Running number of the file; servers roll over from 999999 to seven digits."""
        match = _FILE.match(self.file)
        if match is None:
            raise ValueError(f"binlog file name {self.file!r} has no running number")
        return int(match["number"])

    def is_at_or_after(self, other: Coordinates) -> bool:
        """Whether everything up to `other` is included in what ends here."""
        return (self.number, self.offset) >= (other.number, other.offset)

    def __str__(self) -> str:
        return f"{self.file}:{self.offset}"


@dataclass(frozen=True, slots=True)
class MariaDBGtid:
    """A MariaDB GTID position: the last sequence number of each domain."""

    triples: tuple[tuple[int, int, int], ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "0-1-100,1-1-7"; the empty string is the empty position.

        Raises:
            ValueError: not triples of numbers, or a domain twice.
        """
        triples = []
        for part in filter(None, (piece.strip() for piece in text.split(","))):
            numbers = part.split("-")
            if len(numbers) != 3 or not all(number.isdigit() for number in numbers):
                raise ValueError(f"{part!r} is no MariaDB GTID (domain-server-sequence)")
            triples.append((int(numbers[0]), int(numbers[1]), int(numbers[2])))
        if len({domain for domain, _, _ in triples}) != len(triples):
            raise ValueError("a MariaDB GTID position names a domain twice")
        return cls(tuple(sorted(triples)))

    def with_gtid(self, gtid: str) -> MariaDBGtid:
        """The position after one more transaction."""
        added = MariaDBGtid.parse(gtid).triples
        kept = {domain: (domain, server, seq) for domain, server, seq in self.triples}
        kept.update({triple[0]: triple for triple in added})
        return MariaDBGtid(tuple(sorted(kept.values())))

    def __str__(self) -> str:
        return ",".join("-".join(map(str, triple)) for triple in self.triples)


@dataclass(frozen=True, slots=True)
class MySQLGtidSet:
    """A MySQL GTID set: per source uuid (and tag) sorted, disjoint, closed intervals."""

    intervals: tuple[tuple[str, tuple[tuple[int, int], ...]], ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "uuid[:tag]:1-5:7,…"; the empty string is the empty set.

        Raises:
            ValueError: the text is no GTID set.
        """
        found: dict[str, list[tuple[int, int]]] = {}
        for part in filter(None, (piece.strip() for piece in text.split(","))):
            match = _MYSQL_SID.match(part)
            if match is None:
                raise ValueError(f"{part!r} is no MySQL GTID set")
            uuid = match["uuid"].lower()
            source = uuid
            for piece in match["rest"][1:].split(":"):
                interval = _INTERVAL.match(piece)
                if interval is None:
                    source = f"{uuid}:{piece.lower()}"
                    continue
                first = int(interval["first"])
                last = int(interval["last"] or first)
                if not 0 < first <= last:
                    raise ValueError(f"{part!r} has an empty interval")
                found.setdefault(source, []).append((first, last))
        return cls(_normal(found))

    def with_gtid(self, gtid: str) -> MySQLGtidSet:
        """The set after one more transaction."""
        return self.union(MySQLGtidSet.parse(gtid))

    def union(self, other: MySQLGtidSet) -> MySQLGtidSet:
        """Everything in either set."""
        found: dict[str, list[tuple[int, int]]] = {}
        for source, intervals in (*self.intervals, *other.intervals):
            found.setdefault(source, []).extend(intervals)
        return MySQLGtidSet(_normal(found))

    def contains(self, other: MySQLGtidSet) -> bool:
        """Whether every transaction of `other` is in this set."""
        mine = dict(self.intervals)
        return all(
            any(low <= first and last <= high for low, high in mine.get(source, ()))
            for source, intervals in other.intervals
            for first, last in intervals
        )

    def __str__(self) -> str:
        return ",".join(
            source
            + "".join(
                f":{first}" if first == last else f":{first}-{last}" for first, last in intervals
            )
            for source, intervals in self.intervals
        )


def _normal(
    found: dict[str, list[tuple[int, int]]],
) -> tuple[tuple[str, tuple[tuple[int, int], ...]], ...]:
    return tuple((source, _merged(found[source])) for source in sorted(found))


def _merged(intervals: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    merged: list[tuple[int, int]] = []
    for first, last in sorted(intervals):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return tuple(merged)


@dataclass(frozen=True, slots=True)
class Position:
    """A place at a transaction border, with everything needed to go on from there.

    `gtid` is empty when the position is by file only. `server` is the identity of the server the
    file belongs to (MySQL `@@server_uuid`, MariaDB `@@server_uid` or id and host name).
    """

    flavor: Flavor
    server: str
    file: str
    offset: int
    gtid: str = ""

    @property
    def coordinates(self) -> Coordinates:
        """File and offset."""
        return Coordinates(self.file, self.offset)

    def to_json(self) -> dict[str, Any]:
        """A plain dict that `from_json` reads."""
        return {
            "flavor": self.flavor,
            "server": self.server,
            "file": self.file,
            "offset": self.offset,
            "gtid": self.gtid,
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """Read what `to_json` wrote.

        Raises:
            ValueError: a field is missing or wrong.
        """
        try:
            return cls(
                flavor=value["flavor"],
                server=str(value["server"]),
                file=str(value["file"]),
                offset=int(value["offset"]),
                gtid=str(value["gtid"]),
            )
        except (KeyError, TypeError) as exc:
            raise ValueError("a stored position lacks a field") from exc
