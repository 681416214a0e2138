"""Transactions and positions, from events built byte by byte."""

from __future__ import annotations

import struct

import pytest

from cdc.binlog.changes import (
    Change,
    Committed,
    Heartbeat,
    RowChanges,
    RowKind,
    SchemaChanged,
    Unreadable,
)
from cdc.binlog.gtids import NoGtids
from cdc.binlog.wire import ColumnType, EventType
from cdc.errors import PositionUnusable
from cdc.position import Coordinates, Position
from tests.unit.binlog.events import (
    SECOND,
    THING,
    event,
    gtid,
    interpreter,
    query,
    run,
    table_map,
    write_rows,
    xid,
)


def position(offset: int, number: int, file: str = "binlog.000001") -> Position:
    return Position("mariadb", "server", file, offset, f"0-7-{number}")


def committed(offset: int, number: int, file: str = "binlog.000001") -> Committed:
    return Committed(position(offset, number, file), SECOND * 1000)


ROWS = RowChanges("thing", RowKind.INSERT, (), ((1, "a"),))


def insert(number: int, log_pos: int) -> list[bytes]:
    """A transaction that inserts one row."""
    return [gtid(number), table_map(18, "thing", THING), write_rows(18, (1, "a")), xid(log_pos)]


def test_a_transaction_gives_its_rows_and_then_its_position() -> None:
    assert run(interpreter(), *insert(2, 300)) == [ROWS, committed(300, 2)]


def test_unwatched_transactions_in_a_row_are_told_as_their_last_position() -> None:
    other = [gtid(2), table_map(19, "other", THING), write_rows(19, (1, "a")), xid(300)]
    more = [gtid(3), table_map(19, "other", THING), write_rows(19, (1, "a")), xid(400)]
    assert run(interpreter(), *other, *more) == [committed(400, 3)]


def test_the_position_of_unwatched_ones_never_comes_between_rows_of_a_transaction() -> None:
    unwatched = [gtid(2), query("CREATE TABLE x (id INT)", log_pos=300)]
    begun = [gtid(3), table_map(18, "thing", THING), write_rows(18, (1, "a"))]
    made = interpreter()
    out: list[Change] = []
    for one in [gtid(2, flags=1), unwatched[1], *begun]:
        made.handle(one, out)
    made.flush(out)  # a read ends here, in the middle of the transaction
    assert out == [committed(300, 2), ROWS]
    made.handle(xid(500), out)
    assert out == [committed(300, 2), ROWS, committed(500, 3)]


def test_domains_are_counted_separately() -> None:
    first = [gtid(2), xid(200)]
    second = [gtid(9, domain=3), xid(300)]
    found = run(interpreter(), *first, *second)
    assert [change.position.gtid for change in found if isinstance(change, Committed)] == [
        "0-7-2,3-7-9"
    ]


def test_a_rollback_statement_ends_a_transaction_as_a_commit_does() -> None:
    begun = [gtid(2), table_map(18, "thing", THING), write_rows(18, (1, "a"))]
    assert run(interpreter(), *begun, query("ROLLBACK", log_pos=400)) == [ROWS, committed(400, 2)]


def test_savepoints_do_not_end_a_transaction() -> None:
    begun = [gtid(2), table_map(18, "thing", THING), write_rows(18, (1, "a"))]
    out = run(interpreter(), *begun, query("SAVEPOINT `s`"), query("ROLLBACK TO `s`"))
    assert out == [ROWS]


def test_a_new_file_is_told_and_forgets_the_table_ids() -> None:
    made = interpreter()
    out = run(made, *insert(2, 300))
    made.begin_file("binlog.000002", 4, out)
    assert out[-1] == committed(4, 2, "binlog.000002")
    # The id that `thing` had is not `thing` any more, and no map has said what it is.
    out = run(made, gtid(3), write_rows(18, (5, "stale")))
    assert [type(change) for change in out] == [Unreadable]


def test_a_file_header_alone_forgets_the_table_ids() -> None:
    """A server that crashed writes no Rotate event at the end of its file."""
    made = interpreter()
    run(made, *insert(2, 300))
    made.forget_tables()
    out = run(made, gtid(3), table_map(18, "other", THING), write_rows(18, (5, "x")), xid(500))
    assert out == [committed(500, 3)]


