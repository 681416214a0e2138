"""`magento-cdc dead-letters`: what was refused for good."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import orjson

from cdc.log.factory import open_log
from cdc.log.topics import TopicNames
from cdc.records import Model
from cli.context import config_option, json_option, print_json, reports_errors, settings_from
from cli.groups import chosen_workspaces
from cli.tables import print_table
from cli.topics import NOT_YET, admin_of
from config.settings import Settings

_COLUMNS = ("at", "workspace", "model", "key", "status", "reason")


@click.group("dead-letters")
def dead_letters() -> None:
    """Records and payloads that were refused for good, with the reason.

    Everything else of a refused batch went through; a dead letter is what was guilty. It stays in
    its topic for 90 days.
    """


@dead_letters.command("list")
@config_option
@click.option("--workspace", "-w", help="Only this workspace.")
@click.option(
    "--model", "-m", type=click.Choice([model.value for model in Model]), help="Only this model."
)
@click.option("--reason", metavar="TEXT", help="Only reasons that contain this text.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1),
              help="So many, the newest.")  # fmt: skip
@json_option
@reports_errors
def list_dead_letters(
    config_path: Path | None,
    workspace: str | None,
    model: str | None,
    reason: str | None,
    limit: int,
    is_json: bool,
) -> None:
    """List dead letters, newest last. E-mail addresses in keys are masked."""
    settings = settings_from(config_path)
    with admin_of(settings) as admin:
        is_empty = TopicNames(settings.log.prefix).dead_letter in admin.missing_topics()
    found: deque[dict[str, Any]] = deque(maxlen=limit)
    has_workspace = False
    for letter in () if is_empty else iterate_dead_letters(settings):
        is_here = workspace is None or letter["workspace"] == workspace
        has_workspace = has_workspace or is_here
        if (
            is_here
            and (model is None or letter["model"] == model)
            and (reason is None or reason.lower() in str(letter["reason"]).lower())
        ):
            found.append(letter)
    if workspace is not None and not has_workspace:
        # One that is no longer in the settings may still have letters, any other is a slip.
        chosen_workspaces(settings, (workspace,))
    lines = [_line(letter) for letter in found]
    if is_json:
        print_json(lines)
    elif lines:
        print_table(_COLUMNS, [[line[column] for column in _COLUMNS] for line in lines])
    else:
        click.echo(f"No dead letters. {NOT_YET}" if is_empty else "No dead letters.")


def read_dead_letters(settings: Settings) -> list[dict[str, Any]]:
    """All dead letters in the topic, oldest first.

    Raises:
        LogMisconfigured: the topic does not exist.
        LogUnavailable.
    """
    return list(iterate_dead_letters(settings))


def iterate_dead_letters(settings: Settings) -> Iterator[dict[str, Any]]:
    """Dead letters one by one, oldest first. Raises as `read_dead_letters`."""
    for value in _values(settings):
        try:
            letter = orjson.loads(value)
        except orjson.JSONDecodeError:
            letter = None
        yield letter if isinstance(letter, dict) and "at_ms" in letter else _unreadable()


def count_dead_letters(settings: Settings) -> int:
    """Number of dead letters in the topic. Raises as `read_dead_letters`."""
    topic = TopicNames(settings.log.prefix).dead_letter
    with admin_of(settings) as admin:
        if admin.begin_offsets([topic]) == admin.end_offsets([topic]):
            return 0
    return sum(1 for _ in _values(settings))


def _values(settings: Settings) -> Iterator[bytes]:
    reader = open_log(settings).reader([TopicNames(settings.log.prefix).dead_letter])
    try:
        ends = reader.end_offsets()
        while any(at < ends.get(place, 0) for place, at in reader.positions().items()):
            for message in reader.poll(1000, 1.0):
                if message.value is not None:
                    yield message.value
    finally:
        reader.close()


def _unreadable() -> dict[str, Any]:
    nothing = dict.fromkeys(("id", "workspace", "model", "status", "topic", "partition", "offset"))
    return {**nothing, "at_ms": 0, "key": "", "reason": "this message is no dead letter"}


def _line(letter: dict[str, Any]) -> dict[str, Any]:
    at = datetime.fromtimestamp(letter["at_ms"] / 1000, UTC)
    return {
        "id": masked(str(letter["id"])),
        "at": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "workspace": letter["workspace"],
        "model": letter["model"],
        "key": masked(str(letter["key"])),
        "status": letter["status"],
        "reason": letter["reason"],
        "topic": letter["topic"],
        "partition": letter["partition"],
        "offset": letter["offset"],
    }


def masked(key: str) -> str:
    """An e-mail address with all but its first letter and its domain hidden; other keys as is."""
    name, at, domain = key.rpartition("@")
    if not at:
        return key
    return f"{name[:1] if len(name) > 1 else ''}…@{domain}"
