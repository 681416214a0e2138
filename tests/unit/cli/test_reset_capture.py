"""Giving capture's position up: asked, refused while capture runs, and whatever it looks like."""

from __future__ import annotations

import json

import pytest

from cdc.log.factory import open_log
from cdc.records import Model
from tests.unit.cli.place import POSITION, Place

RESET = ["offsets", "reset", "--capture"]


@pytest.fixture
def filled(place: Place) -> Place:
    """Give a place with a position, records and offsets."""
    place.publish({Model.PRODUCT: ["a", "b"]})
    place.call("offsets", "seek", "-m", "product", "--to", "latest", "--yes")
    return place


def stored(place: Place) -> bytes | None:
    """The checkpoint in the log."""
    admin = open_log(place.settings).admin()
    try:
        return admin.checkpoint()
    finally:
        admin.close()


def test_it_forgets_the_position_and_moves_no_offset(filled: Place) -> None:
    before = filled.answer("offsets", "show")
    result = filled.call(*RESET, "--yes")
    assert result.exit_code == 0
    assert "Stored position: binlog.000007:4711, GTID 0-1-99" in result.stdout
    assert "server's present position" in result.stdout
    assert stored(filled) is None
    assert filled.answer("offsets", "show") == before
    assert filled.answer("status")["capture"]["position"] is None
    assert "no position yet" in filled.call("status").stdout


def test_it_says_as_json_what_it_forgot(filled: Place) -> None:
    assert filled.answer(*RESET, "--yes") == {
        "position": POSITION.to_json(),
        "is_forgotten": True,
    }
    assert filled.answer(*RESET, "--yes") == {"position": None, "is_forgotten": False}


@pytest.mark.parametrize("damage", [b"{}", b"\xff no JSON", b'{"v": 99}'])
def test_it_needs_not_read_what_it_forgets(filled: Place, damage: bytes) -> None:
    publisher = open_log(filled.settings).publisher()
    publisher.open()
    publisher.publish([], damage)
    publisher.close()
    result = filled.call(*RESET, "--yes")
    assert result.exit_code == 0
    assert "Stored position: cannot be read" in result.stdout
    assert stored(filled) is None


def test_it_is_refused_while_capture_runs(filled: Place) -> None:
    publisher = open_log(filled.settings).publisher()
    publisher.open()
    try:
        result = filled.call(*RESET, "--yes")
    finally:
        publisher.close()
    assert result.exit_code == 3
    assert "capture runs; stop it first" in result.stderr
    assert stored(filled) is not None


def test_it_works_while_a_delivery_runs(filled: Place) -> None:
    with filled.delivering("alpha"):
        assert filled.call(*RESET, "--yes").exit_code == 0
    assert stored(filled) is None


@pytest.mark.parametrize(("answer", "code"), [("n\n", 1), (None, 2)])
def test_without_a_yes_nothing_is_forgotten(filled: Place, answer: str | None, code: int) -> None:
    result = filled.call(*RESET, answer=answer)
    assert result.exit_code == code
    assert "Forget it, and load everything at the next start of capture?" in result.stderr
    assert stored(filled) is not None


def test_a_yes_on_the_terminal_is_enough(filled: Place) -> None:
    assert filled.call(*RESET, answer="y\n").exit_code == 0
    assert stored(filled) is None


@pytest.mark.parametrize("words", [["-w", "alpha"], ["-m", "order"]])
def test_it_is_not_mixed_with_offsets(filled: Place, words: list[str]) -> None:
    result = filled.call(*RESET, *words, "--yes")
    assert result.exit_code == 2
    assert "--capture goes without --workspace and --model" in result.stderr
    assert stored(filled) is not None


def test_before_the_first_start_there_is_nothing_to_forget_and_nothing_is_made(
    place: Place,
) -> None:
    result = place.call(*RESET, "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {"position": None, "is_forgotten": False}
    assert not place.settings.state_dir.exists()
