"""Two threads and an inbox: all that is named is taken, the checkpoint never runs ahead."""

from __future__ import annotations

from threading import Thread

from hypothesis import given, settings
from hypothesis import strategies as st

from cdc.inbox import Inbox
from cdc.names import Kind, Name
from cdc.position import Position
from config.source import SettleByModel, SettleSettings

AT_ONCE = SettleSettings(quiet_ms=0, longest_ms=0, delete_ms=0)
A_LITTLE = SettleSettings(quiet_ms=1, longest_ms=3, delete_ms=2)
SETTLE = SettleByModel(customer=AT_ONCE, order=A_LITTLE, product=A_LITTLE, subscriber=AT_ONCE)
KINDS = (Kind.CUSTOMER, Kind.ORDER, Kind.PRODUCT)
TRANSACTIONS = st.lists(
    st.sets(st.tuples(st.sampled_from(KINDS), st.integers(1, 6)), max_size=4),
    min_size=1,
    max_size=60,
)


def at(offset: int) -> Position:
    return Position("mysql", "server", "bin.000001", offset)


@settings(max_examples=60, deadline=None)
@given(TRANSACTIONS, st.integers(1, 8), st.integers(1, 5))
def test_everything_named_is_taken_and_the_checkpoint_never_runs_ahead(
    transactions: list[set[tuple[Kind, int]]], keys_max: int, window: int
) -> None:
    inbox = Inbox(SETTLE, at(0), keys_max)

    def name_all() -> None:
        for number, keys in enumerate(transactions, 1):
            for kind, key in sorted(keys):
                inbox.name("t", [Name(kind, str(key))])
            inbox.commit(at(number * 10), number)

    newest = {
        (kind, str(key)): number * 10
        for number, keys in enumerate(transactions, 1)
        for kind, key in keys
    }
    published: dict[tuple[Kind, str], int] = {}
    follower = Thread(target=name_all)
    follower.start()
    end = at(len(transactions) * 10)
    last = 0
    while inbox.position != end or len(inbox):
        taken = inbox.take(window)
        if taken:
            reached = inbox.checkpoint(taken).offset
            assert reached >= last
            last = reached
            for key in taken:
                place = (key.kind, key.id)
                # Never older than before, and named by a transaction that was committed.
                assert key.position.offset >= published.get(place, 0)
                published[place] = key.position.offset
            inbox.done(taken)
        else:
            inbox.wait(0.05)
        # Whatever is at or before the checkpoint has been published at least that new.
        checkpoint = inbox.checkpoint().offset
        for number, keys in enumerate(transactions, 1):
            if number * 10 <= checkpoint:
                for kind, key_number in keys:
                    assert published[kind, str(key_number)] >= number * 10
    follower.join(5)
    assert not follower.is_alive()
    assert published == newest
    assert inbox.checkpoint() == end
