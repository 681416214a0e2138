"""Index and topics at the start: what is believed, what is read again, what must be sent again."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from cdc.checkpoint import Checkpoint
from cdc.identity_index import IdentityIndex
from cdc.identity_origin import Origin, Shop
from cdc.identity_replay import CaughtUp, catch_up
from cdc.log.embedded import EmbeddedLog
from cdc.log.protocol import Entry
from cdc.log.topics import TopicNames
from cdc.position import Position
from cdc.records import ChangeRecord, Model, Op, Source, encode_record

NAMES = TopicNames("shop")
SHOP = Shop("server-1", "db:3306", "magento", "")
POSITION = Position("mariadb", "server-1", "bin.000001", 4)
EVERYTHING = frozenset(Model)


def record(model: Model, key: str, seq: int, *, is_gone: bool = False) -> ChangeRecord:
    identity = {"entity_id": int(key), "store_id": 1, "website_id": 1, "former_emails": ["a@b.c"]}
    return ChangeRecord(
        op=Op.DELETE if is_gone else Op.UPDATE,
        model=model,
        id=key,
        key=key,
        seq=seq,
        ts_ms=1,
        captured_ms=1,
        cause="stream",
        source=Source(server="s", gtid="", file="bin.000001", pos=4),
        identity=identity,
        after=None if is_gone else {"entity_id": int(key)},
    )


def checkpoint(seq: int, log_id: str = "log-1") -> Checkpoint:
    return Checkpoint(seq, POSITION, (), log_id)


class Bench:
    """An index, and a log that can be replaced."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.index = IdentityIndex(folder / "identity.sqlite")
        self.log = EmbeddedLog(folder / "log-1.sqlite", NAMES, 1)

    def publish(self, *records: ChangeRecord, is_indexed: bool = True) -> None:
        """Publish the records of one step."""
        publisher = self.log.publisher()
        publisher.open()
        entries = [
            Entry(NAMES.model(one.model), one.key.encode(), encode_record(one)) for one in records
        ]
        publisher.publish(entries, b"{}")
        publisher.close()
        if is_indexed:
            self.index.apply(records, records[0].seq)

    def replace_log(self) -> None:
        """Let the log be empty."""
        self.log = EmbeddedLog(self.folder / "log-2.sqlite", NAMES, 1)

    def catch_up(self, at: Checkpoint | None, shop: Shop = SHOP) -> CaughtUp:
        """Catch up and remember it, as a session does when nothing was lost."""
        found = catch_up(self.index, self.log, NAMES, shop, at)
        if not found.lost:
            self.index.set_places(found.ends)
        return found

    def begin(self, *records: ChangeRecord) -> None:
        """Publish a step and have it in the index, as after a session of log-1."""
        self.publish(*records)
        self.index.set_origin(Origin(SHOP, "log-1"))
        self.catch_up(checkpoint(records[0].seq))

    def known(self, model: Model = Model.CUSTOMER) -> Sequence[str]:
        """Live keys."""
        return [key for key, _ in self.index.live_after(model, "", 100)]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.index.close()


def test_nothing_is_lost_where_log_and_index_agree(bench: Bench) -> None:
    bench.begin(record(Model.CUSTOMER, "1", 5))
    assert bench.catch_up(checkpoint(5)).lost == frozenset()
    known = bench.index.get(Model.CUSTOMER, ["1"])["1"]
    assert known.hash is not None


def test_an_index_outlives_its_topics_and_nothing_of_it_counts_as_published(bench: Bench) -> None:
    bench.begin(record(Model.CUSTOMER, "1", 5), record(Model.CUSTOMER, "2", 5))
    bench.publish(record(Model.CUSTOMER, "2", 6, is_gone=True))
    bench.replace_log()
    assert bench.catch_up(None).lost == EVERYTHING
    known = bench.index.get(Model.CUSTOMER, ["1", "2"])
    assert [one.hash for one in known.values()] == [None, None]
    assert known["1"].identity["former_emails"] == ["a@b.c"]
    assert bench.known() == ["1", "2"], "the delete went with the topics and has to come again"
    assert bench.index.retired(["a@b.c"])["a@b.c"].customer_id == 1
    assert bench.index.seq == 6, "ordinals go on"


