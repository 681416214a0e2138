"""Listing dead letters, without the personal data they hold."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import cast

import pytest

from cdc.log.topics import TopicNames
from cdc.publishing import Step
from cdc.records import ChangeRecord, Model
from cli.dead_letters import count_dead_letters, read_dead_letters
from cli.masking import masked_address, masked_key, masked_reason
from sinks.dead_letter import DeadLetter, decode_dead_letter
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
    key = "aaaaaaaa-1111-4111-8111-11111111111"
    return [{"name": name, "api_key": f"{key}{place}"} for place, name in enumerate(names)]


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


def test_record_that_capture_gave_up_is_shown_without_a_workspace(
    place: Place,
) -> None:
    """A record over the log's limit, as capture itself writes it."""
    place.bury(letter(), json.loads(too_large("ann.smith@example.com")))
    assert decode_dead_letter(too_large("x")).workspace is None
    (line,) = place.answer("dead-letters", "list", "-w", "-")
    assert line["workspace"] is None
    assert line["reason"].startswith("the record has ")
    assert line["key"] == "a…@example.com"
    assert "ann.smith" not in place.call("dead-letters", "list", "--json").output
    shown = place.call("dead-letters", "list").stdout.splitlines()[-1].split()
    assert shown[1:3] == ["-", "subscriber"]


def too_large(email: str) -> bytes:
    """The dead letter that capture writes for a subscriber's record over the log's limit."""
    step = Step.__new__(Step)
    step._names = TopicNames("shop")
    step._clock_ms = lambda: 1_767_225_600_000
    record = cast(ChangeRecord, SimpleNamespace(model=Model.SUBSCRIBER, key=email, seq=7))
    value = step._dead_letter(record, 1_048_577).value
    assert value is not None
    return value


@pytest.mark.parametrize("key", ["not-an-address", "a@b@c", "Robin Hood", "robin hood@example"])
def test_malformed_address_is_not_shown_either(place: Place, key: str) -> None:
    place.bury(letter(key=key, reason=f"email: {key} is not an address"))
    for words in (["--json"], []):
        output = place.call("dead-letters", "list", *words).output
        assert key not in output
        assert f"{key[0]}…" in output


def test_values_of_a_person_are_not_shown_in_a_reason(place: Place) -> None:
    body = {"email": "r@x.com", "firstName": "Robin", "phone": "+48 501 502 503", "tags": ["Hood"]}
    place.bury(
        letter(
            model="customer",
            key="7",
            reason="Robin Hood of +48 501 502 503 and +1 (555) 010-0000: r@x.com, Robinson",
            request={"kind": "profile", "target": "t", "body": body},
        )
    )
    (line,) = place.answer("dead-letters", "list")
    assert line["reason"] == "R… H… of +… and …: …@x.com, Robinson"


def test_full_shows_everything_with_request_and_answer(filled: Place) -> None:
    line = filled.answer("dead-letters", "list", "--full")[0]
    assert line["key"] == "robin.hood@example.com"
    assert line["request"]["body"] == {"email": "robin.hood@example.com"}
    assert line["response"] == "robin.hood@example.com has no phone"
    assert line["at"] == "2026-01-01T00:00:00Z"
    assert "robin.hood@example.com" in filled.call("dead-letters", "list", "--full").stdout


def test_skus_and_ids_are_shown(place: Place) -> None:
    product = {"kind": "item", "target": "t", "body": {"itemKey": "24-MB01"}, "catalog": "store-1"}
    place.bury(letter(model="product", key="24-MB01", reason="24-MB01", request=product))
    (line,) = place.answer("dead-letters", "list")
    assert (line["key"], line["reason"]) == ("24-MB01", "24-MB01")


def test_unreadable_record_of_an_address_is_masked_by_its_topic() -> None:
    found = DeadLetter.model_validate(letter(model="", key="robin", topic="shop.subscriber"))
    assert masked_key(found) == "r…"
    assert masked_reason(found.model_copy(update={"reason": "it is broken"})) == "it is broken"


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("robin@example.com", "r…@example.com"),
        ("r@example.com", "…@example.com"),
        ('"a@b"@example.com', '"…@example.com'),
        ("@example.com", "@…"),
        ("robin@", "r…"),
        ("r", "…"),
        ("", "…"),
    ],
)
def test_masked_shows_an_address_by_its_domain(key: str, shown: str) -> None:
    assert masked_address(key) == shown
