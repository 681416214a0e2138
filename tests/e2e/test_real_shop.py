"""A real Magento 2.4.7 shop, and the binlogs of what was done in it, replayed live.

The folder is named by MAGENTO_CDC_REAL_SHOP: `base.sql.gz` (a dump) and `binlogs.tar.xz` (what was
written after it, from position 49052372 of binlog.000003 on).
"""

from __future__ import annotations

import os
import random
import shlex
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pymysql
import pytest

from tests.e2e.conftest import MakeRig
from tests.e2e.test_convergence import assert_converged, kill_at_some_moment
from tests.servers.availability import require
from tests.servers.mariadb import MariaDB

REAL_SHOP = os.environ.get("MAGENTO_CDC_REAL_SHOP", "")
SCHEMA = "m247"
START = "--start-position=49052372"

pytestmark = [
    pytest.mark.skipif(not REAL_SHOP, reason="MAGENTO_CDC_REAL_SHOP names no folder"),
    pytest.mark.timeout(600),
]


@pytest.fixture(scope="module")
def binlogs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Give the binlogs to replay, in order."""
    folder = tmp_path_factory.mktemp("binlogs")
    with tarfile.open(Path(REAL_SHOP) / "binlogs.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    return sorted(folder.rglob("binlog.0*"))


@pytest.fixture
def real_server() -> Iterator[MariaDB]:
    """Give a server of its own that holds the shop as it was."""
    require(MariaDB)
    with MariaDB({"innodb_flush_log_at_trx_commit": 0, "sync_binlog": 0}) as server:
        server.execute(f"CREATE DATABASE {SCHEMA}")
        _pipe(["zcat", str(Path(REAL_SHOP) / "base.sql.gz")], server)
        yield server


@pytest.fixture
def real_shop(real_server: MariaDB) -> Iterator[pymysql.Connection[Any]]:
    """Give a connection to the shop."""
    connection = real_server.connect(database=SCHEMA)
    yield connection
    connection.close()


def _pipe(source: list[str], server: MariaDB) -> None:
    """Run what a command writes through the client, without a byte of it in memory."""
    client = ["mariadb", "--no-defaults", f"--socket={server.socket}", "--user=root", SCHEMA]
    command = f"set -o pipefail; {shlex.join(source)} | {shlex.join(client)} > /dev/null"
    subprocess.run(["bash", "-c", command], check=True, timeout=300)


def _replay(server: MariaDB, files: list[Path], *, is_first: bool) -> None:
    """Write the changes of some binlogs again, live."""
    start = [START] if is_first else []
    _pipe(["mariadb-binlog", "--no-defaults", *start, *map(str, files)], server)


@pytest.mark.parametrize("kills_count", [0, 5], ids=["undisturbed", "killed five times"])
def test_replayed_operations_of_a_real_shop_converge(
    real_server: MariaDB,
    real_shop: pymysql.Connection[Any],
    binlogs: list[Path],
    log: dict[str, Any],
    make_rig: MakeRig,
    kills_count: int,
) -> None:
    rig = make_rig(real_server, schema=SCHEMA, log=log)
    rig.daemon.start()
    rig.wait_until_at_rest(180)
    rng = random.Random(kills_count)
    kill_at = set(rng.sample(range(len(binlogs)), kills_count))
    for number, file in enumerate(binlogs):
        _replay(real_server, [file], is_first=number == 0)
        if number in kill_at:
            kill_at_some_moment(rig, rng)
    assert_converged(rig, real_shop)
    assert rig.daemon.stop() == 0
