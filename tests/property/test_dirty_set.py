"""No checkpoint ever passes a change that is not published, whatever the order of things."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from cdc.dirty import DirtyKey, DirtySet
from cdc.names import Kind, Name
from cdc.position import Position
from config.source import SettleByModel

ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("commit"), st.sets(st.integers(1, 5), max_size=3)),
        st.tuples(st.just("take"), st.integers(1, 3)),
        st.tuples(st.just("done"), st.integers(0, 3)),
    ),
    max_size=60,
)


def at(offset: int) -> Position:
    return Position("mysql", "server", "bin.000001", offset)


@settings(max_examples=300)
@given(ACTIONS)
def test_checkpoint_never_passes_an_unpublished_change(
    actions: list[tuple[str, set[int] | int]],
) -> None:
    dirty = DirtySet(SettleByModel(), at(0))
    named_at: dict[str, list[int]] = {}
    in_work: list[tuple[DirtyKey, int]] = []
    offset, now_s = 0, 0.0
    for action, value in actions:
        now_s += 10.0
        if action == "commit" and isinstance(value, set):
            offset += 10
            names = [Name(Kind.CUSTOMER, str(key)) for key in sorted(value)]
            dirty.name("customer_entity", names)
            dirty.commit(at(offset), 0, now_s)
            for name in names:
                named_at.setdefault(name.id, []).append(offset)
        elif action == "take" and isinstance(value, int):
            in_work += [(key, offset) for key in dirty.take(value, now_s + 5)]
        elif action == "done" and isinstance(value, int):
            part, in_work = in_work[:value], in_work[value:]
            dirty.done(key for key, _ in part)
            for key, taken_at in part:
                # What was read after `taken_at` includes every change up to there.
                named_at[key.id] = [place for place in named_at[key.id] if place > taken_at]
        unpublished = [place for places in named_at.values() for place in places]
        if unpublished:
            assert dirty.checkpoint().offset < min(unpublished)
        else:
            assert dirty.checkpoint() == at(offset)
