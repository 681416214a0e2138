"""The identity index's file: readable by its owner alone, and clear about a full disk."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from cdc.errors import LogUnavailable
from cdc.identity_index import IdentityIndex
from cdc.log.protocol import TopicPartition
from cdc.records import ChangeRecord, Model, Op, Source


@pytest.fixture(autouse=True)
def open_handed() -> Iterator[None]:
    """Let whatever asks for no rights be readable by everybody."""
    before = os.umask(0)
    yield
    os.umask(before)


def customer(key: int) -> ChangeRecord:
    return ChangeRecord(
        op=Op.CREATE,
        model=Model.CUSTOMER,
        id=str(key),
        key=str(key),
        seq=1,
        ts_ms=1,
        captured_ms=1,
        cause="stream",
        source=Source(server="s", gtid="", file="bin.000001", pos=4),
        identity={"entity_id": key, "email": "x" * 400, "store_id": 1, "website_id": 1},
        after={"entity_id": key},
    )


def test_it_and_its_side_files_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    index = IdentityIndex(tmp_path / "identity.sqlite")
    index.apply([customer(1)], 1)
    names = {file.name for file in tmp_path.iterdir()}
    assert names == {"identity.sqlite", "identity.sqlite-wal", "identity.sqlite-shm"}
    for file in tmp_path.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    index.close()


def test_a_full_disk_is_called_by_its_name_and_nothing_is_half_written(tmp_path: Path) -> None:
    index = IdentityIndex(tmp_path / "identity.sqlite")
    index.apply([customer(1)], 1)
    index._db.execute("PRAGMA max_page_count = 20")
    with pytest.raises(LogUnavailable, match="disk is full"):
        index.apply([customer(key) for key in range(2, 2000)], 2)
    with pytest.raises(LogUnavailable, match="disk is full"):
        index.set_places({TopicPartition("t" * 400, part): 1 for part in range(500)})
    index._db.execute("PRAGMA max_page_count = 100000")
    assert index.seq == 1
    assert index.counts()[Model.CUSTOMER] == 1
    index.apply([customer(2)], 2)
    assert index.counts()[Model.CUSTOMER] == 2
    index.close()
