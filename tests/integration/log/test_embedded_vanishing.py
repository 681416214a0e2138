"""A file that vanishes while it is open: what holds it on must not harm the one made anew."""

from __future__ import annotations

import sqlite3
from contextlib import closing as closed
from pathlib import Path

import pytest

from cdc.log.embedded import EmbeddedLog
from cdc.log.protocol import Entry, TopicPartition
from cdc.log.topics import TopicNames
from cdc.records import Model
from tests.integration.log.backends import closing, opened

NAMES = TopicNames("shop")
TOPIC = NAMES.model(Model.ORDER)


def entries(count: int) -> list[Entry]:
    return [Entry(TOPIC, b"%d" % number, bytes(500)) for number in range(count)]


@pytest.mark.parametrize(
    "left", [("-wal", "-shm"), ("-shm",), ("-wal",), ()], ids=lambda left: "+".join(left) or "none"
)
def test_an_open_consumer_of_the_old_file_does_not_touch_the_new_one(
    tmp_path: Path, left: tuple[str, ...]
) -> None:
    path = tmp_path / "log.sqlite"
    log = EmbeddedLog(path, NAMES, 1)
    with closing(log.consumer("group", [TOPIC])) as consumer:
        with opened(log) as publisher:
            publisher.publish(entries(300), b"old")
            for suffix in {"", "-wal", "-shm"} - set(left):
                path.with_name(path.name + suffix).unlink()
        with opened(log) as publisher:
            for number in range(20):
                consumer.commit({TopicPartition(TOPIC, 0): number})
                publisher.publish(entries(5), b"new")
            publisher.close()
            assert publisher.open() == b"new"
    with closed(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("SELECT count(*) FROM committed").fetchone() == (0,)
        where = "SELECT next_offset FROM place JOIN topic ON topic.id = topic_id WHERE name = ?"
        assert db.execute(where, (TOPIC,)).fetchone() == (100,)
