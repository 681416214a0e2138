"""A settings file that is no good YAML: cause, line and column, never a value."""

from __future__ import annotations

import pytest

from config.errors import SettingsFaulty
from config.yaml_file import parse_yaml


def faults_of(text: str) -> list[str]:
    """Faults of a text, those that end the reading and those that do not."""
    faults: list[str] = []
    try:
        parse_yaml(text, "config.yaml", faults)
    except SettingsFaulty as exc:
        faults += exc.faults
    return faults


def test_a_key_that_is_there_twice_is_named_with_both_lines() -> None:
    text = "source: a\ndatabase:\n  port: 1\n  host: x\n  port: 2\nsource: b\n"
    assert faults_of(text) == [
        "config.yaml, line 5: database.port is already in line 3; keep one of them",
        "config.yaml, line 6: source is already in line 1; keep one of them",
    ]


def test_a_section_that_is_there_twice_is_named() -> None:
    (fault,) = faults_of("database: {port: 1}\nlog: {}\ndatabase: {host: x}\n")
    assert fault == "config.yaml, line 3: database is already in line 1; keep one of them"


def test_double_keys_in_lists_are_named_by_their_element() -> None:
    (fault,) = faults_of("workspaces:\n- name: a\n- name: b\n  guid: x\n  name: c\n")
    assert fault.startswith("config.yaml, line 5: workspaces.1.name is already in line 3")


def test_a_key_in_one_line_twice_is_named() -> None:
    (fault,) = faults_of("database: {port: 1, port: 2}\n")
    assert "line 1: database.port is already in line 1" in fault


def test_a_number_and_the_same_text_are_one_key() -> None:
    assert len(faults_of("1: a\n'1': b\n")) == 1


def test_the_same_key_in_two_places_and_merged_keys_are_no_fault() -> None:
    assert faults_of("a: &a {port: 1}\nb: {port: 2}\nc: {<<: *a, port: 3}\nd: *a\n") == []


@pytest.mark.parametrize(
    ("text", "place", "cause"),
    [
        ("database: {password: hunter2\n", "line 2, column 1", "expected ',' or '}'"),
        ("source: a\n\tgrace_s: 1\n", "line 2, column 1", "not with tabs"),
        ("a: b: hunter2\n", "line 1, column 5", "a colon too many"),
        ("a:\n  b: 1\n c: 2\n", "line 3, column 2", "wrong indentation"),
        ("source: a\nhunter2\n", "line 3, column 1", "a key without a colon"),
        ("a: '@x\n", "line 2, column 1", "found unexpected end of stream"),
        ("a: @hunter2\n", "line 1, column 4", "into quotes"),
        ("a: *hunter2\n", "line 1, column 4", "begins with * has to be put into quotes"),
        ("a: !hunter2 x\n", "line 1, column 4", "begins with ! has to be put into quotes"),
        ("a: !hunter2!x y\n", "line 1, column 4", "begins with ! has to be put into quotes"),
        ("a: 1\n---\nb: 2\n", "line 2, column 1", "another document"),
        ("a: 1\nb: \x07\n", "line 2", "a character that YAML does not allow"),
    ],
)
def test_broken_yaml_is_told_with_place_and_cause(text: str, place: str, cause: str) -> None:
    (fault,) = faults_of(text)
    assert fault.startswith(f"config.yaml, {place}: not valid YAML: ")
    assert cause in fault
    assert "hunter2" not in fault


@pytest.mark.parametrize("text", ["a: &a [*a]\n", "a: 0b_\n", "[" * 2000])
def test_what_the_library_chokes_on_is_a_fault_like_others(text: str) -> None:
    (fault,) = faults_of(text)
    assert "not valid YAML" in fault


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "null\n"])
def test_an_empty_file_has_no_settings(text: str) -> None:
    faults: list[str] = []
    assert parse_yaml(text, "config.yaml", faults) == {}
    assert faults == []
