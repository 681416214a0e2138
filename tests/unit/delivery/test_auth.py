"""Tokens and their lifetime."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator

import orjson
import pytest
from pydantic import SecretStr

from cdc.errors import ApiForbidden, ApiThrottled, ApiUnauthorized, ApiUnavailable
from sinks.synerise.auth import BasicAuthenticator, JwtAuthenticator, kept_s
from sinks.synerise.http import Answer, HttpDoor

KEY = SecretStr("11111111-2222-4333-8444-555555555555")


def token(**claims: float) -> str:
    """A JWT with these claims and a worthless signature."""
    parts = [{"alg": "RS512"}, claims]
    texts = [base64.urlsafe_b64encode(orjson.dumps(part)).rstrip(b"=").decode() for part in parts]
    return ".".join([*texts, "signature"])


class FakeDoor(HttpDoor):
    """Answers logins from a list; counts them."""

    def __init__(self, answers: Iterator[Answer]) -> None:
        super().__init__("http://127.0.0.1:1", timeout_s=1.0, connections=1)
        self._answers = answers
        self.login_count = 0

    def request(self, *args: object, **options: object) -> Answer:
        self.login_count += 1
        return next(self._answers)


@pytest.fixture
def doors() -> Iterator[list[FakeDoor]]:
    opened: list[FakeDoor] = []
    yield opened
    for door in opened:
        door.close()


def answering(doors: list[FakeDoor], *answers: Answer) -> FakeDoor:
    doors.append(FakeDoor(iter(answers)))
    return doors[-1]


def granted(text: str) -> Answer:
    return Answer(200, orjson.dumps({"token": text}), "application/json")


@pytest.mark.parametrize(
    ("text", "expected_s"),
    [
        (token(exp=1000 + 3600, iat=1000), 3550.0),
        (token(exp=9000 + 3600, iat=9000), 3550.0),  # the issuer's clock is far ahead
        (token(exp=1000 + 604800), 604750.0),
        (token(exp=1010, iat=1000), 5.0),
        (token(exp=900), 0.0),
        (token(), 3550.0),
        ("opaque", 3550.0),
        ("not.base64!.at-all", 3550.0),
        ("a.b.c", 3550.0),
        ("a.b.c.d.e", 3550.0),
    ],
)
def test_a_token_is_kept_until_shortly_before_its_end(text: str, expected_s: float) -> None:
    assert kept_s(text, now_s=1000.0) == expected_s


def test_one_login_serves_until_the_token_grows_old(doors: list[FakeDoor]) -> None:
    now_s = [0.0]
    door = answering(doors, granted("first"), granted("second"))
    auth = JwtAuthenticator(door, KEY, clock=lambda: now_s[0])
    assert [auth.header(), auth.header()] == ["Bearer first", "Bearer first"]
    now_s[0] = 3549.0
    assert auth.header() == "Bearer first"
    now_s[0] = 3550.0
    assert auth.header() == "Bearer second"
    assert door.login_count == 2


def test_a_refused_token_is_replaced_once_for_all_threads(doors: list[FakeDoor]) -> None:
    door = answering(doors, granted("first"), granted("second"), granted("third"))
    auth = JwtAuthenticator(door, KEY)
    refused = auth.header()
    assert auth.renew(refused)
    assert auth.header() == "Bearer second"
    # Another thread was refused with the first token too, but only now gets to say so.
    assert auth.renew(refused)
    assert auth.header() == "Bearer second"
    assert door.login_count == 2


def test_threads_share_one_login(doors: list[FakeDoor]) -> None:
    door = answering(doors, granted("first"), granted("second"))
    auth = JwtAuthenticator(door, KEY)
    headers: list[str] = []
    threads = [threading.Thread(target=lambda: headers.append(auth.header())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5.0)
    assert headers == ["Bearer first"] * 8
    assert door.login_count == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(400, b""), ApiUnauthorized),
        (Answer(401, b""), ApiUnauthorized),
        (Answer(403, b""), ApiForbidden),
        (Answer(429, b"", retry_after="3"), ApiThrottled),
        (Answer(500, b""), ApiUnavailable),
        (Answer(200, b""), ApiUnavailable),
        (Answer(200, b'{"token": null}'), ApiUnavailable),
        (Answer(200, b"[]"), ApiUnavailable),
    ],
)
def test_a_failed_login_says_why_and_never_quotes_the_key(
    answer: Answer, error: type[Exception], doors: list[FakeDoor]
) -> None:
    auth = JwtAuthenticator(answering(doors, answer), KEY)
    with pytest.raises(error) as caught:
        auth.header()
    assert KEY.get_secret_value() not in str(caught.value)


def test_basic_needs_no_login_and_cannot_be_renewed() -> None:
    auth = BasicAuthenticator("{guid}", SecretStr("key"))
    assert auth.header() == "Basic " + base64.b64encode(b"guid:key").decode()
    assert not auth.renew(auth.header())
