"""How fast an initial load publishes, from a generated shop into the embedded log.

    python -m bench.capture [--products N] [--customers N] [--orders N] [--chunk N]

The daemon's half runs in a process of its own, as in production. For each model: entities
published per second of wall time, database and log included, and per second of the process's own
CPU time, which is what one core could do with a server that is never waited for. Then the
publishing steps, the largest memory of the process, and what a restart costs that has to build the
identity index again.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from threading import Event, Thread
from typing import Any

from bench.entities import SCHEMA, prepare
from cdc.log.factory import open_log
from cdc.records import Model
from cdc.service import CaptureService
from config.settings import Settings
from tests.servers.mariadb import MariaDB
from tests.shop.generation.size import ShopSize

# Entities published per second, from the design.
GOALS = {Model.PRODUCT: 4000, Model.CUSTOMER: 15_000, Model.ORDER: 8000}
_LOOK_S = 0.002


def load(settings: Settings) -> dict[str, Any]:
    """Capture until no run is left and tell how it went; in the child process."""
    stop = Event()
    log = open_log(settings)
    admin = log.admin()
    admin.ensure_topics()
    admin.close()
    ready: list[float] = []
    ready_cpu: list[float] = []

    def on_ready() -> None:
        ready_cpu.append(time.process_time())
        ready.append(time.monotonic())

    service = CaptureService(settings, log, stop, on_ready=on_ready)
    started_s = time.monotonic()
    thread = Thread(target=service.run, name="capture")
    thread.start()
    ends_s = _watch(service, thread, ready)
    stop.set()
    thread.join()
    return {
        "ready_s": ready[0] - started_s if ready else None,
        "ends_s": {model: end_s - ready[0] for model, (end_s, _) in ends_s.items()},
        "ends_cpu_s": {model: cpu_s - ready_cpu[0] for model, (_, cpu_s) in ends_s.items()},
        "published": {model.value: n for model, n in service.status.published_count.items()},
        "steps": service.status.steps_count,
        "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _watch(
    service: CaptureService, thread: Thread, ready: list[float]
) -> dict[str, tuple[float, float]]:
    """When the last record of each model was published, and CPU time at that moment."""
    counts: dict[str, int] = {}
    ends_s: dict[str, tuple[float, float]] = {}
    status = service.status
    while thread.is_alive():
        time.sleep(_LOOK_S)
        for model, count in status.published_count.items():
            if count != counts.get(model.value, 0):
                counts[model.value] = count
                ends_s[model.value] = (time.monotonic(), time.process_time())
        if ready and not status.runs and (status.steps_count > 0 or _is_quiet(ready)):
            return ends_s
    return ends_s


def _is_quiet(ready: list[float]) -> bool:
    return time.monotonic() - ready[0] > 1.0


def in_child(settings: Settings, folder: Path) -> dict[str, Any]:
    """Run `load` in a process of its own."""
    file = folder / "settings.json"
    file.write_text(settings.model_dump_json())
    done = subprocess.run(
        [sys.executable, "-m", "bench.capture", "--child", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def report(found: dict[str, Any]) -> None:
    """Print the table of an initial load."""
    columns = ("model", "entities", "seconds", "per second", "per CPU s", "goal")
    print(f"{columns[0]:<12}" + "".join(f"{column:>12}" for column in columns[1:]))
    before_s = before_cpu_s = 0.0
    for model in Model:
        count, end_s = found["published"][model.value], found["ends_s"].get(model.value)
        if end_s is None:
            continue
        cpu_s = found["ends_cpu_s"][model.value]
        per_s, per_cpu_s = count / (end_s - before_s), count / (cpu_s - before_cpu_s)
        goal = f"{GOALS[model]:,}" if model in GOALS else ""
        print(
            f"{model.value:<12}{count:>12,}{end_s - before_s:>12.2f}{per_s:>12,.0f}"
            f"{per_cpu_s:>12,.0f}{goal:>12}"
        )
        before_s, before_cpu_s = end_s, cpu_s
    print(f"{found['steps']} steps, {found['rss_mb']:.0f} MB at most")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark and print its report."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--products", type=int, default=2000)
    parser.add_argument("--customers", type=int, default=5000)
    parser.add_argument("--orders", type=int, default=3000)
    parser.add_argument("--chunk", type=int, default=1000)
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.child:
        settings = Settings.model_validate_json(options.child.read_text())
        print(json.dumps(load(settings)))
        return
    size = ShopSize(
        products=options.products,
        customers=options.customers,
        orders=options.orders,
        subscribers=options.customers // 2,
        websites=1,
        stores_per_website=(3,),
    )
    with (
        MariaDB({"innodb_buffer_pool_size": "512M"}) as server,
        tempfile.TemporaryDirectory() as at,
    ):
        prepare(server, size)
        folder = Path(at)
        settings = Settings.model_validate(
            {
                "state_dir": str(folder / "state"),
                "database": {"host": server.host, "port": server.port, "user": "root",
                             "name": SCHEMA},
                "capture": {"scan_chunk_keys": options.chunk},
            }
        )  # fmt: skip
        report(in_child(settings, folder))
        print(f"topics: {settings.embedded_log_path.stat().st_size / 1e6:,.0f} MB")
        index = settings.state_dir / "identity.sqlite"
        print(f"identity index: {index.stat().st_size / 1e6:,.1f} MB", end=", ")
        index.unlink()
        print(f"built again from the topics in {in_child(settings, folder)['ready_s']:.2f} s")


if __name__ == "__main__":
    main()
