"""`magento-cdc offsets`: where each workspace stands in the topics, and moving it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from cdc.log.factory import open_log
from cdc.log.protocol import LogAdmin, TopicPartition
from cdc.records import Model
from cli.context import config_option, json_option, print_json, reports_errors, settings_from
from cli.groups import PartitionOffsets, chosen_workspaces, offsets_of
from cli.tables import print_table
from config.settings import Settings

_workspace = click.option(
    "--workspace", "-w", "workspaces", multiple=True, help="Workspace by name; default: all."
)
_model = click.option(
    "--model",
    "-m",
    "models",
    multiple=True,
    type=click.Choice([model.value for model in Model]),
    help="Model; default: all.",
)
_yes = click.option("--yes", is_flag=True, help="Do not ask.")


@click.group()
def offsets() -> None:
    """Show and move the offsets at which workspaces read the topics.

    An offset is a place in a topic. It has nothing to do with the position in the binlog, which is
    capture's business.
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
    """List every workspace and model with what it has read and what waits."""
    settings = settings_from(config_path)
    sums: dict[tuple[str, str], dict[str, Any]] = {}
    for found in _offsets(settings, workspaces, models):
        line = sums.setdefault(
            (found.workspace, found.model.value),
            {
                "workspace": found.workspace,
                "model": found.model.value,
                "read": 0,
                "end": 0,
                "lag": 0,
            },
        )
        line["read"] += found.committed or 0
        line["end"] += found.end
        line["lag"] += found.lag
    _show(list(sums.values()), ["workspace", "model", "read", "end", "lag"], is_json)


@offsets.command("show")
@config_option
@_workspace
@_model
@json_option
@reports_errors
def show_offsets(
    config_path: Path | None, workspaces: tuple[str, ...], models: tuple[str, ...], is_json: bool
) -> None:
    """Show each partition: first offset, committed offset, end and lag."""
    settings = settings_from(config_path)
    lines = [_line(found) for found in _offsets(settings, workspaces, models)]
    columns = ["workspace", "model", "partition", "begin", "committed", "end", "lag", "group"]
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
    metavar="earliest|latest|OFFSET|TIME",
    help="Where to go on: a word, a number, or a time such as 2026-05-01T10:00:00Z.",
)
@_yes
@json_option
@reports_errors
def seek_offsets(
    config_path: Path | None,
    workspaces: tuple[str, ...],
    models: tuple[str, ...],
    partition: int | None,
    target: str,
    yes: bool,
    is_json: bool,
) -> None:
    """Move the committed offsets of workspaces whose delivery is stopped.

    Going back sends records again, which Synerise takes as updates; going forward leaves out what
    lies between. Refused while a delivery of the workspace runs.
    """
    _move(settings_from(config_path), workspaces, models, partition, target, yes, is_json)


@offsets.command("reset")
@config_option
@_workspace
@_model
@_yes
@json_option
@reports_errors
def reset_offsets(
    config_path: Path | None,
    workspaces: tuple[str, ...],
    models: tuple[str, ...],
    yes: bool,
    is_json: bool,
) -> None:
    """Start over from the first record: everything in the topics is looked at again.

    Short for `seek --to earliest`. Payloads that equal what was accepted last are not sent again.
    """
    _move(settings_from(config_path), workspaces, models, None, "earliest", yes, is_json)


def _move(
    settings: Settings,
    workspaces: tuple[str, ...],
    models: tuple[str, ...],
    partition: int | None,
    target: str,
    yes: bool,
    is_json: bool,
) -> None:
    admin = open_log(settings).admin()
    try:
        found = _chosen(settings, admin, workspaces, models)
        chosen = [one for one in found if partition is None or one.place.partition == partition]
        if not chosen:
            raise click.BadParameter("no such partition", param_hint="--partition")
        moves = {id(one): new for one in chosen for new in [_target(admin, one, target)]}
        lines = [_line(one) | {"new": moves[id(one)]} for one in chosen]
        if not is_json:
            _show(lines, ["workspace", "model", "partition", "committed", "new", "end"], False)
        if not yes:
            click.confirm("Move these offsets?", abort=True, err=True)
        for group in sorted({one.group for one in chosen}):
            of_group = {one.place: moves[id(one)] for one in chosen if one.group == group}
            admin.set_committed(group, of_group)
        if is_json:
            print_json(lines)
        else:
            click.echo("Moved.")
    finally:
        admin.close()


def _target(admin: LogAdmin, found: PartitionOffsets, target: str) -> int:
    if target == "earliest":
        return found.begin
    if target == "latest":
        return found.end
    if target.isdigit():
        return min(max(int(target), found.begin), found.end)
    try:
        at = datetime.fromisoformat(target)
    except ValueError as exc:
        raise click.BadParameter(
            "earliest, latest, a number, or a time such as 2026-05-01T10:00:00Z",
            param_hint="--to",
        ) from exc
    at_ms = round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)
    place: TopicPartition = found.place
    return admin.offsets_at([place.topic], at_ms)[place]


def _offsets(
    settings: Settings, workspaces: tuple[str, ...], models: tuple[str, ...]
) -> list[PartitionOffsets]:
    admin = open_log(settings).admin()
    try:
        return _chosen(settings, admin, workspaces, models)
    finally:
        admin.close()


def _chosen(
    settings: Settings, admin: LogAdmin, workspaces: tuple[str, ...], models: tuple[str, ...]
) -> list[PartitionOffsets]:
    chosen = [Model(model) for model in models] or list(Model)
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
        "lag": found.lag,
        "group": found.group,
    }


def _show(lines: list[dict[str, Any]], columns: list[str], is_json: bool) -> None:
    if is_json:
        print_json(lines)
    elif lines:
        print_table(columns, [[line[column] for column in columns] for line in lines])
    else:
        click.echo("No workspace is configured.")
