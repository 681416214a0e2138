"""From changes of the binlog to names in the inbox."""

from __future__ import annotations

from collections.abc import Callable, Iterable

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
from cdc.errors import SourceUnavailable, StreamPoisoned
from cdc.follower import Follower
from cdc.inbox import Inbox
from cdc.names import Kind
from cdc.position import Position
from cdc.records import Model
from cdc.status import CaptureStatus
from config.source import CaptureSettings, SettleByModel, SettleSettings
from tests.waiting import wait_until

AT_ONCE = SettleSettings(quiet_ms=0, longest_ms=0, delete_ms=0)
SETTLE = SettleByModel(product=AT_ONCE, customer=AT_ONCE, order=AT_ONCE, subscriber=AT_ONCE)


def at(offset: int) -> Position:
    return Position("mariadb", "server", "bin.000001", offset)


class Bench:
    """A follower without its thread, and what it names."""

    def __init__(self, open_stream: Callable[[], object] = object, poison: str = "stop") -> None:
        self.inbox = Inbox(SETTLE, at(0), 1000)
        self.status = CaptureStatus()
        settings = CaptureSettings.model_validate({"poison": poison})
        self.follower = Follower(open_stream, self.inbox, settings, self.status)  # type: ignore[arg-type]

    def names(self, *changes: Change) -> set[tuple[Kind, str]]:
        """What is taken after these changes and a commit."""
        for change in (*changes, Committed(at(10), 1000)):
            self.follower.handle(change)
        return {(key.kind, key.id) for key in self.inbox.take(100)}


def full(models: Iterable[Model]) -> set[tuple[Kind, str]]:
    return {(Kind.FULL, model.value) for model in models}


def test_rows_are_named_and_counted() -> None:
    bench = Bench()
    rows = ((7, "a@example.com", 1, 1), (8, "b@example.com", 1, 1))
    changes = RowChanges("customer_entity", RowKind.UPDATE, rows, rows)
    assert bench.names(changes) == {(Kind.CUSTOMER, "7"), (Kind.CUSTOMER, "8")}
    assert (bench.status.rows_count, bench.status.transactions_count) == (2, 1)
    assert bench.status.last_committed_ms == 1000
    bench.follower.handle(Heartbeat())
    assert bench.status.last_committed_ms == 0


def test_an_altered_table_makes_metadata_be_read_again_and_no_more() -> None:
    assert Bench().names(SchemaChanged("alter", ("customer_entity",))) == {(Kind.SHOP, "")}


@pytest.mark.parametrize("verb", ["truncate", "drop", "rename"])
def test_rows_that_went_without_events_ask_for_a_full_run(verb: str) -> None:
    names = Bench().names(SchemaChanged(verb, ("sales_order_item",)))
    assert names == {(Kind.SHOP, "")} | full([Model.ORDER])


def test_a_swapped_index_table_is_passed_over_and_others_beside_it_are_not() -> None:
    assert Bench().names(SchemaChanged("rename", ("catalog_product_index_price",))) == set()
    both = SchemaChanged("rename", ("catalog_product_index_price", "url_rewrite"))
    assert full([Model.PRODUCT]) <= Bench().names(both)


def test_what_cannot_be_read_stops_with_a_way_out() -> None:
    with pytest.raises(StreamPoisoned, match=r"bin\.1:7: torn; set capture\.poison to resync"):
        Bench().names(Unreadable("torn", ("sales_order",), "bin.1:7"))


def test_what_cannot_be_read_becomes_a_full_run_where_that_is_the_policy() -> None:
    bench = Bench(poison="resync")
    assert bench.names(Unreadable("torn", ("sales_order",), "bin.1:7")) == full([Model.ORDER])
    assert bench.status.unreadable_count == 1


def test_what_cannot_be_read_of_unknown_tables_concerns_everything() -> None:
    assert Bench(poison="resync").names(Unreadable("incident", (), "bin.1:7")) == full(Model)


def test_the_end_of_the_thread_reaches_whoever_takes() -> None:
    def refused() -> object:
        raise SourceUnavailable("no connection")

    bench = Bench(refused)
    bench.follower.start()

    def is_told() -> bool:
        try:
            bench.inbox.take(1)
        except SourceUnavailable:
            return True
        return False

    wait_until(is_told, what="the error")
    bench.inbox.close()
    bench.follower.join(5)