def test_what_a_crash_left_open_at_the_end_of_a_file_is_no_transaction() -> None:
    made = interpreter()
    run(made, gtid(2), table_map(18, "thing", THING), write_rows(18, (1, "a")))
    out: list[Change] = []
    made.begin_file("binlog.000002", 4, out)
    assert out == [Committed(position(4, 1, "binlog.000002"), 0)]


def test_rows_of_an_unwatched_id_and_of_the_dummy_id_are_nothing() -> None:
    dummy = event(EventType.WRITE_ROWS_V1, (0xFFFFFF).to_bytes(6, "little") + b"\1\0\0")
    assert run(interpreter(), gtid(2), dummy, xid(200)) == [committed(200, 2)]


def test_one_unreadable_event_is_told_once_a_table_and_the_stream_goes_on() -> None:
    torn = write_rows(18, (1, "a"))[:-1]
    out = run(
        interpreter(), gtid(2), table_map(18, "thing", THING), torn, torn, xid(300), *insert(3, 500)
    )
    assert [type(change) for change in out] == [Unreadable, Committed, RowChanges, Committed]
    assert isinstance(out[0], Unreadable)
    assert out[0].tables == ("thing",)
    assert out[0].place == "binlog.000001:0"


def test_the_other_rows_of_a_poisoned_table_are_skipped_in_its_transaction() -> None:
    maps = [table_map(18, "thing", THING)]
    torn = write_rows(18, (1, "a"))[:-1]
    out = run(interpreter(), gtid(2), *maps, torn, write_rows(18, (2, "b")), xid(300))
    assert [type(change) for change in out] == [Unreadable, Committed]


def test_rows_of_another_shape_than_their_map_are_never_values() -> None:
    """A layout that is wrong by one column reads past or short of the event's end."""
    wrong = [("id", ColumnType.LONG, b""), ("name", ColumnType.LONG, b"")]
    out = run(interpreter(), gtid(2), table_map(18, "thing", wrong), write_rows(18, (1, "abcde")))
    assert [type(change) for change in out] == [Unreadable]


def test_a_table_without_names_and_catalog_is_unreadable_only_when_it_is_watched() -> None:
    unnamed = [gtid(2), table_map(18, "thing", THING, has_names=False), write_rows(18, (1, "a"))]
    assert [type(change) for change in run(interpreter(), *unnamed)] == [Unreadable]
    other = [gtid(2), table_map(18, "other", THING, has_names=False), write_rows(18, (1, "a"))]
    assert run(interpreter(), *other) == []


def test_a_column_type_nobody_knows_is_unreadable_only_when_its_table_is_watched() -> None:
    odd = [("id", ColumnType.LONG, b""), ("name", 99, b"")]
    out = run(interpreter(), gtid(2), table_map(18, "thing", odd), write_rows(18, (1, "a")))
    assert isinstance(out[0], Unreadable)
    assert "99" in out[0].reason
    assert run(interpreter(), gtid(2), table_map(18, "other", odd), write_rows(18, (1, "a"))) == []


def test_an_incident_means_that_anything_may_be_missing() -> None:
    out = run(interpreter(), event(EventType.INCIDENT, b"\1\0\0", log_pos=77))
    assert out == [Unreadable(out[0].reason, (), "binlog.000001:77")]  # type: ignore[union-attr]


def test_status_variables_are_jumped_over_unread() -> None:
    statement = query("TRUNCATE thing", log_pos=200, status=b"\xfe\xff\x80\x82\x01")
    out = run(interpreter(), gtid(2, flags=1), statement)
    assert out == [SchemaChanged("truncate", ("thing",)), committed(200, 2)]


def test_a_heartbeat_follows_what_it_stands_for() -> None:
    out = run(interpreter(), gtid(2), xid(300), event(EventType.HEARTBEAT, b"binlog.000001"))
    assert out == [committed(300, 2), Heartbeat()]


