"""What other processes do with a log in these tests: `child <spec as JSON> <command>`."""

from __future__ import annotations

import json
import os
import signal
import sys

from cdc.log import embedded_publisher
from cdc.log.kafka_producer import BoundedProducer
from tests.integration.log.backends import LogSpec, opened, read

WINDOW_COUNT = 40
WINDOW_ENTRIES = 25


def say(word: str) -> None:
    """Tell the test how far we are."""
    print(word, flush=True)


def die(*_: object) -> None:
    """End as a crash would."""
    os.kill(os.getpid(), signal.SIGKILL)


def die_before_commit(spec: LogSpec) -> None:
    """Publish one window, then be killed when the next is written but not committed."""
    with opened(spec.log()) as publisher:
        publisher.publish([spec.entry("kept", b"1")], b"checkpoint 1")
        # In both backends this comes between the last written entry and the commit.
        setattr(BoundedProducer, "commit", die)  # noqa: B010
        setattr(embedded_publisher, "clean", die)  # noqa: B010
        publisher.publish([spec.entry(f"lost {n}", b"2") for n in range(50)], b"checkpoint 2")


def hold_publisher(spec: LogSpec) -> None:
    """Be the publisher until killed."""
    with opened(spec.log()):
        say("ready")
        sys.stdin.read()


def hold_consumer(spec: LogSpec) -> None:
    """Be a live consumer until killed."""
    consumer = spec.log().consumer(spec.group, [spec.topic])
    consumer.positions()
    say("ready")
    while True:
        consumer.poll(100, 0.2)


def publish_windows(spec: LogSpec) -> None:
    """Publish numbered windows, each with its number as checkpoint."""
    with opened(spec.log()) as publisher:
        for window in range(WINDOW_COUNT):
            entries = [spec.entry(f"{window}/{n}", b"x") for n in range(WINDOW_ENTRIES)]
            publisher.publish(entries, str(window).encode())


def consume_windows(spec: LogSpec) -> None:
    """Read all windows as a group named after this process, committing, and print their keys."""
    consumer = spec.log().consumer(spec.names.group(f"p{os.getpid()}"), [spec.topic])
    say("ready")
    keys: list[str] = []
    while len(keys) < WINDOW_COUNT * WINDOW_ENTRIES:
        keys += [message.key.decode() for message in read(consumer, 1)]
        keys += [message.key.decode() for message in consumer.poll(100, 0)]
        consumer.commit(consumer.positions())
    consumer.close()
    print(json.dumps(keys))


def append_letters(spec: LogSpec) -> None:
    """Append numbered dead letters one by one."""
    appender = spec.log().appender()
    for number in range(WINDOW_COUNT):
        letter = spec.entry(f"{os.getpid()}/{number}", b"refused")
        appender.append([type(letter)(spec.names.dead_letter, letter.key, letter.value)])
    appender.close()


def publish_until_killed(spec: LogSpec) -> None:
    """Publish windows that go on from the checkpoint until killed."""
    publisher = spec.log().publisher()
    window = int(publisher.open() or b"0")
    say("ready")
    while True:
        window += 1
        publisher.publish([spec.entry(f"{window}/{n}", b"x") for n in range(20)], b"%d" % window)


if __name__ == "__main__":
    globals()[sys.argv[2]](LogSpec(**json.loads(sys.argv[1])))
