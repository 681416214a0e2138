"""Settings come from a file and the environment; faults are told all at once, without values."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any

import pytest

from config.environment import ENV_PREFIX
from config.errors import SettingsFaulty
from config.loading import load_settings
from config.settings import Settings
from tests.unit.config.conftest import Write

KEY = "11111111-2222-4333-8444-555555555555"


def faults_of(path: Path | None) -> list[str]:
    with pytest.raises(SettingsFaulty) as caught:
        load_settings(path)
    return list(caught.value.faults)


def values(settings: Settings) -> dict[str, Any]:
    """Everything, secrets included; loaded settings are of a class of their own."""
    return settings.model_dump()


def workspace(line: str, key: str = KEY) -> str:
    return f"workspaces:\n  - name: main\n    api_key: {key}\n    {line}\n"


def test_without_a_file_everything_has_its_default() -> None:
    assert values(load_settings(None)) == values(Settings())


def test_an_empty_file_is_no_fault(write: Write) -> None:
    assert values(load_settings(write("# nothing yet\n"))) == values(Settings())


def test_environment_wins_over_the_file(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write("source: file\ndatabase: {host: file-host, port: 3307}\n")
    monkeypatch.setenv("MAGENTO_CDC_SOURCE", "environment")
    monkeypatch.setenv("MAGENTO_CDC_DATABASE__HOST", "environment-host")
    settings = load_settings(path)
    assert settings.source == "environment"
    assert settings.database.host == "environment-host"
    assert settings.database.port == 3307


def test_environment_reaches_the_deepest_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAGENTO_CDC_CAPTURE__SETTLE__PRODUCT__QUIET_MS", "111")
    settle = load_settings(None).capture.settle
    assert settle.product.quiet_ms == 111
    assert settle.customer == Settings().capture.settle.customer


def test_lists_come_from_the_environment_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAGENTO_CDC_LOG__KAFKA__BOOTSTRAP_SERVERS", '["a:1", "b:2"]')
    monkeypatch.setenv("MAGENTO_CDC_WORKSPACES", f'[{{"name": "one", "api_key": "{KEY}"}}]')
    settings = load_settings(None)
    assert settings.log.kafka.bootstrap_servers == ("a:1", "b:2")
    assert [each.name for each in settings.workspaces] == ["one"]


def test_half_a_block_keeps_the_defaults_of_the_other_half(write: Write) -> None:
    product = load_settings(write("capture: {settle: {product: {quiet_ms: 7}}}")).capture.settle
    assert product.product.quiet_ms == 7
    assert product.product.longest_ms == Settings().capture.settle.product.longest_ms
    assert product.product.delete_ms == Settings().capture.settle.product.delete_ms


def test_references_are_replaced_by_variables(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_HOST", "10.0.0.4")
    monkeypatch.setenv("SHOP_KEY", KEY)
    path = write("database: {host: 'db-${SHOP_HOST}.local'}\n" + workspace("", "${SHOP_KEY}"))
    settings = load_settings(path)
    assert settings.database.host == "db-10.0.0.4.local"
    assert settings.workspaces[0].api_key.get_secret_value() == KEY


def test_a_value_with_a_reference_in_it_is_taken_as_it_is(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", "p${NOT_A_REFERENCE}w")
    settings = load_settings(write("database: {password: '${SHOP_PASSWORD}'}"))
    assert settings.database.password.get_secret_value() == "p${NOT_A_REFERENCE}w"


def test_every_missing_variable_is_named(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SHOP_HOST", raising=False)
    monkeypatch.delenv("SHOP_USER", raising=False)
    path = write("database: {host: '${SHOP_HOST}', user: '${SHOP_USER}'}")
    faults = faults_of(path)
    assert len(faults) == 2
    assert all("is not set" in fault for fault in faults)
    assert "SHOP_HOST" in faults[0]
    assert "SHOP_USER" in faults[1]


def test_missing_variables_hide_no_other_fault(write: Write) -> None:
    faults = faults_of(write("database: {host: '${SHOP_NOWHERE}', port: 99999}\nsuorce: x\n"))
    assert [fault.partition(":")[0] for fault in faults[:2]] == ["database.port", "suorce"]
    assert "SHOP_NOWHERE is not set" in faults[2]


def test_a_list_in_the_environment_that_is_no_json_is_a_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MAGENTO_CDC_WORKSPACES", "[hunter2")
    (fault,) = faults_of(None)
    assert "workspaces" in fault
    assert "hunter2" not in fault


def test_a_file_in_another_encoding_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(b"source: \xff\n")
    (fault,) = faults_of(path)
    assert "not UTF-8" in fault


def test_all_faults_are_told_at_once_with_their_paths(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAGENTO_CDC_SUORCE", "x")
    path = write(
        "databse: {host: x}\n"
        "database: {port: 99999, hots: y}\n"
        "capture: {poison: ignore, settle: {order: {quiet_ms: -1}}}\n"
        "workspaces: [{name: 'a b', api_key: nonsense}]\n"
    )
    faults = faults_of(path)
    places = {fault.partition(": ")[0] for fault in faults}
    assert places == {
        "databse",
        "database.port",
        "database.hots",
        "capture.poison",
        "capture.settle.order.quiet_ms",
        "workspaces.0.name",
        "workspaces.0.api_key",
        "environment MAGENTO_CDC_SUORCE",
    }
    assert len(faults) == len(places)


@pytest.mark.parametrize(
    ("variable", "place"),
    [
        ("MAGENTO_CDC_DATABASE__HOTS", "database.hots"),
        ("MAGENTO_CDC_HOST", "environment MAGENTO_CDC_HOST"),
        ("magento_cdc_host", "environment magento_cdc_host"),
    ],
)
def test_a_variable_that_names_no_setting_is_refused(
    variable: str, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "x")
    assert [fault.partition(": ")[0] for fault in faults_of(None)] == [place]


@pytest.mark.parametrize("name", ["CONFIG", "CACHE", "REAL_SHOP"])
def test_variables_that_are_no_settings_are_let_through(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ENV_PREFIX + name, "somewhere")
    assert values(load_settings(None)) == values(Settings())


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a: [", "not valid YAML"),
        ("- a\n- b\n", "must be a mapping"),
        ("just words", "must be a mapping"),
    ],
)
def test_a_file_that_is_no_settings_is_refused(text: str, fault: str, write: Write) -> None:
    (found,) = faults_of(write(text))
    assert fault in found
    assert "config.yaml" in found


def test_broken_yaml_names_the_line_and_does_not_quote_it(write: Write) -> None:
    (fault,) = faults_of(write("source: magento\ndatabase: {password: hunter2\n"))
    assert "line 3" in fault
    assert "hunter2" not in fault


def test_a_file_that_is_not_there_is_a_fault_like_others(tmp_path: Path) -> None:
    (fault,) = faults_of(tmp_path / "none.yaml")
    assert "cannot be read" in fault


@pytest.mark.parametrize("key", ["", "abc", "1111-2222", f"{KEY}0"])
def test_an_api_key_has_to_be_a_uuid(key: str, write: Write) -> None:
    (fault,) = faults_of(write(workspace("", f"'{key}'")))
    assert fault.startswith("workspaces.0.api_key: must be a UUID")


@pytest.mark.parametrize("guid", [KEY, f"{{{KEY}}}"])
def test_a_guid_may_have_braces(guid: str, write: Write) -> None:
    assert load_settings(write(workspace(f"guid: '{guid}'"))).workspaces[0].guid == KEY


def test_a_guid_has_to_be_a_uuid(write: Write) -> None:
    (fault,) = faults_of(write(workspace("guid: mine")))
    assert fault.startswith("workspaces.0.guid: must be a UUID")


def test_basic_authentication_needs_the_guid(write: Write) -> None:
    (fault,) = faults_of(write(workspace("auth: basic")))
    assert fault == "workspaces.0: auth: basic needs guid"
    assert load_settings(write(workspace(f"auth: basic\n    guid: {KEY}"))).workspaces


@pytest.mark.parametrize(
    "url",
    [
        "http://api.synerise.com",
        "HTTP://example.com",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com:8088",
        "http://sandbox@example.com",
        "https://",
        "ftp://127.0.0.1",
        "api.synerise.com",
    ],
)
def test_plain_http_to_the_world_is_refused(url: str, write: Write) -> None:
    (fault,) = faults_of(write(workspace(f"base_url: '{url}'")))
    assert fault.startswith("workspaces.0.base_url: must start with https://")


@pytest.mark.parametrize(
    ("url", "used"),
    [
        ("https://api.example.com/", "https://api.example.com"),
        ("http://127.0.0.1:8088", "http://127.0.0.1:8088"),
        ("http://localhost:8088/", "http://localhost:8088"),
        ("http://[::1]:8088", "http://[::1]:8088"),
        ("http://sandbox:8080", "http://sandbox:8080"),
    ],
)
def test_https_and_loopback_are_taken_without_the_last_slash(
    url: str, used: str, write: Write
) -> None:
    assert load_settings(write(workspace(f"base_url: '{url}'"))).workspaces[0].url == used


@pytest.mark.parametrize(
    ("environment", "host"),
    [
        ("azure-eu", "https://api.synerise.com"),
        ("azure-us", "https://api.azu.synerise.com"),
        ("gcp", "https://api.geb.synerise.com"),
    ],
)
def test_the_environment_decides_the_address(environment: str, host: str, write: Write) -> None:
    settings = load_settings(write(workspace(f"environment: {environment}")))
    assert settings.workspaces[0].url == host


def test_two_workspaces_of_one_name_are_refused(write: Write) -> None:
    one = f"{{name: main, api_key: {KEY}}}"
    (fault,) = faults_of(write(f"workspaces: [{one}, {one}]"))
    assert "main" in fault
    assert "twice" in fault


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("database: {tls: {enabled: true}}", "tls.ca is needed"),
        ("database: {tls: {cert: a.pem}}", "belong together"),
        ("capture: {settle: {order: {quiet_ms: 50, longest_ms: 10}}}", "longest_ms"),
        ("mapping: {product: {catalog_name: one-for-all}}", "{id} or {code}"),
    ],
)
def test_settings_that_contradict_are_refused(text: str, fault: str, write: Write) -> None:
    (found,) = faults_of(write(text))
    assert fault in found


def test_secrets_are_in_no_fault_and_no_trace(write: Write) -> None:
    path = write(
        "database: {password: hunter2, port: no-port-hunter3}\n"
        "log: {kafka: {sasl_password: [hunter4]}}\n" + workspace("guid: hunter5", "hunter6")
    )
    with pytest.raises(SettingsFaulty) as caught:
        load_settings(path)
    told = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert len(caught.value.faults) == 4
    assert "hunter" not in told


def test_secrets_are_in_no_text_of_the_settings(write: Write) -> None:
    path = write(
        "database: {password: hunter2}\nlog: {kafka: {sasl_password: hunter4}}\n" + workspace("")
    )
    settings = load_settings(path)
    for text in (repr(settings), str(settings), settings.model_dump_json()):
        assert "hunter" not in text
        assert KEY not in text
    assert settings.database.password.get_secret_value() == "hunter2"


def test_settings_cannot_be_changed_afterwards() -> None:
    settings = load_settings(None)
    with pytest.raises(ValueError, match="frozen"):
        settings.source = "other"  # type: ignore[misc]
