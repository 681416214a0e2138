"""How fast the topic log publishes and consumes, both backends in one run.

    python -m bench.log [--entries 50000] [--value-bytes 2000] [--window 1000] [--bootstrap ADDRESS]

Without --bootstrap a broker is started for the run when its jars are there. The broker then shares
this machine's processors, which costs it more than the network of a real one would.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cdc.log.embedded import EmbeddedLog
from cdc.log.kafka_log import KafkaLog
from cdc.log.protocol import Consumer, Entry, Publisher, TopicLog
from cdc.log.topics import TopicNames
from cdc.records import Model
from config.topiclog import KafkaLogSettings
from tests.servers.kafka import KafkaBroker

_PARTITIONS = 4
_LATENCY_COUNT = 200
_IDLE_S = 2.0
_CHECKPOINT = b"x" * 300


@dataclass(frozen=True, slots=True)
class Result:
    """What one backend reached."""

    backend: str
    publish_per_s: float
    rewrite_per_s: float
    consume_per_s: float
    small_publish_ms: float
    latency_p50_ms: float
    latency_p99_ms: float
    idle_percent: float


@dataclass(frozen=True, slots=True)
class Load:
    """How much is published."""

    entry_count: int
    value_bytes: int
    window_count: int

    def windows(self, topic: str) -> list[list[Entry]]:
        """Make the windows: each key once, values that do not compress."""
        value = os.urandom(self.value_bytes)
        entries = [Entry(topic, b"%012d" % n, value) for n in range(self.entry_count)]
        return [
            entries[start : start + self.window_count]
            for start in range(0, self.entry_count, self.window_count)
        ]


def measure(backend: str, log: TopicLog, names: TopicNames, load: Load) -> Result:
    """Publish, publish the same keys again, consume all, then look at single messages."""
    topic = names.model(Model.PRODUCT)
    windows = load.windows(topic)
    publisher = log.publisher()
    publisher.open()
    publish_s = _publish_s(publisher, windows)
    rewrite_s = _publish_s(publisher, windows)
    consumer = log.consumer(names.group("bench"), [topic])
    consume_s = _consume_s(consumer, 2 * load.entry_count, load.window_count)
    small_ms, latencies_ms = _single_ms(publisher, consumer, topic)
    idle_percent = _idle_percent(consumer)
    consumer.close()
    publisher.close()
    return Result(
        backend,
        load.entry_count / publish_s,
        load.entry_count / rewrite_s,
        2 * load.entry_count / consume_s,
        small_ms,
        statistics.median(latencies_ms),
        statistics.quantiles(latencies_ms, n=100)[98],
        idle_percent,
    )


def _publish_s(publisher: Publisher, windows: list[list[Entry]]) -> float:
    start_s = time.perf_counter()
    for window in windows:
        publisher.publish(window, _CHECKPOINT)
    return time.perf_counter() - start_s


def _consume_s(consumer: Consumer, message_count: int, window_count: int) -> float:
    consumer.positions()
    start_s = time.perf_counter()
    seen_count = 0
    while seen_count < message_count:
        seen_count += len(consumer.poll(window_count, 1.0))
    elapsed_s = time.perf_counter() - start_s
    consumer.commit(consumer.positions())
    return elapsed_s


def _single_ms(publisher: Publisher, consumer: Consumer, topic: str) -> tuple[float, list[float]]:
    """Publish one by one while another thread consumes: the time to publish, and to arrive."""
    arrived = threading.Event()
    arrivals: list[float] = []

    def consume() -> None:
        while len(arrivals) < _LATENCY_COUNT:
            if consumer.poll(10, 1.0):
                arrivals.append(time.perf_counter())
                arrived.set()

    thread = threading.Thread(target=consume)
    thread.start()
    publish_ms: list[float] = []
    latencies_ms: list[float] = []
    for _ in range(_LATENCY_COUNT):
        arrived.clear()
        start_s = time.perf_counter()
        publisher.publish([Entry(topic, b"one", b"x")], _CHECKPOINT)
        publish_ms.append((time.perf_counter() - start_s) * 1000)
        arrived.wait()
        latencies_ms.append((arrivals[-1] - start_s) * 1000)
    thread.join()
    return statistics.median(publish_ms), latencies_ms


def _idle_percent(consumer: Consumer) -> float:
    start_s = time.process_time()
    consumer.poll(1, _IDLE_S)
    return (time.process_time() - start_s) / _IDLE_S * 100


@contextmanager
def _broker(bootstrap: str | None) -> Iterator[str | None]:
    if bootstrap is not None:
        yield bootstrap
    elif (missing := KafkaBroker.why_missing()) is not None:
        print(f"kafka left out: {missing}")
        yield None
    else:
        with KafkaBroker() as broker:
            yield broker.bootstrap


def _print(results: list[Result], load: Load) -> None:
    print(
        f"\n{load.entry_count} entries of {load.value_bytes} bytes, {load.window_count} a window"
        f" with its checkpoint, {_PARTITIONS} partitions"
    )
    heads = ("", "publish/s", "rewrite/s", "consume/s", "one, ms", "p50 ms", "p99 ms", "idle %")
    print("{:<10}{:>11}{:>11}{:>11}{:>9}{:>9}{:>9}{:>8}".format(*heads))
    for one in results:
        print(
            f"{one.backend:<10}{one.publish_per_s:>11,.0f}{one.rewrite_per_s:>11,.0f}"
            f"{one.consume_per_s:>11,.0f}{one.small_publish_ms:>9.1f}{one.latency_p50_ms:>9.1f}"
            f"{one.latency_p99_ms:>9.1f}{one.idle_percent:>8.1f}"
        )
    print(
        "rewrite: the same keys again, which the embedded log also has to index\n"
        "one: publishing one entry; p50, p99: from its publishing to its arrival; idle: processor"
    )


def main() -> None:
    """Measure what is there and print one table."""
    parser = argparse.ArgumentParser(description="Speed of the topic log.")
    parser.add_argument("--entries", type=int, default=50_000)
    parser.add_argument("--value-bytes", type=int, default=2_000)
    parser.add_argument("--window", type=int, default=1_000)
    parser.add_argument("--bootstrap", help="host:port of a running broker")
    arguments = parser.parse_args()
    load = Load(arguments.entries, arguments.value_bytes, arguments.window)
    names = TopicNames(f"bench{time.time_ns()}")
    results = []
    with tempfile.TemporaryDirectory() as folder:
        embedded = EmbeddedLog(Path(folder) / "log.sqlite", names, _PARTITIONS)
        results.append(measure("embedded", embedded, names, load))
    with _broker(arguments.bootstrap) as bootstrap:
        if bootstrap is not None:
            settings = KafkaLogSettings(bootstrap_servers=(bootstrap,), partitions=_PARTITIONS)
            results.append(measure("kafka", KafkaLog(settings, names, "bench"), names, load))
    _print(results, load)


if __name__ == "__main__":
    main()
