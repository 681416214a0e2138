"""What an answer means."""

from __future__ import annotations

import pytest

from sinks.synerise.http import Answer
from sinks.synerise.outcome import (
    RESPONSE_KEPT_BYTES,
    Accepted,
    Forbidden,
    NewToken,
    Outcome,
    Partial,
    Refused,
    Retry,
    StaleCatalog,
    Throttled,
    TooLarge,
    judge,
)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (200, Accepted),
        (202, Accepted),
        (204, Accepted),
        (207, Partial),
        (301, Retry),
        (400, Refused),
        (401, NewToken),
        (403, Forbidden),
        (404, Retry),
        (405, Retry),
        (408, Retry),
        (413, TooLarge),
        (415, Refused),
        (418, Retry),
        (422, Refused),
        (425, Retry),
        (429, Throttled),
        (500, Retry),
        (502, Retry),
        (503, Retry),
        (504, Retry),
        (599, Retry),
    ],
)
def test_each_status_has_one_meaning(status: int, expected: type[Outcome]) -> None:
    assert type(judge(Answer(status, b""))) is expected


def test_a_profile_named_by_the_path_may_be_missing() -> None:
    assert isinstance(judge(Answer(404, b""), names_object=True), Refused)
    assert isinstance(judge(Answer(405, b""), names_object=True), Refused)
    assert isinstance(judge(Answer(418, b""), names_object=True), Retry)


def test_a_catalog_that_is_unknown_or_foreign_is_stale() -> None:
    foreign = b'{"message":"Access denied to Some(Id(17))"}'
    assert judge(Answer(404, b"Not found"), is_catalog_item=True) == StaleCatalog(404, "Not found")
    assert isinstance(judge(Answer(403, foreign), is_catalog_item=True), StaleCatalog)
    assert isinstance(judge(Answer(403, b"no"), is_catalog_item=True), Forbidden)
    assert isinstance(judge(Answer(403, foreign)), Forbidden)


def test_a_proxys_html_page_is_no_success() -> None:
    answer = Answer(200, b"<html>maintenance</html>", "text/html; charset=utf-8")
    assert isinstance(judge(answer), Retry)


@pytest.mark.parametrize("body", [b"", b"{", b"<html>"])
def test_a_success_without_its_json_is_asked_for_again(body: bytes) -> None:
    assert isinstance(judge(Answer(200, body), expects_json=True), Retry)


def test_retry_after_is_handed_on_with_429_and_503() -> None:
    assert judge(Answer(429, b"", retry_after="7")) == Throttled("7")
    outcome = judge(Answer(503, b"", retry_after="9"))
    assert isinstance(outcome, Retry)
    assert outcome.retry_after == "9"


@pytest.mark.parametrize(
    ("body", "hints"),
    [
        (b'[{"code":1,"field":"email","message":"m","rejectedValue":"x@"}]', (("email", "x@"),)),
        (b'{"errors":[{"field":"sex","rejectedValue":"X"}]}', (("sex", "X"),)),
        (b'[{"path":"/v4","errorCode":"E","message":"m"}]', ()),
        (b'[{"field":"age","rejectedValue":7}, 3, null]', ()),
        (b'"text"', ()),
        (b"<html>", ()),
        (b"", ()),
    ],
)
def test_hints_of_a_partial_answer_are_read_leniently(
    body: bytes, hints: tuple[tuple[str, str], ...]
) -> None:
    outcome = judge(Answer(207, body))
    assert isinstance(outcome, Partial)
    assert outcome.hints == hints


def test_only_the_first_kilobyte_of_an_answer_is_kept() -> None:
    outcome = judge(Answer(400, b"\xff" + b"x" * 5000))
    assert isinstance(outcome, Refused)
    assert len(outcome.response) == RESPONSE_KEPT_BYTES
