"""Help, version and unknown commands: what a newcomer meets first."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from importlib import metadata

import click
import pytest
from click.testing import CliRunner

from cli.main import COMMANDS, cli
from cli.version import version
from tests.architecture.checkout import ROOT

# Whatever a test of the shell or a developer has set must not reach the child.
ENVIRONMENT = {
    name: value for name, value in os.environ.items() if not name.startswith("MAGENTO_CDC_")
} | {"PYTHONPATH": str(ROOT)}
_MODULES = "import sys; from cli.main import cli; cli(['--help'], standalone_mode=False); "
# Below the 300 ms that a person feels; processor time, as others load the machine as well.
HELP_CPU_S = 0.3


def python(code: str) -> str:
    """Run code in a fresh interpreter and return what it prints last."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=ENVIRONMENT,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.splitlines()[-1]


def leaf_commands() -> list[tuple[str, ...]]:
    """Every command with its path of names."""
    context = click.Context(cli)
    found: list[tuple[str, ...]] = []
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            found += [(name, inner) for inner in command.commands]
        else:
            found.append((name,))
    return found


def test_help_imports_no_driver_and_nothing_of_ours_but_the_front_door() -> None:
    printed = python(_MODULES + "print(*sorted(sys.modules))")
    modules = set(printed.split())
    drivers = {"kafka", "pymysql", "pymysqlreplication", "httpx", "uvicorn", "rich", "pydantic"}
    assert modules & drivers == set()
    ours = {name for name in modules if name.split(".")[0] in ("cdc", "cli", "config", "sinks")}
    assert ours == {"cli", "cli.main"}


def test_help_takes_little_of_the_processor() -> None:
    printed = python(_MODULES + "import time; print(time.process_time())")
    assert float(printed) < HELP_CPU_S


def test_every_command_of_the_list_can_be_imported_and_says_what_it_does() -> None:
    for name, place in COMMANDS.items():
        command = getattr(importlib.import_module(place.module), place.attribute)
        assert isinstance(command, click.Command)
        assert command.name == name
        assert place.short_help.endswith(".")
        # One line at 80 columns, with indent and names.
        assert len(place.short_help) <= 62


def test_help_lists_every_command_and_the_exit_codes() -> None:
    result = CliRunner().invoke(cli, ["--help"])
    assert result.exit_code == 0
    for name in COMMANDS:
        assert f"\n  {name} " in result.output
    assert "Exit codes: 0 done" in " ".join(result.output.split())


@pytest.mark.parametrize("path", leaf_commands(), ids=" ".join)
def test_every_option_of_every_command_is_explained(path: tuple[str, ...]) -> None:
    result = CliRunner().invoke(cli, [*path, "--help"])
    assert result.exit_code == 0
    command: click.Command = cli
    for name in path:
        assert isinstance(command, click.Group)
        found = command.get_command(click.Context(command), name)
        assert found is not None
        command = found
    assert command.help
    for option in command.params:
        assert isinstance(option, click.Option)
        assert option.help, f"{option.name} of {path}"


@pytest.mark.parametrize("path", leaf_commands(), ids=" ".join)
def test_help_fits_a_narrow_terminal(path: tuple[str, ...]) -> None:
    result = CliRunner().invoke(cli, [*path, "--help"], terminal_width=60)
    assert max(map(len, result.output.splitlines())) <= 60


def test_without_arguments_help_is_shown() -> None:
    result = CliRunner().invoke(cli, [])
    assert "First steps" in result.output
    assert result.exit_code == 2


def test_version_is_that_of_the_package() -> None:
    result = CliRunner().invoke(cli, ["--version"])
    assert result.exit_code == 0
    assert result.output == f"magento-cdc {metadata.version('magento-synerise-cdc')}\n"


def test_version_works_without_an_installed_package(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    assert "not installed" in version()


@pytest.mark.parametrize(
    ("word", "meant"), [("staus", "status"), ("deadletters", "dead-letters"), ("offset", "offsets")]
)
def test_unknown_command_is_answered_with_the_one_that_was_meant(word: str, meant: str) -> None:
    result = CliRunner().invoke(cli, [word])
    assert result.exit_code == 2
    assert f"No such command '{word}'. Did you mean {meant}" in result.stderr


def test_command_unlike_any_other_gets_no_suggestion() -> None:
    result = CliRunner().invoke(cli, ["xyzzy"])
    assert result.exit_code == 2
    assert "Did you mean" not in result.stderr


def test_no_color_switches_colours_off(monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["status", "--config", os.devnull]
    coloured = CliRunner().invoke(cli, words, color=True)
    monkeypatch.setenv("NO_COLOR", "1")
    plain = CliRunner().invoke(cli, words, color=True)
    assert "\x1b[33m" in coloured.output
    assert "\x1b[33m" not in plain.output
