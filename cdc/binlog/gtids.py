"""GTID events, and the position they add up to. Pure.

Sources: MariaDB "GTID_EVENT"; MySQL mysql::gtid (Gtid_event: commit timestamps of 8.0, the tagged
form of 8.3 written with mysql::serialization).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from cdc.binlog.wire import Undecodable
from cdc.position import MariaDBGtid, MySQLGtidSet

_STANDALONE = 1
_PREPARED_XA = 64
_TIMESTAMP_BITS = 55
_TAGGED = 1


@dataclass(frozen=True, slots=True)
class Gtid:
    """A GTID event.

    `source` is the server's uuid (with ":tag" where tagged) or MariaDB's domain; `commit_us` the
    time of commit on the server read from, Unix microseconds, None where the event has none.
    `is_standalone`: MariaDB's mark of a transaction of one event, without a commit behind it;
    `is_prepared_xa`: its mark of rows that another transaction will commit or roll back.
    """

    source: str
    server: int
    number: int
    commit_us: int | None = None
    is_standalone: bool = False
    is_prepared_xa: bool = False


def read_mariadb_gtid(data: bytes, pos: int, server: int) -> Gtid:
    """Read a MariaDB GTID event's body at `pos`; `server` comes from the event header."""
    number = int.from_bytes(data[pos : pos + 8], "little")
    domain = int.from_bytes(data[pos + 8 : pos + 12], "little")
    flags = data[pos + 12]
    return Gtid(
        str(domain),
        server,
        number,
        is_standalone=bool(flags & _STANDALONE),
        is_prepared_xa=bool(flags & _PREPARED_XA),
    )


def read_mysql_gtid(data: bytes, pos: int, end: int) -> Gtid:
    """Read a MySQL GTID (or anonymous GTID) event's body; the number of the latter is 0."""
    number = int.from_bytes(data[pos + 17 : pos + 25], "little")
    commit_us = None
    stamp = pos + 42
    if stamp + 7 <= end:
        packed = int.from_bytes(data[stamp : stamp + 7], "little")
        commit_us = packed & ((1 << _TIMESTAMP_BITS) - 1)
    return Gtid(_uuid(data[pos + 1 : pos + 17]), 0, number, commit_us=commit_us)


def read_tagged_gtid(data: bytes, pos: int, end: int) -> Gtid:
    """Read a tagged GTID event's body.

    Raises:
        Undecodable: a serialization version we do not know, or a required field is missing.
    """
    fields = _Fields(data, pos, end)
    uuid, tag, number, commit_us = b"", "", 0, None
    for field in fields:
        if field == 1:
            uuid = bytes(fields.unsigned() for _ in range(16))
        elif field == 2:
            number = fields.signed()
        elif field == 3:
            tag = fields.text()
        elif field == 6:
            commit_us = fields.unsigned()
        elif field in (4, 5):
            fields.signed()
        elif field == 0:
            fields.unsigned()
        else:
            break  # fields come in order; nothing behind them is needed
    if len(uuid) != 16 or number <= 0:
        raise Undecodable("a tagged GTID event lacks its uuid or number")
    source = _uuid(uuid) + (f":{tag}" if tag else "")
    return Gtid(source, 0, number, commit_us=commit_us)


class _Fields:
    """Reads mysql::serialization: numbers whose trailing one bits count the bytes that follow."""

    def __init__(self, data: bytes, pos: int, end: int) -> None:
        self._data, self._pos, self._end = data, pos, end
        if self.unsigned() != 1:
            raise Undecodable("a tagged GTID event has an unknown format version")
        self.unsigned()  # size of the message
        self.unsigned()  # last field a reader must not ignore

    def __iter__(self) -> Iterator[int]:
        while self._pos < self._end:
            yield self.unsigned()

    def unsigned(self) -> int:
        first = self._data[self._pos]
        extra = 0
        while extra < 8 and first >> extra & 1:
            extra += 1
        size = extra + 1
        packed = int.from_bytes(self._data[self._pos : self._pos + size], "little")
        self._pos += size
        return packed >> size if extra < 8 else packed >> 8

    def signed(self) -> int:
        value = self.unsigned()
        return ~(value >> 1) if value & 1 else value >> 1

    def text(self) -> str:
        length = self.unsigned()
        self._pos += length
        return self._data[self._pos - length : self._pos].decode("ascii")


def encode_tagged_set(text: str) -> bytes:
    """A GTID set with tags as the dump command of MySQL 8.3 and later takes it.

    Like the form without tags, but the count of sources carries a format mark in its first and
    last byte, and each uuid is followed by its tag, the length of it in front. Intervals are half
    open. Source: MySQL Gtid_set::encode, mysql::gtid::Tag.
    """
    intervals = MySQLGtidSet.parse(text).intervals
    parts = [((_TAGGED << 56) | (len(intervals) << 8) | _TAGGED).to_bytes(8, "little")]
    for source, ranges in intervals:
        uuid, _, tag = source.partition(":")
        parts.append(bytes.fromhex(uuid.replace("-", "")))
        parts.append(bytes([len(tag) << 1]) + tag.encode("ascii"))
        parts.append(len(ranges).to_bytes(8, "little"))
        parts += [
            first.to_bytes(8, "little") + (last + 1).to_bytes(8, "little") for first, last in ranges
        ]
    return b"".join(parts)


class GtidTracker(Protocol):
    """Adds transactions up; `text` is the position they make."""

    def add(self, gtid: Gtid) -> None:
        """Count a transaction that ended."""
        ...

    def text(self) -> str:
        """Position or set as text."""
        ...


class NoGtids:
    """Positions by file: GTIDs are not counted."""

    def add(self, gtid: Gtid) -> None:
        """Count nothing."""

    def text(self) -> str:
        """The empty text."""
        return ""


class MariaDBGtids:
    """Last GTID of each domain."""

    def __init__(self, start: str) -> None:
        position = MariaDBGtid.parse(start)
        self._last = {domain: (server, seq) for domain, server, seq in position.triples}

    def add(self, gtid: Gtid) -> None:
        """Count a transaction that ended."""
        self._last[int(gtid.source)] = (gtid.server, gtid.number)

    def text(self) -> str:
        """Triples in order of domains."""
        return ",".join(f"{key}-{last[0]}-{last[1]}" for key, last in sorted(self._last.items()))


class MySQLGtids:
    """Set of executed transactions; the usual next number costs no work on the rest of the set."""

    def __init__(self, start: str) -> None:
        self._sets: dict[str, list[tuple[int, int]]] = {
            source: list(intervals) for source, intervals in MySQLGtidSet.parse(start).intervals
        }

    def add(self, gtid: Gtid) -> None:
        """Count a transaction that ended; anonymous ones (number 0) do not count."""
        if not gtid.number:
            return
        intervals = self._sets.setdefault(gtid.source, [])
        if intervals and intervals[-1][1] == gtid.number - 1:
            intervals[-1] = (intervals[-1][0], gtid.number)
            return
        single = MySQLGtidSet(((gtid.source, tuple(intervals)),))
        merged = single.union(MySQLGtidSet(((gtid.source, ((gtid.number, gtid.number),)),)))
        self._sets[gtid.source] = list(merged.intervals[0][1])

    def text(self) -> str:
        """Set as text, sources in order."""
        return str(MySQLGtidSet(tuple((key, tuple(self._sets[key])) for key in sorted(self._sets))))


def _uuid(raw: bytes) -> str:
    text = raw.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
