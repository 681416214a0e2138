"""A consistent read includes the change that named it, while writers commit as fast as they can."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from cdc.binlog.changes import Committed, RowChanges
from cdc.binlog.server import current_position
from cdc.binlog.stream import BinlogStream
from cdc.database import Database
from cdc.errors import SourceUnavailable, Stopped
from cdc.position import Position
from cdc.visibility import open_read
from config.source import CaptureSettings
from tests.integration.binlog.following import capture_settings, position_of, settings_of
from tests.servers.database import Schema
from tests.servers.mysql import MySQL
from tests.servers.proxy import TcpProxy

COUNTERS = {"counter": ("id", "n")}
WRITER_COUNT = 8
CHECK_COUNT = 400


@dataclass
class Tally:
    """What a follower saw: reads made, and those that were older than the change."""

    read_count: int = 0
    stale_count: int = 0


@contextmanager
def writers(schema: Schema) -> Iterator[None]:
    """Let threads count rows up, one commit each, until the block ends."""
    schema.execute("CREATE TABLE counter (id INT PRIMARY KEY, n BIGINT)")
    for number in range(WRITER_COUNT):
        schema.execute("INSERT INTO counter VALUES (%s, 0)", (number,))
    is_over = threading.Event()

    def write(number: int) -> None:
        with schema.connect() as connection, connection.cursor() as cursor:
            while not is_over.is_set():
                cursor.execute(f"UPDATE counter SET n = n + 1 WHERE id = {number}")

    threads = [threading.Thread(target=write, args=(number,)) for number in range(WRITER_COUNT)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        is_over.set()
        for thread in threads:
            thread.join()


def follow(
    schema: Schema, read: Callable[[Database, Position, int], int], capture: CaptureSettings
) -> Tally:
    """Read each row as soon as the stream names it; `read` gives the counter's value."""
    settings = settings_of(schema.server, schema.name)
    database = Database(settings)
    start = position_of(schema.server, with_gtid=capture.position != "file")
    stream = BinlogStream(settings, capture, start, COUNTERS)
    tally = Tally()
    deadline_s = time.monotonic() + 30
    try:
        while tally.read_count < CHECK_COUNT and time.monotonic() < deadline_s:
            newest: tuple[int, int] | None = None
            for change in stream.read():
                if isinstance(change, RowChanges) and change.after:
                    newest = change.after[-1]
                elif isinstance(change, Committed) and newest is not None:
                    number, value = newest
                    last = change.position
            if newest is not None:
                tally.read_count += 1
                tally.stale_count += read(database, last, number) < value
    finally:
        stream.close()
        database.close()
    return tally


def read_consistently(capture: CaptureSettings) -> Callable[[Database, Position, int], int]:
    """A read as capture makes it."""
    stop = threading.Event()

    def read(database: Database, position: Position, number: int) -> int:
        with open_read(database, position, stop, capture) as reader:
            found = reader.tuples("SELECT n FROM counter WHERE id = %s", (number,))
            return int(found[0][0])

    return read


@pytest.mark.parametrize("sync_binlog", [0, 1])
def test_no_read_is_older_than_the_change_that_named_it(schema: Schema, sync_binlog: int) -> None:
    schema.execute(f"SET GLOBAL sync_binlog = {sync_binlog}")
    capture = capture_settings()
    try:
        with writers(schema):
            tally = follow(schema, read_consistently(capture), capture)
    finally:
        schema.execute("SET GLOBAL sync_binlog = 0")
    assert tally.read_count == CHECK_COUNT
    assert tally.stale_count == 0


@contextmanager
def commit_held_after_the_log(schema: Schema) -> Iterator[Position]:
    """Hold a transaction whose events are in the log and sent, and which is not yet visible.

    A semaphore inside the servers is not at hand, so the state is made as replication sees it: the
    position asked for is one transaction beyond what the server has.
    """
    here = position_of(schema.server)
    if here.flavor == "mysql":
        uuid, _, interval = here.gtid.split(",")[0].partition(":")
        last = int(interval.split(":")[0].split("-")[-1])
        gtid = f"{uuid}:1-{last + 1}"
    else:
        gtid = here.gtid
    yield Position(here.flavor, here.server, here.file, here.offset + 1, gtid)


def test_a_read_waits_until_the_position_is_visible(schema: Schema) -> None:
    """The mechanism by itself: before the position no read view opens, behind it one does."""
    schema.execute("CREATE TABLE counter (id INT PRIMARY KEY, n INT)")
    database = Database(settings_of(schema.server, schema.name))
    opened = threading.Event()
    seen: list[tuple[int]] = []
    with commit_held_after_the_log(schema) as ahead:

        def read() -> None:
            with open_read(database, ahead, threading.Event(), capture_settings()) as reader:
                seen.extend(reader.tuples("SELECT n FROM counter"))
                opened.set()

        thread = threading.Thread(target=read)
        thread.start()
        assert not opened.wait(0.7)
        schema.execute("INSERT INTO counter VALUES (1, 42)")
        assert opened.wait(10)
        thread.join()
    database.close()
    assert seen == [(42,)]


