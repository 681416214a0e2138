"""What is read, and why."""

from __future__ import annotations

from cdc.dirty import DirtyKey
from cdc.names import Kind
from cdc.naming import later, named_by_all
from cdc.position import Position


def at(offset: int, server: str = "s", number: int = 1) -> Position:
    return Position("mariadb", server, f"bin.{number:06}", offset)


def test_of_two_positions_of_one_server_the_later_counts_and_else_the_new_servers() -> None:
    assert later(at(20), at(10)) == at(20)
    assert later(at(20), at(10, number=2)) == at(10, number=2)
    assert later(at(900, "old", 9), at(4, "new")) == at(4, "new")


def test_what_depends_on_several_changes_names_the_newest_of_them() -> None:
    old = DirtyKey(Kind.PRODUCT, "1", 0, 0, at(90), 7, is_deleted=False, image=None, tables={"b"})
    new = DirtyKey(Kind.SKU, "A", 0, 0, at(4, number=2), 9, False, None, {"a"})
    reason = named_by_all([new, old])
    assert (reason.source.file, reason.source.pos) == ("bin.000002", 4)
    assert (reason.committed_ms, reason.tables) == (9, ("a", "b"))
    assert reason.cause == "dependency"
