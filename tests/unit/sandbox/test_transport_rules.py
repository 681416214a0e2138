"""Rules of transport (T2-T6), routes and the order of checks.

T1 (plain HTTP refused where TLS is emulated) has no test: the sandbox does not emulate TLS.
"""

from __future__ import annotations

import httpx
import pytest

from sinks.sandbox.client import SandboxAdmin
from tests.unit.sandbox.driver import API_KEY, LOGIN, Api, decoded


@pytest.mark.parametrize("version", [None, "4.3", "4.4.0"])
def test_a_missing_or_other_api_version_is_refused_by_t2(api: Api, version: str | None) -> None:
    answer = api.post("/v4/clients", {"email": "ann@example.com"}, api_version=version)
    assert (answer.status, api.rules) == (400, ["T2"])


def test_the_login_needs_the_api_version_too(api: Api) -> None:
    assert api.post(LOGIN, {"apiKey": API_KEY}, api_version=None).status == 400
    assert api.rules == ["T2"]


def test_catalogs_do_not_need_an_api_version(api: Api) -> None:
    assert api.get("/catalogs/bags", api_version=None).status == 200


@pytest.mark.parametrize("media_type", [None, "text/plain", "application/x-www-form-urlencoded"])
def test_another_media_type_is_refused_by_t3(api: Api, media_type: str | None) -> None:
    answer = api.post("/v4/clients", {"email": "a@b.com"}, content_type=media_type)
    assert (answer.status, api.rules) == (415, ["T3"])


def test_a_compressed_body_is_refused_by_t4(api: Api) -> None:
    answer = api.post("/v4/clients", {"email": "a@b.com"}, content_encoding="gzip")
    assert (answer.status, api.rules) == (415, ["T4"])


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (b"", "T5"),
        (b'{"email":"a@b.com"', "T5"),
        (b'{"email":"a@b.com","email":"a@b.com"}', "T5"),
        (b'{"firstName":"\xff","email":"a@b.com"}', "T6"),
        (b'{"email":"a@b.com"}{}', "T6"),
        (b'{"email":"a@b.com","attributes":{"x":NaN}}', "T6"),
    ],
)
def test_bad_json_is_refused_by_t5_or_t6(api: Api, body: bytes, rule: str) -> None:
    answer = api.post("/v4/clients", body)
    assert (answer.status, api.rules) == (400, [rule])


def test_an_unknown_path_is_404_and_a_wrong_method_405(api: Api) -> None:
    assert api.get("/v4/nothing").status == 404
    assert api.get("/v4/transactions").status == 405
    assert api.post("/v4/events/completed-transaction", {}).status == 404


def test_checks_run_from_route_to_fields(api: Api) -> None:
    bad: dict[str, str | None] = {"api_version": None, "content_type": "text/plain"}
    everything_wrong = api.post("/v4/clients", b"{", authorization=None, **bad)
    assert everything_wrong.status == 401
    assert api.post("/v4/clients", b"{", **bad).status == 415
    assert api.post("/v4/clients", b"{", api_version=None).status == 400
    big = b"[" + b" " * 1_000_000 + b"{]"
    assert api.post("/v4/clients/batch", big).status == 413
    assert api.rules == ["A3", "T3", "T2", "P18"]


def test_an_error_of_v4_is_the_documented_object(api: Api) -> None:
    error = decoded(api.post("/v4/clients", {"email": "ann@"}))
    assert error == {
        "error": "Bad Request",
        "status": 400,
        "timestamp": "2026-05-01T10:00:00.000Z",
        "path": "/v4/clients",
        "message": "Validation failed",
        "errors": [
            {
                "code": 3003,
                "field": "email",
                "message": "not an e-mail address",
                "rejectedValue": "ann@",
            }
        ],
    }


def test_transport_rules_hold_over_real_http(http: httpx.Client, admin: SandboxAdmin) -> None:
    body = b'{"email":"ann@example.com"}'
    json_type = {"Content-Type": "application/json"}
    answers = [
        http.post("/v4/clients", content=body, headers={"Content-Type": "text/plain"}),
        http.post("/v4/clients", content=body, headers={**json_type, "Content-Encoding": "gzip"}),
        http.post("/v4/clients", content=body, headers={**json_type, "Api-Version": "4.1"}),
        http.post("/v4/clients", content=body + b"!", headers=json_type),
        http.post("/v4/clients", content=b'{"a":1,"a":2}', headers=json_type),
        http.post(
            "/v4/clients",
            content=body,
            headers={"Content-Type": "application/json; charset=utf-8"},
        ),
    ]
    assert [answer.status_code for answer in answers] == [415, 415, 400, 400, 400, 202]
    assert answers[-1].content == b""
    assert [entry["rule"] for entry in admin.rejects()["rejects"]] == ["T3", "T4", "T2", "T6", "T5"]


def test_a_percent_encoded_path_value_reaches_the_profile(http: httpx.Client) -> None:
    http.post("/v4/clients", json={"customId": "a/b c+d"})
    answer = http.get("/v4/clients/by-customid/a%2Fb%20c%2Bd")
    assert (answer.status_code, answer.json()["customId"]) == (200, "a/b c+d")
