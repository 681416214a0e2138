"""Cut, killed, restarted, purged, wrong: what a stream does when its server or link fails."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from cdc.binlog.changes import Change, Committed, Heartbeat, RowChanges
from cdc.binlog.server import (
    current_position,
    oldest_available,
    position_is_available,
    why_unavailable,
)
from cdc.binlog.stream import BinlogStream
from cdc.database import Database
from cdc.errors import (
    BinlogPurged,
    PositionUnusable,
    ServerIdClash,
    SourceDenied,
    SourceUnavailable,
)
from cdc.position import Flavor, Position
from config.source import DatabaseSettings
from tests.integration.binlog.conftest import BOTH
from tests.integration.binlog.following import (
    Following,
    capture_settings,
    position_of,
    rows_of,
    settings_of,
)
from tests.servers.database import DatabaseServer, Schema
from tests.servers.mariadb import MariaDB
from tests.servers.mysql import MySQL
from tests.servers.proxy import TcpProxy
from tests.waiting import wait_until

THING = {"thing": ("id", "name")}


@pytest.fixture(params=BOTH)
def own(request: pytest.FixtureRequest) -> Iterator[Schema]:
    """Give a server of the test's own, to be killed and purged, with a watched table."""
    # Asking for the shared server skips where there is none.
    kind: type[DatabaseServer] = type(request.getfixturevalue(request.param))
    with kind({"max_binlog_size": 4096}) as server:
        server.execute("CREATE DATABASE shop")
        schema = Schema(server, "shop")
        make_tables(schema)
        yield schema


@pytest.fixture
def thing(schema: Schema) -> Schema:
    """Give a schema on the shared servers with a watched table."""
    make_tables(schema)
    return schema


def make_tables(schema: Schema) -> None:
    for table in ("thing", "other"):
        schema.execute(f"CREATE TABLE {table} (id INT PRIMARY KEY, name VARCHAR(200))")


def ids(following: Following) -> list[int]:
    """Ids inserted into `thing`, as delivered."""
    return [after[0] for _, _, after in following.rows("thing")]


def drain(stream: BinlogStream, into: list[Change] | None = None) -> None:
    """Read until the stream fails, or 20 s are over."""
    deadline_s = time.monotonic() + 20
    changes: list[Change] = [] if into is None else into
    while time.monotonic() < deadline_s:
        changes += stream.read()


def test_a_quiet_stream_returns_at_each_heartbeat(thing: Schema) -> None:
    with Following(thing, THING) as following:
        following.stream.read()
        begun_s = time.monotonic()
        assert Heartbeat() in following.stream.read() + following.stream.read()
        assert time.monotonic() - begun_s < 2.0


def test_a_busy_log_without_watched_rows_does_not_starve_the_caller(thing: Schema) -> None:
    with Following(thing, THING) as following, thing.connect() as connection:
        cursor = connection.cursor()
        returned = 0
        for number in range(400):
            cursor.execute(f"INSERT INTO other VALUES ({number}, 'x')")
            if number % 40 == 0:
                following.changes += following.stream.read()
                returned += 1
        assert returned == 10
        assert following.catch_up() == []


def test_a_cut_connection_is_an_error_and_never_a_silent_reconnect(thing: Schema) -> None:
    with (
        TcpProxy((thing.server.host, thing.server.port)) as proxy,
        Following(thing, THING, port=proxy.port) as following,
    ):
        thing.execute("INSERT INTO thing VALUES (1, 'a')")
        following.catch_up()
        made = proxy.accepted_count
        proxy.cut()
        with pytest.raises(SourceUnavailable):
            drain(following.stream)
        assert proxy.accepted_count == made
        assert ids(following) == [1]


