"""No record is older than the change that named it, however fast the shop writes."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Iterator
from threading import Thread

import pytest

from cdc.binlog.changes import Committed, Heartbeat, RowChanges
from cdc.binlog.stream import BinlogStream
from cdc.position import Coordinates, Position
from cdc.records import ChangeRecord, Model
from tests.integration.capture.conftest import MakeRig, TestShop, make_shop
from tests.integration.capture.rig import CaptureRig
from tests.servers.database import DatabaseServer

BOTH = [
    pytest.param("mariadb_server", marks=pytest.mark.mariadb, id="mariadb"),
    pytest.param("mysql_server", marks=pytest.mark.mysql, id="mysql"),
]
WRITERS_COUNT = 3
WRITING_S = 3.0
AT_ONCE = {"customer": {"quiet_ms": 0, "longest_ms": 0, "delete_ms": 0}}
# (file number, offset) behind a transaction, and the counter after it.
History = dict[int, list[tuple[tuple[int, int], int]]]


@pytest.fixture(params=BOTH)
def shop(request: pytest.FixtureRequest, unique_name: str) -> Iterator[TestShop]:
    """Give a fresh tiny shop on MariaDB, then on MySQL."""
    server: DatabaseServer = request.getfixturevalue(request.param)
    yield from make_shop(server, unique_name)


def write_counters(shop: TestShop, customer_id: int) -> int:
    """Count up in a customer's first name, a transaction each, for `WRITING_S`."""
    deadline_s = time.monotonic() + WRITING_S
    counter = 0
    with shop.server.connect(database=shop.schema) as connection, connection.cursor() as cursor:
        while time.monotonic() < deadline_s:
            counter += 1
            cursor.execute(
                "UPDATE customer_entity SET firstname = %s WHERE entity_id = %s",
                (str(counter), customer_id),
            )
    return counter


def history(rig: CaptureRig, start: Position) -> History:
    """What the binlog says: each customer's counter after each transaction."""
    stream = BinlogStream(
        rig.settings.database,
        rig.settings.capture.model_copy(update={"server_id": rig.settings.capture.server_id + 1}),
        start,
        {"customer_entity": ("entity_id", "firstname")},
    )
    found: History = {}
    rows: list[tuple[int, int]] = []
    try:
        while True:
            for change in stream.read():
                if isinstance(change, RowChanges):
                    rows += [(row[0], int(row[1])) for row in change.after]
                elif isinstance(change, Committed):
                    place = (change.position.coordinates.number, change.position.offset)
                    for customer_id, counter in rows:
                        found.setdefault(customer_id, []).append((place, counter))
                    rows = []
                elif isinstance(change, Heartbeat):
                    return found
    finally:
        stream.close()


def counter_at(history: History, record: ChangeRecord) -> int:
    """Counter of a record's customer after the position in the record's source."""
    changes = history[int(record.id)]
    number = Coordinates(record.source.file, record.source.pos).number
    places = [place for place, _ in changes]
    index = bisect_right(places, (number, record.source.pos))
    return changes[index - 1][1] if index else 0


@pytest.mark.timeout(180)
def test_records_are_never_older_than_the_change_that_named_them(
    shop: TestShop, make_rig: MakeRig
) -> None:
    rig = make_rig(shop, settle=AT_ONCE).start()
    rig.mark()
    checkpoint = rig.checkpoint()
    assert checkpoint is not None
    writers = [Thread(target=write_counters, args=(shop, 1 + n)) for n in range(WRITERS_COUNT)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    records = rig.since(Model.CUSTOMER)
    counters = history(rig, checkpoint.position)
    assert len(records) > 4 * WRITERS_COUNT
    late = 0
    for record in records:
        assert record.after is not None
        wanted, got = counter_at(counters, record), int(record.after["firstname"])
        assert got >= wanted, f"customer {record.id} at {record.source.file}:{record.source.pos}"
        late += got > wanted
    newest = rig.published.newest(Model.CUSTOMER)
    for customer_id, changes in counters.items():
        after = newest[str(customer_id)].after
        assert after is not None
        assert int(after["firstname"]) == changes[-1][1]
    print(f"{len(records)} records, {late} of them newer than their source")


@pytest.mark.timeout(180)
def test_a_load_under_writes_never_goes_back(shop: TestShop, make_rig: MakeRig) -> None:
    writers = [Thread(target=write_counters, args=(shop, 1 + n)) for n in range(WRITERS_COUNT)]
    shop.execute("UPDATE customer_entity SET firstname = '0'")
    for writer in writers:
        writer.start()
    rig = make_rig(shop, settle=AT_ONCE, scan_chunk_keys=1).start()
    for writer in writers:
        writer.join()
    rig.wait_until_at_rest()
    for customer_id in range(1, WRITERS_COUNT + 1):
        counters = [
            int(record.after["firstname"])
            for record in rig.published.of(Model.CUSTOMER)
            if record.key == str(customer_id) and record.after is not None
        ]
        assert counters == sorted(counters)
