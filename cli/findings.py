"""What `check` finds: one line for each part of the way that is well or not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from cdc.binlog.server_settings import Finding
from cdc.checkpoint import Checkpoint
from cdc.database import Database
from cdc.errors import PipelineError, SourceDenied, SourceUnavailable
from cdc.log.protocol import LogAdmin
from cdc.position import Position
from cdc.preflight import preflight
from cdc.records import Model
from cli.address_findings import address_findings
from cli.delivery_findings import delivery_findings, view_findings, workspace_findings
from cli.finding import Line
from cli.folders import why_unwritable
from cli.groups import PartitionOffsets, offsets_of
from cli.topics import admin_of, place_of
from config.settings import Settings

# Findings of what cannot be read: no more is asked of the shop then.
_UNREAD = ("grant SELECT", "reading ")


def findings(settings: Settings) -> list[Line]:
    """Look at everything, in the order in which data flows; nothing is changed by it."""
    lines = list(_folders(settings))
    topics = _topics(settings)
    lines += _database(settings, topics)
    lines += topics.lines
    lines += delivery_findings(settings, topics.offsets)
    for workspace in settings.workspaces:
        lines += workspace_findings(workspace)
    return lines


def _folders(settings: Settings) -> Iterator[Line]:
    folders = {"state_dir": settings.state_dir}
    if settings.log.backend == "embedded" and settings.log.embedded.path is not None:
        folders["log.embedded.path"] = settings.log.embedded.path.parent
    faults = {name: why_unwritable(folder) for name, folder in folders.items()}
    for name, fault in faults.items():
        if fault is not None:
            yield Line(
                "error", "settings", name, fault,
                "The daemon keeps its indexes there, and the embedded log.",
                f"run as the daemon's user, or set {name} to a folder that it can write",
            )  # fmt: skip
    if not any(faults.values()):
        where = settings.state_dir.absolute()
        yield Line("ok", "settings", "file", f"no faults; state folder {where}")


@dataclass(frozen=True, slots=True)
class _Topics:
    """What the topic log tells; `is_running` is whether a capture runs, None where it cannot."""

    lines: list[Line]
    position: Position | None = None
    is_running: bool | None = False
    offsets: tuple[PartitionOffsets, ...] = ()


def _topics(settings: Settings) -> _Topics:
    part = f"topics in {place_of(settings)}"
    try:
        with admin_of(settings) as admin:
            missing = admin.missing_topics()
            is_running = admin.has_publisher()
            position = _position(admin)
            names = [workspace.name for workspace in settings.workspaces]
            offsets = () if missing else tuple(offsets_of(settings, admin, names, list(Model)))
    except PipelineError as exc:
        return _Topics([_topic_error(settings, part, exc)])
    lines = [Line("ok", part, "topics", _topics_found(missing))]
    if position is not None:
        lines.append(Line("ok", part, "checkpoint", f"capture goes on at {position.coordinates}"))
    return _Topics(lines, position, is_running, offsets)


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


def _database(settings: Settings, topics: _Topics) -> Iterator[Line]:
    where = settings.database.unix_socket or f"{settings.database.host}:{settings.database.port}"
    part = f"database {settings.database.name} at {where}"
    database = Database(settings.database)
    try:
        found = preflight(database, settings.database, settings.capture, position=topics.position)
        views = list(view_findings(settings, database))
        if not any(each.name == "tables" or each.name.startswith(_UNREAD) for each in found):
            views += address_findings(settings, database)
    except PipelineError as exc:
        yield _database_error(settings, part, exc)
        return
    finally:
        database.close()
    has_errors = False
    for finding in filter(None, (_unless_ours(each, topics) for each in found)):
        has_errors = has_errors or finding.severity == "error"
        yield Line(finding.severity, part, finding.name, finding.what, finding.why, finding.fix)
    if not has_errors:
        yield Line("ok", part, "server", "settings, grants and tables are as capture needs them")
    yield from views


def _unless_ours(finding: Finding, topics: _Topics) -> Finding | None:
    """The finding, unless it is our own capture, at work while we look.

    Kafka does not tell whether one is at work; that one has been makes it likely.
    """
    is_reader = finding.name == "server_id" and finding.what.startswith("a replica")
    if not is_reader or topics.is_running is False:
        return finding
    if topics.is_running:
        return None
    if topics.position is None:
        return finding
    what = f"{finding.what}: our own capture, if it runs, or another reader"
    return replace(finding, severity="warning", what=what)


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
