"""What the capture loop does first, and what it does when a read view is lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any, cast

import pytest

import cdc.capture
from cdc.capture import CaptureLoop
from cdc.composer import Batch, Composed, Named
from cdc.database import Database
from cdc.dirty import DirtyKey
from cdc.entities.protocol import ScanChunk
from cdc.errors import SourceUnavailable
from cdc.expansion import Expansion
from cdc.identity_index import IdentityIndex
from cdc.inbox import Inbox
from cdc.names import Kind, Name
from cdc.position import Position
from cdc.publishing import Step
from cdc.reading import Reading
from cdc.records import Model
from cdc.runs import Phase, Run
from cdc.status import CaptureStatus
from config.source import CaptureSettings, SettleByModel, SettleSettings

AT_ONCE = SettleSettings(quiet_ms=0, longest_ms=0, delete_ms=0)
SETTLE = SettleByModel(product=AT_ONCE, customer=AT_ONCE, order=AT_ONCE, subscriber=AT_ONCE)
PAGES_COUNT = 3


def at(offset: int, server: str = "s", number: int = 1) -> Position:
    return Position("mariadb", server, f"bin.{number:06}", offset)


class FakeReading:
    """A shop in which every customer exists and a category has `PAGES_COUNT` pages."""

    def __init__(self) -> None:
        self.lost_count = 0

    def invalidate(self) -> None:
        pass

    def websites(self, reader: SimpleNamespace) -> dict[int, int]:
        if self.lost_count:
            self.lost_count -= 1
            reader.is_broken = True
            raise SourceUnavailable("table was swapped")
        return {}

    def add_skus(self, *args: Any) -> None:
        pass

    def add_relatives(self, *args: Any) -> None:
        pass

    def add_subscribers(self, *args: Any) -> None:
        pass

    def customers_before(self, *args: Any) -> dict[str, Named]:
        return {}

    def highest(self, reader: object, model: Model) -> int:
        return 100

    def scan(self, reader: object, model: Model, after: int, limit: int) -> ScanChunk:
        return ScanChunk((str(after + 1),), after + 1)

    def category_page(
        self, reader: object, expansion: Expansion, limit: int
    ) -> tuple[tuple[str, ...], Expansion]:
        page = (expansion.cursor or (0, 0))[0] + 1
        return (), expansion.at(None if page == PAGES_COUNT else (page, 0), None)

    def batch(
        self, reader: object, model: Model, named: Mapping[str, Named], reason: Named
    ) -> Batch:
        return Batch(model, named, {key: entity(key) for key in named})


def entity(key: str) -> dict[str, Any]:
    return {
        "entity_id": int(key),
        "email": f"{key}@example.com",
        "store_id": 1,
        "website_id": 1,
    }


class FakeStep:
    """Remembers what was published and lets the inbox go on."""

    next_seq = 1

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self.done: list[str] = []

    def publish(self, composed: Composed, runs: tuple[Run, ...], keys: Sequence[DirtyKey]) -> None:
        causes = {record.cause for record in composed.records}
        self.done.append("+".join(sorted(causes)) or "page")
        self._inbox.done(keys)


class LoopBench:
    """A loop on fakes, with the clock in the test's hand."""

    def __init__(self, index: IdentityIndex, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_s = 0.0
        self.opened: list[Position] = []
        clock = SimpleNamespace(monotonic=lambda: self.now_s, time_ns=lambda: 0)
        monkeypatch.setattr(cdc.capture, "time", clock)
        monkeypatch.setattr(cdc.capture, "open_read", self._open_read)
        self.inbox = Inbox(SETTLE, at(0), 1000)
        self.reading = FakeReading()
        self.step = FakeStep(self.inbox)
        self._index = index
        self._offset = 0

    @contextmanager
    def _open_read(
        self, database: object, position: Position, *args: Any
    ) -> Iterator[SimpleNamespace]:
        self.opened.append(position)
        yield SimpleNamespace(is_broken=False)

    def loop(self, *runs: Run) -> CaptureLoop:
        return CaptureLoop(
            settings=CaptureSettings(),
            database=cast(Database, None),
            reading=cast(Reading, self.reading),
            index=self._index,
            inbox=self.inbox,
            step=cast(Step, self.step),
            runs=runs,
            status=CaptureStatus(),
            stop=Event(),
            clock_ms=lambda: 1,
        )

    def change(self, kind: Kind = Kind.CUSTOMER, key: str = "1") -> None:
        self._offset += 10
        self.inbox.name("t", [Name(kind, key)])
        self.inbox.commit(at(self._offset), 1)


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopBench]:
    index = IdentityIndex(tmp_path / "identity.sqlite")
    yield LoopBench(index, monkeypatch)
    index.close()