def test_a_heartbeat_from_before_the_end_of_the_log_is_not_passed_on() -> None:
    """MySQL sends them while it passes over what we have; they do not mean that we have all."""
    beat = event(EventType.HEARTBEAT, b"binlog.000001", log_pos=200)
    made = interpreter(end=Coordinates("binlog.000001", 300))
    assert run(made, beat) == []
    assert run(made, gtid(2), xid(300), beat, beat) == [committed(300, 2), Heartbeat(), Heartbeat()]


def test_what_the_server_writes_for_itself_between_transactions_moves_the_position() -> None:
    """MariaDB writes a binlog checkpoint some time after a file began, maybe as its last event."""
    late = event(EventType.BINLOG_CHECKPOINT, b"", log_pos=340)
    out = run(interpreter(), gtid(2), xid(300), late, event(EventType.HEARTBEAT, b"binlog.000001"))
    assert out == [committed(340, 2), Heartbeat()]


def test_it_does_not_move_the_position_inside_a_transaction_or_backward() -> None:
    inside = event(EventType.BINLOG_CHECKPOINT, b"", log_pos=250)
    back = event(EventType.GTID_LIST, b"", log_pos=40)
    opening, *rest = insert(2, 300)
    assert run(interpreter(), opening, inside, *rest, back) == [ROWS, committed(300, 2)]


@pytest.mark.parametrize(
    "first",
    [xid(300), table_map(18, "thing", THING), query("COMMIT", log_pos=300)],
    ids=["xid", "table map", "commit"],
)
def test_a_beginning_inside_a_transaction_is_refused(first: bytes) -> None:
    with pytest.raises(PositionUnusable):
        run(interpreter(), first)


def test_positions_behind_4_gib_go_on_although_events_have_32_bits() -> None:
    made = interpreter(offset=4)
    near = (1 << 32) - 100
    out = run(made, gtid(2), xid(near), *insert(3, 500))
    assert out[-1] == committed((1 << 32) + 500, 3)


def test_by_file_a_position_behind_4_gib_waits_for_the_next_file() -> None:
    made = interpreter(gtids=NoGtids(), is_by_file=True)
    near = (1 << 32) - 100
    out = run(made, gtid(2), xid(near), *insert(3, 500))
    assert [type(change) for change in out] == [Committed, RowChanges]
    made.begin_file("binlog.000002", 4, out)
    assert isinstance(out[-1], Committed)
    assert (out[-1].position.file, out[-1].position.offset) == ("binlog.000002", 4)


def xa_prepare(log_pos: int, *, one_phase: int = 0) -> bytes:
    body = bytes([one_phase]) + struct.pack("<III", 1, 1, 0) + b"a"
    return event(EventType.XA_PREPARE, body, log_pos=log_pos)


def test_prepared_rows_wait_for_their_commit_and_hold_the_checkpoint() -> None:
    made = interpreter()
    out = run(
        made,
        gtid(2, flags=64),
        table_map(18, "thing", THING),
        write_rows(18, (1, "a")),
        query("XA END X'61',X'',1"),
        xa_prepare(300),
        gtid(3),
        xid(400),
    )
    assert out == [Committed(position(400, 3), SECOND * 1000, position(4, 1))]
    assert isinstance(out[0], Committed)
    assert out[0].checkpoint == position(4, 1)
    out = run(made, gtid(4, flags=1), query("XA COMMIT X'61',X'',1", log_pos=500))
    assert out == [ROWS, committed(500, 4)]


def test_the_oldest_prepared_transaction_holds_the_checkpoint() -> None:
    made = interpreter()
    out = run(made, gtid(2, flags=64), xa_prepare(300), gtid(3), xid(400))
    other = event(EventType.XA_PREPARE, b"\0" + struct.pack("<III", 1, 1, 0) + b"b", log_pos=500)
    out = run(made, gtid(4, flags=64), other)
    assert isinstance(out[-1], Committed)
    assert out[-1].checkpoint == position(4, 1)
    out = run(made, gtid(5, flags=1), query("XA ROLLBACK X'61',X'',1", log_pos=600))
    assert isinstance(out[-1], Committed)
    assert out[-1].checkpoint == position(400, 3)
