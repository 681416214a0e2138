"""Faults are told in words of whoever wrote the settings, with the way to mend them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from config.errors import SettingsFaulty
from config.loading import load_settings
from tests.unit.config.conftest import Write

KEYS = ("11111111-2222-4333-8444-555555555555", "66666666-7777-4888-8999-aaaaaaaaaaaa")


def faults_of(path: Path | None) -> list[str]:
    with pytest.raises(SettingsFaulty) as caught:
        load_settings(path)
    return list(caught.value.faults)


def workspaces(*changes: str, top: str = "enabled: true") -> str:
    """Two workspaces, each with lines of its own."""
    listed = "".join(
        f"  - {{name: w{place}, api_key: {KEYS[place]}{', ' if change else ''}{change}}}\n"
        for place, change in enumerate(changes)
    )
    return f"{top}\nworkspaces:\n{listed}"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("workspaces: nonsense", "workspaces: must be a list, such as [1, 2]"),
        ("database: {port: many}", "database.port: must be a whole number"),
        ("database: {port: 1.5}", "database.port: must be a whole number"),
        ("database: {port: 0}", "database.port: must be at least 1"),
        ("database: {port: 65536}", "database.port: must be at most 65535"),
        ("database: {port: }", "database.port: has no value; write one, or leave the line out"),
        ("database: {name: ''}", "database.name: must not be empty"),
        ("database: here", "database: must be a section: its settings stand below it, indented"),
        ("grace_s: 0", "grace_s: must be more than 0"),
        ("grace_s: .inf", "grace_s: must be a number that is not infinite"),
        ("grace_s: long", "grace_s: must be a number"),
        ("enabled: maybe", "enabled: must be true or false"),
        ("log_level: LOUD", "log_level: must be 'DEBUG', 'INFO', 'WARNING' or 'ERROR'"),
        ("state_dir: [a]", "state_dir: must be a path, as text"),
        ("workspaces: [{name: main}]", "workspaces.0.api_key: is missing"),
    ],
)
def test_a_fault_says_what_has_to_be_written(text: str, fault: str, write: Write) -> None:
    assert faults_of(write(text)) == [fault]


@pytest.mark.parametrize("value", ["12345", "1.5", "yes", "0x1F"])
def test_a_text_that_yaml_takes_for_something_else_has_to_be_quoted(
    value: str, write: Write
) -> None:
    (fault,) = faults_of(write(f"database: {{password: {value}}}"))
    assert fault.startswith("database.password: must be text, and is ")
    assert fault.endswith("put it into quotes")
    assert value not in fault


@pytest.mark.parametrize("value", ["[a, b]", "{a: b}"])
def test_a_text_that_yaml_takes_for_a_collection_is_told(value: str, write: Write) -> None:
    (fault,) = faults_of(write(f"database: {{password: {value}}}"))
    assert fault.startswith("database.password: must be text, not a ")


def test_a_password_that_looks_like_a_date_is_text(write: Write) -> None:
    for day in ("2026-01-31", "2026-13-45"):
        settings = load_settings(write(f"database: {{password: {day}}}"))
        assert settings.database.password.get_secret_value() == day


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("databse: {}", "database"),
        ("database: {usr: x}", "database.user"),
        ("host: x", "database.host"),
        ("capture: {settle: {produkt: {}}}", "capture.settle.product"),
        ("database: {tls: {verfy: true}}", "database.tls.verify"),
        (f"workspaces: [{{name: a, api_key: {KEYS[0]}, website: [1]}}]", "workspaces.0.websites"),
    ],
)
def test_an_unknown_key_is_answered_with_the_one_that_was_meant(
    text: str, meant: str, write: Write
) -> None:
    (fault,) = faults_of(write(text))
    assert fault.endswith(f"no such setting; did you mean {meant}?")


def test_a_key_unlike_any_other_leads_to_the_documentation(write: Write) -> None:
    assert faults_of(write("xyzzy: 1")) == [
        "xyzzy: no such setting; see docs/configuration.md for the names"
    ]


def test_an_unknown_variable_is_answered_with_the_one_that_was_meant(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MAGENTO_CDC_DATABSE__HOST", "x")
    monkeypatch.setenv("MAGENTO_CDC_HOST", "x")
    monkeypatch.setenv("MAGENTO_CDC_XYZZY", "x")
    databse, host, xyzzy = faults_of(None)
    assert databse.endswith("did you mean MAGENTO_CDC_DATABASE__HOST?")
    assert host.endswith("did you mean MAGENTO_CDC_DATABASE__HOST?")
    assert xyzzy.endswith("see docs/configuration.md")


def test_a_fault_of_a_variable_names_the_variable(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAGENTO_CDC_DATABASE__PORT", "many")
    monkeypatch.setenv("MAGENTO_CDC_DATABASE__USR", "x")
    port, name, user = faults_of(write("database: {name: ''}"))
    assert port.endswith("(set by the variable MAGENTO_CDC_DATABASE__PORT)")
    assert user.startswith("database.usr: no such setting; did you mean database.user?")
    assert user.endswith("(set by the variable MAGENTO_CDC_DATABASE__USR)")
    assert name == "database.name: must not be empty"


def test_broken_json_names_its_variable_and_hides_no_other_fault(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAGENTO_CDC_WORKSPACES", "[{'name': 'hunter2'}]")
    monkeypatch.setenv("MAGENTO_CDC_LOG__KAFKA__BOOTSTRAP_SERVERS", "a:1,b:2")
    monkeypatch.setenv("MAGENTO_CDC_CAPTURE", "{")
    faults = faults_of(write("grace_s: -1"))
    assert {fault.partition(":")[0] for fault in faults} == {
        "workspaces",
        "log.kafka.bootstrap_servers",
        "capture",
        "grace_s",
    }
    for variable in ("WORKSPACES", "LOG__KAFKA__BOOTSTRAP_SERVERS", "CAPTURE"):
        (found,) = [fault for fault in faults if f"MAGENTO_CDC_{variable} is not" in fault]
        assert "valid JSON (" in found
        assert "at character" in found
    assert "hunter2" not in " ".join(faults)
    assert "EnvSettingsSource" not in " ".join(faults)


def test_a_fault_inside_a_list_of_the_environment_names_the_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MAGENTO_CDC_WORKSPACES", json.dumps([{"name": "a b", "api_key": KEYS[0]}]))
    (fault,) = faults_of(None)
    assert fault.startswith("workspaces.0.name: is not allowed like this.")
    assert "Letters, digits, hyphen and underscore" in fault
    assert fault.endswith("(set by the variable MAGENTO_CDC_WORKSPACES)")


def test_a_setting_of_a_workspace_has_no_variable_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MAGENTO_CDC_WORKSPACES__0__NAME", "x")
    (fault,) = faults_of(None)
    assert fault.startswith("workspaces: must be a list")
    assert "MAGENTO_CDC_WORKSPACES__0__NAME" in fault


def test_two_workspaces_of_one_key_are_refused_by_name(write: Write) -> None:
    text = workspaces("", "base_url: 'https://proxy.example.com', websites: [2]")
    (fault,) = faults_of(write(text.replace(KEYS[1], KEYS[0].upper())))
    assert fault.startswith("workspaces.1.api_key: w0 and w1 have the same one")
    assert "websites of both" in fault
    assert KEYS[0] not in fault.lower()


def test_two_workspaces_of_one_guid_are_refused_by_name(write: Write) -> None:
    guid = f"guid: '{KEYS[0]}'"
    (fault,) = faults_of(write(workspaces(guid, f"guid: '{{{KEYS[0]}}}'")))
    assert fault.startswith("workspaces.1.guid: w0 and w1 have the same one")


def test_two_workspaces_may_share_a_website(write: Write) -> None:
    assert len(load_settings(write(workspaces("websites: [1]", "websites: [1]"))).workspaces) == 2


def test_a_workspace_that_gets_nothing_is_a_fault_while_delivery_is_on(write: Write) -> None:
    faults = faults_of(write(workspaces("websites: []", "stores: []")))
    assert [fault.partition(":")[0] for fault in faults] == [
        "workspaces.0.websites",
        "workspaces.1.stores",
    ]
    assert "sends nothing to w0" in faults[0]
    off = write(workspaces("websites: []", "stores: []", top="enabled: false"))
    assert len(load_settings(off).workspaces) == 2


def test_clashes_of_workspaces_are_told_beside_other_faults(write: Write) -> None:
    text = workspaces("", "", top="grace_s: -1").replace(KEYS[1], KEYS[0])
    assert [fault.partition(":")[0] for fault in faults_of(write(text))] == [
        "workspaces.1.api_key",
        "grace_s",
    ]