def test_nothing_to_do_is_said(bench: LoopBench) -> None:
    assert not bench.loop().work()
    assert bench.step.done == []


def test_live_changes_go_before_runs(bench: LoopBench) -> None:
    loop = bench.loop(Run(Model.CUSTOMER, "test"))
    bench.change()
    for _ in range(2):
        assert loop.work()
    assert bench.step.done == ["stream", "full"]


def test_a_run_goes_on_now_and_then_while_there_is_always_something_live(
    bench: LoopBench,
) -> None:
    loop = bench.loop(Run(Model.CUSTOMER, "test"))
    for _ in range(25):
        bench.change()
        bench.now_s += 0.2
        loop.work()
    assert bench.step.done.count("full") == 4
    assert bench.step.done.count("stream") == 21


def test_live_changes_go_on_while_an_expansion_and_a_run_wait(bench: LoopBench) -> None:
    loop = bench.loop(Run(Model.CUSTOMER, "test"))
    bench.change(Kind.CATEGORY, "5")
    loop.work()
    bench.step.done.clear()
    bench.now_s += 1.5
    for _ in range(4):
        bench.change()
        loop.work()
    assert bench.step.done.count("stream") == 3


def test_expansions_and_runs_take_turns(bench: LoopBench) -> None:
    loop = bench.loop(Run(Model.CUSTOMER, "test"))
    bench.change(Kind.CATEGORY, "5")
    loop.work()
    bench.step.done.clear()
    for _ in range(2 * PAGES_COUNT):
        loop.work()
    assert bench.step.done == ["full", "page"] * PAGES_COUNT


def test_an_expansion_holds_the_checkpoint_until_its_last_page(bench: LoopBench) -> None:
    loop = bench.loop()
    bench.change(Kind.CATEGORY, "5")
    for _ in range(PAGES_COUNT):
        loop.work()
        assert bench.inbox.checkpoint() == at(0)
    loop.work()
    assert bench.inbox.checkpoint() == at(10)


def test_categories_that_wait_are_expanded_together(bench: LoopBench) -> None:
    loop = bench.loop()
    for key in ("5", "6", "7"):
        bench.change(Kind.CATEGORY, key)
    while loop.work():
        pass
    assert bench.step.done.count("page") == 1 + PAGES_COUNT
    assert bench.inbox.checkpoint() == at(30)


def test_a_category_that_comes_while_another_is_expanded_follows_it(bench: LoopBench) -> None:
    loop = bench.loop()
    bench.change(Kind.CATEGORY, "5")
    loop.work()
    loop.work()
    bench.change(Kind.CATEGORY, "6")
    while loop.work():
        pass
    assert bench.step.done.count("page") == 2 * (1 + PAGES_COUNT)


def test_a_lost_read_view_is_opened_again(bench: LoopBench) -> None:
    loop = bench.loop()
    bench.reading.lost_count = 2
    bench.change()
    loop.work()
    assert bench.step.done == ["stream"]
    assert bench.opened == [at(10)] * 3


def test_a_read_view_that_is_lost_again_and_again_ends_the_session(bench: LoopBench) -> None:
    loop = bench.loop()
    bench.reading.lost_count = 3
    bench.change()
    with pytest.raises(SourceUnavailable, match="swapped"):
        loop.work()
    assert bench.step.done == []


def test_every_read_includes_whatever_was_taken_before(bench: LoopBench) -> None:
    """Metadata that was read again must not come from before the change that asked for it."""
    loop = bench.loop()
    bench.change(key="1")
    early = bench.inbox.take(1)
    bench.change(Kind.SHOP, "")
    loop.work()
    bench.inbox.done(early)
    loop._live([early[0]])
    assert bench.opened == [at(20)]


def test_a_request_while_a_run_works_adds_another_one(bench: LoopBench) -> None:
    loop = bench.loop(Run(Model.CUSTOMER, "test"))
    loop.work()
    bench.change(Kind.FULL, "customer")
    loop.work()
    assert [(run.model, run.is_begun) for run in loop._runs] == [
        (Model.CUSTOMER, True),
        (Model.CUSTOMER, False),
    ]
    assert loop._runs[0].phase is Phase.SCAN
