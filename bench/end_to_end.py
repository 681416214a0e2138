"""Commit → accepted, and memory: the daemon and the sandbox as processes, a steady writer.

    python -m bench.end_to_end [--rate 100] [--seconds 20] [--products 2000]

Every transaction changes one customer, one order or one subscriber; its moment of commit is noted
here, the moment of acceptance by the sandbox, both by the machine's clock.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from sinks.sandbox.client import SandboxAdmin
from tests.e2e.rig import API_KEYS, Rig
from tests.servers.mariadb import MariaDB
from tests.servers.ports import free_port
from tests.shop.generation.generator import generate
from tests.shop.generation.size import ShopSize
from tests.shop.schema.loading import load_schema
from tests.waiting import wait_until

_READY_S = 20.0


def main() -> None:
    """Run the measurement and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=100, help="transactions per second")
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--products", type=int, default=2000)
    parser.add_argument("--people", type=int, default=4000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, MariaDB() as server:
        server.execute("CREATE DATABASE shop")
        connection = server.connect(database="shop")
        load_schema(connection)
        size = ShopSize(
            products=arguments.products,
            customers=arguments.people,
            orders=arguments.people,
            subscribers=arguments.people,
        )
        generate(connection, size)
        with _Sandbox() as url, Rig(Path(folder), server, "shop", url, prefix="bench") as rig:
            for name, key in API_KEYS.items():
                rig.sandbox.workspace(name=name, api_key=key)
            _measure(rig, connection, arguments)


class _Sandbox:
    """The sandbox as a child process."""

    def __enter__(self) -> str:
        port = free_port()
        command = [sys.executable, "-m", "cli.main", "sandbox", "--port", str(port)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: _answers(url), timeout_s=_READY_S, what="the sandbox")
        return url

    def __exit__(self, *error: object) -> None:
        self._process.terminate()
        self._process.wait(10)


def _answers(url: str) -> bool:
    try:
        SandboxAdmin(url).stats()
    except OSError:
        return False
    return True


def _measure(rig: Rig, connection: Any, arguments: argparse.Namespace) -> None:
    began_s = time.perf_counter()
    rig.daemon.start()
    rig.wait_until_at_rest(600)
    load_s = time.perf_counter() - began_s
    print(f"initial load: {load_s:.1f} s for {_counts(rig)}")
    print(f"memory after it: {_rss_mb(rig):.0f} MB")
    seen = rig.sandbox.stats()["last_seq"]
    commits = _write(connection, arguments.rate, arguments.seconds)
    rig.wait_until_at_rest(120)
    waits = sorted(_waits_ms(rig, seen, commits))
    pace = f"{arguments.rate} transactions/s for {arguments.seconds} s"
    print(f"{pace}, {len(waits)} objects measured")
    for share in (0.5, 0.9, 0.99):
        print(f"commit → accepted p{share * 100:g}: {waits[int(len(waits) * share)]:.0f} ms")
    print(f"longest: {waits[-1]:.0f} ms; memory: {_rss_mb(rig):.0f} MB")
    invariants = rig.sandbox.invariants()
    print(f"sandbox: ok={invariants['ok']}, violations={invariants['violation_counts']}")


def _write(connection: Any, rate: int, seconds: int) -> dict[str, float]:
    """Commit at a steady rate; key of the target object → moment of the last commit."""
    commits: dict[str, float] = {}
    began_s = time.time()
    with connection.cursor() as cursor:
        cursor.execute("SELECT entity_id FROM customer_entity WHERE store_id > 0")
        customers = [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT entity_id, increment_id FROM sales_order WHERE store_id > 0")
        orders = list(cursor.fetchall())
        cursor.execute("SELECT subscriber_id, subscriber_email FROM newsletter_subscriber")
        subscribers = list(cursor.fetchall())
        for number in range(rate * seconds):
            wait_s = began_s + number / rate - time.time()
            if wait_s > 0:
                time.sleep(wait_s)
            # Each object once or so: a second change would hide the first one's wait.
            turn = number // 3
            if number % 3 == 0:
                entity_id = customers[turn % len(customers)]
                cursor.execute(
                    "UPDATE customer_entity SET lastname=%s WHERE entity_id=%s",
                    (f"N{number}", entity_id),
                )
                key = str(entity_id)
            elif number % 3 == 1:
                entity_id, key = orders[turn % len(orders)]
                cursor.execute(
                    "UPDATE sales_order SET status=%s WHERE entity_id=%s",
                    (f"s{number % 97}", entity_id),
                )
            else:
                entity_id, key = subscribers[turn % len(subscribers)]
                cursor.execute(
                    "UPDATE newsletter_subscriber SET subscriber_status=IF(subscriber_status=1,3,1)"
                    " WHERE subscriber_id=%s",
                    (entity_id,),
                )
            connection.commit()
            commits.setdefault(key, time.time())
    return commits


def _waits_ms(rig: Rig, seen: dict[str, int], commits: dict[str, float]) -> list[float]:
    waits: list[float] = []
    for kind in ("profiles", "transactions"):
        logged = rig.sandbox.stats(kind, after=seen[kind], limit=100_000)["accepted_at"][kind]
        for entry in logged:
            for key in entry["keys"]:
                committed_s = commits.pop(str(key), None)
                if committed_s is not None:
                    waits.append((entry["at"] - committed_s) * 1000)
    return waits


def _counts(rig: Rig) -> str:
    payloads = rig.sandbox.stats()["payloads"]
    total: dict[str, int] = {}
    for counts in payloads.values():
        for kind, count in counts.items():
            total[kind] = total.get(kind, 0) + count
    return ", ".join(f"{count} {kind}" for kind, count in sorted(total.items()))


def _rss_mb(rig: Rig) -> float:
    pid = rig.daemon.pid
    with Path(f"/proc/{pid}/status").open() as status:
        for line in status:
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
    return 0.0


if __name__ == "__main__":
    main()
