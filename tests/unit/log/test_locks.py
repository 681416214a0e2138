"""Locks on files: exclusive, shared, and gone with their holder."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdc.log.embedded_locks import FileLock, group_lock, publisher_lock


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.lock"


def test_exclusive_lock_has_one_holder(path: Path) -> None:
    first, second = FileLock(path), FileLock(path)
    assert first.acquire(is_shared=False)
    assert first.acquire(is_shared=False)
    assert not second.acquire(is_shared=False)
    assert not second.acquire(is_shared=True, timeout_s=0.05)
    assert (first.is_held, second.is_held) == (True, False)
    first.release()
    first.release()
    assert second.acquire(is_shared=False)
    second.release()


def test_shared_lock_keeps_exclusive_ones_out(path: Path) -> None:
    first, second, alone = FileLock(path), FileLock(path), FileLock(path)
    assert first.acquire(is_shared=True)
    assert second.acquire(is_shared=True)
    first.release()
    assert not alone.acquire(is_shared=False)
    second.release()
    assert alone.acquire(is_shared=False)
    alone.release()


def test_taken_lock_is_seen_from_outside(path: Path) -> None:
    lock = FileLock(path)
    assert not FileLock(path).is_taken()
    assert not path.exists()
    lock.acquire(is_shared=True)
    assert FileLock(path).is_taken()
    lock.release()
    assert not FileLock(path).is_taken()


def test_holder_is_named(path: Path) -> None:
    lock = FileLock(path)
    assert lock.holder == "unknown process"
    lock.acquire(is_shared=False)
    assert FileLock(path).holder.startswith("process ")
    lock.release()


def test_lock_files_of_odd_group_names_stay_in_the_folder(tmp_path: Path) -> None:
    database = tmp_path / "log.sqlite"
    lock = group_lock(database, "../../etc/zażółć")
    assert lock.acquire(is_shared=True)
    assert publisher_lock(database).acquire(is_shared=False)
    assert len(list(tmp_path.iterdir())) == 2
    lock.release()
