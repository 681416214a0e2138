"""The two backends of the topic log under one name, for tests in this and in other processes."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from cdc.log.embedded import EmbeddedLog
from cdc.log.kafka_log import KafkaLog
from cdc.log.protocol import Consumer, Entry, Message, Publisher, TopicLog, TopicPartition
from cdc.log.topics import TopicNames
from cdc.records import Model
from config.topiclog import KafkaLogSettings
from tests.waiting import wait_until

ROOT = Path(__file__).parents[3]
SESSION_MS = 6000


@dataclass(frozen=True)
class LogSpec:
    """What it takes to open one log, in any process."""

    backend: str
    prefix: str
    address: str
    """File of an embedded log, host:port of a broker."""
    partitions: int = 3

    @property
    def names(self) -> TopicNames:
        """Names of its topics."""
        return TopicNames(self.prefix)

    @property
    def topic(self) -> str:
        """A model topic."""
        return self.names.model(Model.PRODUCT)

    @property
    def group(self) -> str:
        """A group."""
        return self.names.group("shop-en")

    @property
    def is_kafka(self) -> bool:
        """Whether this is the Kafka backend."""
        return self.backend == "kafka"

    def log(self) -> TopicLog:
        """Make the log."""
        if self.is_kafka:
            return KafkaLog(self.kafka_settings(), self.names, "shop")
        return EmbeddedLog(Path(self.address), self.names, self.partitions)

    def kafka_settings(self) -> KafkaLogSettings:
        """Make the settings of the Kafka backend."""
        return KafkaLogSettings(
            bootstrap_servers=(self.address,),
            partitions=self.partitions,
            session_timeout_ms=SESSION_MS,
            transaction_timeout_ms=30_000,
        )

    def with_prefix(self, prefix: str) -> LogSpec:
        """Return the same place with topics of its own."""
        address = self.address
        if not self.is_kafka:
            address = str(Path(address).with_name(f"{prefix}.sqlite"))
        return replace(self, prefix=prefix, address=address)

    def entry(self, key: str | bytes, value: bytes | None = b"{}") -> Entry:
        """Make an entry of the model topic."""
        return Entry(self.topic, key.encode() if isinstance(key, str) else key, value)


@contextmanager
def opened(log: TopicLog) -> Iterator[Publisher]:
    """Give an open publisher, closed at the end."""
    publisher = log.publisher()
    publisher.open()
    try:
        yield publisher
    finally:
        publisher.close()


@contextmanager
def closing(consumer: Consumer) -> Iterator[Consumer]:
    """Give a consumer, closed at the end."""
    try:
        yield consumer
    finally:
        consumer.close()


def read(consumer: Consumer, count: int, *, timeout_s: float = 20.0) -> list[Message]:
    """Poll until `count` messages came."""
    messages: list[Message] = []

    def has_all() -> bool:
        messages.extend(consumer.poll(count - len(messages), 0.2))
        return len(messages) >= count

    if count:
        wait_until(has_all, timeout_s=timeout_s, what=f"{count} messages", interval_s=0)
    return messages


def read_to_end(consumer: Consumer, *, timeout_s: float = 20.0) -> list[Message]:
    """Poll until all that is published was read."""
    messages: list[Message] = []

    def is_at_end() -> bool:
        messages.extend(consumer.poll(1000, 0.02))
        return consumer.positions() == consumer.end_offsets()

    wait_until(is_at_end, timeout_s=timeout_s, what="the end of all partitions", interval_s=0)
    return messages


def behind(messages: list[Message]) -> dict[TopicPartition, int]:
    """Return the next offset after the last message of each partition."""
    return {message.place: message.offset + 1 for message in messages}


def values(messages: list[Message]) -> list[bytes | None]:
    """Return the values."""
    return [message.value for message in messages]


class Child:
    """Another process that does one thing with a log and says so on its standard output."""

    def __init__(self, spec: LogSpec, command: str) -> None:
        arguments = [json.dumps(asdict(spec)), command]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.log.child", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )

    def wait_for(self, word: str) -> None:
        """Wait until the process prints a word on a line of its own."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.strip() == word:
                return
        raise AssertionError(f"the other process ended before it said {word}")

    def wait(self, timeout_s: float = 30.0) -> tuple[int, str]:
        """Wait for the end; return the exit code and what it printed since."""
        output, _ = self._process.communicate(timeout=timeout_s)
        return self._process.returncode, output

    def kill(self) -> None:
        """End it with SIGKILL."""
        self._process.kill()
        self._process.communicate()


@contextmanager
def child(spec: LogSpec, command: str) -> Iterator[Child]:
    """Run a child; whatever is left of it at the end is killed."""
    process = Child(spec, command)
    try:
        yield process
    finally:
        process.kill()


def elapsed_s(action: Callable[[], object]) -> float:
    """Run an action and return how long it took."""
    start_s = time.monotonic()
    action()
    return time.monotonic() - start_s
