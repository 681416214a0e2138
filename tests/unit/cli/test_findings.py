"""What `check` makes of findings about the database server."""

from __future__ import annotations

import pytest

from cdc.binlog.server_settings import Finding
from cli.findings import _Topics, _unless_ours
from tests.unit.cli.place import POSITION

READER = Finding("error", "server_id", "a replica has our id 47110", "why", "fix")
SERVER = Finding("error", "server_id", "the server's own id is 47110, as is ours", "why", "fix")


@pytest.mark.parametrize(
    ("topics", "severity"),
    [
        (_Topics([], POSITION, is_running=True), None),
        (_Topics([], POSITION, is_running=False), "error"),
        (_Topics([], POSITION, is_running=None), "warning"),
        (_Topics([], None, is_running=None), "error"),
    ],
    ids=["runs", "does not run", "may run", "never ran"],
)
def test_reader_with_our_id_is_no_fault_when_it_is_our_own_capture(
    topics: _Topics, severity: str | None
) -> None:
    found = _unless_ours(READER, topics)
    assert (found and found.severity) == severity


def test_server_with_our_id_is_a_fault_whether_capture_runs_or_not() -> None:
    assert _unless_ours(SERVER, _Topics([], POSITION, is_running=True)) == SERVER
