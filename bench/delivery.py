"""How fast records of the embedded log reach the sandbox: profiles, transactions, items a second.

The sandbox runs in a process of its own; records are published before the clock starts. Everything
between topic and acceptance is measured: decoding, mapping (a plain mapper), fingerprints, batches,
requests, the accepted index, commits.

Usage: python -m bench.delivery [--count 100000] [--json]
"""

from __future__ import annotations

import argparse
import gc
import json
import multiprocessing
import multiprocessing.connection
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from cdc.log.embedded import EmbeddedLog
from cdc.log.protocol import Entry, TopicPartition
from cdc.log.topics import TopicNames
from cdc.records import ChangeRecord, Model, Op, Source, encode_record
from config.workspace import BatchSettings, WorkspaceSettings
from mappers.payload import Mapped, Payload, PayloadKind
from mappers.person import customer_claim, email_claim
from sinks.accepted import AcceptedIndex, accepted_path
from sinks.delivery import Delivery
from sinks.sandbox.options import WorkspaceSpec
from sinks.sandbox.server import SandboxServer
from sinks.synerise.client import SyneriseClient

API_KEY = "11111111-2222-4333-8444-555555555555"
NAMES = TopicNames("bench")
SOURCE = Source(server="bench", gtid="", file="binlog.000001", pos=4)
PUBLISH_COUNT = 2_000
TIMEOUT_S = 600.0


@dataclass(frozen=True)
class Result:
    """Payloads of one kind, the time they took, and what was asked of the service.

    `cpu_s` is the processor time of the delivering process alone; on a machine that is busy with
    other things `per_cpu_s` tells more than `per_s`.
    """

    kind: str
    count: int
    elapsed_s: float
    per_s: float
    cpu_s: float
    per_cpu_s: float
    request_count: int


class PlainMapper:
    """Payloads as the product's mappers shape them, without their rules."""

    def map(self, record: ChangeRecord) -> Mapped:
        """One payload a record."""
        after = record.after or {}
        if record.model is Model.CUSTOMER:
            claims = frozenset({customer_claim(int(record.id)), email_claim(after["email"])})
            body = {"customId": record.id, **after}
            target = f"profile:customer:{record.id}"
            return Mapped((Payload(PayloadKind.PROFILE, target, body, claims),))
        if record.model is Model.ORDER:
            claims = frozenset({f"order:{record.id}", email_claim(after["client"]["email"])})
            target = f"transaction:{record.id}"
            return Mapped((Payload(PayloadKind.TRANSACTION, target, after, claims),))
        target = f"item:store-1:{record.key}"
        body = {"itemKey": record.key, "value": after}
        payload = Payload(PayloadKind.ITEM, target, body, frozenset({target}), "store-1")
        return Mapped((payload,))


def customer(number: int) -> dict[str, Any]:
    """A profile with attributes."""
    return {
        "email": f"customer{number}@example.com",
        "firstName": f"First{number}",
        "lastName": "Last",
        "attributes": {f"attribute_{place}": f"value {place} {number}" for place in range(8)},
    }


def order(number: int) -> dict[str, Any]:
    """A transaction of three lines."""
    price = {"amount": 10.0, "currency": "EUR"}
    return {
        "client": {"email": f"customer{number}@example.com"},
        "orderId": str(number),
        "eventSalt": f"order-{number}",
        "recordedAt": "2026-01-01T10:00:00.000Z",
        "source": "WEB_DESKTOP",
        "paymentInfo": {"method": "card"},
        "revenue": {"amount": 30.0, "currency": "EUR"},
        "value": {"amount": 24.0, "currency": "EUR"},
        "products": [
            {"sku": f"SKU-{line}", "name": "Thing", "quantity": 1, "finalUnitPrice": price}
            for line in range(3)
        ],
        "metadata": {"orderStatus": "complete"},
    }


def product(number: int) -> dict[str, Any]:
    """An item with twenty attributes."""
    values = {f"attribute_{place}": f"value {place}" for place in range(20)}
    return {"itemId": f"SKU-{number}", "title": f"Thing {number}", "deleted": 0, **values}


MAKERS = {Model.CUSTOMER: customer, Model.ORDER: order, Model.PRODUCT: product}


