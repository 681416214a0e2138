"""Compressed parts of the log. Pure.

Sources: MariaDB log_event.cc (binlog_buf_compress); MySQL mysql::binlog::event::
Transaction_payload_event (fields as type, length, value) and its zstd payload.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from typing import IO

import zstandard

from cdc.binlog.wire import Undecodable, length_encoded

_EVENT_HEADER_BYTES = 19
_ZSTD, _NONE = 0, 255


def mariadb_uncompressed(data: bytes, pos: int, end: int) -> bytes:
    """Unpack the compressed part of a MariaDB event.

    Raises:
        Undecodable: an unknown method, or bytes that do not unpack to the length declared.
    """
    head = data[pos]
    if head & 0x80 == 0 or head >> 4 & 7 != 0:
        raise Undecodable(f"compression head {head:#x} is not known")
    length_size = head & 7
    length = int.from_bytes(data[pos + 1 : pos + 1 + length_size], "big")
    try:
        unpacked = zlib.decompress(data[pos + 1 + length_size : end])
    except zlib.error as exc:
        raise Undecodable("a compressed event does not unpack") from exc
    if len(unpacked) != length:
        raise Undecodable("a compressed event unpacks to another length than declared")
    return unpacked


def payload_events(data: bytes, pos: int, end: int) -> Iterator[bytes]:
    """Events of a MySQL transaction payload, each with its header and without checksum.

    Unpacked as they are asked for, so that a huge transaction is never whole in memory.
    Raises:
        Undecodable: an unknown compression, or a payload that ends in the middle of an event.
    """
    compression = _NONE
    while pos < end:
        kind, pos = length_encoded(data, pos)
        if kind == 0:
            break
        length, pos = length_encoded(data, pos)
        if kind == 2:
            compression, _ = length_encoded(data, pos)
        pos += length
    if compression not in (_ZSTD, _NONE):
        raise Undecodable(f"payload compression {compression} is not known")
    stream: IO[bytes] = io.BytesIO(data[pos:end])
    if compression == _ZSTD:
        reader = zstandard.ZstdDecompressor().stream_reader(stream, read_across_frames=True)
        stream = io.BufferedReader(reader, 1 << 17)
    try:
        yield from _events(stream)
    except zstandard.ZstdError as exc:
        raise Undecodable("a transaction payload does not unpack") from exc


def _events(stream: IO[bytes]) -> Iterator[bytes]:
    while header := stream.read(_EVENT_HEADER_BYTES):
        size = int.from_bytes(header[9:13], "little") - _EVENT_HEADER_BYTES
        body = stream.read(size) if len(header) == _EVENT_HEADER_BYTES and size >= 0 else b""
        if len(body) != size:
            raise Undecodable("a transaction payload ends in the middle of an event")
        yield header + body
