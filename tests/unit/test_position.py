"""Positions: order, parsing, what adds up."""

from __future__ import annotations

import pytest

from cdc.position import Coordinates, MariaDBGtid, MySQLGtidSet, Position

A = "3e11fa47-71ca-11e1-9e33-c80aa9429562"
B = "4e11fa47-71ca-11e1-9e33-c80aa9429562"


def test_files_are_ordered_by_their_number_and_not_as_text() -> None:
    old, new = Coordinates("binlog.999999", 500), Coordinates("binlog.1000000", 4)
    assert new.is_at_or_after(old)
    assert not old.is_at_or_after(new)


def test_offsets_order_within_a_file() -> None:
    low, high = Coordinates("b.000002", 9), Coordinates("b.000002", 10)
    assert high.is_at_or_after(low)
    assert high.is_at_or_after(high)
    assert not low.is_at_or_after(high)


def test_a_file_without_a_number_is_refused() -> None:
    with pytest.raises(ValueError, match="number"):
        _ = Coordinates("binlog", 4).number


def test_base_names_may_hold_dots() -> None:
    assert Coordinates("shop.example-bin.000042", 4).number == 42


@pytest.mark.parametrize("text", ["", "0-1-100", "0-1-100,1-1-7", "0-1-1, 5-2-9"])
def test_mariadb_positions_are_read_and_written(text: str) -> None:
    assert str(MariaDBGtid.parse(text)) == text.replace(" ", "")


@pytest.mark.parametrize("text", ["0-1", "a-b-c", "0-1-2-3", "0-1-1,0-1-2", "-1-1-1"])
def test_bad_mariadb_positions_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="GTID"):
        MariaDBGtid.parse(text)


def test_a_mariadb_transaction_moves_its_domain_only() -> None:
    position = MariaDBGtid.parse("0-1-100,1-1-7")
    assert str(position.with_gtid("0-2-101")) == "0-2-101,1-1-7"
    assert str(position.with_gtid("4-1-1")) == "0-1-100,1-1-7,4-1-1"


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("", ""),
        (f"{A}:1-5", f"{A}:1-5"),
        (f"{A}:5:1-3:4", f"{A}:1-5"),
        (f"{A.upper()}:7", f"{A}:7"),
        (f"{B}:1,{A}:1-2:9", f"{A}:1-2:9,{B}:1"),
        (f"{A}:1-3,\n{A}:4", f"{A}:1-4"),
        (f"{A}:1-3:tag:1-2", f"{A}:1-3,{A}:tag:1-2"),
        (f"{A}:tag:1:2:other:5", f"{A}:other:5,{A}:tag:1-2"),
    ],
)
def test_mysql_sets_have_one_normal_form(text: str, normal: str) -> None:
    assert str(MySQLGtidSet.parse(text)) == normal


@pytest.mark.parametrize("text", ["x", f"{A}:", f"{A}", f"{A}:5-3", f"{A}:0", "1-2-3"])
def test_bad_mysql_sets_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        MySQLGtidSet.parse(text)


def test_a_set_contains_what_lies_in_its_intervals() -> None:
    whole = MySQLGtidSet.parse(f"{A}:1-10:20-30,{B}:1-5")
    assert whole.contains(MySQLGtidSet.parse(f"{A}:3-10:25"))
    assert whole.contains(MySQLGtidSet.parse(""))
    assert not whole.contains(MySQLGtidSet.parse(f"{A}:10-11"))
    assert not whole.contains(MySQLGtidSet.parse(f"{A}:tag:1"))


def test_a_gap_stays_a_gap_until_it_is_filled() -> None:
    gappy = MySQLGtidSet.parse(f"{A}:1-3").with_gtid(f"{A}:5")
    assert str(gappy) == f"{A}:1-3:5"
    assert str(gappy.with_gtid(f"{A}:4")) == f"{A}:1-5"


def test_a_stored_position_is_read_back() -> None:
    position = Position("mysql", "uuid", "binlog.000001", 157, f"{A}:1-5")
    assert Position.from_json(position.to_json()) == position
    assert position.coordinates == Coordinates("binlog.000001", 157)


@pytest.mark.parametrize("missing", ["flavor", "server", "file", "offset", "gtid"])
def test_a_stored_position_without_a_field_is_refused(missing: str) -> None:
    stored = Position("mysql", "uuid", "binlog.000001", 157).to_json()
    del stored[missing]
    with pytest.raises(ValueError, match="lacks a field"):
        Position.from_json(stored)
