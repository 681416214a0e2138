"""`magento-cdc run`, `capture` and `deliver`: the daemon."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Event

import click

from cdc.errors import Stopped
from cdc.log.factory import open_log
from cdc.service import CaptureService
from cli.context import config_option, reports_errors, settings_from
from cli.groups import chosen_workspaces
from cli.logs import set_up_logs
from cli.progress import RunProgress
from cli.signals import stop_on_signals
from cli.tasks import Tasks
from cli.wiring import capture_part, deliveries, delivery_part, make_topics
from config.settings import Settings
from config.workspace import WorkspaceSettings

logger = logging.getLogger(__name__)


@click.command()
@config_option
@reports_errors
def run(config_path: Path | None) -> None:
    """Capture and deliver in one process: the sidecar beside the database.

    Starts with an initial load when the topics are empty, goes on from the checkpoint otherwise.
    SIGTERM or Ctrl-C finishes what is under way; a second one leaves at once.
    """
    settings = settings_from(config_path)
    _run(settings, is_capturing=True, workspaces=list(settings.workspaces))


@click.command()
@config_option
@reports_errors
def capture(config_path: Path | None) -> None:
    """Only capture: follow the binlog and publish change records to the topics."""
    _run(settings_from(config_path), is_capturing=True, workspaces=[])


@click.command()
@config_option
@click.option(
    "--workspace", "-w", "names", multiple=True, help="Workspace by name; default: all of them."
)
@reports_errors
def deliver(config_path: Path | None, names: tuple[str, ...]) -> None:
    """Only deliver: ship the records of the topics to Synerise."""
    settings = settings_from(config_path)
    chosen = chosen_workspaces(settings, names)
    workspaces = [workspace for workspace in settings.workspaces if workspace.name in chosen]
    if not workspaces:
        raise click.UsageError("no workspace is configured: add one under `workspaces`")
    _run(settings, is_capturing=False, workspaces=workspaces)


def _run(settings: Settings, *, is_capturing: bool, workspaces: list[WorkspaceSettings]) -> None:
    set_up_logs(settings)
    stop = Event()
    log = open_log(settings)
    sending = workspaces if settings.enabled else []
    logger.info(
        "daemon.starting",
        extra={
            "source": settings.source,
            "backend": settings.log.backend,
            "capture": is_capturing,
            "workspaces": [workspace.name for workspace in sending],
        },
    )
    if workspaces and not settings.enabled:
        logger.warning("delivery.off", extra={"reason": "enabled is false: nothing is sent"})
        if not is_capturing:
            raise click.UsageError("enabled is false in the settings, so nothing may be sent")
    with stop_on_signals(stop), deliveries(settings, log, sending, stop) as made:
        try:
            make_topics(log, stop)
        except Stopped:
            return
        parts: dict[str, Callable[[], None]] = {}
        progress: RunProgress | None = None
        if is_capturing:
            service = CaptureService(settings, log, stop)
            parts["capture"] = capture_part(service)
            progress = RunProgress(service.status, stop)
        for name, delivery in made.items():
            parts[f"deliver-{name}"] = delivery_part(delivery, stop, settings.grace_s)
        _run_parts(parts, progress, stop, settings.grace_s)
    logger.info("daemon.stopped", extra={"source": settings.source})


def _run_parts(
    parts: Mapping[str, Callable[[], None]],
    progress: RunProgress | None,
    stop: Event,
    grace_s: float,
) -> None:
    tasks = Tasks(stop)
    if progress is None:
        tasks.run(parts, grace_s)
        return
    with progress:
        tasks.run(parts, grace_s)
