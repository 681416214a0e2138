"""Properties of the profile store and of the quick forms that speed it up."""

from __future__ import annotations

import re
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sinks.sandbox import text_rules
from sinks.sandbox.times import to_epoch_ms, to_iso
from tests.unit.sandbox.driver import Api

UUIDS = [f"{digit * 8}-1111-4111-8111-111111111111" for digit in "123"]

_names = st.fixed_dictionaries(
    {},
    optional={
        "email": st.sampled_from(["a@b.com", "b@b.com", "c@b.com"]),
        "customId": st.sampled_from(["1", "2", "3"]),
        "uuid": st.sampled_from(UUIDS),
        "phone": st.sampled_from(["600100100", "600200200"]),
        "city": st.sampled_from(["A", "B"]),
    },
)
_steps = st.lists(
    st.one_of(
        st.tuples(st.just("upsert"), _names),
        st.tuples(st.just("delete"), st.integers(1, 6)),
    ),
    max_size=25,
)


def _run(steps: list[tuple[str, Any]]) -> Api:
    api = Api()
    for step, value in steps:
        if step == "delete":
            api.delete(f"/v4/clients/{value}")
        else:
            api.post("/v4/clients", value)
    return api


@settings(max_examples=80, deadline=None)
@given(steps=_steps)
def test_every_identifier_leads_to_exactly_its_own_profile(steps: list[tuple[str, Any]]) -> None:
    index = _run(steps).sandbox.gate.workspaces["shop"].profiles.index
    profiles = set(index.by_id.values())
    for found, names in (
        (index.by_email, lambda one: [one.email]),
        (index.by_custom_id, lambda one: [one.custom_id]),
        (index.by_uuid, lambda one: one.uuids),
    ):
        expected = {name: one for one in profiles for name in names(one) if name is not None}
        assert found == expected
        count = sum(1 for one in profiles for name in names(one) if name is not None)
        assert count == len(expected)
    assert set(index.by_phone.values()) <= profiles


@settings(max_examples=50, deadline=None)
@given(steps=_steps, last=_names)
def test_an_upsert_sent_twice_changes_nothing_the_second_time(
    steps: list[tuple[str, Any]], last: dict[str, Any]
) -> None:
    api = _run(steps)
    api.post("/v4/clients", last)
    once = orjson.dumps(api.state["profiles"])
    api.post("/v4/clients", last)
    assert orjson.dumps(api.state["profiles"]) == once


_edgy = st.text(alphabet='ab1.-_@+" ()/\n\u00ad\ufe0f\u0142', max_size=14)
_samples = st.one_of(
    _edgy,
    *(st.from_regex(form, fullmatch=True) for form in text_rules._PLAIN_FORMS.values()),
    st.builds(lambda local, host: f"{local}@{host}.com", _edgy, _edgy),
)


@settings(max_examples=300, deadline=None)
@given(name=st.sampled_from(text_rules.IDENTIFIERS), value=_samples)
def test_the_quick_forms_accept_nothing_that_the_full_rules_refuse(name: str, value: str) -> None:
    quick = text_rules.identifier_breach(name, value)
    never = dict.fromkeys(text_rules._PLAIN_FORMS, re.compile(r"(?!)"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_rules, "_PLAIN_FORMS", never)
        assert text_rules.identifier_breach(name, value) == quick


@given(epoch_ms=st.integers(-60_000_000_000_000, 200_000_000_000_000))
def test_times_survive_writing_and_reading(epoch_ms: int) -> None:
    assert to_epoch_ms(to_iso(epoch_ms)) == epoch_ms
