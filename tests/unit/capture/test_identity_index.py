"""The identity index: a function of the newest record of each key, in whatever order they come."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cdc.errors import LogUnavailable
from cdc.identity import Client
from cdc.identity_file import IndexUnusable, remove_unusable
from cdc.identity_index import IdentityIndex
from cdc.log.protocol import TopicPartition
from cdc.records import ChangeRecord, Model, Op, Source

SOURCE = Source(server="s", gtid="", file="bin.000001", pos=4)


def record(model: Model, key: str, seq: int, entity_id: str = "", **more: Any) -> ChangeRecord:
    after = more.get("after", {"name": f"{key}-{seq}"})
    identity = {"entity_id": int(entity_id or 1)}
    return ChangeRecord(
        op=Op.UPDATE if after is not None else Op.DELETE,
        model=model,
        id=entity_id or "1",
        key=key,
        seq=seq,
        ts_ms=1,
        captured_ms=seq,
        cause="stream",
        source=SOURCE,
        identity=identity | more.get("identity", {}),
        after=after,
    )


def product(key: str, seq: int, entity_id: str, *categories: int) -> ChangeRecord:
    return record(Model.PRODUCT, key, seq, entity_id, after={"category_ids": list(categories)})


def customer(seq: int, entity_id: str, *former: str) -> ChangeRecord:
    identity = {"store_id": 1, "website_id": 2, "former_emails": list(former)}
    return record(Model.CUSTOMER, entity_id, seq, entity_id, identity=identity)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "identity.sqlite"


@pytest.fixture
def index(path: Path) -> Iterator[IdentityIndex]:
    found = IdentityIndex(path)
    yield found
    found.close()


def test_an_older_record_changes_nothing(index: IdentityIndex) -> None:
    index.apply([product("A", 5, "1", 3)], 5)
    index.apply([product("A", 4, "2", 7)], 4)
    assert index.get(Model.PRODUCT, ["A"])["A"].entity_id == "1"
    assert index.linked("category", ["3", "7"]) == {"1"}


def test_links_survive_the_late_delete_of_the_key_that_their_product_left(
    index: IdentityIndex,
) -> None:
    """Partitions are read side by side, so the records of one step come in any order."""
    index.apply([product("NEW", 2, "1", 3)], 2)
    index.apply([record(Model.PRODUCT, "OLD", 2, "1", after=None)], 2)
    assert index.linked("category", ["3"]) == {"1"}


def test_links_of_a_category_come_in_pages(index: IdentityIndex) -> None:
    index.apply([product(f"SKU-{number}", 2, str(number), 3) for number in range(5)], 2)
    first = index.linked_page("category", "3", "", 3)
    assert first.entity_ids == ("0", "1", "2")
    assert first.after == "SKU-2"
    last = index.linked_page("category", "3", first.after, 3)
    assert (last.entity_ids, last.after) == (("3", "4"), None)


def test_an_address_is_retired_as_long_as_its_customer_has_left_it(index: IdentityIndex) -> None:
    index.apply([customer(2, "7", "a@example.com")], 2)
    left = index.retired(["a@example.com", "b@example.com"])
    assert left == {"a@example.com": Client(7, 1, 2, "a@example.com")}
    index.apply([customer(3, "7", "b@example.com")], 3)
    assert index.retired(["a@example.com"]) == {}


def test_of_several_customers_who_left_an_address_the_first_counts(index: IdentityIndex) -> None:
    index.apply([customer(2, "9", "a@example.com"), customer(2, "7", "a@example.com")], 2)
    assert index.retired(["a@example.com"])["a@example.com"].customer_id == 7


def test_a_forgotten_customer_takes_its_former_addresses_along(index: IdentityIndex) -> None:
    index.apply([customer(2, "7", "a@example.com")], 2)
    index.apply((), 3, forgotten=[(Model.CUSTOMER, "7")])
    assert index.retired(["a@example.com"]) == {}
    assert index.get(Model.CUSTOMER, ["7"]) == {}


def test_hashes_that_were_made_already_are_taken(index: IdentityIndex) -> None:
    given = product("A", 2, "1")
    index.apply([given], 2, hashes={(Model.PRODUCT, "A"): b"hash"})
    assert index.get(Model.PRODUCT, ["A"])["A"].hash == b"hash"


def test_lists_longer_than_a_statement_takes_are_cut(index: IdentityIndex) -> None:
    keys = [f"SKU-{number}" for number in range(1300)]
    index.apply([product(key, 2, str(number)) for number, key in enumerate(keys)], 2)
    assert len(index.get(Model.PRODUCT, keys)) == 1300
    assert index.counts()[Model.PRODUCT] == 1300


def test_a_step_that_fails_is_not_stored_by_half(index: IdentityIndex, path: Path) -> None:
    index.apply([product("A", 2, "1")], 2)
    with sqlite3.connect(path) as db:
        db.execute("DROP TABLE link")
    db.close()
    with pytest.raises(LogUnavailable, match="the identity index"):
        index.apply([product("B", 3, "2")], 3)
    assert index.seq == 2
    assert index.get(Model.PRODUCT, ["B"]) == {}


def test_a_cleared_index_knows_nothing(index: IdentityIndex) -> None:
    index.apply([product("A", 2, "1", 3), customer(2, "7", "a@example.com")], 2)
    index.set_places({TopicPartition("t", 0): 5})
    index.clear()
    assert (index.seq, index.highest_seq, index.places()) == (0, 0, {})
    assert index.linked("category", ["3"]) == set()
    assert index.retired(["a@example.com"]) == {}


def test_a_file_of_another_version_is_refused_and_can_be_removed(path: Path) -> None:
    IdentityIndex(path).close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 1")
    db.close()
    with pytest.raises(IndexUnusable, match="version 1"):
        IdentityIndex(path)
    remove_unusable(path)
    assert not path.exists()
    IdentityIndex(path).close()
    remove_unusable(path)
    assert path.exists()


def test_a_file_that_is_no_database_is_refused_and_can_be_removed(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"This is no database. " * 100)
    with pytest.raises(IndexUnusable):
        IdentityIndex(path)
    remove_unusable(path)
    assert not path.exists()
