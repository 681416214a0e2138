"""Mapping the last record of a key alone brings the target to the same state as mapping all."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cdc.records import ChangeRecord
from mappers.mapper import Mapper
from mappers.scope import Scope
from tests.golden.cases import scope
from tests.property.mappers.strategies import (
    STORES,
    histories,
    known_stores,
    known_views,
    lines,
    scopes,
    shown_products,
    subscriptions,
    texts,
)
from tests.unit.mappers import entities

thorough = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def final_state(records: list[ChangeRecord], scope: Scope) -> dict[str, dict[str, Any]]:
    """What each target was sent last."""
    state: dict[str, dict[str, Any]] = {}
    for record in records:
        for payload in Mapper(scope).map(record).payloads:
            state[payload.target] = payload.body
    return state


@thorough
@given(histories(shown_products), scopes())
def test_last_record_of_a_product_is_enough(history: list[Any], scope: Scope) -> None:
    records = []
    identity = None
    for after in history:
        identity = known_views(after, identity)
        records.append(entities.product_record(after, identity))
    assert final_state(records[-1:], scope) == final_state(records, scope)


@thorough
@given(histories(subscriptions), st.lists(st.booleans(), min_size=4, max_size=4), scopes())
def test_last_record_of_a_subscriber_is_enough(
    history: list[Any], left: list[bool], scope: Scope
) -> None:
    records = []
    stores: dict[str, Any] = {}
    for number, rows in enumerate(history):
        stores = known_stores(rows, stores)
        is_retired = any(left[: number + 1])
        records.append(entities.subscriber_record(*rows, stores=stores, retired=is_retired))
    assert final_state(records[-1:], scope) == final_state(records, scope)


@thorough
@given(
    histories(lambda: st.tuples(texts, texts, st.sampled_from(sorted(STORES)))),
    st.sampled_from(["live", "event", "remove"]),
)
def test_last_record_of_a_customer_is_enough(history: list[Any], end: str) -> None:
    """But for the event of a deletion, which is added to the profile and leaves it as it was."""
    behaviour = scope(mapping={} if end == "live" else {"customer": {"delete": end}})
    records = [
        entities.customer_record(
            {"firstname": first, "lastname": last, "store_id": store_id},
            {"store_id": store_id, "former_emails": [f"old{n}@example.com" for n in range(number)]},
        )
        for number, (first, last, store_id) in enumerate(history)
    ]
    if end != "live":
        records.append(entities.customer_deletion())
    collapsed = final_state(records[-1:], behaviour)
    whole = final_state(records, behaviour)
    if end == "event":
        del whole["profile:customer:17"]
    assert collapsed == whole


@thorough
@given(histories(lambda: st.tuples(texts, lines(1, None), st.booleans())))
def test_last_record_of_an_order_is_enough(history: list[Any]) -> None:
    records = [
        entities.guest_record(
            {
                "status": status,
                "customer_lastname": status,
                "items": [item | {"sku": "MUG-1", "qty_ordered": "2.0000"}],
                "shipping_telephone": "600700800" if has_phone else None,
            }
        )
        for status, item, has_phone in history
    ]
    assert final_state(records[-1:], scope()) == final_state(records, scope())
