"""Everything the demo runs on: a database with a shop, the stand-in for Synerise, the daemon."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from threading import Event
from typing import Any

from cdc.log.factory import open_log
from cdc.position import Coordinates
from cli.demo_daemon import DemoDaemon
from cli.demo_screen import Screen
from cli.demo_shop import DemoShop
from cli.status import status_of
from sinks.sandbox.client import SandboxAdmin
from sinks.sandbox.options import WorkspaceSpec
from sinks.sandbox.server import SandboxServer
from tests.servers.mariadb import MariaDB
from tests.shop.generation.size import ShopSize
from tests.waiting import WaitExpired, wait_until

WORKSPACES = {"retail": 1, "wholesale": 2}
"""Name of a workspace → id of the website that goes to it."""

_SCHEMA = "shop"
_ACCOUNT = "magento_cdc"
_LOG_LINE_COUNT = 15


class DemoInterrupted(Exception):
    """A stop signal came."""


class DemoFailed(Exception):
    """The demo cannot go on; the text says why."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What is running."""

    server: MariaDB
    shop: DemoShop
    sandbox_url: str
    admin: SandboxAdmin
    daemon: DemoDaemon
    stop: Event

    def check(self) -> None:
        """Return when there is a point in waiting on.

        Raises:
            DemoInterrupted: a stop signal came.
            DemoFailed: the daemon has ended.
        """
        stop_if_asked(self.stop)
        if not self.daemon.is_running:
            tail = self.daemon.log_tail(_LOG_LINE_COUNT)
            raise DemoFailed(f"The daemon has ended by itself. The end of its log:\n{tail}")

    def wait_until_at_rest(self, timeout_s: float) -> None:
        """Wait until all that is committed now is captured, delivered and acknowledged."""
        end = Coordinates(*self.server.binlog_position())
        admin = open_log(self.daemon.settings).admin()

        def is_at_rest() -> bool:
            self.check()
            return self.daemon.has_caught_up(end, admin)

        try:
            wait_until(is_at_rest, timeout_s=timeout_s, interval_s=0.03, what="rest")
        except WaitExpired as exc:
            raise DemoFailed(
                f"The daemon did not catch up with {end} within {timeout_s:g} s.\n"
                f"{status_of(self.daemon.settings)}\n{self.daemon.log_tail(_LOG_LINE_COUNT)}"
            ) from exc
        finally:
            admin.close()


def stop_if_asked(stop: Event) -> None:
    """Raise DemoInterrupted once a stop signal came."""
    if stop.is_set():
        raise DemoInterrupted


@contextmanager
def open_stage(size: ShopSize, seed: int, screen: Screen, stop: Event) -> Iterator[Stage]:
    """Start everything but the daemon; end it all, with its files, when the block is left.

    Raises:
        ServerFailed: MariaDB is missing or does not start.
        DemoInterrupted: a stop signal came between two parts.
    """
    with ExitStack() as opened:
        with screen.doing("Starting a private MariaDB (the first time ever takes a minute)"):
            # One file for all tables: a shop has hundreds, and a file each is slow to make.
            server = opened.enter_context(MariaDB({"innodb_file_per_table": 0}))
            password = uuid.uuid4().hex
            server.create_user(_ACCOUNT, password)
        stop_if_asked(stop)
        with screen.doing("Filling it with a Magento shop"):
            server.execute(f"CREATE DATABASE {_SCHEMA}")
            connection = opened.enter_context(server.connect(database=_SCHEMA))
            shop = DemoShop(connection, size, seed)
        stop_if_asked(stop)
        keys = {name: str(uuid.uuid4()) for name in WORKSPACES}
        specs = [WorkspaceSpec.model_validate({"name": n, "api_key": k}) for n, k in keys.items()]
        sandbox = opened.enter_context(SandboxServer(workspaces=specs))
        fields = _settings(server.port, password, sandbox.url, keys)
        daemon = DemoDaemon(fields)
        opened.callback(daemon.close)
        yield Stage(server, shop, sandbox.url, SandboxAdmin(sandbox.url), daemon, stop)


def _settings(port: int, password: str, url: str, keys: dict[str, str]) -> dict[str, Any]:
    """Settings as a shop's own would be, but for addresses, shorter retries and no rate limit."""
    return {
        "enabled": True,
        "source": "demo",
        "database": {
            "host": MariaDB.host,
            "port": port,
            "user": _ACCOUNT,
            "password": password,
            "name": _SCHEMA,
        },
        "capture": {"server_id": 47_000 + os.getpid() % 10_000},
        "log": {"backend": "embedded", "prefix": "demo"},
        "workspaces": [
            {
                "name": name,
                "api_key": keys[name],
                "base_url": url,
                "websites": [website_id],
                "requests_per_s": 500,
                "retry": {"base_s": 0.05, "longest_s": 1.0},
            }
            for name, website_id in WORKSPACES.items()
        ],
        "log_format": "text",
    }
