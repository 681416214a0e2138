"""The dump connection, on the binlog driver: connecting, asking for the dump, framing.

The driver's own loop is not used. It reconnects without a word (and repeats all events then when
started from a GTID), keeps stale table ids over a server's restart, and returns nothing while a
filter drops everything.
"""

from __future__ import annotations

import socket
import time
import zlib
from typing import TYPE_CHECKING, Any

import pymysql
from pymysql.connections import Connection
from pymysql.protocol import MysqlPacket
from pymysqlreplication import BinLogStreamReader, binlogstream
from pymysqlreplication.event import FormatDescriptionEvent, RotateEvent
from pymysqlreplication.gtid import GtidSet
from pymysqlreplication.packet import BinLogPacketWrapper

from cdc.binlog.gtids import encode_tagged_set
from cdc.binlog.wire import CHECKSUM_BYTES, EventType
from cdc.errors import SourceUnavailable
from cdc.position import Flavor

_RECEIVE_BYTES = 1 << 18
_PACKET_MAX = 0xFFFFFF
# Library classes the rare events are parsed with.
_PARSED = frozenset({FormatDescriptionEvent, RotateEvent})


class _TaggedGtidSet:
    """What the library asks of a GTID set, for sets with tags (MySQL 8.3), which it cannot read."""

    def __init__(self, text: str) -> None:
        self._encoded = encode_tagged_set(text)
        self.encoded_length = len(self._encoded)

    def encoded(self) -> bytes:
        return self._encoded


def _gtid_set(text: str) -> Any:
    try:
        return GtidSet(text)
    except ValueError:
        return _TaggedGtidSet(text)


# The library looks the class up in its module when it writes the dump command.
binlogstream.GtidSet = _gtid_set

if TYPE_CHECKING:
    _Connection = Connection[Any]
else:  # generic in its stubs only
    _Connection = Connection


class DumpConnection(_Connection):
    """A driver connection that hands out whole packets by the buffer once the dump runs."""

    # The driver's own, which its type stubs do not tell.
    _sock: socket.socket
    _next_seq_id: int

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._parts: list[bytes] = []
        self._held_bytes = 0
        self._needed_bytes = 4
        self._large: list[bytes] = []
        super().__init__(*args, **kwargs)

    def packets(self, timeout_s: float) -> list[bytes] | None:
        """All packets at hand, waiting for the first one.

        Returns: [] when only part of a packet came, None when nothing came in time.
        Raises:
            SourceUnavailable: the connection is lost, or packets came out of order.
        Blocks: timeout_s.
        """
        try:
            self._sock.settimeout(timeout_s)
            received = self._sock.recv(_RECEIVE_BYTES)
        except TimeoutError:
            return None
        except OSError as exc:
            raise SourceUnavailable("reading the binlog: connection lost") from exc
        if not received:
            raise SourceUnavailable("reading the binlog: the server closed the connection")
        self._parts.append(received)
        self._held_bytes += len(received)
        if self._held_bytes < self._needed_bytes:
            return []
        return self._split()

    def _split(self) -> list[bytes]:
        data = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        packets = []
        pos, end, sequence = 0, len(data), self._next_seq_id
        self._needed_bytes = 4
        while pos + 4 <= end:
            length = data[pos] | data[pos + 1] << 8 | data[pos + 2] << 16
            stop = pos + 4 + length
            if stop > end:
                self._needed_bytes = 4 + length
                break
            if data[pos + 3] != sequence:
                raise SourceUnavailable("reading the binlog: packets came out of order")
            sequence = (sequence + 1) & 0xFF
            if length == _PACKET_MAX:
                self._large.append(data[pos + 4 : stop])
            elif self._large:
                packets.append(b"".join((*self._large, data[pos + 4 : stop])))
                self._large = []
            else:
                packets.append(data[pos + 4 : stop])
            pos = stop
        self._next_seq_id = sequence
        rest = data[pos:]
        self._parts = [rest] if rest else []
        self._held_bytes = len(rest)
        return packets


