"""How many profiles per second the sandbox takes: over HTTP and inside its handler.

Run from the repository: ``python bench/sandbox.py [--batches 100] [--size 1000]``. The server runs
in a process of its own; its CPU time comes from /proc, so "per core" does not depend on the client.
"""

import argparse
import gc
import http.client
import json
import multiprocessing
import os
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sinks.sandbox.calls import Request
from sinks.sandbox.core import Sandbox
from sinks.sandbox.json_strict import parse
from sinks.sandbox.options import WorkspaceSpec
from sinks.sandbox.server import serve

API_KEY = "5b1f0a52-6c1c-4d0e-9d5c-2f9b3b8f0c11"
HEADERS = {
    "content-type": "application/json",
    "api-version": "4.4",
    "user-agent": "sandbox-bench",
}
_ROUTE = "/v4/clients/batch"


def profile(number: int) -> dict[str, object]:
    """Make a profile as a shop's mapper would: 17 fields, about 450 bytes."""
    return {
        "customId": str(number),
        "email": f"customer.{number}@shop-example.com",
        "firstName": "Zoë" if number % 5 == 0 else "Anna",
        "lastName": "Kowalska",
        "phone": f"+48 600 {number % 1_000_000:06d}",
        "birthDate": "1988-04-02",
        "sex": "FEMALE",
        "city": "Kraków" if number % 7 == 0 else "Warszawa",
        "zipCode": "00-950",
        "countryCode": "PL",
        "agreements": {"email": number % 2 == 0, "sms": False},
        "attributes": {
            "storeView": "pl",
            "group": "General",
            "vip": number % 9 == 0,
            "ordersCount": number % 13,
            "createdIn": "Default Store View",
        },
        "tags": ["magento"],
    }


def batches(count: int, size: int) -> list[bytes]:
    """Build request bodies of new profiles."""
    return [
        json.dumps(
            [profile(number) for number in range(first, first + size)], ensure_ascii=False
        ).encode()
        for first in range(0, count * size, size)
    ]


def in_handler(bodies: list[bytes]) -> float:
    """Feed bodies to the core without HTTP; returns seconds."""
    sandbox = Sandbox(workspaces=[_spec()])
    headers = {**HEADERS, "authorization": f"Bearer {_token(sandbox)}"}
    started_s = time.perf_counter()
    for body in bodies:
        answer = sandbox.handle(Request("POST", _ROUTE, headers, body))
        if answer.status != 202:
            raise SystemExit(f"refused: {answer.body[:300]!r}")
    return time.perf_counter() - started_s


def in_parser(bodies: list[bytes]) -> float:
    """Parse bodies strictly; returns seconds."""
    started_s = time.perf_counter()
    for body in bodies:
        parse(body)
    return time.perf_counter() - started_s


def over_http(bodies: list[bytes]) -> tuple[float, float]:
    """Send bodies to a server process; returns (wall seconds, CPU seconds of the server)."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(theirs,))
    process.start()
    try:
        port = ours.recv()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        token = json.loads(
            _post(connection, "/uauth/v2/auth/login/profile", b'{"apiKey":"%s"}' % API_KEY.encode())
        )["token"]
        cpu_before_s = _cpu_s(process.pid)
        started_s = time.perf_counter()
        for body in bodies:
            _post(connection, _ROUTE, body, token)
        wall_s = time.perf_counter() - started_s
        cpu_s = _cpu_s(process.pid) - cpu_before_s
        connection.close()
        return wall_s, cpu_s
    finally:
        process.terminate()
        process.join(20)


def _spec() -> WorkspaceSpec:
    return WorkspaceSpec.model_validate({"name": "bench", "api_key": API_KEY})


def _token(sandbox: Sandbox) -> str:
    body = json.dumps({"apiKey": API_KEY}).encode()
    answer = sandbox.handle(Request("POST", "/uauth/v2/auth/login/profile", HEADERS, body))
    return str(json.loads(answer.body)["token"])


def _serve(pipe: Connection) -> None:
    serve(
        port=0,
        workspaces=[_spec()],
        on_ready=lambda url: pipe.send(int(url.rpartition(":")[2])),
    )


def _post(
    connection: http.client.HTTPConnection, path: str, body: bytes, token: str | None = None
) -> bytes:
    headers = HEADERS if token is None else {**HEADERS, "authorization": f"Bearer {token}"}
    connection.request("POST", path, body, headers)
    response = connection.getresponse()
    answer = response.read()
    if response.status not in (200, 202):
        raise SystemExit(f"{response.status} {answer[:300]!r}")
    return answer


def _cpu_s(process_id: int | None) -> float:
    fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _report(name: str, count: int, seconds: float) -> None:
    print(f"{name:<34}{count / seconds:>12,.0f} profiles/s{seconds / count * 1e6:>8.1f} µs each")


def _best(measure: Callable[[], float], rounds: int) -> float:
    return min(measure() for _ in range(rounds))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", type=int, default=100)
    parser.add_argument("--size", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    gc.set_threshold(50_000, 20, 100)  # as the server in the foreground does
    bodies = batches(asked.batches, asked.size)
    count = asked.batches * asked.size
    mean_bytes = sum(map(len, bodies)) / count
    print(f"{count:,} profiles in batches of {asked.size}, {mean_bytes:.0f} bytes each")
    _report("strict JSON parsing alone", count, _best(lambda: in_parser(bodies), asked.rounds))
    _report("handler, no HTTP", count, _best(lambda: in_handler(bodies), asked.rounds))
    runs = [over_http(bodies) for _ in range(asked.rounds)]
    _report("HTTP, one connection, wall clock", count, min(wall_s for wall_s, _ in runs))
    _report("HTTP, per core of the server", count, min(cpu_s for _, cpu_s in runs))


if __name__ == "__main__":
    main()
