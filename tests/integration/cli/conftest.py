"""A generated shop on MariaDB, a sandbox, and the command line as processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pymysql
import pytest
import yaml

from cdc.position import Coordinates
from cli.status import status_of
from config.loading import load_settings
from config.settings import Settings
from sinks.sandbox.client import SandboxAdmin
from sinks.sandbox.options import WorkspaceSpec
from sinks.sandbox.server import SandboxServer
from tests.e2e.conftest import generated_shop
from tests.integration.cli.processes import Answer, Process, ask
from tests.servers.kafka import KafkaBroker
from tests.servers.mariadb import MariaDB
from tests.waiting import wait_until

API_KEYS = {
    "alpha": "11111111-aaaa-4111-8111-111111111111",
    "beta": "22222222-bbbb-4222-8222-222222222222",
}
WEBSITES = {"alpha": [1], "beta": [2]}
PASSWORD = "the-password-of-capture"


class Machine:
    """One settings file, and the processes that were started with it."""

    def __init__(
        self, folder: Path, server: MariaDB, name: str, sandbox_url: str, opened: ExitStack
    ) -> None:
        self.folder = folder
        self.server = server
        self.user = f"u_{name}"
        self.sandbox = SandboxAdmin(sandbox_url)
        self._opened = opened
        self._count = 0
        self.config = folder / "config.yaml"
        self.fields: dict[str, Any] = {
            "enabled": True,
            "source": name,
            "state_dir": str(folder / "state"),
            "database": {
                "host": server.host,
                "port": server.port,
                "user": self.user,
                "password": PASSWORD,
                "name": name,
            },
            "capture": {"server_id": 60_000 + server.port % 5_000, "heartbeat_s": 0.5},
            "log": {"prefix": name},
            "workspaces": [
                {
                    "name": workspace,
                    "api_key": key,
                    "base_url": sandbox_url,
                    "websites": WEBSITES[workspace],
                    "requests_per_s": 500,
                    "retry": {"base_s": 0.05, "longest_s": 1.0, "forbidden_s": 0.5},
                }
                for workspace, key in API_KEYS.items()
            ],
        }
        server.create_user(self.user, PASSWORD)
        opened.callback(lambda: server.execute("DROP USER IF EXISTS %s@'%%'", (self.user,)))
        self.write()

    def write(self, **changes: Any) -> None:
        """Write the settings: a mapping is added to its section, all else replaces."""
        for name, value in changes.items():
            is_section = isinstance(value, dict) and isinstance(self.fields.get(name), dict)
            self.fields[name] = self.fields[name] | value if is_section else value
        self.config.write_text(yaml.safe_dump(self.fields))

    @property
    def settings(self) -> Settings:
        """The settings of the file."""
        return load_settings(self.config)

    def ask(self, *words: str) -> Answer:
        """Run a command to its end."""
        return ask(*words, config=self.config)

    def start(self, *words: str) -> Process:
        """Start a command that runs on; it is killed after the test."""
        self._count += 1
        log_file = self.folder / f"{self._count}-{words[0]}.log"
        process = Process(log_file, *words, config=self.config)
        self._opened.callback(process.kill)
        return process

    def wait_until_at_rest(self, *processes: Process, timeout_s: float = 90.0) -> None:
        """Wait until all that is committed now is captured and delivered."""
        end = Coordinates(*self.server.binlog_position())

        def is_at_rest() -> bool:
            for process in processes:
                assert process.is_running, process.output[-5000:]
            found = status_of(self.settings)
            position = found["capture"]["position"]
            return (
                position is not None
                and not found["capture"]["runs"]
                and Coordinates(position["file"], position["offset"]).is_at_or_after(end)
                and not any(sum(each["lag"].values()) for each in found["workspaces"])
            )

        wait_until(is_at_rest, timeout_s=timeout_s, interval_s=0.2, what="all at rest")


MakeMachine = Callable[[], Machine]


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    """Give a running sandbox with both workspaces."""
    specs = [
        WorkspaceSpec.model_validate({"name": name, "api_key": key})
        for name, key in API_KEYS.items()
    ]
    with SandboxServer(workspaces=specs) as server:
        yield server


@pytest.fixture
def shop(mariadb_server: MariaDB, unique_name: str) -> Iterator[pymysql.Connection[Any]]:
    """Give a connection to a generated shop."""
    yield from generated_shop(mariadb_server, unique_name)


@pytest.fixture
def machine(
    tmp_path: Path, mariadb_server: MariaDB, unique_name: str, sandbox: SandboxServer
) -> Iterator[Machine]:
    """Give settings for the embedded log; processes are killed after the test."""
    with ExitStack() as opened:
        yield Machine(tmp_path, mariadb_server, unique_name, sandbox.url, opened)


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def any_machine(request: pytest.FixtureRequest, machine: Machine) -> Machine:
    """Give settings for each log backend in turn."""
    if request.param == "kafka":
        use_kafka(machine, request.getfixturevalue("kafka_broker"))
    return machine


def use_kafka(machine: Machine, broker: KafkaBroker) -> None:
    """Change the settings to a broker."""
    kafka = {
        "bootstrap_servers": [broker.bootstrap],
        "partitions": 2,
        "session_timeout_ms": 6000,
    }
    machine.write(log={"backend": "kafka", "kafka": kafka})
