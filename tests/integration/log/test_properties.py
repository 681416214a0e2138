"""Whatever the order of publishing, reading, committing and closing, nothing is lost or doubled."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cdc.log.protocol import Consumer, Message, Publisher, TopicPartition
from tests.integration.log.backends import LogSpec, read_to_end

_numbers = itertools.count()

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("publish"), st.integers(1, 12)),
        st.tuples(st.just("poll"), st.integers(1, 15)),
        st.tuples(st.sampled_from(["commit", "reopen consumer", "reopen publisher"]), st.just(0)),
    ),
    min_size=4,
    max_size=14,
)


@dataclass
class Run:
    """One run of steps on one log, and what must come of it."""

    spec: LogSpec
    published: dict[bytes, list[bytes]] = field(default_factory=dict)
    window: int = 0
    seen: dict[TopicPartition, list[Message]] = field(default_factory=dict)
    committed: dict[TopicPartition, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.log = self.spec.log()
        self.publisher: Publisher = self.log.publisher()
        assert self.publisher.open() is None
        self.consumer: Consumer = self.log.consumer(self.spec.group, [self.spec.topic])

    def step(self, action: str, count: int) -> None:
        """Take one step."""
        if action == "publish":
            self.window += 1
            made = [(b"k%d" % (n % 5), b"%d.%d" % (self.window, n)) for n in range(count)]
            self.publisher.publish([self.spec.entry(*one) for one in made], b"%d" % self.window)
            for key, value in made:
                self.published.setdefault(key, []).append(value)
        elif action == "poll":
            self.take(self.consumer.poll(count, 0.05))
        elif action == "commit":
            positions = self.consumer.positions()
            self.consumer.commit(positions)
            self.committed = positions
        elif action == "reopen consumer":
            self.consumer.close()
            self.consumer = self.log.consumer(self.spec.group, [self.spec.topic])
            for place, messages in self.seen.items():
                start = self.committed.get(place, 0)
                self.seen[place] = [one for one in messages if one.offset < start]
        else:
            self.publisher.close()
            checkpoint = self.publisher.open()
            assert checkpoint == (b"%d" % self.window if self.window else None)

    def take(self, messages: list[Message]) -> None:
        """Note what the consumer returned; the order of each partition must hold."""
        for message in messages:
            earlier = self.seen.setdefault(message.place, [])
            assert not earlier or message.offset > earlier[-1].offset
            earlier.append(message)

    def check(self) -> None:
        """Read the rest: now each key's values were seen once each, in order."""
        self.take(read_to_end(self.consumer))
        found: dict[bytes, list[bytes | None]] = {}
        for messages in self.seen.values():
            for message in messages:
                found.setdefault(message.key, []).append(message.value)
        assert found == self.published

    def close(self) -> None:
        """Close what is open."""
        self.consumer.close()
        self.publisher.close()


def run(spec: LogSpec, steps: list[tuple[str, int]]) -> None:
    """Run steps on a new log."""
    one = Run(spec.with_prefix(f"{spec.prefix}p{next(_numbers)}"))
    try:
        for action, count in steps:
            one.step(action, count)
        one.check()
    finally:
        one.close()


def test_any_interleaving_loses_and_doubles_nothing(spec: LogSpec) -> None:
    @settings(
        max_examples=4 if spec.is_kafka else 40,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
        derandomize=spec.is_kafka,
        database=None,
    )
    @given(STEPS)
    def holds(steps: list[tuple[str, int]]) -> None:
        run(spec, steps)

    holds()
