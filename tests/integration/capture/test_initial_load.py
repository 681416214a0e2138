"""The initial load: everything once, nothing lost, and it goes on where it was."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cdc.records import Model, Op
from tests.integration.capture.comparing import differences
from tests.integration.capture.conftest import MakeRig, TestShop
from tests.integration.capture.rig import CaptureRig
from tests.shop.randomness.random_actions import random_actions
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parents[3]


def test_everything_is_published_once_as_read(rig: CaptureRig, shop: TestShop) -> None:
    records = rig.published.all()
    assert {record.op for record in records} == {Op.READ}
    assert len({(record.model, record.key) for record in records}) == len(records)
    assert differences(rig) == []


def test_customers_come_before_the_orders_that_name_them(rig: CaptureRig) -> None:
    seqs = {
        model: [record.seq for record in rig.published.of(model)]
        for model in (Model.CUSTOMER, Model.ORDER)
    }
    assert max(seqs[Model.CUSTOMER]) < min(seqs[Model.ORDER])


def test_the_position_is_taken_before_anything_is_read(shop: TestShop, make_rig: MakeRig) -> None:
    before = shop.server.binlog_position()
    rig = make_rig(shop, scan_chunk_keys=1).start()
    wait_until(rig.published.all, what="first record")
    checkpoint = rig.checkpoint()
    assert checkpoint is not None
    assert (checkpoint.position.file, checkpoint.position.offset) == before


def test_changes_during_the_load_are_not_lost(shop: TestShop, make_rig: MakeRig) -> None:
    rig = make_rig(shop, scan_chunk_keys=1).start()
    wait_until(rig.published.all, what="first record")
    for _ in random_actions(shop.connection, 5, 60):
        pass
    rig.wait_until_at_rest()
    assert differences(rig) == []


@contextmanager
def killed_child(rig: CaptureRig, folder: Path, records_count: int) -> Iterator[None]:
    """Capture in a process of its own and kill it after so many more records."""
    file = folder / "settings.json"
    settings = rig.settings.model_dump(mode="json")
    settings["database"]["password"] = rig.server.password
    file.write_text(json.dumps(settings))
    goal = len(rig.published.all()) + records_count
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.integration.capture.child", str(file)], cwd=ROOT
    )
    try:
        yield
        wait_until(lambda: len(rig.published.all()) >= goal, what=f"{goal} records")
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(10)


def test_a_load_that_is_killed_goes_on_where_it_was(
    shop: TestShop, make_rig: MakeRig, tmp_path: Path
) -> None:
    rig = make_rig(shop, scan_chunk_keys=1)
    for _ in range(3):
        with killed_child(rig, tmp_path, 12):
            shop.actions.products.create()
            shop.actions.customers.edit(3, {"lastname": "Killed"})
    rig.start()
    rig.wait_until_at_rest()
    assert differences(rig) == []
    reads = [(r.model, r.key) for r in rig.published.all() if r.op is Op.READ]
    # What a crash repeats is at most the step in flight: one key each time.
    assert len(reads) - len(set(reads)) <= 3
