"""Random sequences are repeatable, keep the shop consistent and cover a lot."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pytest
from pymysql.connections import Connection

from tests.servers.database import Schema
from tests.shop.consistency import checksums, dangling_references
from tests.shop.database import query
from tests.shop.generation.generator import generate
from tests.shop.generation.size import EPOCH_S
from tests.shop.randomness.random_actions import CHOICES, DEFAULT_WEIGHTS, random_actions
from tests.shop.schema.loading import load_schema


def _new_shop(connection: Connection[Any], prefix: str = "") -> None:
    load_schema(connection, prefix)
    generate(connection, seed=21, prefix=prefix)


def test_same_seed_does_and_writes_the_same_for_300_steps(connection: Connection[Any]) -> None:
    logs: list[list[str]] = []
    for prefix in ("a_", "b_"):
        _new_shop(connection, prefix)
        steps = random_actions(connection, 77, 300, prefix=prefix, start_at_s=EPOCH_S)
        logs.append([str(done) for done in steps])
    assert logs[0] == logs[1]
    assert len(logs[0]) == 300
    assert checksums(connection, "a_") == checksums(connection, "b_")
    assert dangling_references(connection) == []
    kinds = {line.split()[0] for line in logs[0]}
    assert len(kinds) > 45


def test_another_seed_does_something_else(connection: Connection[Any]) -> None:
    _new_shop(connection)
    first = [str(done) for done in random_actions(connection, 1, 15, start_at_s=EPOCH_S)]
    second = [str(done) for done in random_actions(connection, 2, 15, start_at_s=EPOCH_S)]
    assert first != second


def test_scope_changes_happen_only_when_asked_for(connection: Connection[Any]) -> None:
    _new_shop(connection)
    weights = dict.fromkeys(("customer.edit", "product.save"), 1.0)
    plain = [done.kind for done in random_actions(connection, 5, 30, weights)]
    assert {kind.split(".")[0] for kind in plain} == {"customer", "product"}
    every = random_actions(connection, 5, 60, weights, changes_scopes=True, changes_settings=True)
    kinds = {done.kind for done in every}
    assert kinds & {"store.create_view", "store.delete_view", "store.delete_website"}
    assert dangling_references(connection) == []


def test_long_run_with_everything_switched_on_stays_consistent(connection: Connection[Any]) -> None:
    _new_shop(connection)
    weights = dict.fromkeys(CHOICES, 1.0)
    kinds = {done.kind for done in random_actions(connection, 9, 250, weights)}
    assert dangling_references(connection) == []
    assert len(kinds) > 50


def test_emails_stay_unique_in_a_website_and_skus_in_any_case(connection: Connection[Any]) -> None:
    _new_shop(connection)
    busy = {"customer": 3, "product": 3, "import": 3}
    weights = {
        name: weight * busy.get(name.split(".")[0], 0) for name, weight in DEFAULT_WEIGHTS.items()
    }
    done = [str(one) for one in random_actions(connection, 13, 250, weights)]
    emails = query(
        connection, "SELECT website_id, email FROM customer_entity WHERE website_id IS NOT NULL"
    )
    skus = [sku.lower() for (sku,) in query(connection, "SELECT sku FROM catalog_product_entity")]
    assert len(emails) == len(set(emails))
    assert len(skus) == len(set(skus))
    assert any("product.change_sku" in line for line in done)


def test_freed_skus_and_emails_are_used_again(connection: Connection[Any]) -> None:
    _new_shop(connection)
    names = ("customer.register", "customer.delete", "product.create", "product.delete")
    weights = dict.fromkeys((*names, "product.change_sku"), 1.0)
    done = list(random_actions(connection, 3, 120, weights))
    deleted = {str(one.ids["sku"]) for one in done if one.kind == "product.delete"}
    created = {str(one.ids["sku"]) for one in done if one.kind == "product.create"}
    gone = {str(one.ids["email"]) for one in done if one.kind == "customer.delete"}
    registered = {str(one.ids["email"]) for one in done if one.kind == "customer.register"}
    assert deleted & created
    assert gone & registered
    changes = [(str(o.ids["from"]), str(o.ids["to"])) for o in done if "from" in o.ids]
    assert any(old != new and old.lower() == new.lower() for old, new in changes)


def test_unknown_choice_is_refused(connection: Connection[Any]) -> None:
    _new_shop(connection)
    with pytest.raises(KeyError, match=r"product\.fly"):
        next(random_actions(connection, 1, 1, {"product.fly": 1}))


def test_shop_with_nothing_to_act_on_says_so(connection: Connection[Any]) -> None:
    _new_shop(connection)
    with pytest.raises(LookupError, match="finds anything"):
        list(random_actions(connection, 1, 40, {"order.delete": 1}))


def test_random_sequence_runs_on_mysql(mysql_database: Schema) -> None:
    with closing(mysql_database.connect()) as connection:
        _new_shop(connection, "m_")
        done = list(
            random_actions(connection, 77, 80, prefix="m_", changes_scopes=True, start_at_s=EPOCH_S)
        )
        assert len(done) == 80
        assert dangling_references(connection) == []


def test_a_clock_of_its_own_does_not_outlive_its_session(connection: Connection[Any]) -> None:
    _new_shop(connection)
    list(random_actions(connection, 1, 3, start_at_s=EPOCH_S))
    ((during,),) = query(connection, "SELECT UNIX_TIMESTAMP()")
    list(random_actions(connection, 1, 3))
    ((after,),) = query(connection, "SELECT UNIX_TIMESTAMP()")
    assert abs(during - EPOCH_S) < 100
    assert after > during + 86_400
