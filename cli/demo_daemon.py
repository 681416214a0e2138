"""The daemon of the demo: a child process that can be killed and started again."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import yaml

from cdc.checkpoint import Checkpoint
from cdc.log.protocol import LogAdmin
from cdc.position import Coordinates
from cdc.records import Model
from cli.groups import offsets_of
from config.environment import ENV_PREFIX
from config.settings import Settings
from tests.servers.process import ServerProcess

ROOT = Path(__file__).resolve().parents[1]


class DemoDaemon(ServerProcess):
    """`magento-cdc run` with settings, state and log in a folder of its own.

    It shares the servers' watchdog: however this process dies, the daemon and its folder go too.
    """

    name: ClassVar[str] = "daemon"

    def __init__(self, fields: Mapping[str, Any]) -> None:
        super().__init__()
        everything = {**fields, "state_dir": str(self.folder / "state")}
        self.config = self.folder / "config.yaml"
        self.settings = Settings.model_validate(everything)
        # The folder is its own and closed to other users, so the keys in the file are, too.
        self.config.write_text(yaml.safe_dump(everything), encoding="utf-8")

    @classmethod
    def why_missing(cls) -> str | None:
        """Nothing can be missing: it is this very program."""
        return None

    @classmethod
    def prepare(cls) -> None:
        """Nothing needs to be brought."""

    def _make_data(self) -> None:
        self.settings.state_dir.mkdir(exist_ok=True)

    def _command(self) -> list[str]:
        return [sys.executable, "-m", "cli.main", "run", "--config", str(self.config)]

    def _environment(self) -> dict[str, str]:
        # Variables of ours override the file: a shell that is set up for a real shop and a real
        # workspace must not lead the demo there.
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.upper().startswith(ENV_PREFIX)
        }
        places = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        return {**kept, "PYTHONPATH": os.pathsep.join(places)}

    def _is_ready(self) -> bool:
        return True

    def has_caught_up(self, end: Coordinates, admin: LogAdmin) -> bool:
        """Whether all up to a binlog position is captured, delivered and acknowledged.

        Args:
            admin: of the daemon's topic log.
        """
        raw = admin.checkpoint()
        if raw is None:
            return False
        checkpoint = Checkpoint.decode(raw)
        if checkpoint.runs or not checkpoint.position.coordinates.is_at_or_after(end):
            return False
        names = [workspace.name for workspace in self.settings.workspaces]
        return all(one.lag == 0 for one in offsets_of(self.settings, admin, names, list(Model)))
