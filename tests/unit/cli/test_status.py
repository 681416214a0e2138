"""Status looks at everything and touches nothing."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from cdc.errors import LogUnavailable
from cdc.identity_index import IdentityIndex
from cdc.log.factory import open_log
from cdc.records import Model
from cdc.runs import Phase, Run
from cdc.side_files import known_counts, look_at
from sinks.acceptance import AcceptedChanges, AcceptedRow
from sinks.accepted import AcceptedIndex, accepted_path
from tests.architecture.checkout import ROOT
from tests.unit.cli.place import Place, letter

RUN = Run(Model.ORDER, "initial load", Phase.SCAN, after=120, highest=400, sent_count=118)


def accept(place: Place, workspace: str, *targets: str) -> AcceptedIndex:
    """Note targets as accepted; the index stays open, as in a running daemon."""
    index = AcceptedIndex(accepted_path(place.settings.state_dir, workspace))
    rows = {name: AcceptedRow(name, b"x", 1, "shop.order", 0, 0, 0, 1) for name in targets}
    index.write(AcceptedChanges(rows=rows))
    return index


def snapshot(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Inode, time of the last change and content of every file."""
    return {
        str(path): (path.stat().st_ino, path.stat().st_mtime_ns, path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith("-shm")
    }


def test_fresh_install_says_so_and_makes_no_file(place: Place) -> None:
    found = place.answer("status")
    assert found["capture"] == {
        "is_live": False,
        "position": None,
        "seq": None,
        "runs": [],
        "known": None,
    }
    assert "shop.checkpoint" in found["topics"]["missing"]
    assert [workspace["is_live"] for workspace in found["workspaces"]] == [False, False]
    text = place.call("status").stdout
    assert "do not exist yet" in text
    assert "no position yet" in text
    assert [path.name for path in place.folder.iterdir()] == ["config.yaml"]


def test_position_runs_lag_and_dead_letters_are_shown(place: Place) -> None:
    place.publish({Model.PRODUCT: ["a", "b"], Model.ORDER: ["1"]}, runs=(RUN,))
    place.bury(letter())
    found = place.answer("status")
    assert found["capture"]["position"]["file"] == "binlog.000007"
    assert found["capture"]["seq"] == 5
    assert found["capture"]["runs"][0]["after"] == 120
    assert found["workspaces"][0]["lag"] == {
        "customer": 0,
        "product": 2,
        "order": 1,
        "subscriber": 0,
    }
    assert found["dead_letters"] == 1
    text = place.call("status").stdout
    assert "position binlog.000007:4711, GTID 0-1-99, step 5" in text
    assert "full run of order (initial load): scan, key 120 of 400, 118 records" in text
    assert "Dead letters: 1" in text


def test_running_parts_are_told_from_stopped_ones(place: Place) -> None:
    publisher = open_log(place.settings).publisher()
    publisher.open()
    try:
        with place.delivering("beta", Model.CUSTOMER):
            found = place.answer("status")
    finally:
        publisher.close()
    assert found["capture"]["is_live"]
    assert [workspace["is_live"] for workspace in found["workspaces"]] == [False, True]
    assert not place.answer("status")["capture"]["is_live"]


def test_known_and_accepted_objects_are_counted_while_the_daemon_has_the_files_open(
    place: Place,
) -> None:
    place.publish({})
    index = IdentityIndex(place.settings.state_dir / "identity.sqlite")
    accepted = accept(place, "alpha", "profile:customer:1", "profile:customer:2", "order:7")
    try:
        found = place.answer("status")
        assert found["capture"]["known"] == dict.fromkeys([model.value for model in Model], 0)
        assert found["workspaces"][0]["accepted"] == {"order": 1, "profile:customer": 2}
        assert found["workspaces"][1]["accepted"] is None
        assert "profile:customer" in place.call("status").stdout
    finally:
        index.close()
        accepted.close()


@pytest.mark.parametrize("is_running", [True, False])
def test_status_changes_no_file_and_takes_no_lock(place: Place, is_running: bool) -> None:
    place.publish({Model.ORDER: ["1"]})
    index = IdentityIndex(place.settings.state_dir / "identity.sqlite")
    accepted = accept(place, "alpha", "order:7")
    if not is_running:
        index.close()
        accepted.close()
    try:
        before = snapshot(place.folder)
        assert place.answer("status")["workspaces"][0]["accepted"] == {"order": 1}
        assert snapshot(place.folder) == before
    finally:
        if is_running:
            index.close()
            accepted.close()


def test_status_works_beside_a_write_that_is_not_finished(place: Place) -> None:
    place.publish({})
    with look_at(place.settings.embedded_log_path) as connection:
        assert connection is not None
    index = IdentityIndex(place.settings.state_dir / "identity.sqlite")
    writer = index._db
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("DELETE FROM known")
    try:
        assert place.answer("status")["capture"]["known"] is not None
    finally:
        writer.execute("ROLLBACK")
        index.close()


def test_damaged_index_is_told_and_the_rest_is_shown(place: Place) -> None:
    place.publish({})
    (place.settings.state_dir / "identity.sqlite").write_text("this is no database at all")
    result = place.call("status")
    assert result.exit_code == 0
    assert "identity.sqlite" in result.stderr
    assert "position binlog.000007" in result.stdout


def test_looking_at_a_file_cannot_write(tmp_path: Path) -> None:
    path = tmp_path / "index ?#%.sqlite"
    IdentityIndex(path).close()

    def write() -> None:
        with look_at(path) as connection:
            assert connection is not None
            connection.execute("DELETE FROM known")

    with pytest.raises(LogUnavailable, match="readonly"):
        write()
    assert known_counts(tmp_path / "none.sqlite") is None
    assert os.listdir(tmp_path) == [path.name]


def test_delivery_that_is_off_is_told(place: Place) -> None:
    place.write(enabled=False, workspaces=[])
    text = place.call("status").stdout
    assert "Delivery is off" in text
    assert "No workspace is configured." in text


def test_damaged_checkpoint_needs_an_operator(place: Place) -> None:
    publisher = open_log(place.settings).publisher()
    publisher.open()
    publisher.publish([], b"{}")
    publisher.close()
    result = place.call("status")
    assert result.exit_code == 3
    assert "PositionUnusable" in result.stderr


def test_table_is_not_folded_in_a_pipe(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    place.publish({})
    lines = place.call("status").stdout.splitlines()
    assert any("customer" in line and "subscriber" in line for line in lines)


def test_tables_fit_a_narrow_terminal(place: Place) -> None:
    place.publish({Model.SUBSCRIBER: ["a@example.com"]})
    for words in (["status"], ["offsets", "list"], ["offsets", "show"]):
        lines = on_a_terminal(place, 60, *words)
        assert max(map(len, lines)) <= 60
        assert any("subscriber" in line for line in lines), "no word is cut"


def on_a_terminal(place: Place, columns: int, *words: str) -> list[str]:
    """Lines of a table that a command writes on a terminal of some width.

    The command runs from the checkout as it is at this moment, so what it has to say about an early
    end is shown before anything is made of its lines.
    """
    complaints = place.folder / "stderr.txt"
    ours, theirs = pty.openpty()
    try:
        with complaints.open("wb") as stderr:
            process = subprocess.Popen(
                [sys.executable, "-m", "cli.main", *words, "-c", str(place.config)],
                cwd=ROOT,
                env={
                    **os.environ,
                    "PYTHONPATH": str(ROOT),
                    "TERM": "xterm",
                    "COLUMNS": str(columns),
                    "NO_COLOR": "1",
                },
                stdout=theirs,
                stderr=stderr,
                stdin=subprocess.DEVNULL,
            )
        os.close(theirs)
        written = read_to_the_end(ours)
    finally:
        os.close(ours)
    assert process.wait(30) == 0, complaints.read_text()
    plain = re.sub(r"\x1b\[[0-9;]*m", "", written.decode())
    # Paths are as long as they are.
    return [line.rstrip() for line in plain.splitlines() if "/" not in line]


def read_to_the_end(terminal: int) -> bytes:
    """Everything that was written to a terminal until its other side was closed."""
    written = b""
    while True:
        try:
            piece = os.read(terminal, 65536)
        except OSError:
            return written  # how Linux tells that the other side has closed its terminal
        if not piece:
            return written
        written += piece
