"""`magento-cdc check`: looks at settings, database, topic log and workspaces; changes nothing."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from cli.context import EXIT_CONFIGURATION, config_option, json_option, print_json, settings_from
from cli.finding import Line
from cli.findings import findings
from cli.terminal import wrapped
from config.errors import SettingsFaulty

_COLOURS = {"error": "red", "warning": "yellow", "ok": "green"}


@click.command()
@config_option
@json_option
def check(config_path: Path | None, is_json: bool) -> None:
    """Look for faults in settings, database, topics and accounts, without changing anything.

    Asks the database server for the settings, grants and tables that capture needs, the shop for
    the websites and store views of each workspace, the topic log for its topics, and each
    workspace's API for the permissions of its key. Every finding says what it is, why it matters
    and how to mend it.

    Exit code 2 when there is an error; 0 when all is well or there are warnings alone.
    """
    try:
        lines = findings(settings_from(config_path))
    except SettingsFaulty as exc:
        lines = [_fault(fault, config_path) for fault in exc.faults]
    if is_json:
        print_json([asdict(line) for line in lines])
    else:
        _print(lines)
    if any(line.severity == "error" for line in lines):
        raise click.exceptions.Exit(EXIT_CONFIGURATION)


def _fault(fault: str, config_path: Path | None) -> Line:
    place, _, what = fault.partition(": ")
    where = config_path or "the settings"
    return Line(
        "error", "settings", place, what or fault,
        "The daemon does not start with settings that it would have to guess.",
        f"correct it in {where}, or in the variable that sets it; docs/configuration.md lists "
        "all settings",
    )  # fmt: skip


def _print(lines: list[Line]) -> None:
    for line in lines:
        mark = click.style(f"{line.severity:7}", fg=_COLOURS[line.severity])
        first, *more = wrapped(f"{line.part}: {line.name}: {line.what}", indent_count=8)
        click.echo(f"{mark} {first.strip()}")
        for text in more:
            click.echo(text)
        for word, more_text in (("why", line.why), ("fix", line.fix)):
            if more_text:
                for part in wrapped(f"{word}: {more_text}", indent_count=8):
                    click.echo(part)
    errors = sum(line.severity == "error" for line in lines)
    warnings = sum(line.severity == "warning" for line in lines)
    click.echo(f"{errors} error(s), {warnings} warning(s)")
