"""Which partition a key belongs to, as Kafka's own clients decide it."""

from __future__ import annotations

from functools import lru_cache
from struct import unpack_from

_SEED = 0x9747B28C
_MIX = 0x5BD1E995
_MASK = 0xFFFFFFFF
_CACHED_KEYS = 32_768


@lru_cache(maxsize=_CACHED_KEYS)
def partition_of(key: bytes, partition_count: int) -> int:
    """Return the partition of a key: the same as that of Java clients, so other writers agree."""
    return (murmur2(key) & 0x7FFFFFFF) % partition_count


def murmur2(data: bytes) -> int:
    """Hash bytes with the 32-bit MurmurHash2 of Kafka's clients.

    Source: Kafka, `org.apache.kafka.common.utils.Utils.murmur2`.
    """
    length = len(data)
    value = _SEED ^ length
    word_count = length >> 2
    for word in unpack_from(f"<{word_count}I", data):
        word = (word * _MIX) & _MASK
        word = ((word ^ (word >> 24)) * _MIX) & _MASK
        value = ((value * _MIX) & _MASK) ^ word
    tail = data[word_count << 2 :]
    if tail:
        value = ((value ^ int.from_bytes(tail, "little")) * _MIX) & _MASK
    value = ((value ^ (value >> 13)) * _MIX) & _MASK
    return value ^ (value >> 15)
