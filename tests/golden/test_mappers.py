"""Each golden case comes out exactly as written, and by the rules of the API."""

from __future__ import annotations

import pytest

from cdc.errors import MappingFailed
from cdc.record_format import SHAPES
from mappers.mapper import Mapper
from tests.golden.cases import Case, all_cases
from tests.golden.rules import breaches

CASES = all_cases()


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_record_maps_to_exactly_what_is_expected(case: Case) -> None:
    assert case.outcome() == case.expected()


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_payloads_obey_the_rules_of_the_api(case: Case) -> None:
    try:
        payloads = Mapper(case.scope()).map(case.record()).payloads
    except MappingFailed:
        payloads = ()
    assert [breach for payload in payloads for breach in breaches(payload)] == []


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_record_has_the_documented_shape(case: Case) -> None:
    record = case.record()
    shapes = SHAPES[record.model]
    shapes.identity.model_validate(record.identity)
    if record.after is not None:
        shapes.after.model_validate(record.after)


@pytest.mark.parametrize("model", ["customer", "subscriber", "order", "guest", "product"])
def test_every_model_has_a_dozen_cases_or_more(model: str) -> None:
    assert sum(case.folder.parent.name == model for case in CASES) >= 12
