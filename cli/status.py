"""`magento-cdc status`: where capture and delivery stand, without disturbing them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cdc.checkpoint import Checkpoint
from cdc.identity_index import IdentityIndex
from cdc.log.factory import open_log
from cdc.log.protocol import LogAdmin
from cdc.log.topics import TopicNames
from cdc.records import Model
from cli.context import config_option, json_option, print_json, reports_errors, settings_from
from cli.dead_letters import read_dead_letters
from cli.groups import offsets_of
from cli.tables import print_table
from config.settings import Settings


@click.command()
@config_option
@json_option
@reports_errors
def status(config_path: Path | None, is_json: bool) -> None:
    """Show the binlog position, runs in work, known objects, and each workspace's lag.

    Reads the topic log and the daemon's files; works whether the daemon runs or not.
    """
    settings = settings_from(config_path)
    found = status_of(settings)
    if is_json:
        print_json(found)
    else:
        _print(found)


def status_of(settings: Settings) -> dict[str, Any]:
    """Everything that `status` shows, as plain values."""
    admin = open_log(settings).admin()
    try:
        raw = admin.checkpoint()
        return {
            "source": settings.source,
            "enabled": settings.enabled,
            "capture": _capture(settings, Checkpoint.decode(raw) if raw else None),
            "workspaces": _workspaces(settings, admin),
            "dead_letters": len(read_dead_letters(settings)),
        }
    finally:
        admin.close()


def _capture(settings: Settings, checkpoint: Checkpoint | None) -> dict[str, Any]:
    path = settings.state_dir / "identity.sqlite"
    counts: dict[Model, int] = {}
    if path.exists():
        index = IdentityIndex(path)
        try:
            counts = index.counts()
        finally:
            index.close()
    return {
        "position": checkpoint.position.to_json() if checkpoint else None,
        "seq": checkpoint.seq if checkpoint else None,
        "runs": [run.to_json() for run in checkpoint.runs] if checkpoint else [],
        "known": {model.value: counts.get(model, 0) for model in Model},
    }


def _workspaces(settings: Settings, admin: LogAdmin) -> list[dict[str, Any]]:
    names = TopicNames(settings.log.prefix)
    found: dict[str, dict[str, Any]] = {}
    workspaces = [workspace.name for workspace in settings.workspaces]
    for offset in offsets_of(settings, admin, workspaces, list(Model)):
        line = found.setdefault(
            offset.workspace,
            {
                "name": offset.workspace,
                "is_live": any(map(admin.is_live, names.groups(offset.workspace))),
                "lag": dict.fromkeys([model.value for model in Model], 0),
            },
        )
        line["lag"][offset.model.value] += offset.lag
    return list(found.values())


def _print(found: dict[str, Any]) -> None:
    capture = found["capture"]
    if capture["position"] is None:
        click.echo("Capture: not started yet (no checkpoint).")
    else:
        position = capture["position"]
        gtid = f", GTID {position['gtid']}" if position["gtid"] else ""
        click.echo(f"Capture: {position['file']}:{position['offset']}{gtid}, step {capture['seq']}")
        for run in capture["runs"]:
            share = f"{run['after']} of {run['highest']}" if run["highest"] else "waiting"
            click.echo(
                f"  full run of {run['model']} ({run['reason']}): {run['phase']}, key {share}, "
                f"{run['sent_count']} records"
            )
    if not found["enabled"]:
        click.secho("Delivery is off (enabled: false): nothing is sent.", fg="yellow")
    models = [model.value for model in Model]
    rows = [["known to capture", "", *(capture["known"][model] for model in models)]]
    for workspace in found["workspaces"]:
        state = "running" if workspace["is_live"] else "stopped"
        lags = [workspace["lag"][model] for model in models]
        rows.append([f"waiting for {workspace['name']}", state, *lags])
    print_table(["", "", *models], rows)
    colour = "red" if found["dead_letters"] else None
    click.secho(f"Dead letters: {found['dead_letters']}", fg=colour)
