"""What `check` finds: one line for each part of the way that is well or not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Literal

from cdc.checkpoint import Checkpoint
from cdc.database import Database
from cdc.errors import (
    ApiForbidden,
    ApiUnauthorized,
    PipelineError,
    SourceDenied,
    SourceUnavailable,
)
from cdc.log.protocol import LogAdmin
from cdc.position import Position
from cdc.preflight import preflight
from cli.topics import admin_of, place_of
from config.settings import Settings
from config.workspace import WorkspaceSettings
from sinks.synerise.client import SyneriseClient

Severity = Literal["error", "warning", "ok"]


@dataclass(frozen=True, slots=True)
class Line:
    """One finding. `why` and `fix` are empty where all is well."""

    severity: Severity
    part: str
    name: str
    what: str
    why: str = ""
    fix: str = ""


def findings(settings: Settings) -> list[Line]:
    """Look at everything, in the order in which data flows; nothing is changed by it."""
    lines = list(_state_dir(settings))
    position, is_running, found = _topics(settings)
    lines += _database(settings, position, is_running=is_running)
    lines += found
    lines += _delivery(settings)
    for workspace in settings.workspaces:
        lines.append(_workspace(workspace))
    return lines


def _state_dir(settings: Settings) -> Iterator[Line]:
    folder = settings.state_dir.absolute()
    nearest = next((path for path in (folder, *folder.parents) if path.exists()), Path("/"))
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        yield Line(
            "error", "settings", "state_dir", f"{folder} cannot be written by this user",
            "The daemon keeps its indexes there, and the embedded log.",
            "run as the daemon's user, or set state_dir to a folder of that user",
        )  # fmt: skip
    else:
        yield Line("ok", "settings", "file", f"no faults; state folder {folder}")


def _topics(settings: Settings) -> tuple[Position | None, bool, list[Line]]:
    """The stored position, whether a capture is known to run, and what was found."""
    part = f"topics in {place_of(settings)}"
    try:
        with admin_of(settings) as admin:
            missing = admin.missing_topics()
            is_running = bool(admin.has_publisher())
            position = _position(admin)
    except PipelineError as exc:
        return None, False, [_topic_error(settings, part, exc)]
    lines = [Line("ok", part, "topics", _topics_found(missing))]
    if position is not None:
        lines.append(Line("ok", part, "checkpoint", f"capture goes on at {position.coordinates}"))
    return position, is_running, lines


def _position(admin: LogAdmin) -> Position | None:
    raw = admin.checkpoint()
    return Checkpoint.decode(raw).position if raw is not None else None


def _topics_found(missing: list[str]) -> str:
    if not missing:
        return "all exist and are kept as they must be"
    return f"will be created at the first start: {', '.join(missing)}"


def _topic_error(settings: Settings, part: str, exc: PipelineError) -> Line:
    fix = "correct what the error names"
    if settings.log.backend == "kafka":
        fix += ", or log.kafka.* in the settings; see that the brokers run and can be reached"
    else:
        fix += ", or log.embedded.path in the settings"
    why = "Nothing can be captured or delivered without the topics."
    return Line("error", part, type(exc).__name__, str(exc), why, fix)


def _database(settings: Settings, position: Position | None, *, is_running: bool) -> Iterator[Line]:
    where = settings.database.unix_socket or f"{settings.database.host}:{settings.database.port}"
    part = f"database {settings.database.name} at {where}"
    database = Database(settings.database)
    try:
        found = preflight(database, settings.database, settings.capture, position=position)
    except PipelineError as exc:
        yield _database_error(settings, part, exc)
        return
    finally:
        database.close()
    has_errors = False
    for finding in found:
        if is_running and finding.name == "server_id" and finding.severity == "error":
            # That is our own daemon, at work while we look.
            continue
        has_errors = has_errors or finding.severity == "error"
        yield Line(finding.severity, part, finding.name, finding.what, finding.why, finding.fix)
    if not has_errors:
        yield Line("ok", part, "server", "settings, grants and tables are as capture needs them")


def _database_error(settings: Settings, part: str, exc: PipelineError) -> Line:
    why = "Capture reads the shop's changes and its rows from there."
    if isinstance(exc, SourceDenied):
        fix = (
            f"correct database.user ({settings.database.user}), database.password and "
            "database.name, or grant what README.md lists"
        )
    elif isinstance(exc, SourceUnavailable):
        fix = "see that the server runs and can be reached; correct database.host and database.port"
    else:
        fix = "correct what the error names"
    return Line("error", part, type(exc).__name__, str(exc), why, fix)


def _delivery(settings: Settings) -> Iterator[Line]:
    if not settings.workspaces:
        yield Line(
            "warning", "delivery", "workspaces", "none is configured",
            "Records are captured and sent nowhere.", "add a workspace under workspaces",
        )  # fmt: skip
    if not settings.enabled:
        yield Line(
            "warning", "delivery", "enabled", "is false",
            "Nothing is sent to Synerise, which is right until you have looked at everything.",
            "set enabled: true",
        )  # fmt: skip


def _workspace(workspace: WorkspaceSettings) -> Line:
    part = f"workspace {workspace.name} at {workspace.url}"
    client = SyneriseClient(workspace, Event())
    try:
        permissions = client.permissions()
    except (ApiUnauthorized, ApiForbidden) as exc:
        fix = "correct api_key (of the kind workspace), guid, environment or base_url"
        return _workspace_error(part, exc, fix)
    except PipelineError as exc:
        fix = "see that the service can be reached from here; correct environment or base_url"
        return _workspace_error(part, exc, fix)
    finally:
        client.close()
    missing = sorted(name for name, is_given in permissions.items() if not is_given)
    if missing:
        return Line(
            "error", part, "permissions", f"missing: {', '.join(missing)}",
            "Requests that need them are answered 403, and deliveries wait.",
            "give them to the API key in the workspace's settings",
        )  # fmt: skip
    return Line("ok", part, "permissions", "login works, all permissions are given")


def _workspace_error(part: str, exc: PipelineError, fix: str) -> Line:
    why = "Nothing can be delivered to the workspace."
    return Line("error", part, type(exc).__name__, str(exc), why, fix)
