"""Which servers can be had here: a test without its server is skipped loudly, and never in CI."""

from __future__ import annotations

import os

import pytest

from tests.servers.process import ServerFailed, ServerProcess


def require(server: type[ServerProcess]) -> None:
    """Return when `server` can be started here; otherwise skip the test, saying why.

    Raises:
        ServerFailed: it is missing and CI=true, where a skipped test would be a hole.
    """
    missing = server.why_missing()
    if missing is None:
        return
    if is_ci():
        raise ServerFailed(f"CI must have every server: {missing}")
    pytest.skip(f"NO {server.name.upper()} HERE: {missing}")


def is_ci() -> bool:
    """Tell whether this is an automated run that must not skip anything."""
    return os.environ.get("CI", "").lower() in {"1", "true", "yes"}
