"""`magento-cdc check`: looks at settings, database, topic log and workspaces; moves nothing."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Event
from typing import Literal

import click

from cdc.checkpoint import Checkpoint
from cdc.database import Database
from cdc.errors import PipelineError
from cdc.log.factory import open_log
from cdc.position import Position
from cdc.preflight import preflight
from cli.context import (
    EXIT_CONFIGURATION,
    config_option,
    json_option,
    print_json,
    settings_from,
)
from config.settings import Settings
from config.workspace import WorkspaceSettings
from sinks.synerise.client import SyneriseClient

_COLOURS = {"error": "red", "warning": "yellow", "ok": "green"}


@dataclass(frozen=True, slots=True)
class Line:
    """One result of the check."""

    severity: Literal["error", "warning", "ok"]
    part: str
    name: str
    what: str
    fix: str = ""


@click.command()
@config_option
@json_option
def check(config_path: Path | None, is_json: bool) -> None:
    """Check settings, database, topic log and workspaces without moving any data.

    Every finding says what it is, why it matters and what to do. Exit code 2 when there is an
    error, 0 with warnings alone.
    """
    settings = settings_from(config_path)
    position, lines = _check_log(settings)
    lines += _check_database(settings, position)
    for workspace in settings.workspaces:
        lines += _check_workspace(workspace)
    if not settings.workspaces:
        lines.append(
            Line("warning", "synerise", "workspaces", "none is configured", "add `workspaces`")
        )
    if not settings.enabled:
        lines.append(
            Line("warning", "synerise", "enabled", "false: nothing is sent", "set enabled: true")
        )
    if is_json:
        print_json([asdict(line) for line in lines])
    else:
        _print(lines)
    if any(line.severity == "error" for line in lines):
        raise click.exceptions.Exit(EXIT_CONFIGURATION)


def _check_log(settings: Settings) -> tuple[Position | None, list[Line]]:
    part = f"topic log ({settings.log.backend})"
    try:
        admin = open_log(settings).admin()
        try:
            admin.ensure_topics()
            raw = admin.checkpoint()
        finally:
            admin.close()
        position = Checkpoint.decode(raw).position if raw else None
    except PipelineError as exc:
        return None, [Line("error", part, type(exc).__name__, str(exc))]
    what = f"checkpoint at {position.coordinates}" if position else "reachable, no checkpoint yet"
    return position, [Line("ok", part, "topics", what)]


def _check_database(settings: Settings, position: Position | None) -> list[Line]:
    database = Database(settings.database)
    try:
        findings = preflight(database, settings.database, settings.capture, position=position)
    except PipelineError as exc:
        return [Line("error", "database", type(exc).__name__, str(exc))]
    finally:
        database.close()
    lines = [
        Line(found.severity, "database", found.name, f"{found.what}; {found.why}", found.fix)
        for found in findings
    ]
    if not any(line.severity == "error" for line in lines):
        lines.append(Line("ok", "database", "preflight", "nothing would be lost"))
    return lines


def _check_workspace(workspace: WorkspaceSettings) -> list[Line]:
    part = f"workspace {workspace.name}"
    client = SyneriseClient(workspace, Event())
    try:
        permissions = client.permissions()
    except PipelineError as exc:
        return [
            Line("error", part, type(exc).__name__, str(exc), "check api_key, guid and base_url")
        ]
    finally:
        client.close()
    missing = sorted(name for name, is_given in permissions.items() if not is_given)
    if missing:
        fix = "give the API key these permissions in the workspace's settings"
        return [Line("error", part, "permissions", f"missing: {', '.join(missing)}", fix)]
    return [Line("ok", part, "permissions", "login works, all permissions are given")]


def _print(lines: list[Line]) -> None:
    for line in lines:
        mark = click.style(f"{line.severity:7}", fg=_COLOURS[line.severity])
        click.echo(f"{mark} {line.part}: {line.name}: {line.what}")
        if line.fix:
            click.echo(f"        fix: {line.fix}")
    errors = sum(line.severity == "error" for line in lines)
    warnings = sum(line.severity == "warning" for line in lines)
    click.echo(f"{errors} error(s), {warnings} warning(s)")
