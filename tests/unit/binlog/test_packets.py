"""The dump's bytes: splitting into packets, compression, GTID events, errors of the server."""

from __future__ import annotations

import struct
import zlib

import pymysql
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from cdc.binlog.charsets import text_decoder
from cdc.binlog.dump_errors import dump_error
from cdc.binlog.gtids import read_mariadb_gtid, read_mysql_gtid, read_tagged_gtid
from cdc.binlog.payload import mariadb_uncompressed, payload_events
from cdc.binlog.reader import DumpConnection, has_checksum, raise_unless_event
from cdc.binlog.wire import Undecodable, length_encoded
from cdc.errors import (
    BinlogPurged,
    PositionUnusable,
    ServerIdClash,
    SourceDenied,
    SourceError,
    SourceUnavailable,
)


class ScriptedSocket:
    """Gives the bytes of a script, one piece a call."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = list(pieces)

    def settimeout(self, timeout_s: float) -> None:
        assert timeout_s > 0

    def recv(self, size: int) -> bytes:
        if not self._pieces:
            raise TimeoutError
        return self._pieces.pop(0)


def connection(pieces: list[bytes]) -> DumpConnection:
    made = DumpConnection(defer_connect=True)
    made._sock = ScriptedSocket(pieces)  # type: ignore[assignment]
    made._next_seq_id = 1
    return made


def framed(packets: list[bytes], first: int = 1) -> bytes:
    """Packets as they come over the wire, in pieces of at most 16 MiB - 1."""
    out, sequence = b"", first
    for packet in packets:
        while True:
            part, packet = packet[:0xFFFFFF], packet[0xFFFFFF:]
            out += len(part).to_bytes(3, "little") + bytes([sequence & 255]) + part
            sequence += 1
            if len(part) < 0xFFFFFF:
                break
    return out


@settings(deadline=None)
@given(st.lists(st.binary(max_size=300), max_size=20), st.lists(st.integers(1, 200), min_size=1))
def test_packets_come_whole_however_the_bytes_are_cut(
    packets: list[bytes], cuts: list[int]
) -> None:
    data = framed(packets)
    pieces: list[bytes] = []
    while data:
        size = cuts[len(pieces) % len(cuts)]
        pieces.append(data[:size])
        data = data[size:]
    made = connection(pieces)
    found: list[bytes] = []
    while (some := made.packets(1.0)) is not None:
        found += some
    assert found == packets


@pytest.mark.parametrize("size", [0xFFFFFE, 0xFFFFFF, 0x1000000, 2 * 0xFFFFFF])
def test_large_packets_are_put_together(size: int) -> None:
    packets = [b"a" * size, b"b"]
    data = framed(packets)
    made = connection([data[: len(data) // 2], data[len(data) // 2 :]])
    assert (made.packets(1.0) or []) + (made.packets(1.0) or []) == packets


def test_packets_out_of_order_end_the_connection() -> None:
    with pytest.raises(SourceUnavailable, match="order"):
        connection([framed([b"x"], first=3)]).packets(1.0)


def test_a_closed_connection_is_unavailable_and_silence_is_nothing() -> None:
    assert connection([]).packets(0.1) is None
    with pytest.raises(SourceUnavailable):
        connection([b""]).packets(0.1)


def test_what_is_no_event_is_raised() -> None:
    raise_unless_event(b"\0event")
    with pytest.raises(SourceUnavailable):
        raise_unless_event(b"\xfe\0\0\0\0")
    with pytest.raises(pymysql.err.MySQLError):
        raise_unless_event(b"\xff" + struct.pack("<H", 1236) + b"#HY000gone")


def test_a_checksum_is_found_by_being_right() -> None:
    event = b"\0" + b"h" * 19 + b"body"
    checked = event + zlib.crc32(event[1:]).to_bytes(4, "little")
    assert has_checksum(checked)
    assert not has_checksum(event)
    assert not has_checksum(b"\0short")


_FATAL = {
    "Could not find first log file name in binary log index file": BinlogPurged,
    "The slave is connecting using CHANGE MASTER TO MASTER_AUTO_POSITION = 1, but the master has "
    "purged binary logs containing GTIDs that the slave requires.": BinlogPurged,
    "Could not find GTID state requested by slave in any binlog files. Probably the slave state is "
    "too old and required binlog files have been purged.": BinlogPurged,
    "Client requested master to start replication from impossible position": PositionUnusable,
    "bogus data in log event": PositionUnusable,
    "log event entry exceeded max_allowed_packet": PositionUnusable,
    "Slave has more GTIDs than the master has, using the master's SERVER_UUID": PositionUnusable,
    "A slave with the same server_uuid/server_id as this slave has connected to the master":
        ServerIdClash,
    "A replica with the same server_uuid/server_id as this replica has connected to the source":
        ServerIdClash,
}  # fmt: skip


@pytest.mark.parametrize("text", _FATAL)
def test_error_1236_is_told_apart_by_its_text(text: str) -> None:
    assert type(dump_error(pymysql.err.OperationalError(1236, text))) is _FATAL[text]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (4052, ServerIdClash), (1045, SourceDenied), (1227, SourceDenied), (1044, SourceDenied),
        (2003, SourceUnavailable), (2006, SourceUnavailable), (2013, SourceUnavailable),
        (1927, SourceUnavailable), (1053, SourceUnavailable), (1040, SourceUnavailable),
        (1064, SourceError),
    ],
)  # fmt: skip
def test_other_errors_go_by_their_number(code: int, kind: type[SourceError]) -> None:
    assert type(dump_error(pymysql.err.OperationalError(code, "text"))) is kind


def test_latin1_covers_every_byte_and_others_are_strict() -> None:
    assert len(text_decoder("latin1")(bytes(range(256)))) == 256
    with pytest.raises(UnicodeDecodeError):
        text_decoder("utf8mb4")(b"\xff")
    with pytest.raises(Undecodable):
        text_decoder("martian")


@pytest.mark.parametrize("charset", ["utf16", "ucs2"])
def test_utf16_is_big_endian(charset: str) -> None:
    assert text_decoder(charset)(b"\x01\x7c") == "ż"


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"\xfa", 250),
        (b"\xfc\xff\xff", 65535),
        (b"\xfd\1\0\1", 65537),
        (b"\xfe" + b"\1" + b"\0" * 7, 1),
    ],
)
def test_length_encoded_integers(data: bytes, value: int) -> None:
    assert length_encoded(data, 0) == (value, len(data))


def test_a_length_encoded_null_is_no_integer() -> None:
    with pytest.raises(Undecodable):
        length_encoded(b"\xfb", 0)


def test_mariadb_compression_is_checked_against_its_length() -> None:
    raw = b"row" * 100
    packed = bytes([0x82]) + len(raw).to_bytes(2, "big") + zlib.compress(raw)
    assert mariadb_uncompressed(packed, 0, len(packed)) == raw
    for bad in (bytes([0x92]) + packed[1:], packed[:1] + b"\0\1" + packed[3:], packed[:-5]):
        with pytest.raises(Undecodable):
            mariadb_uncompressed(bad, 0, len(bad))


def inner(body: bytes) -> bytes:
    return struct.pack("<IBIIIH", 1, 2, 3, 19 + len(body), 0, 0) + body


@pytest.mark.parametrize(("compression", "frames"), [(0, 1), (0, 2), (255, 1)])
def test_a_payload_gives_its_events_one_by_one(compression: int, frames: int) -> None:
    events = [inner(b"a" * size) for size in (0, 5, 200_000)]
    raw = b"".join(events)
    half = len(raw) // frames
    packed = (
        raw
        if compression == 255
        else b"".join(
            zstandard.ZstdCompressor().compress(part) for part in (raw[:half], raw[half:]) if part
        )
    )
    kind = b"\xfc\xff\0" if compression == 255 else b"\0"
    head = b"\2" + bytes([len(kind)]) + kind + b"\1\1\7" + b"\0"
    assert list(payload_events(head + packed, 0, len(head + packed))) == events
    with pytest.raises(Undecodable):
        list(payload_events(head + packed[:-3], 0, len(head + packed) - 3))


def test_an_unknown_payload_compression_is_refused() -> None:
    with pytest.raises(Undecodable, match="7"):
        list(payload_events(b"\2\1\7\0", 0, 4))


def test_mariadb_gtids_tell_their_flags() -> None:
    data = struct.pack("<QIB", 42, 3, 1 | 64)
    gtid = read_mariadb_gtid(data, 0, 9)
    assert (gtid.source, gtid.server, gtid.number) == ("3", 9, 42)
    assert gtid.is_standalone
    assert gtid.is_prepared_xa


def test_mysql_gtids_tell_their_commit_time_where_they_have_one() -> None:
    stamp = 1_700_000_000_123_456
    old = b"\0" + bytes(range(16)) + struct.pack("<QBQQ", 5, 2, 1, 2)
    new = old + (stamp | 1 << 55).to_bytes(7, "little")
    assert read_mysql_gtid(old, 0, len(old)).commit_us is None
    found = read_mysql_gtid(new, 0, len(new))
    assert found.commit_us == stamp
    assert (found.source, found.number) == ("00010203-0405-0607-0809-0a0b0c0d0e0f", 5)


def test_a_tagged_gtid_of_an_unknown_format_is_refused() -> None:
    with pytest.raises(Undecodable):
        read_tagged_gtid(b"\x04" + b"\0" * 40, 0, 41)
    with pytest.raises(Undecodable):
        read_tagged_gtid(b"\x02\x10\x00", 0, 3)
