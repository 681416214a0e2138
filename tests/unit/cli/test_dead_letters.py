"""Listing dead letters, without the personal data they hold."""

from __future__ import annotations

import pytest

from cli.dead_letters import count_dead_letters, masked, read_dead_letters
from tests.unit.cli.place import Place, letter


@pytest.fixture
def filled(place: Place) -> Place:
    """Give a place with three dead letters."""
    place.bury(
        letter(),
        letter(workspace="beta", model="order", key="42", reason="total is negative", status=422),
        letter(workspace=None, model="product", key="SKU", reason="too large", status=None),
    )
    return place


def test_list_has_the_reason_and_the_place_but_no_address(filled: Place) -> None:
    result = filled.call("dead-letters", "list")
    assert result.exit_code == 0
    assert "profiles[0].phone: not a phone number" in result.stdout
    assert "2026-01-01T00:00:00Z" in result.stdout
    assert "r…@example.com" in result.stdout
    assert "robin" not in result.output


def test_json_has_no_address_either(filled: Place) -> None:
    lines = filled.answer("dead-letters", "list")
    assert [line["workspace"] for line in lines] == ["alpha", "beta", None]
    assert lines[0]["key"] == "r…@example.com"
    assert {"topic", "partition", "offset", "id", "status"} <= set(lines[0])
    assert "robin" not in filled.call("dead-letters", "list", "--json").output


@pytest.mark.parametrize(
    ("words", "keys"),
    [
        (["-w", "beta"], ["42"]),
        (["-m", "product"], ["SKU"]),
        (["--reason", "NEGATIVE"], ["42"]),
        (["--limit", "2"], ["42", "SKU"]),
        (["-w", "beta", "-m", "product"], []),
    ],
)
def test_filters(filled: Place, words: list[str], keys: list[str]) -> None:
    assert [line["key"] for line in filled.answer("dead-letters", "list", *words)] == keys


def test_workspace_that_is_known_and_has_none_is_no_fault(filled: Place) -> None:
    filled.write(workspaces=filled_workspaces("alpha", "gamma"))
    assert filled.answer("dead-letters", "list", "-w", "gamma") == []
    assert [line["key"] for line in filled.answer("dead-letters", "list", "-w", "beta")] == ["42"]


def filled_workspaces(*names: str) -> list[dict[str, str]]:
    """Workspaces of these names."""
    key = "aaaaaaaa-1111-4111-8111-111111111111"
    return [{"name": name, "api_key": key} for name in names]


def test_workspace_that_nobody_knows_is_refused(filled: Place) -> None:
    result = filled.call("dead-letters", "list", "-w", "gamma")
    assert result.exit_code == 2
    assert "no workspace gamma" in result.stderr


def test_message_of_another_program_does_not_hide_the_others(filled: Place) -> None:
    filled.bury({"not": "ours"})
    lines = filled.answer("dead-letters", "list")
    assert [line["reason"] for line in lines][-1] == "this message is no dead letter"
    assert len(lines) == 4


def test_markup_in_a_reason_is_shown_as_it_is(filled: Place) -> None:
    filled.bury(letter(reason="[bold]x[/bold] \x1b[31m"))
    result = filled.call("dead-letters", "list", "--limit", "1")
    assert "[bold]x[/bold]" in result.stdout
    assert "\x1b" not in result.stdout


def test_without_topics_there_are_none(place: Place) -> None:
    result = place.call("dead-letters", "list")
    assert result.exit_code == 0
    assert result.stdout.startswith("No dead letters. The topics do not exist yet")
    assert place.answer("dead-letters", "list") == []
    assert not place.settings.state_dir.exists()


def test_empty_topic_is_told_in_words(place: Place) -> None:
    place.publish({})
    assert place.call("dead-letters", "list").stdout == "No dead letters.\n"
    assert count_dead_letters(place.settings) == 0


def test_count_is_that_of_the_list(filled: Place) -> None:
    assert count_dead_letters(filled.settings) == len(read_dead_letters(filled.settings)) == 3


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("robin@example.com", "r…@example.com"),
        ("r@example.com", "…@example.com"),
        ('"a@b"@example.com', '"…@example.com'),
        ("SKU-1", "SKU-1"),
        ("", ""),
    ],
)
def test_masked_shows_an_address_by_its_domain(key: str, shown: str) -> None:
    assert masked(key) == shown
