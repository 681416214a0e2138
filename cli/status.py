"""`magento-cdc status`: where capture and delivery stand, without disturbing them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from cdc.checkpoint import Checkpoint
from cdc.errors import LogUnavailable
from cdc.log.protocol import LogAdmin
from cdc.log.topics import TopicNames
from cdc.records import Model
from cdc.side_files import known_counts
from cli.context import config_option, json_option, print_json, reports_errors, settings_from
from cli.dead_letters import count_dead_letters
from cli.groups import lag_by_model, off_models, offsets_of
from cli.tables import print_table
from cli.topics import NOT_YET, admin_of, place_of
from cli.version import version
from config.settings import Settings
from sinks.accepted import accepted_counts, accepted_path

Counts = TypeVar("Counts", bound=Mapping[Any, int])

_LIVE = {True: "running", False: "stopped", None: "running or stopped (Kafka does not tell)"}


@click.command()
@config_option
@json_option
@reports_errors
def status(config_path: Path | None, is_json: bool) -> None:
    """Show where capture and deliveries stand, and what waits.

    The position in the binlog, full runs in work, how many objects are known, and for each
    workspace whether its delivery runs, how many records wait, and what Synerise has accepted.

    Only looks: it makes no files and no topics, and works whether the daemon runs or not. Known and
    accepted objects are counted in the daemon's own files, so on its machine only.
    """
    found = status_of(settings_from(config_path))
    if is_json:
        print_json(found)
    else:
        _print(found)


def status_of(settings: Settings) -> dict[str, Any]:
    """Everything that `status` shows, as plain values; None where something is not known here.

    Raises:
        LogUnavailable, LogMisconfigured, PositionUnusable.
    """
    with admin_of(settings) as admin:
        missing = admin.missing_topics()
        dead_letter = TopicNames(settings.log.prefix).dead_letter
        return {
            "version": version(),
            "source": settings.source,
            "enabled": settings.enabled,
            "off": off_models(settings),
            "topics": {"place": place_of(settings), "missing": missing},
            "capture": _capture(settings, admin),
            "workspaces": _workspaces(settings, admin, has_topics=not missing),
            "dead_letters": 0 if dead_letter in missing else count_dead_letters(settings),
        }


def _capture(settings: Settings, admin: LogAdmin) -> dict[str, Any]:
    raw = admin.checkpoint()
    checkpoint = Checkpoint.decode(raw) if raw is not None else None
    counts = _counted(lambda: known_counts(settings.state_dir / "identity.sqlite"))
    return {
        "is_live": admin.has_publisher(),
        "position": checkpoint.position.to_json() if checkpoint else None,
        "seq": checkpoint.seq if checkpoint else None,
        "runs": [run.to_json() for run in checkpoint.runs] if checkpoint else [],
        "known": {model.value: count for model, count in counts.items()} if counts else None,
    }


def _workspaces(settings: Settings, admin: LogAdmin, *, has_topics: bool) -> list[dict[str, Any]]:
    names = TopicNames(settings.log.prefix)
    workspaces = [workspace.name for workspace in settings.workspaces]
    offsets = list(offsets_of(settings, admin, workspaces, list(Model))) if has_topics else []
    return [
        {
            "name": name,
            "is_live": has_topics and any(map(admin.is_live, names.groups(name))),
            "lag": lag_by_model(offsets, name),
            "accepted": _counted(lambda: accepted_counts(accepted_path(settings.state_dir, name))),  # noqa: B023
        }
        for name in workspaces
    ]


def _counted(count: Callable[[], Counts | None]) -> Counts | None:
    """Figures of the daemon's own files; they are worth less than the rest of the answer."""
    try:
        return count()
    except LogUnavailable as exc:
        click.secho(f"{exc}", fg="yellow", err=True)
        return None


def _print(found: dict[str, Any]) -> None:
    click.echo(f"Source {found['source']}, topics {found['topics']['place']}")
    if found["topics"]["missing"]:
        click.secho(NOT_YET, fg="yellow")
    _print_capture(found["capture"])
    if not found["enabled"]:
        click.secho("Delivery is off (enabled: false): nothing is sent.", fg="yellow")
    if not found["workspaces"]:
        click.secho("No workspace is configured.", fg="yellow")
    for workspace in found["workspaces"]:
        click.echo(f"Delivery to {workspace['name']}: {_LIVE[workspace['is_live']]}")
    models = [model.value for model in Model]
    known = found["capture"]["known"] or dict.fromkeys(models)
    rows = [["known to capture", *(known[model] for model in models)]]
    for workspace in found["workspaces"]:
        lags = ["off" if model in found["off"] else workspace["lag"][model] for model in models]
        rows.append([f"waiting for {workspace['name']}", *lags])
    print_table(["", *models], rows)
    accepted = [
        [workspace["name"], scope, count]
        for workspace in found["workspaces"]
        for scope, count in (workspace["accepted"] or {}).items()
    ]
    if accepted:
        print_table(["workspace", "accepted", "objects"], accepted)
    colour = "red" if found["dead_letters"] else None
    click.secho(f"Dead letters: {found['dead_letters']}", fg=colour)


def _print_capture(capture: dict[str, Any]) -> None:
    state = _LIVE[capture["is_live"]]
    if capture["position"] is None:
        click.echo(f"Capture: {state}; no position yet: it begins with a load of everything")
        return
    position = capture["position"]
    gtid = f", GTID {position['gtid']}" if position["gtid"] else ""
    click.echo(f"Capture: {state}")
    click.echo(f"  position {position['file']}:{position['offset']}{gtid}, step {capture['seq']}")
    for run in capture["runs"]:
        share = f"key {run['after']} of {run['highest']}" if run["highest"] else "waits"
        click.echo(
            f"  full run of {run['model']} ({run['reason']}): {run['phase']}, {share}, "
            f"{run['sent_count']} records"
        )
