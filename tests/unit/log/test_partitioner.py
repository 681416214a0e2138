"""Keys go to the partitions that Kafka's own clients would choose."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka.partitioner import murmur2 as clients_murmur2

from cdc.log.kafka_partitioner import murmur2, partition_of


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        # Source: Kafka, UtilsTest.testMurmur2.
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_hash_is_that_of_the_java_client(data: bytes, expected: int) -> None:
    assert murmur2(data) == expected & 0xFFFFFFFF


@given(st.binary(max_size=60))
def test_hash_is_that_of_the_python_client(data: bytes) -> None:
    assert murmur2(data) == clients_murmur2(data) & 0xFFFFFFFF


@given(st.binary(max_size=60), st.integers(1, 64))
def test_partition_exists_and_never_changes(key: bytes, partition_count: int) -> None:
    partition = partition_of(key, partition_count)
    assert 0 <= partition < partition_count
    assert partition_of(key, partition_count) == partition
