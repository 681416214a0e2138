"""`magento-cdc run`, `capture` and `deliver`: the daemon."""

from __future__ import annotations

import gc
import logging
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from threading import Event

import click

from cdc.errors import Stopped
from cdc.log.factory import open_log
from cdc.service import CaptureService
from cli.context import config_option, exit_code_of, reports_errors, settings_from
from cli.failures import describe
from cli.groups import chosen_workspaces
from cli.logs import set_up_logs
from cli.progress import RunProgress
from cli.pulse import Pulse, daemon_facts
from cli.signals import stop_on_signals
from cli.starting import make_state_dir, masked, start_facts, warn_of_changes
from cli.tasks import Tasks
from cli.version import version
from cli.wiring import Part, capture_part, deliveries, delivery_part, make_topics
from config.errors import SettingsFaulty
from config.settings import Settings
from config.workspace import WorkspaceSettings

logger = logging.getLogger(__name__)


@click.command()
@config_option
@reports_errors
def run(config_path: Path | None) -> None:
    """Capture and deliver in one process: the sidecar beside the database.

    The first start begins with an initial load; every later one goes on where the last one ended.
    Nothing is sent to Synerise while `enabled` is false in the settings.

    SIGTERM or Ctrl-C finishes what is under way (`grace_s` at most); a second one leaves at once,
    which loses nothing.
    """
    settings = settings_from(config_path)
    _run(settings, is_capturing=True, workspaces=settings.workspaces)


@click.command()
@config_option
@reports_errors
def capture(config_path: Path | None) -> None:
    """Follow the database and publish change records to the topics; send nothing.

    One process captures a shop. `magento-cdc deliver` sends what is in the topics: one process for
    all workspaces, or one for each.
    """
    _run(settings_from(config_path), is_capturing=True, workspaces=())


@click.command()
@config_option
@click.option(
    "--workspace",
    "-w",
    "names",
    multiple=True,
    metavar="NAME",
    help="Deliver to this workspace only; may be given again. Default: all of the settings.",
)
@reports_errors
def deliver(config_path: Path | None, names: tuple[str, ...]) -> None:
    """Send the records of the topics to Synerise; do not look at the database.

    One process delivers to a workspace: a second one takes over and the first one ends. Refused
    while `enabled` is false in the settings.
    """
    settings = settings_from(config_path)
    chosen = chosen_workspaces(settings, names)
    if not chosen:
        raise SettingsFaulty(["workspaces: none is configured, so there is nothing to deliver to"])
    if not settings.enabled:
        raise SettingsFaulty(["enabled: is false, so nothing may be sent; set it to true"])
    workspaces = [workspace for workspace in settings.workspaces if workspace.name in chosen]
    _run(settings, is_capturing=False, workspaces=workspaces)


def _run(
    settings: Settings, *, is_capturing: bool, workspaces: Sequence[WorkspaceSettings]
) -> None:
    make_state_dir(settings)
    set_up_logs(settings)
    stop = Event()
    with stop_on_signals(stop):
        try:
            _work(settings, is_capturing, workspaces, stop)
        except Stopped:
            logger.debug("daemon.stopped_early")
        except Exception as exc:
            # The last place where anything can be told in the form that the log has.
            code = exit_code_of(exc)
            logger.critical("daemon.failed", extra={**describe(exc), "exit_code": code})
            raise click.exceptions.Exit(code) from exc
        logger.info("daemon.stopped", extra={"source": settings.source})


def _work(
    settings: Settings, is_capturing: bool, workspaces: Sequence[WorkspaceSettings], stop: Event
) -> None:
    sending = list(workspaces) if settings.enabled else []
    # Records are many short-lived objects without cycles: looking for some costs a fifth of the
    # time of delivery (bench/delivery.py) and finds nothing.
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    names = [workspace.name for workspace in sending]
    logger.info(
        "daemon.starting",
        extra={
            "version": version(),
            "source": settings.source,
            "capture": is_capturing,
            "workspaces": names,
            **start_facts(settings, is_capturing=is_capturing, workspaces=names),
            "settings": masked(settings),
        },
    )
    if workspaces and not settings.enabled:
        logger.warning("delivery.off", extra={"reason": "enabled is false: nothing is sent"})
    log = open_log(settings)
    make_topics(log, stop)
    warn_of_changes(settings, sending)
    with ExitStack() as opened:
        made = opened.enter_context(deliveries(settings, log, sending, stop))
        # A daemon that may not publish must not take delivery over from the one that may, or both
        # would end.
        begin = Event()
        parts: dict[str, Part] = {
            f"deliver-{name}": delivery_part(delivery, stop, begin)
            for name, delivery in made.items()
        }
        status = None
        if not is_capturing:
            begin.set()
        else:
            service = CaptureService(settings, log, stop, on_owned=begin.set)
            status = service.status
            parts["capture"] = capture_part(service)
            opened.enter_context(RunProgress(lambda: service.status.runs))
        opened.enter_context(Pulse(lambda: daemon_facts(settings, status, made)))
        Tasks(stop).run(parts, settings.grace_s)
