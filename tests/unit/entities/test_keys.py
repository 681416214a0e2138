"""Keys as ids and as texts, and names of tables."""

from __future__ import annotations

import pytest

from cdc.entities.order import rule_ids
from cdc.entities.protocol import ids_of
from cdc.entities.tables import IN_LIST_MAX, Tables, batches, select_in
from cdc.entities.text_keys import exact_rows, folded, folded_rows
from tests.unit.entities.answers import AnsweringReader


def test_only_what_is_spelt_as_an_id_is_one() -> None:
    keys = ["42", "7", "42", "007", "-1", "", "1.0", "a", "٣", "4294967296", "4294967295"]
    assert ids_of(keys) == [7, 42, 4294967295]


def test_prefix_and_quotes_are_put_around_a_table() -> None:
    tables = Tables("m2_")
    assert tables.sql("SELECT 1 FROM {store} WHERE a = %s") == (
        "SELECT 1 FROM `m2_store` WHERE a = %s"
    )


@pytest.mark.parametrize("name", ["a`b", "a b", "", "a;b"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="table"):
        Tables("")[name]
    if name:
        with pytest.raises(ValueError, match="prefix"):
            Tables(name)


def test_lists_are_cut_and_nothing_is_asked_without_keys() -> None:
    reader = AnsweringReader({"SELECT": [(1,)]})
    assert (
        select_in(reader, "SELECT a WHERE b IN %s AND c = %s", list(range(2 * IN_LIST_MAX + 1)), 9)
        == [(1,)] * 3
    )
    assert [len(args[0]) for _, args in reader.asked] == [IN_LIST_MAX, IN_LIST_MAX, 1]
    assert {args[1] for _, args in reader.asked} == {9}
    assert select_in(reader, "SELECT", []) == []
    assert len(reader.asked) == 3
    assert [list(part) for part in batches([1, 2, 3], 2)] == [[1, 2], [3]]


def test_text_keys_match_exactly_after_trimming() -> None:
    found = [("A@x.pl", 1), ("a@x.pl", 2), (" a@x.pl\r", 3), ("ą@x.pl", 4)]
    reader = AnsweringReader({"SELECT": found})
    rows = exact_rows(reader, Tables(""), "t", "email", "email, id", ["a@x.pl", " b ", ""])
    assert rows == [("a@x.pl", 2), ("a@x.pl", 3)]
    assert " b " not in reader.asked[0][1][0]


@pytest.mark.parametrize(("charset", "is_asked"), [("utf8mb3", False), ("utf8mb4", True)])
def test_keys_a_narrow_column_cannot_hold_are_not_sent_to_it(charset: str, is_asked: bool) -> None:
    reader = AnsweringReader({"character_set_name": [(charset,)], "SELECT": []})
    folded_rows(reader, Tables("m2_"), "t", "email", "email", ["a@x.pl", "😀@x.pl"])
    sent = reader.asked[-1][1][0]
    assert ("😀@x.pl" in sent) is is_asked
    assert "a@x.pl" in sent
    assert reader.asked[0][1] == ("m2_t", "email")


def test_folding_takes_away_case_accents_and_outer_spaces() -> None:
    assert folded(" Zażółć@X.pl ") == folded("zażołc@x.PL")
    assert folded("a@x.pl") != folded("b@x.pl")


@pytest.mark.parametrize(
    ("text", "ids"),
    [(None, []), ("", []), ("3,1,3", [3, 1]), (" 2 , x,,5", [2, 5])],
)
def test_rule_ids_keep_their_order(text: str | None, ids: list[int]) -> None:
    assert rule_ids(text) == ids
