"""`magento-cdc offsets`: where each workspace stands in the topics, and moving it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from cdc.checkpoint import Checkpoint
from cdc.errors import PositionUnusable
from cdc.log.factory import open_log
from cdc.log.protocol import LogAdmin
from cdc.position import Position
from cdc.records import Model
from cli.context import (
    config_option,
    confirm,
    json_option,
    print_json,
    reports_errors,
    settings_from,
    yes_option,
)
from cli.groups import PartitionOffsets, chosen_workspaces, offsets_of
from cli.moves import apply, can_tell_capture, forget_position, moves_to, refuse_live
from cli.tables import print_table
from cli.topics import NOT_YET, admin_of
from config.settings import Settings

_workspace = click.option(
    "--workspace",
    "-w",
    "workspaces",
    multiple=True,
    help="Workspace by name, may be given again; default: all.",
)
_model = click.option(
    "--model",
    "-m",
    "models",
    multiple=True,
    type=click.Choice([model.value for model in Model]),
    help="Model, may be given again; default: all.",
)


@click.group()
def offsets() -> None:
    """Show and move the offsets at which workspaces read the topics.

    An offset is a place in a topic. It has nothing to do with the position in the binlog, which is
    capture's business; `reset --capture` alone is about that.
    """


@offsets.command("list")
@config_option
@_workspace
@_model
@json_option
@reports_errors
def list_offsets(
    config_path: Path | None, workspaces: tuple[str, ...], models: tuple[str, ...], is_json: bool
) -> None:
    """List every workspace and model with what waits, and whether its delivery runs."""
    settings = settings_from(config_path)
    lines: dict[tuple[str, str], dict[str, Any]] = {}
    with admin_of(settings) as admin:
        chosen = _existing(settings, admin, workspaces, models)
        is_live = {group: admin.is_live(group) for group in sorted({one.group for one in chosen})}
    for found in chosen:
        line = lines.setdefault(
            (found.workspace, found.model.value),
            {
                "workspace": found.workspace,
                "model": found.model.value,
                "partitions": 0,
                "waiting": 0,
                "is_live": is_live[found.group],
            },
        )
        line["partitions"] += 1
        line["waiting"] += found.lag
    _show(
        list(lines.values()), ["workspace", "model", "partitions", "waiting", "delivery"], is_json
    )


@offsets.command("show")
@config_option
@_workspace
@_model
@json_option
@reports_errors
def show_offsets(
    config_path: Path | None, workspaces: tuple[str, ...], models: tuple[str, ...], is_json: bool
) -> None:
    """Show each partition: first offset, committed offset (the next to read), end, what waits."""
    settings = settings_from(config_path)
    with admin_of(settings) as admin:
        lines = [_line(found) for found in _existing(settings, admin, workspaces, models)]
    columns = ["workspace", "model", "part", "begin", "committed", "end", "waiting"]
    _show(lines, columns, is_json)


@offsets.command("seek")
@config_option
@_workspace
@_model
@click.option("--partition", "-p", type=click.IntRange(0), help="One partition; default: all.")
@click.option(
    "--to",
    "target",
    required=True,
    metavar="PLACE",
    help=(
        "Where to go on: earliest, latest, an offset, or a time such as 2026-05-01T10:00:00Z "
        "(UTC unless it says otherwise)."
    ),
)
@yes_option
@json_option
@reports_errors
def seek_offsets(
    config_path: Path | None,
    workspaces: tuple[str, ...],
    models: tuple[str, ...],
    partition: int | None,
    target: str,
    is_agreed: bool,
    is_json: bool,
) -> None:
    """Move the offsets of workspaces whose delivery is stopped.

    Going back looks at records again: what equals the state that Synerise last accepted is not
    sent. Going forward leaves out what lies between. A place beyond an end becomes that end.

    Refused with exit code 3 while a delivery of the workspace runs. Asks before it moves anything.
    """
    settings = settings_from(config_path)
    _move(settings, workspaces, models, partition, target, is_agreed, is_json)


@offsets.command("reset")
@config_option
@_workspace
@_model
@click.option(
    "--capture",
    "is_capture",
    is_flag=True,
    help="Give capture's position in the binlog up instead; moves no offset.",
)
@yes_option
@json_option
@reports_errors
def reset_offsets(
    config_path: Path | None,
    workspaces: tuple[str, ...],
    models: tuple[str, ...],
    is_capture: bool,
    is_agreed: bool,
    is_json: bool,
) -> None:
    """Start over from the first record: everything in the topics is looked at again.

    Short for `seek --to earliest`: after a change of what is mapped or which stores are sent. What
    equals the state that Synerise last accepted is not sent again.

    With --capture: for a position that the server no longer has, or that is of another server. The
    next start of capture takes the server's present position, publishes everything, and finds what
    was deleted meanwhile. Refused with exit code 3 while capture runs; where that cannot be told
    (Kafka), a capture that runs is ended.
    """
    settings = settings_from(config_path)
    if not is_capture:
        _move(settings, workspaces, models, None, "earliest", is_agreed, is_json)
    elif workspaces or models:
        raise click.UsageError("--capture goes without --workspace and --model")
    else:
        _start_anew(settings, is_agreed, is_json)


def _start_anew(settings: Settings, is_agreed: bool, is_json: bool) -> None:
    with admin_of(settings) as admin:
        if not can_tell_capture(admin):
            click.secho("A capture that still runs is ended by this.", fg="yellow", err=True)
        raw = admin.checkpoint()
    position = None if raw is None else _position_in(raw)
    if not is_json:
        click.echo(f"Stored position: {_shown(raw, position)}")
    if raw is not None:
        if not is_agreed:
            confirm("Forget it, and load everything at the next start of capture?")
        forget_position(open_log(settings))
    if is_json:
        stored = None if position is None else position.to_json()
        print_json({"position": stored, "is_forgotten": raw is not None})
    else:
        click.echo("The next start of capture begins at the server's present position.")


def _position_in(raw: bytes) -> Position | None:
    """The position that is given up; None where nobody can read it, which is no obstacle."""
    try:
        return Checkpoint.decode(raw).position
    except PositionUnusable:
        return None


def _shown(raw: bytes | None, position: Position | None) -> str:
    if position is None:
        return "none" if raw is None else "cannot be read"
    return f"{position.coordinates}{f', GTID {position.gtid}' if position.gtid else ''}"


def _move(
    settings: Settings,
    workspaces: Sequence[str],
    models: Sequence[str],
    partition: int | None,
    target: str,
    is_agreed: bool,
    is_json: bool,
) -> None:
    with admin_of(settings) as admin:
        found = _chosen(settings, admin, workspaces, models)
        chosen = [one for one in found if partition is None or one.place.partition == partition]
        if not chosen:
            raise click.BadParameter("there is none of that number", param_hint="--partition")
        moves = moves_to(admin, chosen, target)
        refuse_live(admin, moves)
        lines = [_line(move.offsets) | {"new": move.new} for move in moves]
        if not is_json:
            columns = ["workspace", "model", "part", "begin", "committed", "end", "new"]
            _show(lines, columns, False)
        if not is_agreed:
            confirm(f"Move {len(moves)} offset(s)?")
        apply(admin, moves)
    if is_json:
        print_json(lines)
    else:
        click.echo("Moved.")


def _existing(
    settings: Settings, admin: LogAdmin, workspaces: Sequence[str], models: Sequence[str]
) -> list[PartitionOffsets]:
    """Offsets, none while there are no topics, which is told on stderr."""
    chosen = chosen_workspaces(settings, workspaces)
    if admin.missing_topics():
        click.secho(NOT_YET, fg="yellow", err=True)
        return []
    if not chosen:
        click.secho("No workspace is configured.", fg="yellow", err=True)
    return _chosen(settings, admin, workspaces, models)


def _chosen(
    settings: Settings, admin: LogAdmin, workspaces: Sequence[str], models: Sequence[str]
) -> list[PartitionOffsets]:
    """Offsets. Raises LogMisconfigured when a topic is missing."""
    chosen = [Model(model) for model in dict.fromkeys(models)] or list(Model)
    return list(offsets_of(settings, admin, chosen_workspaces(settings, workspaces), chosen))


def _line(found: PartitionOffsets) -> dict[str, Any]:
    return {
        "workspace": found.workspace,
        "model": found.model.value,
        "topic": found.place.topic,
        "partition": found.place.partition,
        "begin": found.begin,
        "committed": found.committed,
        "end": found.end,
        "waiting": found.lag,
        "group": found.group,
    }


def _show(lines: Sequence[dict[str, Any]], columns: Sequence[str], is_json: bool) -> None:
    if is_json:
        print_json(lines)
        return
    shown = [
        line
        | {
            "part": line.get("partition"),
            "delivery": "running" if line.get("is_live") else "stopped",
        }
        for line in lines
    ]
    if shown:
        print_table(columns, [[line[column] for column in columns] for line in shown])
