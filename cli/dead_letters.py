"""`magento-cdc dead-letters`: what was refused for good."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import orjson

from cdc.log.factory import open_log
from cdc.log.topics import TopicNames
from cdc.records import Model
from cli.context import config_option, json_option, print_json, reports_errors, settings_from
from cli.tables import print_table
from config.settings import Settings

_COLUMNS = ("at", "workspace", "model", "key", "status", "reason")


@click.group("dead-letters")
def dead_letters() -> None:
    """Records and payloads that were refused for good, with the reason."""


@dead_letters.command("list")
@config_option
@click.option("--workspace", "-w", help="Only this workspace.")
@click.option(
    "--model", "-m", type=click.Choice([model.value for model in Model]), help="Only this model."
)
@click.option("--reason", help="Only reasons that contain this text.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1),
              help="Newest so many.")  # fmt: skip
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
    """List dead letters, newest last. Keys that are e-mail addresses are masked."""
    letters = [
        letter
        for letter in read_dead_letters(settings_from(config_path))
        if (workspace is None or letter["workspace"] == workspace)
        and (model is None or letter["model"] == model)
        and (reason is None or reason.lower() in str(letter["reason"]).lower())
    ][-limit:]
    lines = [_line(letter) for letter in letters]
    if is_json:
        print_json(lines)
    elif lines:
        print_table(_COLUMNS, [[line[column] for column in _COLUMNS] for line in lines])
    else:
        click.echo("No dead letters.")


def read_dead_letters(settings: Settings) -> list[dict[str, Any]]:
    """All dead letters in the topic, oldest first."""
    topic = TopicNames(settings.log.prefix).dead_letter
    reader = open_log(settings).reader([topic])
    letters: list[dict[str, Any]] = []
    try:
        ends = reader.end_offsets()
        while any(at < ends.get(place, 0) for place, at in reader.positions().items()):
            letters += [
                orjson.loads(message.value)
                for message in reader.poll(1000, 1.0)
                if message.value is not None
            ]
    finally:
        reader.close()
    return letters


def _line(letter: dict[str, Any]) -> dict[str, Any]:
    at = datetime.fromtimestamp(letter["at_ms"] / 1000, UTC)
    return {
        "id": letter["id"],
        "at": at.isoformat(timespec="seconds"),
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
    """An e-mail address with all but its first letter and its domain hidden."""
    name, at, domain = key.partition("@")
    return f"{name[:1]}…@{domain}" if at else key
