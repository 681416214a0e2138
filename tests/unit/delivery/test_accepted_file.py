"""The accepted index's file: readable by its owner alone, clear about disks, new after damage."""

from __future__ import annotations

import logging
import os
import sqlite3
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cdc.errors import Disposition, LogUnavailable
from sinks.acceptance import AcceptedChanges, AcceptedRow
from sinks.accepted import AcceptedIndex
from sinks.accepted_file import AcceptedDamaged


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


def garble(path: Path) -> None:
    """Make it no database at all."""
    path.write_bytes(b"not a database" * 100)


def halve(path: Path) -> None:
    """Lose the second half, as after a copy that was cut short."""
    os.truncate(path, path.stat().st_size // 2)


@pytest.mark.parametrize("damage", [garble, halve])
def test_a_damaged_file_is_moved_aside_with_one_warning_and_a_new_one_begins(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: Callable[[Path], None]
) -> None:
    path = tmp_path / "accepted-main.sqlite"
    aside = tmp_path / "accepted-main.sqlite.damaged"
    aside.write_bytes(b"of an older damage")
    index = AcceptedIndex(path)
    index.write(accepted(range(200)))
    index.close()
    damage(path)
    damaged = path.read_bytes()
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).write_bytes(b"left behind")

    with caplog.at_level(logging.INFO):
        index = AcceptedIndex(path)
    assert index.counts() == {}
    index.write(accepted(range(2)))
    index.close()
    assert aside.read_bytes() == damaged
    assert {file.name for file in tmp_path.iterdir()} == {path.name, aside.name}
    (line,) = caplog.records
    assert (line.levelname, line.getMessage()) == ("WARNING", "accepted.damaged")
    assert vars(line)["moved_to"] == str(aside)
    assert "sent once more" in vars(line)["cost"]

    caplog.clear()
    index = AcceptedIndex(path)
    assert index.counts() == {"profile:customer": 2}
    index.close()
    assert caplog.records == []


def test_a_file_that_cannot_be_opened_is_no_damage(tmp_path: Path) -> None:
    path = tmp_path / "accepted-main.sqlite"
    path.mkdir()
    with pytest.raises(LogUnavailable, match=r"opening the accepted index accepted-main\.sqlite"):
        AcceptedIndex(path)
    assert list(tmp_path.iterdir()) == [path]


def test_a_busy_file_is_no_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "accepted-main.sqlite"
    blocker = sqlite3.connect(path, isolation_level=None)
    blocker.execute("BEGIN EXCLUSIVE")
    connect = sqlite3.connect
    monkeypatch.setattr(
        sqlite3, "connect", lambda where, **options: connect(where, **{**options, "timeout": 0.05})
    )
    with pytest.raises(LogUnavailable, match="locked"):
        AcceptedIndex(path)
    blocker.close()
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "use",
    [
        lambda index: index.load([f"profile:customer:{n}" for n in range(2000)]),
        lambda index: index.write(accepted(range(2000))),
        AcceptedIndex.forget,
    ],
    ids=["load", "write", "forget"],
)
def test_damage_found_in_use_ends_delivery_and_names_file_and_remedy(
    tmp_path: Path, use: Callable[[AcceptedIndex], object]
) -> None:
    path = tmp_path / "accepted-main.sqlite"
    index = AcceptedIndex(path)
    index.write(accepted(range(2000)))
    index.close()
    content = path.read_bytes()
    path.write_bytes(content[:40_000] + b"\xff" * (len(content) - 40_000))

    index = AcceptedIndex(path)
    with pytest.raises(AcceptedDamaged, match="remove it with its -wal and -shm") as caught:
        use(index)
    index.close()
    assert str(path) in str(caught.value)
    assert caught.value.disposition is Disposition.STOP
    assert caught.value.exit_code == 3