def entries(model: Model, count: int) -> Iterator[Entry]:
    """Records of one model."""
    make = MAKERS[model]
    for number in range(1, count + 1):
        key = f"SKU-{number}" if model is Model.PRODUCT else str(number)
        record = ChangeRecord(
            op=Op.READ,
            model=model,
            id=str(number),
            key=key,
            seq=number,
            ts_ms=0,
            captured_ms=number,
            cause="full",
            source=SOURCE,
            identity={"entity_id": number},
            after=make(number),
        )
        yield Entry(NAMES.model(model), key.encode(), encode_record(record))


def publish(log: EmbeddedLog, made: Iterable[Entry]) -> None:
    """Publish in steps of 2,000."""
    publisher = log.publisher()
    publisher.open()
    step: list[Entry] = []
    for entry in made:
        step.append(entry)
        if len(step) == PUBLISH_COUNT:
            publisher.publish(step, None)
            step = []
    if step:
        publisher.publish(step, None)
    publisher.close()


def serve(pipe: multiprocessing.connection.Connection) -> None:
    """Run the sandbox until the pipe says so."""
    spec = WorkspaceSpec(name="bench", api_key=SecretStr(API_KEY))
    with SandboxServer(workspaces=[spec]) as server:
        pipe.send(server.url)
        pipe.recv()


@contextmanager
def sandbox() -> Iterator[str]:
    """A sandbox in a process of its own; yields its URL."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs,), daemon=True)
    process.start()
    try:
        yield str(ours.recv())
    finally:
        ours.send("stop")
        process.join(10.0)
        if process.is_alive():
            process.kill()


def measure(model: Model, count: int, url: str, folder: Path) -> Result:
    """Deliver `count` records of a model and time it."""
    log = EmbeddedLog(folder / "log.sqlite", NAMES, 1)
    admin = log.admin()
    admin.ensure_topics()
    publish(log, entries(model, count))
    place = TopicPartition(NAMES.model(model), 0)
    settings = WorkspaceSettings(
        name="bench",
        api_key=SecretStr(API_KEY),
        base_url=url,
        requests_per_s=100_000,
        concurrency=2,
        batch=BatchSettings(profiles=1000, transactions=1000, items=1000),
    )
    stop = threading.Event()
    client = SyneriseClient(settings, stop)
    index = AcceptedIndex(accepted_path(folder, settings.name))
    delivery = Delivery(settings, log, NAMES, PlainMapper(), client, index, stop)
    began_s, began_cpu_s = time.perf_counter(), time.process_time()
    delivery.start()
    while (
        admin.committed(NAMES.group_of(settings.name, NAMES.model_of(place.topic))).get(place, 0)
        < count
    ):
        if time.perf_counter() - began_s > TIMEOUT_S or delivery.failure is not None:
            raise SystemExit(f"not delivered: {delivery.progress}, {delivery.failure}")
        time.sleep(0.01)
    elapsed_s = time.perf_counter() - began_s
    cpu_s = time.process_time() - began_cpu_s
    stop.set()
    delivery.join(30.0)
    client.close()
    index.close()
    admin.close()
    shots = delivery.progress.values()
    kinds = {kind: number for shot in shots for kind, number in shot.accepted.items()}
    ((kind, accepted_count),) = kinds.items()
    if accepted_count != count:
        raise SystemExit(f"accepted {accepted_count} of {count}")
    requests = sum(shot.request_count for shot in shots)
    return Result(
        kind,
        count,
        round(elapsed_s, 3),
        round(count / elapsed_s),
        round(cpu_s, 3),
        round(count / cpu_s),
        requests,
    )


def main() -> None:
    """Measure all three kinds and print a table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000, help="records of each model")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    results: list[Result] = []
    # As the daemon does: records are many and short-lived, so full collections find nothing.
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    with sandbox() as url:
        for model in MAKERS:
            with tempfile.TemporaryDirectory() as folder:
                results.append(measure(model, options.count, url, Path(folder)))
    if options.json:
        print(json.dumps([asdict(result) for result in results]))
        return
    for result in results:
        print(
            f"{result.kind:12} {result.count:>8} in {result.elapsed_s:>8.3f} s"
            f"  {result.per_s:>7}/s  {result.per_cpu_s:>7}/CPU-s  {result.request_count} requests"
        )


if __name__ == "__main__":
    main()