@pytest.mark.parametrize(
    ("shop", "is_kept"),
    [
        (Shop("server-2", "db:3306", "magento", ""), True),  # failed over
        (Shop("server-1", "10.0.0.1:3306", "magento", ""), True),  # reached by another name
        (Shop("server-2", "10.0.0.1:3306", "magento", ""), False),
        (Shop("server-1", "db:3306", "other", ""), False),
        (Shop("server-1", "db:3306", "magento", "m2_"), False),
    ],
)
def test_an_index_of_another_shop_is_cleared_and_the_log_says_why(
    bench: Bench, caplog: pytest.LogCaptureFixture, shop: Shop, is_kept: bool
) -> None:
    bench.begin(record(Model.CUSTOMER, "1", 5))
    bench.replace_log()
    with caplog.at_level(logging.WARNING, "cdc.identity_replay"):
        assert bench.catch_up(None, shop).lost == EVERYTHING
    assert bool(bench.known()) == is_kept
    (line,) = caplog.records
    facts: dict[str, Any] = vars(line)
    if is_kept:
        assert (line.getMessage(), facts["models"]) == ("identity.kept", ["customer"])
    else:
        assert line.getMessage() == "identity.foreign"
        assert facts["reason"] == f"it is of magento at db:3306, the shop is {shop}"


def test_an_index_of_another_log_gives_way_to_what_the_topics_hold(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.begin(record(Model.CUSTOMER, "1", 5))
    bench.replace_log()
    bench.publish(record(Model.CUSTOMER, "3", 7), is_indexed=False)
    with caplog.at_level(logging.WARNING, "cdc.identity_replay"):
        assert bench.catch_up(checkpoint(7, "log-2")).lost == frozenset()
    assert bench.known() == ["3"]
    assert bench.index.seq == 7
    assert vars(caplog.records[0])["reason"] == "the topics are of another log"


def test_a_lost_index_is_read_from_the_topics(bench: Bench) -> None:
    bench.publish(record(Model.CUSTOMER, "1", 5), is_indexed=False)
    assert bench.catch_up(checkpoint(6)).lost == frozenset()
    assert bench.known() == ["1"]
    assert bench.index.seq == 6


def test_topics_without_their_checkpoint_add_to_what_is_known(bench: Bench) -> None:
    bench.begin(record(Model.CUSTOMER, "1", 5))
    bench.publish(record(Model.CUSTOMER, "2", 8), is_indexed=False)
    assert bench.catch_up(None).lost == EVERYTHING
    assert bench.known() == ["1", "2"]
    assert bench.index.seq == 8


def test_a_log_put_back_from_an_older_copy_lost_something_of_everything(bench: Bench) -> None:
    bench.begin(record(Model.CUSTOMER, "1", 5))
    bench.index.apply([record(Model.CUSTOMER, "2", 9)], 9)
    assert bench.catch_up(checkpoint(5)).lost == EVERYTHING
    assert bench.known() == ["1", "2"]
    assert bench.index.seq == 9, "ordinals go on behind the newer one"


def test_a_topic_made_anew_has_lost_what_is_known_of_its_model(bench: Bench) -> None:
    bench.begin(record(Model.CUSTOMER, "1", 5))
    bench.replace_log()
    bench.publish(record(Model.ORDER, "7", 6))
    assert bench.catch_up(checkpoint(6)).lost == {Model.CUSTOMER}
    assert bench.index.get(Model.CUSTOMER, ["1"])["1"].hash is None
    assert bench.index.get(Model.ORDER, ["7"])["7"].hash is not None


def test_a_topic_that_has_records_again_is_still_shorter_than_it_was(bench: Bench) -> None:
    bench.begin(record(Model.CUSTOMER, "1", 5), record(Model.CUSTOMER, "2", 5))
    bench.replace_log()
    bench.publish(record(Model.CUSTOMER, "1", 6))
    assert bench.catch_up(checkpoint(6)).lost == {Model.CUSTOMER}


def test_what_was_lost_is_told_until_it_is_said_to_be_dealt_with(bench: Bench) -> None:
    """A crash before the request for full runs is durable must not make it forgotten."""
    bench.begin(record(Model.CUSTOMER, "1", 5), record(Model.CUSTOMER, "2", 5))
    bench.replace_log()
    bench.publish(record(Model.CUSTOMER, "1", 6))
    assert bench.catch_up(checkpoint(6)).lost == {Model.CUSTOMER}
    found = bench.catch_up(checkpoint(6))
    assert found.lost == {Model.CUSTOMER}
    bench.index.set_places(found.ends)
    assert bench.catch_up(checkpoint(6)).lost == frozenset()