@pytest.mark.parametrize("kind", ["auto", "file"])
@pytest.mark.parametrize("byte_count", [1, 40, 333, 2_000])
def test_a_cut_in_the_middle_of_an_event_loses_and_repeats_nothing_committed(
    thing: Schema, kind: str, byte_count: int
) -> None:
    start = position_of(thing.server, with_gtid=kind == "auto")
    thing.execute("INSERT INTO thing VALUES (1, 'first')")
    with TcpProxy((thing.server.host, thing.server.port)) as proxy:
        first = Following(thing, THING, port=proxy.port, start=start, position=kind)
        first.catch_up()  # so what is counted now is inside the dump
        proxy.cut_after(byte_count)
        for number in range(2, 41):
            thing.execute("INSERT INTO thing VALUES (%s, %s)", (number, "n" * number))
        with pytest.raises(SourceUnavailable):
            drain(first.stream, into=first.changes)
        first.close()
    # What came before a `Committed` is done; what came behind the last one comes again.
    last = first.of(Committed)[-1]
    done = rows_of(first.changes[: first.changes.index(last)], "thing")
    assert len(done) < 40
    with Following(thing, THING, start=last.position, position=kind) as second:
        second.catch_up()
    assert [after[0] for _, _, after in done] + ids(second) == list(range(1, 41))
    assert second.unreadable() == []


def test_a_stream_is_lost_when_its_server_freezes(own: Schema) -> None:
    with Following(own, THING) as following:
        following.catch_up()
        own.server.freeze()
        try:
            begun_s = time.monotonic()
            with pytest.raises(SourceUnavailable):
                drain(following.stream)
            assert 5 < time.monotonic() - begun_s < 20
        finally:
            own.server.thaw()


@pytest.mark.parametrize("is_killed", [False, True], ids=["restart", "kill-9"])
@pytest.mark.parametrize("kind", ["auto", "file"])
def test_table_ids_of_before_a_restart_do_not_name_rows_of_after_it(
    own: Schema, kind: str, is_killed: bool
) -> None:
    """The first write after a restart gets the table id that `thing` had before."""
    with Following(own, THING, position=kind) as following:
        own.execute("INSERT INTO thing VALUES (1, 'a')")
        following.catch_up()
        (own.server.kill if is_killed else own.server.stop)()
        own.server.start()
        own.execute("INSERT INTO other VALUES (7, 'other')")
        own.execute("INSERT INTO thing VALUES (2, 'b')")
        # One stream over both sides of the restart, from before it.
    with Following(own, THING, position=kind, start=following.start) as over:
        over.catch_up()
    assert over.rows("thing") == [("insert", (), (1, "a")), ("insert", (), (2, "b"))]


