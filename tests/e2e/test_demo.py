"""`magento-cdc demo` tells its story to the end, finds what is wrong, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pytest
from click.testing import CliRunner

import cli.demo
from cli.demo_report import faults_of
from cli.demo_screen import Screen
from cli.demo_stage import DemoInterrupted, open_stage
from cli.main import cli as magento_cdc
from tests.architecture.checkout import ROOT
from tests.servers.availability import require
from tests.servers.mariadb import MariaDB
from tests.shop.generation.size import ShopSize
from tests.waiting import wait_until

TINY = ["--products", "8", "--customers", "5", "--orders", "4"]
STEPS = [
    "initial load of the shop",
    "Robin registers",
    "Robin subscribes to the newsletter",
    "A product is created: CANVAS-BAG",
    "Robin orders two of them",
    "The order is invoiced and paid",
    "Its price drops from 49.90 to 39.90",
    "Its SKU becomes CANVAS-BAG-RED",
    "It leaves the website",
    "30 guests subscribe",
    "Robin's account is deleted",
    "kill -9",
    "A guest orders",
    "A newsletter subscription is deleted",
    "A CSV import brings 2 products",
    "The daemon is started again",
]
HELD = [
    r" ms  \d+ profiles, \d+ orders, \d+ items in 3 catalogs",
    r" ms  profile customId 6: Robin Nowak, no consent yet",
    r" ms  profile customId 6: Robin Nowak, consent on",
    r" ms  CANVAS-BAG on sale at 49.90 in store-1, store-2, store-3",
    r" ms  order \d+: 2 x CANVAS-BAG, \d+\.\d\d EUR, pending",
    r" ms  order \d+: 2 x CANVAS-BAG, \d+\.\d\d EUR, processing",
    r" ms  CANVAS-BAG on sale at 39.90",
    r" ms  CANVAS-BAG marked deleted; CANVAS-BAG-RED on sale at 39.90",
    r" ms  wholesale: CANVAS-BAG-RED marked deleted; retail: CANVAS-BAG-RED on sale at 39.90",
    r" ms  30 profiles with consent on",
    r" ms  profile customId 6: Robin Nowak, consent off; account deletion told",
    r"the daemon is dead; \d+ of \d+ sign-ups have arrived",
    r"  no order \d+ yet",
    r"  still profile: guest.1@example.com, consent on",
    r"  no item IMPORTED-1 yet; no item IMPORTED-2 yet",
    r" ms  (\d+) of \1 sign-ups have arrived",
    r" ms  order \d+: 1 x CANVAS-BAG-RED, \d+\.\d\d EUR, pending",
    r" ms  profile: guest.1@example.com, consent off",
    r" ms  IMPORTED-1 on sale at 10.00; IMPORTED-2 on sale at 10.00",
]
AGREED = "The sandbox holds exactly what the shop says"


@pytest.fixture
def folder() -> Iterator[Path]:
    """Give the folder for temporary files of a demo; its path is short, as sockets need."""
    require(MariaDB)
    made = Path(tempfile.mkdtemp(prefix="demo-"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


def started(
    folder: Path, *options: str, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[str]:
    """Start the demo as a user does from a terminal: leader of its own process group."""
    return subprocess.Popen(
        [sys.executable, "-m", "cli.main", "demo", *TINY, *options],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(folder), **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        start_new_session=True,
    )


@contextmanager
def demo_at(folder: Path, text: str) -> Iterator[subprocess.Popen[str]]:
    """Give a demo that has just written `text`; killed at the end if it still runs."""
    process = started(folder)
    try:
        assert process.stdout is not None
        seen = []
        for line in process.stdout:
            seen.append(line)
            if text in line:
                break
        else:
            pytest.fail("ended early:\n" + "".join(seen))
        yield process
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdout, process.stderr):
            assert pipe is not None
            pipe.close()


def leftovers(folder: Path) -> list[str]:
    """What a demo has left: files in its folder, processes that were told of the folder."""
    found = [str(path) for path in folder.iterdir()]
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has just ended
        if str(folder).encode() in command:
            found.append(command.replace(b"\0", b" ").decode(errors="replace"))
    return found


@pytest.mark.slow
def test_demo_tells_every_step_and_finds_shop_and_sandbox_equal(folder: Path) -> None:
    process = started(folder)
    output, errors = process.communicate(timeout=100)
    assert process.returncode == 0, output + errors
    missing = [step for step in STEPS if step not in output]
    assert missing == [], output + errors
    unsaid = [held for held in HELD if not re.search(held, output)]
    assert unsaid == [], output
    assert AGREED in output
    assert "\x1b" not in output, "colours belong on terminals"
    assert errors == ""
    assert leftovers(folder) == []


@pytest.mark.slow
def test_json_summary_is_for_machines_and_settings_of_the_shell_do_not_lead_astray(
    folder: Path,
) -> None:
    elsewhere = {
        "MAGENTO_CDC_DATABASE__HOST": "192.0.2.1",
        "MAGENTO_CDC_ENABLED": "false",
        "HTTP_PROXY": "http://192.0.2.1:9",
        "HTTPS_PROXY": "http://192.0.2.1:9",
    }
    process = started(folder, "--json", "--seed", "4", environment=elsewhere)
    output, errors = process.communicate(timeout=100)
    assert process.returncode == 0, errors
    summary = json.loads(output)
    assert summary["is_equal"] is True
    assert summary["faults"] == []
    assert summary["requests"]["accepted"] == summary["requests"]["total"] > 0
    assert summary["commit_to_accepted"]["sign-ups in a rush"]["count"] == 30
    assert [step for step in STEPS if step not in errors] == []
    assert leftovers(folder) == []


@pytest.mark.parametrize("text", ["Synerise", "Robin registers", "kill -9"])
def test_ctrl_c_leaves_nothing_behind(folder: Path, text: str) -> None:
    with demo_at(folder, text) as process:
        # What a terminal does: the whole group gets it.
        os.killpg(process.pid, signal.SIGINT)
        output, errors = process.communicate(timeout=30)
        assert process.returncode == 130, output + errors
    assert leftovers(folder) == []


def test_killed_demo_leaves_nothing_behind(folder: Path) -> None:
    with demo_at(folder, "Robin registers") as process:
        assert len(leftovers(folder)) >= 2 + 2, "folders and processes of database and daemon"
        process.kill()
    wait_until(lambda: leftovers(folder) == [], timeout_s=20, what="its servers to go")


def test_kept_demo_runs_on_until_ctrl_c_and_says_where_to_look(folder: Path) -> None:
    process = started(folder, "--keep")
    try:
        assert process.stdout is not None
        lines: list[str] = []
        while not any("its log" in line for line in lines):
            lines.append(process.stdout.readline())
            assert lines[-1], "ended early:\n" + "".join(lines)
        text = "".join(lines)
        assert re.search(r"http://127\.0\.0\.1:\d+/__admin/state", text)
        assert re.search(r"mariadb -h 127\.0\.0\.1 -P \d+ -u root shop", text)
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.communicate()
    assert leftovers(folder) == []


def test_item_that_differs_and_order_that_is_missing_are_found() -> None:
    require(MariaDB)
    size = ShopSize(products=5, customers=4, orders=3, subscribers=2)
    with open_stage(size, 1, Screen(is_for_machine=True), Event()) as stage:
        stage.daemon.start()
        stage.wait_until_at_rest(60)
        assert faults_of(stage) == []
        state = stage.admin.state()
        retail = state["workspaces"]["retail"]
        item = next(one for one in retail["catalogs"][0]["items"] if one["value"].get("price"))
        item["value"]["price"] += 1
        order = next(one for each in state["workspaces"].values() for one in each["transactions"])
        for each in state["workspaces"].values():
            each["transactions"] = [one for one in each["transactions"] if one is not order]
        stage.admin.load(state)
        faults = faults_of(stage)
    assert any(repr(item["itemKey"]) in fault and "price is" in fault for fault in faults), faults
    assert any(f"order {order['orderId']} has 0 transactions" in fault for fault in faults), faults


def test_stop_signal_before_the_start_ends_the_demo_at_its_first_check() -> None:
    require(MariaDB)
    stop = Event()
    stop.set()
    with (
        pytest.raises(DemoInterrupted),
        open_stage(ShopSize(), 1, Screen(is_for_machine=True), stop),
    ):
        pytest.fail("the stage was opened")


def test_installed_package_without_checkout_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli.demo, "_ROOT", tmp_path)
    result = CliRunner().invoke(magento_cdc, ["demo"])
    assert result.exit_code == 2
    assert "checkout of the source" in result.output
    assert "make demo" in result.output


def test_machine_without_mariadb_says_how_to_bring_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MariaDB, "why_missing", lambda: "mariadbd is not installed; 'make servers'")
    result = CliRunner().invoke(magento_cdc, ["demo"])
    assert result.exit_code == 2
    assert "mariadbd is not installed" in result.output
