"""Settings, topics and commands of one test of the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from click.testing import CliRunner, Result

from cdc.checkpoint import Checkpoint
from cdc.log.factory import open_log
from cdc.log.protocol import Consumer, Entry
from cdc.log.topics import TopicNames
from cdc.position import Position
from cdc.records import Model
from cdc.runs import Run
from cli.main import cli
from config.loading import load_settings
from config.settings import Settings

SECRETS = {
    "password": "pass-word-of-the-database",
    "alpha": "aaaaaaaa-1111-4111-8111-111111111111",
    "beta": "bbbbbbbb-2222-4222-8222-222222222222",
}
NOBODY = "http://127.0.0.1:9"
"""Where nothing listens: the discard port, which no service of ours takes."""

POSITION = Position("mariadb", "1-shop", "binlog.000007", 4711, "0-1-99")


class Place:
    """A folder with a settings file."""

    def __init__(self, folder: Path, **changes: Any) -> None:
        self.folder = folder
        self.config = folder / "config.yaml"
        self.write(**changes)

    def write(self, **changes: Any) -> None:
        """Write the settings file; each change replaces a top-level setting."""
        fields: dict[str, Any] = {
            "enabled": True,
            "state_dir": str(self.folder / "state"),
            "database": {"port": 9, "password": SECRETS["password"], "connect_timeout_s": 1},
            "log": {"prefix": "shop", "embedded": {"partitions": 2}},
            "workspaces": [
                {"name": name, "api_key": SECRETS[name], "base_url": NOBODY}
                for name in ("alpha", "beta")
            ],
            "grace_s": 10,
        }
        self.config.write_text(yaml.safe_dump(fields | changes))

    @property
    def settings(self) -> Settings:
        """The settings of the file."""
        return load_settings(self.config)

    @property
    def names(self) -> TopicNames:
        """Names of the topics."""
        return TopicNames(self.settings.log.prefix)

    def call(self, *words: str, answer: str | None = None) -> Result:
        """Run a command with these settings; its errors are shown where the test fails."""
        result = CliRunner().invoke(cli, [*words, "-c", str(self.config)], input=answer)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    def answer(self, *words: str) -> Any:
        """The JSON that a command writes; it must end with 0."""
        result = self.call(*words, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    def publish(
        self,
        entries: Mapping[Model, Sequence[str]],
        *,
        runs: tuple[Run, ...] = (),
    ) -> None:
        """Publish messages with these keys, and a checkpoint."""
        publisher = open_log(self.settings).publisher()
        publisher.open()
        try:
            publisher.publish(
                [
                    Entry(self.names.model(model), key.encode(), b"{}")
                    for model, keys in entries.items()
                    for key in keys
                ],
                Checkpoint(5, POSITION, runs).encode(),
            )
        finally:
            publisher.close()

    def bury(self, *letters: Mapping[str, Any]) -> None:
        """Append dead letters."""
        appender = open_log(self.settings).appender()
        try:
            appender.append(
                [
                    Entry(self.names.dead_letter, b"key", json.dumps(letter).encode())
                    for letter in letters
                ]
            )
        finally:
            appender.close()

    @contextmanager
    def delivering(self, workspace: str, model: Model = Model.PRODUCT) -> Iterator[Consumer]:
        """Be a delivery of a workspace while the block lasts."""
        group = self.names.group_of(workspace, model)
        consumer = open_log(self.settings).consumer(group, [self.names.model(model)])
        try:
            yield consumer
        finally:
            consumer.close()

    def files(self) -> set[str]:
        """Names of all files in the folder of the daemon's own."""
        return {path.name for path in self.settings.state_dir.glob("*")}


def letter(**changes: Any) -> dict[str, Any]:
    """Make a dead letter as delivery writes it."""
    fields: dict[str, Any] = {
        "v": 1,
        "id": "0123456789abcdef",
        "at_ms": 1_767_225_600_000,
        "workspace": "alpha",
        "model": "subscriber",
        "record_id": "7",
        "topic": "shop.subscriber",
        "partition": 0,
        "offset": 3,
        "key": "robin.hood@example.com",
        "reason": "profiles[0].phone: not a phone number",
        "status": 400,
        "request": {"kind": "profile", "target": "t", "body": {"email": "robin.hood@example.com"}},
        "response": "robin.hood@example.com has no phone",
        "attempts": 1,
    }
    return fields | changes
