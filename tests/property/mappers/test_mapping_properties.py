"""What holds for the mapping of any record at all."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings

from cdc.errors import MappingFailed
from cdc.records import ChangeRecord, Model, decode_record, encode_record
from mappers.mapper import Mapper
from mappers.payload import Mapped, PayloadKind
from mappers.scope import Scope
from tests.golden.rules import breaches
from tests.property.mappers.strategies import STRATEGIES, records, scopes

thorough = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def outcome(record: ChangeRecord, scope: Scope) -> Mapped | str:
    """What the record maps to, or why it does not."""
    try:
        return Mapper(scope).map(record)
    except MappingFailed as exc:
        return str(exc)


@thorough
@given(records(), scopes())
def test_every_payload_obeys_the_rules_of_the_api(record: ChangeRecord, scope: Scope) -> None:
    result = outcome(record, scope)
    if isinstance(result, Mapped):
        assert [breach for payload in result.payloads for breach in breaches(payload)] == []


@thorough
@given(records(), scopes())
def test_a_record_read_again_maps_to_the_same(record: ChangeRecord, scope: Scope) -> None:
    again = decode_record(encode_record(record))
    assert outcome(record, scope) == outcome(again, scope)


@thorough
@given(records(), scopes())
def test_a_record_gives_a_payload_or_a_reason(record: ChangeRecord, scope: Scope) -> None:
    result = outcome(record, scope)
    assert isinstance(result, str) or result.payloads or result.skipped


@thorough
@given(records(), scopes())
def test_targets_of_one_record_differ_and_are_claimed(record: ChangeRecord, scope: Scope) -> None:
    result = outcome(record, scope)
    if isinstance(result, Mapped):
        targets = [payload.target for payload in result.payloads]
        assert len(targets) == len(set(targets))
        assert all(payload.claims for payload in result.payloads)


@thorough
@given(STRATEGIES[Model.ORDER](), scopes())
def test_revenue_is_the_sum_of_the_lines_for_any_money(record: ChangeRecord, scope: Scope) -> None:
    result = outcome(record, scope)
    payloads = result.payloads if isinstance(result, Mapped) else ()
    for payload in payloads:
        if payload.kind is not PayloadKind.TRANSACTION:
            continue
        lines = [
            Decimal(str(line["finalUnitPrice"]["amount"])) * Decimal(str(line["quantity"]))
            for line in payload.body["products"]
        ]
        revenue = Decimal(str(payload.body["revenue"]["amount"]))
        assert abs(sum(lines) - revenue) <= Decimal("0.005")
        assert 0 <= payload.body["value"]["amount"] <= payload.body["revenue"]["amount"]


@pytest.mark.parametrize("model", list(Model))
def test_arbitrary_records_of_each_model_are_sent_and_refused(model: Model) -> None:
    """Guards the properties above against strategies that only make records to skip."""
    sent: set[bool] = set()

    @settings(
        max_examples=60,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(STRATEGIES[model](), scopes())
    def collect(record: ChangeRecord, scope: Scope) -> None:
        result = outcome(record, scope)
        sent.add(isinstance(result, Mapped) and bool(result.payloads))

    collect()
    assert sent == {False, True}
