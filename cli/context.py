"""What commands share: options, settings, output and exit codes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click
import orjson

from cdc.errors import PipelineError
from config.errors import SettingsFaulty
from config.loading import load_settings
from config.settings import Settings

Command = TypeVar("Command", bound=Callable[..., Any])

EXIT_UNEXPECTED = 1
EXIT_CONFIGURATION = 2
EXIT_OPERATOR = 3


def config_option(command: Command) -> Command:
    """Add --config, also read from MAGENTO_CDC_CONFIG."""
    return click.option(
        "--config",
        "-c",
        "config_path",
        type=click.Path(path_type=Path, dir_okay=False),
        envvar="MAGENTO_CDC_CONFIG",
        help="Settings file (YAML). Variables MAGENTO_CDC_… override single settings.",
    )(command)


def json_option(command: Command) -> Command:
    """Add --json."""
    return click.option(
        "--json", "is_json", is_flag=True, help="Write JSON for machines instead of tables."
    )(command)


def settings_from(path: Path | None) -> Settings:
    """Load the settings; on faults print them all and leave with 2."""
    try:
        return load_settings(path)
    except SettingsFaulty as exc:
        click.secho(f"The settings have {len(exc.faults)} fault(s):", fg="red", err=True)
        for fault in exc.faults:
            click.echo(f"  {fault}", err=True)
        raise click.exceptions.Exit(EXIT_CONFIGURATION) from exc


def print_json(value: Any) -> None:
    """Write one JSON document to stdout."""
    sys.stdout.buffer.write(
        orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS)
    )
    sys.stdout.buffer.write(b"\n")
    sys.stdout.buffer.flush()


def fail(exc: PipelineError) -> NoReturn:
    """Print an error as one sentence and leave with its exit code."""
    click.secho(f"{type(exc).__name__}: {exc}", fg="red", err=True)
    raise click.exceptions.Exit(exc.exit_code or EXIT_UNEXPECTED) from exc


@contextmanager
def errors_as_exit_codes() -> Iterator[None]:
    """Turn errors of ours into a sentence and an exit code."""
    try:
        yield
    except PipelineError as exc:
        fail(exc)


def reports_errors(command: Command) -> Command:
    """Decorate a command so that errors of ours become a sentence and an exit code."""

    @wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        with errors_as_exit_codes():
            return command(*args, **kwargs)

    return wrapped  # type: ignore[return-value]