def test_a_stop_ends_the_waiting(schema: Schema) -> None:
    schema.execute("CREATE TABLE counter (id INT PRIMARY KEY, n INT)")
    database = Database(settings_of(schema.server, schema.name))
    stop = threading.Event()
    with commit_held_after_the_log(schema) as ahead:
        timer = threading.Timer(0.3, stop.set)
        timer.start()
        begun_s = time.monotonic()
        with pytest.raises(Stopped), open_read(database, ahead, stop, capture_settings()):
            pytest.fail("a read view opened before its position")
        assert time.monotonic() - begun_s < 5
        timer.join()
    database.close()


def test_the_read_view_holds_over_statements_and_ends(schema: Schema) -> None:
    schema.execute("CREATE TABLE counter (id INT PRIMARY KEY, n INT)")
    schema.execute("INSERT INTO counter VALUES (1, 1)")
    database = Database(settings_of(schema.server, schema.name))
    stop = threading.Event()
    with open_read(database, None, stop) as reader:
        assert reader.tuples("SELECT n FROM counter") == [(1,)]
        schema.execute("UPDATE counter SET n = 2")
        assert reader.rows("SELECT n FROM counter") == [{"n": 1}]
        # What the view includes is before the update.
        assert not reader.position.coordinates.is_at_or_after(
            position_of(schema.server).coordinates
        )
    assert database.tuples("SELECT n FROM counter") == [(2,)]
    open_transactions = (
        "SELECT COUNT(*) FROM information_schema.INNODB_TRX WHERE trx_mysql_thread_id = %s"
    )
    mine = database.value("SELECT CONNECTION_ID()")
    assert schema.execute(open_transactions, (mine,)) == [(0,)]
    database.close()


def test_a_stream_from_the_position_of_a_read_brings_exactly_what_the_read_lacks(
    schema: Schema,
) -> None:
    """The snapshot's own position joins a full read and the stream without a gap."""
    database = Database(settings_of(schema.server, schema.name))
    capture = capture_settings()
    with writers(schema), open_read(database, None, threading.Event(), capture) as reader:
        counts = dict(reader.tuples("SELECT id, n FROM counter"))
        stream = BinlogStream(
            settings_of(schema.server, schema.name), capture, reader.position, COUNTERS
        )
        seen: dict[int, int] = {}
        deadline_s = time.monotonic() + 20
        while len(seen) < WRITER_COUNT and time.monotonic() < deadline_s:
            for change in stream.read():
                if isinstance(change, RowChanges):
                    for before, _ in zip(change.before, change.after, strict=True):
                        seen.setdefault(before[0], before[1])
        stream.close()
    database.close()
    assert len(seen) == WRITER_COUNT
    # The first change of each row begins at or before what was read: nothing lies in between.
    assert all(seen[number] <= counts[number] for number in seen)
    if reader.position.flavor == "mariadb":
        assert seen == counts


def test_a_lost_connection_breaks_the_read_for_good(schema: Schema) -> None:
    """The database object would connect again by itself, and read outside the view."""
    server = schema.server
    with TcpProxy((server.host, server.port)) as proxy:
        database = Database(settings_of(server, schema.name, port=proxy.port))
        with open_read(database, None, threading.Event()) as reader:
            proxy.cut()
            with pytest.raises(SourceUnavailable):
                reader.tuples("SELECT 1")
            with pytest.raises(SourceUnavailable, match="was lost"):
                reader.tuples("SELECT 1")
        # The same object serves the next read.
        with open_read(database, None, threading.Event()) as reader:
            assert reader.tuples("SELECT 1") == [(1,)]
        database.close()


def test_mysql_without_gtids_waits_for_the_end_of_the_log_and_the_delay() -> None:
    if MySQL.why_missing():
        pytest.skip(str(MySQL.why_missing()))
    with MySQL(has_gtid=False) as server:
        server.execute("CREATE DATABASE shop")
        schema = Schema(server, "shop")
        database = Database(settings_of(server, "shop"))
        at = current_position(database)
        begun_s = time.monotonic()
        capture = capture_settings(fallback_delay_ms=250)
        with open_read(database, at, threading.Event(), capture) as reader:
            assert reader.position == at
        assert time.monotonic() - begun_s >= 0.25
        with writers(schema):
            tally = follow(
                schema, read_consistently(capture_settings(fallback_delay_ms=20)), capture
            )
        database.close()
    assert tally.read_count > 20
    assert tally.stale_count == 0