def test_tiny_files_lose_and_repeat_nothing(own: Schema) -> None:
    with Following(own, THING) as following:
        for number in range(1, 201):
            own.execute("INSERT INTO thing VALUES (%s, %s)", (number, "x" * 150))
        following.catch_up()
    assert ids(following) == list(range(1, 201))
    files = {position.file for position in following.positions()}
    assert len(files) > 5
    # Each position is good to go on from, whatever file it is in.
    place = following.positions()[len(following.positions()) // 2]
    with Following(own, THING, start=place, position="file") as resumed:
        resumed.catch_up()
    assert ids(resumed) == list(range(ids(resumed)[0], 201))


@pytest.mark.parametrize("kind", ["auto", "file"])
def test_a_purged_position_is_told_before_and_while_streaming(own: Schema, kind: str) -> None:
    start = position_of(own.server, with_gtid=kind == "auto")
    database = Database(settings_of(own.server, "shop"))
    assert position_is_available(database, start)
    for number in range(60):
        own.execute("INSERT INTO thing VALUES (%s, %s)", (number, "x" * 150))
    file, _ = own.server.binlog_position()

    def is_purged() -> bool:
        own.server.execute(f"PURGE BINARY LOGS TO '{file}'")
        return oldest_available(database).file == file

    wait_until(is_purged, what="the purge")
    assert "purged" in why_unavailable(database, start)
    database.close()
    following = Following(own, THING, start=start, position=kind)
    with pytest.raises(BinlogPurged):
        drain(following.stream)
    following.close()


def test_a_position_of_another_server_is_refused(thing: Schema) -> None:
    here = position_of(thing.server)
    stranger = Position(here.flavor, "another", here.file, here.offset)
    following = Following(thing, THING, start=stranger)
    with pytest.raises(PositionUnusable, match="another server"):
        following.stream.read()
    following.close()
    database = Database(settings_of(thing.server, thing.name))
    assert "another server" in why_unavailable(database, stranger)
    # With a GTID the file means nothing and any server will do.
    moved = Position(here.flavor, "another", "gone.000001", 4, here.gtid)
    assert why_unavailable(database, moved) == ""
    database.close()
    with Following(thing, THING, start=moved) as following:
        thing.execute("INSERT INTO thing VALUES (1, 'a')")
        following.catch_up()
    assert ids(following) == [1]
    assert following.positions()[-1].server == here.server


def test_a_position_of_the_other_kind_of_server_is_refused(thing: Schema) -> None:
    here = position_of(thing.server)
    flavor: Flavor = "mysql" if here.flavor == "mariadb" else "mariadb"
    following = Following(thing, THING, start=Position(flavor, here.server, here.file, 4))
    with pytest.raises(PositionUnusable):
        following.stream.read()
    following.close()


def test_a_position_the_server_never_reached_is_refused(thing: Schema) -> None:
    here = position_of(thing.server)
    ahead = Position(here.flavor, here.server, here.file, here.offset + 100_000)
    database = Database(settings_of(thing.server, thing.name))
    assert "tail" in why_unavailable(database, ahead)
    if here.flavor == "mysql":
        gtid = here.gtid + ",00000000-0000-0000-0000-000000000001:1-5"
    else:
        domain, server, sequence = here.gtid.split(",")[0].split("-")
        gtid = f"{domain}-{server}-{int(sequence) + 1000}"
    unknown = Position(here.flavor, here.server, here.file, here.offset, gtid)
    assert "lacks" in why_unavailable(database, unknown)
    database.close()
    for start, kind in ((ahead, "file"), (unknown, "auto")):
        following = Following(thing, THING, start=start, position=kind)
        with pytest.raises((PositionUnusable, BinlogPurged)):
            drain(following.stream)
        following.close()


def test_a_start_inside_a_transaction_is_refused(thing: Schema) -> None:
    """The server would send the rest of the transaction without its beginning."""
    start = position_of(thing.server)
    with thing.connect(autocommit=False) as connection:
        cursor = connection.cursor()
        cursor.execute("INSERT INTO thing VALUES (1, 'a')")
        cursor.execute("INSERT INTO thing VALUES (2, 'b')")
        connection.commit()
    events = thing.execute(f"SHOW BINLOG EVENTS IN '{start.file}' FROM {start.offset}")
    inside = [int(row[1]) for row in events if "able_map" in row[2]]
    assert len(inside) >= 2
    for offset in inside:
        place = Position(start.flavor, start.server, start.file, offset)
        following = Following(thing, THING, start=place, position="file")
        with pytest.raises(PositionUnusable, match="middle of a transaction"):
            drain(following.stream)
        following.close()


def test_two_readers_with_one_server_id_are_told_so(thing: Schema) -> None:
    first = Following(thing, THING, server_id=47_321)
    first.stream.read()
    with Following(thing, THING, server_id=47_321) as second:
        second.stream.read()
        with pytest.raises(ServerIdClash):
            drain(first.stream)
    first.close()


def test_a_missing_grant_is_told(thing: Schema) -> None:
    name = f"u{thing.name}"[:30]
    thing.server.create_user(name, "secret", ("SELECT",))
    settings = settings_of(thing.server, thing.name, user=name, password="secret")
    stream = BinlogStream(settings, capture_settings(), position_of(thing.server), THING)
    with pytest.raises(SourceDenied):
        stream.read()
    stream.close()
    wrong = settings_of(thing.server, thing.name, user=name, password="wrong")
    stream = BinlogStream(wrong, capture_settings(), position_of(thing.server), THING)
    with pytest.raises(SourceDenied):
        stream.read()
    stream.close()
    thing.server.execute(f"DROP USER '{name}'@'%'")


def test_least_privileges_are_enough(thing: Schema) -> None:
    name = f"v{thing.name}"[:30]
    thing.server.create_user(name, "secret")
    settings = settings_of(thing.server, thing.name, user=name, password="secret")
    database = Database(settings)
    stream = BinlogStream(settings, capture_settings(), current_position(database), THING)
    thing.execute("INSERT INTO thing VALUES (1, 'a')")
    wait_until(lambda: any(isinstance(c, RowChanges) for c in stream.read()), what="the row")
    stream.close()
    database.close()
    thing.server.execute(f"DROP USER '{name}'@'%'")


def test_a_server_that_is_away_is_unavailable() -> None:
    proxy = TcpProxy(("127.0.0.1", 9))
    port = proxy.port
    proxy.close()
    start = Position("mariadb", "x", "binlog.000001", 4)
    settings = DatabaseSettings(port=port, connect_timeout_s=2)
    stream = BinlogStream(settings, capture_settings(), start, THING)
    with pytest.raises(SourceUnavailable):
        stream.read()
    stream.close()


def test_a_fresh_mysql_without_gtids_streams_by_file() -> None:
    if MySQL.why_missing():
        pytest.skip(str(MySQL.why_missing()))
    with MySQL(has_gtid=False) as server:
        server.execute("CREATE DATABASE shop")
        schema = Schema(server, "shop")
        make_tables(schema)
        with Following(schema, THING) as following:
            schema.execute("INSERT INTO thing VALUES (1, 'a')")
            following.catch_up()
        assert following.start.gtid == ""
        assert ids(following) == [1]
        assert following.positions()[-1].gtid == ""


def test_a_fresh_mariadb_begins_by_file_and_goes_on_by_gtid() -> None:
    """A new server has no GTID yet: the empty position must not mean all of the log."""
    if MariaDB.why_missing():
        pytest.skip(str(MariaDB.why_missing()))
    with MariaDB() as server:
        start = position_of(server)
        assert start.gtid == ""
        server.execute("CREATE DATABASE shop")
        schema = Schema(server, "shop")
        make_tables(schema)
        with Following(schema, THING, start=start) as following:
            schema.execute("INSERT INTO thing VALUES (1, 'a')")
            following.catch_up()
        assert ids(following) == [1]
        assert following.positions()[-1].gtid.startswith("0-1-")


@pytest.mark.parametrize("now", ["NONE", "CRC32"])
@pytest.mark.parametrize("kind", ["auto", "file"])
def test_files_with_and_without_checksums_are_read(own: Schema, kind: str, now: str) -> None:
    """Each file says for itself; what the server is set to now says nothing about older ones."""
    start = position_of(own.server, with_gtid=kind == "auto")
    for number, checksum in enumerate(("NONE", "CRC32", "NONE", "CRC32", now), start=1):
        own.server.execute(f"SET GLOBAL binlog_checksum = {checksum}")
        own.execute("INSERT INTO thing VALUES (%s, 'żółw')", (number,))
    with Following(own, THING, start=start, position=kind) as following:
        own.execute("INSERT INTO thing VALUES (6, 'six')")
        following.catch_up()
        other = "CRC32" if now == "NONE" else "NONE"
        own.server.execute(f"SET GLOBAL binlog_checksum = {other}")
        own.execute("INSERT INTO thing VALUES (7, 'seven')")
        following.catch_up()
    assert ids(following) == [1, 2, 3, 4, 5, 6, 7]
    assert following.unreadable() == []
