"""Laws of positions, for generated ones."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from cdc.binlog.gtids import Gtid, MariaDBGtids, MySQLGtids, encode_tagged_set
from cdc.position import Coordinates, MariaDBGtid, MySQLGtidSet, Position

UUIDS = ["3e11fa47-71ca-11e1-9e33-c80aa9429562", "4e11fa47-71ca-11e1-9e33-c80aa9429562"]
SOURCES = [*UUIDS, f"{UUIDS[0]}:tag"]

coordinates = st.builds(
    Coordinates,
    st.integers(1, 2_000_000).map(lambda number: f"binlog.{number:06d}"),
    st.integers(4, 2**40),
)
transactions = st.lists(st.tuples(st.sampled_from(SOURCES), st.integers(1, 30)))
mariadb_transactions = st.lists(
    st.tuples(st.integers(0, 3), st.integers(1, 3), st.integers(1, 10**12))
)


def a_set(chosen: list[tuple[str, int]]) -> MySQLGtidSet:
    return MySQLGtidSet.parse(",".join(f"{source}:{number}" for source, number in chosen))


@settings(deadline=None)
@given(coordinates, coordinates, coordinates)
def test_file_positions_are_totally_ordered(a: Coordinates, b: Coordinates, c: Coordinates) -> None:
    assert a.is_at_or_after(b) or b.is_at_or_after(a)
    if a.is_at_or_after(b) and b.is_at_or_after(a):
        assert (a.number, a.offset) == (b.number, b.offset)
    if a.is_at_or_after(b) and b.is_at_or_after(c):
        assert a.is_at_or_after(c)


@settings(deadline=None)
@given(transactions)
def test_a_set_is_the_set_of_its_transactions(chosen: list[tuple[str, int]]) -> None:
    found = {
        (source, number)
        for source, intervals in a_set(chosen).intervals
        for first, last in intervals
        for number in range(first, last + 1)
    }
    assert found == set(chosen)
    assert MySQLGtidSet.parse(str(a_set(chosen))) == a_set(chosen)


@settings(deadline=None)
@given(transactions, transactions)
def test_containment_and_union_are_those_of_sets(
    left: list[tuple[str, int]], right: list[tuple[str, int]]
) -> None:
    a, b = a_set(left), a_set(right)
    assert a.contains(b) is (set(right) <= set(left))
    assert a.union(b) == b.union(a) == a_set(left + right)
    assert a.union(b).contains(a)
    assert a.union(b).contains(b)


@settings(deadline=None)
@given(transactions, transactions)
def test_the_fast_tracker_gives_what_the_plain_set_gives(
    start: list[tuple[str, int]], added: list[tuple[str, int]]
) -> None:
    plain = a_set(start)
    tracker = MySQLGtids(str(plain))
    for source, number in added:
        plain = plain.with_gtid(f"{source}:{number}")
        tracker.add(Gtid(source, 0, number))
        assert tracker.text() == str(plain)


@settings(deadline=None)
@given(mariadb_transactions, mariadb_transactions)
def test_the_fast_mariadb_tracker_gives_what_the_plain_position_gives(
    start: list[tuple[int, int, int]], added: list[tuple[int, int, int]]
) -> None:
    plain = MariaDBGtid(())
    for triple in start:
        plain = plain.with_gtid("-".join(map(str, triple)))
    tracker = MariaDBGtids(str(plain))
    for domain, server, number in added:
        plain = plain.with_gtid(f"{domain}-{server}-{number}")
        tracker.add(Gtid(str(domain), server, number))
    assert tracker.text() == str(plain)


@settings(deadline=None)
@given(transactions)
def test_a_tagged_set_encodes_each_source_and_interval(chosen: list[tuple[str, int]]) -> None:
    encoded = encode_tagged_set(str(a_set(chosen)))
    intervals = a_set(chosen).intervals
    assert encoded[0] == encoded[7] == 1
    assert int.from_bytes(encoded[1:7], "little") == len(intervals)
    tags = sum(len(source.partition(":")[2]) for source, _ in intervals)
    ranges = sum(len(found) for _, found in intervals)
    assert len(encoded) == 8 + len(intervals) * 25 + tags + ranges * 16


@settings(deadline=None)
@given(
    st.sampled_from(["mariadb", "mysql"]), st.text(), st.text(), st.integers(0, 2**40), st.text()
)
def test_positions_survive_storing(
    flavor: str, server: str, file: str, offset: int, gtid: str
) -> None:
    position = Position(flavor, server, file, offset, gtid)  # type: ignore[arg-type]
    assert Position.from_json(position.to_json()) == position
