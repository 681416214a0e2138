"""Whatever bytes come, the stream goes on: they are values of the right rows, or unreadable."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from cdc.binlog.changes import Committed, RowChanges, Unreadable
from cdc.binlog.wire import EventType
from tests.unit.binlog.events import (
    THING,
    event,
    gtid,
    interpreter,
    run,
    table_map,
    write_rows,
    xid,
)

KINDS = sorted(
    value for name, value in vars(EventType).items() if isinstance(value, int) and name[0] != "_"
)


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(KINDS), st.binary(max_size=80)), max_size=12))
def test_random_events_never_end_the_stream(events: list[tuple[int, bytes]]) -> None:
    made = interpreter()
    for kind, body in events:
        out = run(made, gtid(2), event(kind, body))
        assert all(change.table == "thing" for change in out if isinstance(change, RowChanges))
    # And it still reads what comes behind them, in a file of its own.
    made.begin_file("binlog.000002", 4, [])
    rows = [gtid(9), table_map(5, "thing", THING), write_rows(5, (1, "a")), xid(500)]
    out = run(made, *rows)
    assert RowChanges("thing", out[0].kind, (), ((1, "a"),)) in out  # type: ignore[union-attr]
    assert isinstance(out[-1], Committed)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 2**32 - 1), st.text(max_size=9)), min_size=1, max_size=5),
    st.data(),
)
def test_a_changed_byte_of_lengths_gives_unreadable_or_rows_and_never_an_error(
    rows: list[tuple[int, str]], data: st.DataObject
) -> None:
    whole = write_rows(5, *rows)
    place = data.draw(st.integers(26, len(whole) - 1))
    torn = whole[:place] + bytes([data.draw(st.integers(0, 255))]) + whole[place + 1 :]
    out = run(interpreter(), gtid(2), table_map(5, "thing", THING), torn, xid(300))
    assert [type(change) for change in out][-1] is Committed
    assert all(isinstance(change, RowChanges | Unreadable) for change in out[:-1])
    cut = whole[: data.draw(st.integers(21, len(whole) - 1))]
    out = run(interpreter(), gtid(2), table_map(5, "thing", THING), cut, xid(300))
    found = [change for change in out if isinstance(change, RowChanges)]
    # A cut at a row's border gives the rows before it; any other gives none.
    assert all(change.after == tuple(rows[: len(change.after)]) for change in found)
