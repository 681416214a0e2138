"""Settings that cannot be used, errors and their exit codes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cdc import errors
from cdc.errors import PipelineError
from cdc.service import CaptureService
from cli.context import exit_code_of
from cli.main import cli
from tests.unit.cli.place import SECRETS, Place

COMMANDS = [
    ("run",),
    ("capture",),
    ("deliver",),
    ("check",),
    ("status",),
    ("offsets", "list"),
    ("offsets", "show"),
    ("offsets", "seek", "--to", "latest"),
    ("offsets", "reset"),
    ("dead-letters", "list"),
]


def has_no_secret(result: Result) -> bool:
    """Whether nothing of the output is a secret."""
    return not any(secret in result.output for secret in SECRETS.values())


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_all_faults_are_told_at_once_with_their_paths_and_without_values(
    place: Place, command: tuple[str, ...]
) -> None:
    place.write(
        database={"port": 99999, "password": SECRETS["password"], "usr": "x"},
        workspaces=[{"name": "a b", "api_key": f"not-a-uuid-{SECRETS['alpha']}"}],
        grace_s=-1,
    )
    result = place.call(*command)
    assert result.exit_code == 2
    for path in (
        "database.port",
        "database.usr",
        "workspaces.0.name",
        "workspaces.0.api_key",
        "grace_s",
    ):
        assert path in result.output
    assert has_no_secret(result)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_without_any_settings_it_says_how_to_give_them(
    command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.upper().startswith("MAGENTO_CDC_")]:
        monkeypatch.delenv(name)
    result = CliRunner().invoke(cli, list(command))
    assert result.exit_code == 2
    assert "--config FILE" in result.output


def test_file_may_come_from_a_variable_and_variables_override_it(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAGENTO_CDC_CONFIG", str(place.config))
    monkeypatch.setenv("MAGENTO_CDC_SOURCE", "from-the-variable")
    result = CliRunner().invoke(cli, ["status"])
    assert result.exit_code == 0
    assert "Source from-the-variable" in result.output


def test_missing_file_is_a_fault(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["status", "-c", str(tmp_path / "none.yaml")])
    assert result.exit_code == 2
    assert "cannot be read" in result.output


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("SourceMisconfigured", 2),
        ("SourceDenied", 2),
        ("ServerIdClash", 2),
        ("LogMisconfigured", 2),
        ("BinlogPurged", 3),
        ("PositionUnusable", 3),
        ("StreamPoisoned", 3),
        ("PublisherFenced", 3),
        ("ConsumerFenced", 3),
        ("OffsetLost", 3),
        ("SourceError", 1),
        ("LogUnavailable", 1),
    ],
)
def test_daemon_ends_with_the_code_of_its_error(
    place: Place, monkeypatch: pytest.MonkeyPatch, name: str, code: int
) -> None:
    def failing(self: CaptureService) -> None:
        raise getattr(errors, name)("doing something: it went wrong")

    monkeypatch.setattr(CaptureService, "run", failing)
    result = place.call("capture")
    assert result.exit_code == code
    text = str(getattr(errors, name)("doing something: it went wrong"))
    assert f'"error":"{name}: {text}"' in result.stderr
    assert f'"exit_code":{code}' in result.stderr
    assert has_no_secret(result)


def test_unforeseen_error_ends_with_1_and_its_text_stays_out_of_the_log(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(self: CaptureService) -> None:
        raise ValueError("no number: robin@example.com")

    monkeypatch.setattr(CaptureService, "run", failing)
    result = place.call("capture")
    assert result.exit_code == 1
    assert "ValueError (unexpected" in result.stderr
    assert "test_settings_and_exits.py" in result.stderr
    assert "robin" not in result.output


def test_error_without_a_code_of_its_own_is_1_and_a_stop_is_0() -> None:
    assert exit_code_of(PipelineError("x")) == 1
    assert exit_code_of(RuntimeError("x")) == 1
    assert exit_code_of(errors.Stopped("x")) == 0


def test_state_folder_that_cannot_be_made_is_a_fault_of_the_settings(place: Place) -> None:
    (place.folder / "file").write_text("in the way")
    place.write(state_dir=str(place.folder / "file" / "state"))
    result = place.call("run")
    assert result.exit_code == 2
    assert "state_dir: " in result.stderr


def test_deliver_needs_a_workspace_that_exists(place: Place) -> None:
    result = place.call("deliver", "-w", "gamma")
    assert result.exit_code == 2
    assert "no workspace gamma (known: alpha, beta)" in result.stderr


def test_deliver_without_workspaces_has_nothing_to_do(place: Place) -> None:
    place.write(workspaces=[])
    result = place.call("deliver")
    assert result.exit_code == 2
    assert "workspaces: none is configured" in result.stderr


def test_deliver_refuses_while_delivery_is_off(place: Place) -> None:
    place.write(enabled=False)
    result = place.call("deliver")
    assert result.exit_code == 2
    assert "enabled: is false" in result.stderr


def test_second_capture_is_refused_before_it_disturbs_the_first(place: Place) -> None:
    from cdc.log.factory import open_log
    from cdc.records import Model

    publisher = open_log(place.settings).publisher()
    publisher.open()
    try:
        with place.delivering("alpha") as consumer:
            result = place.call("run")
            assert result.exit_code == 3
            assert "PublisherFenced" in result.stderr
            # It would raise ConsumerFenced, had a second consumer taken over.
            assert consumer.poll(1, 0) == []
            consumer.commit(dict.fromkeys(consumer.positions(), 0))
    finally:
        publisher.close()
    assert {place_.topic for place_ in consumer.positions()} == {place.names.model(Model.PRODUCT)}