class EventReader(BinLogStreamReader):  # type: ignore[misc]
    """One dump, used once: open, read until an error or a stop, close. Never reconnects.

    Args:
        arguments: of the driver's connection; changed in place by the library.
        start: of the library: `log_file` and `log_pos`, or `auto_position`.
    """

    def __init__(
        self,
        arguments: dict[str, Any],
        *,
        server_id: int,
        flavor: Flavor,
        heartbeat_s: float,
        silence_s: float,
        start: dict[str, Any],
    ) -> None:
        super().__init__(
            # Also where checksums are off now: older files may have them, and the server refuses
            # to send those to a reader that does not say that it knows checksums.
            arguments | {"init_command": "SET @master_binlog_checksum=@@global.binlog_checksum"},
            server_id,
            resume_stream=True,
            blocking=True,
            is_mariadb=flavor == "mariadb" and "auto_position" in start,
            slave_heartbeat=heartbeat_s,
            enable_logging=False,
            pymysql_wrapper=DumpConnection,
            **start,
        )
        self._flavor: Flavor = flavor
        self._heartbeat_s = heartbeat_s
        self._silence_s = silence_s
        self._last_packet_s = 0.0
        self._post_header_lengths: tuple[int, ...] | None = None

    def open(self) -> None:
        """Connect and ask for the dump.

        Raises:
            pymysql.err.MySQLError: the driver's own; the caller classifies it.
        """
        # Private to the library, hence the pinned version; it holds the dump commands of both
        # servers and the encoding of GTID sets.
        self._BinLogStreamReader__connect_to_stream()
        self._last_packet_s = time.monotonic()

    def events(self) -> list[bytes]:
        """Packets that came, each an event behind an OK byte; empty when none came in time.

        Raises:
            pymysql.err.MySQLError: the server's answer instead of an event.
            SourceUnavailable: connection lost, dump ended, or silence for too long.
        Blocks: 1.5 heartbeats.
        """
        packets = self._stream_connection.packets(self._heartbeat_s * 1.5)
        now_s = time.monotonic()
        if packets is not None:
            self._last_packet_s = now_s
        elif now_s - self._last_packet_s > self._silence_s:
            raise SourceUnavailable("reading the binlog: no heartbeat from the server")
        return packets or []

    def parse(self, event: bytes) -> Any:
        """Parse a rare event (format description, rotate) with the library."""
        wrapper = BinLogPacketWrapper(
            MysqlPacket(event, "utf8"),
            {},
            self,
            (0, 0, 0),
            has_checksum(event),
            _PARSED,
            None,
            None,
            None,
            None,
            False,
            False,
            False,
            False,
            False,
            False,
            self._post_header_lengths,
        )
        if event[5] == EventType.FORMAT_DESCRIPTION:
            self._post_header_lengths = wrapper.event.post_header_len
        return wrapper.event

    # What the library's events ask of a control connection; there is none, as they ask no more.
    charset = "utf8mb4"

    def _get_dbms(self) -> str:
        return self._flavor


def has_checksum(event: bytes) -> bool:
    """Whether an event ends with its CRC32. Artificial events do as the reader asked for, those of
    a file as the file was written."""
    if len(event) < 1 + 19 + CHECKSUM_BYTES:
        return False
    stored = int.from_bytes(event[-CHECKSUM_BYTES:], "little")
    return zlib.crc32(event[1:-CHECKSUM_BYTES]) == stored


def raise_unless_event(packet: bytes) -> None:
    """Raise what the server said instead of sending an event.

    Raises:
        pymysql.err.MySQLError: an error packet.
        SourceUnavailable: the dump ended.
    """
    if packet[0] == 0xFF:
        pymysql.err.raise_mysql_exception(packet)
    if packet[0] != 0:
        raise SourceUnavailable("reading the binlog: the server ended the dump")
