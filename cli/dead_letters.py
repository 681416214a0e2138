"""`magento-cdc dead-letters`: what was refused for good."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from cdc.errors import RecordUndecodable
from cdc.log.factory import open_log
from cdc.log.topics import TopicNames
from cdc.records import Model
from cli.context import config_option, json_option, print_json, reports_errors, settings_from
from cli.groups import chosen_workspaces
from cli.masking import masked_key, masked_reason
from cli.tables import print_table
from cli.topics import NOT_YET, admin_of
from config.settings import Settings
from sinks.dead_letter import DeadLetter, decode_dead_letter

_COLUMNS = ("at", "workspace", "model", "key", "status", "reason")
_NO_WORKSPACE = "-"
_UNREADABLE = DeadLetter(
    id="",
    at_ms=0,
    workspace=None,
    model="",
    topic="",
    partition=None,
    offset=None,
    key="",
    reason="this message is no dead letter",
)


@click.group("dead-letters")
def dead_letters() -> None:
    """Records and payloads that were refused for good, with the reason.

    Everything else of a refused batch went through; a dead letter is what was guilty. Kafka keeps
    it for 90 days, the embedded log for ever.
    """


@dead_letters.command("list")
@config_option
@click.option(
    "--workspace", "-w", metavar="NAME", help="Only this workspace; - for what capture gave up."
)
@click.option(
    "--model", "-m", type=click.Choice([model.value for model in Model]), help="Only this model."
)
@click.option("--reason", metavar="TEXT", help="Only reasons that contain this text.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1),
              help="How many, the newest ones.")  # fmt: skip
@click.option(
    "--full",
    "is_full",
    is_flag=True,
    help="Mask nothing; with --json also the request and the answer. Shows personal data.",
)
@json_option
@reports_errors
def list_dead_letters(
    config_path: Path | None,
    workspace: str | None,
    model: str | None,
    reason: str | None,
    limit: int,
    is_full: bool,
    is_json: bool,
) -> None:
    """List dead letters, newest last. Addresses and other personal data are masked."""
    settings = settings_from(config_path)
    with admin_of(settings) as admin:
        is_empty = TopicNames(settings.log.prefix).dead_letter in admin.missing_topics()
    found: deque[DeadLetter] = deque(maxlen=limit)
    has_workspace = False
    for letter in () if is_empty else iterate_dead_letters(settings):
        is_here = workspace is None or (letter.workspace or _NO_WORKSPACE) == workspace
        has_workspace = has_workspace or is_here
        if (
            is_here
            and (model is None or letter.model == model)
            and (reason is None or reason.lower() in letter.reason.lower())
        ):
            found.append(letter)
    if workspace not in (None, _NO_WORKSPACE) and not has_workspace:
        # One that is no longer in the settings may still have letters, any other is a slip.
        chosen_workspaces(settings, (workspace,))
    lines = [_full_line(letter) if is_full else _line(letter) for letter in found]
    if is_json:
        print_json(lines)
    elif lines:
        print_table(_COLUMNS, [[line[column] for column in _COLUMNS] for line in lines])
    else:
        click.echo(f"No dead letters. {NOT_YET}" if is_empty else "No dead letters.")


def read_dead_letters(settings: Settings) -> list[dict[str, Any]]:
    """All dead letters in the topic as plain values, oldest first.

    Raises:
        LogMisconfigured: the topic does not exist.
        LogUnavailable.
    """
    return [letter.model_dump(mode="json") for letter in iterate_dead_letters(settings)]


def iterate_dead_letters(settings: Settings) -> Iterator[DeadLetter]:
    """Dead letters one by one, oldest first. Raises as `read_dead_letters`."""
    for value in _values(settings):
        try:
            yield decode_dead_letter(value)
        except RecordUndecodable:
            yield _UNREADABLE


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


def _line(letter: DeadLetter) -> dict[str, Any]:
    key = masked_key(letter)
    return {
        # Those of capture are named after the key.
        "id": letter.id.replace(letter.key, key) if letter.key else letter.id,
        "at": datetime.fromtimestamp(letter.at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "workspace": letter.workspace,
        "model": letter.model,
        "key": key,
        "status": letter.status,
        "reason": masked_reason(letter),
        "topic": letter.topic,
        "partition": letter.partition,
        "offset": letter.offset,
    }


def _full_line(letter: DeadLetter) -> dict[str, Any]:
    return {"at": _line(letter)["at"], **letter.model_dump(mode="json")}
