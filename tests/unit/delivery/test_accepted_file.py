"""The accepted index's file: readable by its owner alone, and clear about a full disk."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from cdc.errors import LogUnavailable
from sinks.acceptance import AcceptedChanges, AcceptedRow
from sinks.accepted import AcceptedIndex


@pytest.fixture(autouse=True)
def open_handed() -> Iterator[None]:
    """Let whatever asks for no rights be readable by everybody."""
    before = os.umask(0)
    yield
    os.umask(before)


def accepted(numbers: range) -> AcceptedChanges:
    rows = [
        AcceptedRow(f"profile:customer:{n}", b"x" * 400, 1, "shop.customer", 0, n, 1, 1)
        for n in numbers
    ]
    return AcceptedChanges(rows={row.target: row for row in rows})


def test_it_and_its_side_files_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    index = AcceptedIndex(tmp_path / "accepted-main.sqlite")
    index.write(accepted(range(3)))
    assert len(list(tmp_path.iterdir())) == 3
    for file in tmp_path.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    index.close()


def test_a_full_disk_is_called_by_its_name_and_nothing_is_half_written(tmp_path: Path) -> None:
    index = AcceptedIndex(tmp_path / "accepted-main.sqlite")
    index.write(accepted(range(3)))
    index._connection.execute("PRAGMA max_page_count = 20")
    with pytest.raises(LogUnavailable, match="disk is full"):
        index.write(accepted(range(2000)))
    index._connection.execute("PRAGMA max_page_count = 100000")
    assert index.counts() == {"profile:customer": 3}
    index.write(accepted(range(5)))
    assert index.counts() == {"profile:customer": 5}
    index.close()
