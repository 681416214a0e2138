"""Full runs: requests while one waits or works, and what survives a restart."""

from __future__ import annotations

import json

import pytest

from cdc.checkpoint import Checkpoint
from cdc.errors import PositionUnusable
from cdc.position import Position
from cdc.records import Model
from cdc.runs import Phase, Run, with_requests

POSITION = Position("mysql", "server", "bin.000007", 4, "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5")


def test_a_request_for_a_run_that_waits_adds_none() -> None:
    runs = with_requests((), [Model.PRODUCT], "first")
    assert with_requests(runs, [Model.PRODUCT], "second") == runs


def test_a_request_for_a_run_that_works_adds_one_more_and_lets_it_finish() -> None:
    working = Run(Model.PRODUCT, "first").begun(100).scanned(50, 50)
    runs = with_requests((working,), [Model.PRODUCT], "second")
    assert runs == (working, Run(Model.PRODUCT, "second"))
    assert with_requests(runs, [Model.PRODUCT], "third") == runs


def test_runs_of_all_models_read_customers_before_orders() -> None:
    models = [run.model for run in with_requests((), reversed(Model), "initial load")]
    assert models.index(Model.CUSTOMER) < models.index(Model.ORDER)


def test_a_run_of_an_empty_table_has_begun_once_it_sweeps() -> None:
    run = Run(Model.ORDER, "first").begun(0)
    assert not run.is_begun
    swept = run.scanned(None, 0)
    assert swept.is_begun
    assert swept.phase is Phase.SWEEP


def test_a_checkpoint_is_read_as_it_was_written() -> None:
    runs = (Run(Model.PRODUCT, "a").begun(9).scanned(5, 5), Run(Model.ORDER, "b").scanned(None, 1))
    checkpoint = Checkpoint(42, POSITION, runs, "log-1")
    assert Checkpoint.decode(checkpoint.encode()) == checkpoint


def test_a_checkpoint_from_before_logs_had_names_is_read() -> None:
    fields = json.loads(Checkpoint(42, POSITION, (), "log-1").encode())
    del fields["log_id"]
    assert Checkpoint.decode(json.dumps(fields).encode()) == Checkpoint(42, POSITION)


@pytest.mark.parametrize(
    "damaged",
    [b"", b"[]", b"null", b'{"v": 1}', b'{"v":1,"seq":1,"position":{},"runs":[]}', b'{"v":2}'],
)
def test_a_damaged_or_newer_checkpoint_is_refused(damaged: bytes) -> None:
    with pytest.raises(PositionUnusable, match="reading the checkpoint"):
        Checkpoint.decode(damaged)
