"""Strict JSON: duplicates at any depth are found, and nothing good is refused."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sinks.sandbox.json_strict import JsonRefused, has_all_members, parse

_texts = st.text(
    alphabet=st.one_of(st.sampled_from(':",{}[]\\ /u003aA'), st.characters(codec="utf-8")),
    max_size=8,
)
_leaves = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.floats(-1e6, 1e6), _texts
)


class Members(list[tuple[str, Any]]):
    """Members of an object in writing order; keys may repeat."""


def _objects(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Members]:
    keys = st.one_of(st.sampled_from(["a", "b", "a:", ":"]), _texts)
    return st.lists(st.tuples(keys, values), max_size=4).map(Members)


_values = st.recursive(
    _leaves, lambda inner: st.one_of(st.lists(inner, max_size=4), _objects(inner)), max_leaves=20
)


def _written(value: Any, escape: Any) -> str:
    """Write a value, duplicates included; `escape` picks how each colon in a string is written."""
    if isinstance(value, Members):
        members = (f"{_string(k, escape)} : {_written(v, escape)}" for k, v in value)
        return "{" + ", ".join(members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_written(one, escape) for one in value) + "]"
    if isinstance(value, str):
        return _string(value, escape)
    return json.dumps(value)


def _string(text: str, escape: Any) -> str:
    parts = [
        escape() if char == ":" else json.dumps(char, ensure_ascii=False)[1:-1] for char in text
    ]
    return '"' + "".join(parts) + '"'


def _has_duplicates(text: str) -> bool:
    found = False

    def hook(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal found
        members = list(pairs)
        found = found or len(dict(members)) < len(members)
        return dict(members)

    json.loads(text, object_pairs_hook=hook)
    return found


@settings(max_examples=250, deadline=None)
@given(value=_values, data=st.data())
def test_duplicates_are_found_exactly_when_the_slow_parser_sees_them(
    value: Any, data: st.DataObject
) -> None:
    escapes = st.sampled_from([":", ":", "\\u003a", "\\u003A"])
    text = _written(value, lambda: data.draw(escapes))
    body = text.encode()
    if _has_duplicates(text):
        with pytest.raises(JsonRefused) as caught:
            parse(body)
        assert caught.value.rule == "T5"
    else:
        assert parse(body) == json.loads(text)


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":1,"a":1}',
        b'[{"x":{"y":[{"k":1,"k":2}]}}]',
        b'{"a":1,"\\u0061":2}',
        b'{"a:":1,"a\\u003a":2}',
        b'{"a":{"b":1,"b":2},"text":"\\u003a"}',
    ],
)
def test_a_repeated_key_is_refused_by_t5(body: bytes) -> None:
    with pytest.raises(JsonRefused, match="duplicate") as caught:
        parse(body)
    assert caught.value.rule == "T5"


def test_the_cheap_pass_alone_clears_an_ordinary_body() -> None:
    body = '[{"url":"http://x:80/","attributes":{"a:b":"c:d"},"name":"Zoë"}]'.encode()
    assert has_all_members(body, parse(body))


def test_equal_keys_in_different_objects_are_fine() -> None:
    assert parse(b'[{"a":{"a":1}},{"a":2}]') == [{"a": {"a": 1}}, {"a": 2}]


def test_nesting_beyond_the_fast_writer_is_still_checked() -> None:
    deep = b'{"a":' * 400 + b"1" + b"}" * 400
    assert "a" in parse(deep)
    with pytest.raises(JsonRefused, match="duplicate"):
        parse(deep[:-1] + b',"a":2}')


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (b"", "T5"),
        (b"{", "T5"),
        (b"{'a':1}", "T5"),
        (b"[1,]", "T5"),
        (b'"\xff"', "T6"),
        (b"{} x", "T6"),
        (b"[1] [2]", "T6"),
        (b"[NaN]", "T6"),
        (b"[Infinity]", "T6"),
        (b"[-Infinity]", "T6"),
        (b"[1e999]", "T6"),
        (b'"\\ud800"', "T6"),
        (b"[" * 5000 + b"]" * 5000, "T6"),
    ],
)
def test_other_bad_json_is_refused_by_its_rule(body: bytes, rule: str) -> None:
    with pytest.raises(JsonRefused) as caught:
        parse(body)
    assert caught.value.rule == rule
