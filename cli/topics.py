"""The topic log as commands use it: looked at without making anything."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cdc.log.factory import open_log
from cdc.log.protocol import LogAdmin
from config.settings import Settings

NOT_YET = "The topics do not exist yet: capture makes them at its first start."


@contextmanager
def admin_of(settings: Settings) -> Iterator[LogAdmin]:
    """Give the admin side of the topic log; it creates nothing unless asked to.

    Raises:
        LogUnavailable, LogMisconfigured.
    """
    admin = open_log(settings).admin()
    try:
        yield admin
    finally:
        admin.close()


def place_of(settings: Settings) -> str:
    """Where the topics are, in words."""
    if settings.log.backend == "kafka":
        return f"kafka ({', '.join(settings.log.kafka.bootstrap_servers)})"
    return f"embedded ({settings.embedded_log_path})"
