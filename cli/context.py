"""What commands share: options, settings, output and exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click
import orjson

from cdc.errors import PipelineError, Stopped
from config.environment import ENV_PREFIX
from config.errors import SettingsFaulty
from config.loading import load_settings
from config.settings import Settings

Command = TypeVar("Command", bound=Callable[..., Any])

EXIT_UNEXPECTED = 1
EXIT_CONFIGURATION = 2
EXIT_OPERATOR = 3


class OperatorNeeded(click.ClickException):
    """Somebody has to do something first, or to decide: the message says what."""

    exit_code = EXIT_OPERATOR


def config_option(command: Command) -> Command:
    """Add --config, also read from MAGENTO_CDC_CONFIG."""
    return click.option(
        "--config",
        "-c",
        "config_path",
        type=click.Path(path_type=Path, dir_okay=False),
        envvar=f"{ENV_PREFIX}CONFIG",
        help=(
            f"Settings file (YAML), or the variable {ENV_PREFIX}CONFIG. Variables such as "
            f"{ENV_PREFIX}DATABASE__PASSWORD override single settings."
        ),
    )(command)


def json_option(command: Command) -> Command:
    """Add --json."""
    return click.option(
        "--json", "is_json", is_flag=True, help="Write JSON for machines instead of tables."
    )(command)


def yes_option(command: Command) -> Command:
    """Add --yes."""
    return click.option("--yes", "-y", "is_agreed", is_flag=True, help="Do not ask.")(command)


def settings_from(path: Path | None) -> Settings:
    """Load the settings.

    Raises:
        SettingsFaulty: lists every fault; also when neither file nor variables say anything.
    """
    if path is None and not any(name.upper().startswith(ENV_PREFIX) for name in os.environ):
        raise SettingsFaulty(
            [f"no settings: name a file with --config FILE or {ENV_PREFIX}CONFIG, or set variables"]
        )
    return load_settings(path)


def print_faults(exc: SettingsFaulty) -> None:
    """Write every fault of the settings to stderr, one a line."""
    count = len(exc.faults)
    title = "The settings have a fault:" if count == 1 else f"The settings have {count} faults:"
    click.secho(title, fg="red", err=True)
    for fault in exc.faults:
        click.echo(f"  {fault}", err=True)


def confirm(question: str) -> None:
    """Ask, and return when the answer is yes; otherwise leave with 1.

    Raises:
        UsageError: there is nobody to ask (exit 2).
    """
    try:
        is_agreed = click.confirm(question, err=True)
    except click.Abort as exc:
        click.echo(err=True)
        raise click.UsageError("nobody is there to answer; --yes agrees beforehand") from exc
    if not is_agreed:
        click.echo("Nothing was changed.", err=True)
        raise click.exceptions.Exit(EXIT_UNEXPECTED)


def print_json(value: Any) -> None:
    """Write one JSON document to stdout."""
    sys.stdout.buffer.write(
        orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS)
    )
    sys.stdout.buffer.write(b"\n")
    sys.stdout.buffer.flush()


def exit_code_of(exc: BaseException) -> int:
    """Exit code of an error: what its class says, 1 for errors that are none of ours."""
    if isinstance(exc, Stopped):
        return 0
    return exc.exit_code if isinstance(exc, PipelineError) and exc.exit_code else EXIT_UNEXPECTED


def fail(exc: PipelineError) -> NoReturn:
    """Print an error as one sentence and leave with its exit code."""
    click.secho(f"{type(exc).__name__}: {exc}", fg="red", err=True)
    raise click.exceptions.Exit(exit_code_of(exc)) from exc


def reports_errors(command: Command) -> Command:
    """Decorate a command so that errors of ours become a sentence and an exit code."""

    @wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except SettingsFaulty as exc:
            print_faults(exc)
            raise click.exceptions.Exit(exc.exit_code) from exc
        except PipelineError as exc:
            fail(exc)

    return wrapped  # type: ignore[return-value]
