"""Every kind of fault, over real HTTP on loopback."""

from __future__ import annotations

import asyncio
import email.utils
import threading
import time
from typing import Any

import httpx
import pytest

from sinks.sandbox.admin import Admin
from sinks.sandbox.app import SandboxApp
from sinks.sandbox.client import AdminRefused, SandboxAdmin
from sinks.sandbox.faults import FaultRule
from sinks.sandbox.server import SandboxServer
from tests.unit.sandbox.driver import API_KEY, GUID, LOGIN, ORDER, Api, spec
from tests.waiting import wait_until

ANN = {"email": "ann@example.com"}
CLIENTS = "POST /v4/clients"


def _stored(admin: SandboxAdmin) -> list[str]:
    return [one["email"] for one in admin.state("shop")["profiles"]]


def _post(http: httpx.Client, body: dict[str, Any] = ANN) -> httpx.Response:
    return http.post("/v4/clients", json=body)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 415, 429, 500, 503, 504])
def test_a_status_is_answered_once_with_an_error_object(
    http: httpx.Client, admin: SandboxAdmin, status: int
) -> None:
    admin.faults({"kind": "status", "status": status, "route": CLIENTS})
    refused = _post(http)
    assert (refused.status_code, refused.json()["status"]) == (status, status)
    assert _stored(admin) == []
    assert _post(http).status_code == 202


def test_a_status_may_carry_any_body(http: httpx.Client, admin: SandboxAdmin) -> None:
    fault = {"kind": "status", "status": 418, "body": "tea", "content_type": "text/plain"}
    admin.faults(fault)
    answer = _post(http)
    assert (answer.text, answer.headers["content-type"]) == ("tea", "text/plain")


def test_an_intermediary_answers_html(http: httpx.Client, admin: SandboxAdmin) -> None:
    admin.faults({"kind": "html", "status": 503, "retry_after_s": 2})
    answer = _post(http)
    assert (answer.status_code, answer.headers["content-type"]) == (503, "text/html")
    assert answer.headers["retry-after"] == "2"
    assert answer.text.startswith("<html>")


def test_throttling_names_seconds_a_date_or_nothing(
    http: httpx.Client, admin: SandboxAdmin
) -> None:
    admin.faults(
        {"kind": "throttle"},
        {"kind": "throttle", "first": 2, "retry_after_s": 1.5},
        {"kind": "throttle", "first": 3, "retry_after_s": 7, "retry_after_form": "date"},
    )
    bare, seconds, date = _post(http), _post(http), _post(http)
    assert {bare.status_code, seconds.status_code, date.status_code} == {429}
    assert "retry-after" not in bare.headers
    assert seconds.headers["retry-after"] == "1.5"
    until_s = email.utils.parsedate_to_datetime(date.headers["retry-after"]).timestamp()
    assert 0 < until_s - time.time() <= 8.1


def test_one_answer_says_that_the_token_expired(http: httpx.Client, admin: SandboxAdmin) -> None:
    admin.faults({"kind": "token-expired", "route": CLIENTS})
    answer = _post(http)
    assert (answer.status_code, answer.json()["error"]) == (401, "Token expired.")
    assert _post(http).status_code == 202


def test_the_token_can_be_refused_for_ever(http: httpx.Client, admin: SandboxAdmin) -> None:
    admin.faults({"kind": "token-expired", "route": CLIENTS, "count": None})
    assert {_post(http).status_code for _ in range(5)} == {401}
    admin.clear_faults()
    assert _post(http).status_code == 202


def test_tokens_expire_in_the_middle_of_a_series(http: httpx.Client, admin: SandboxAdmin) -> None:
    admin.faults({"kind": "expire-tokens", "route": CLIENTS, "first": 3})
    assert [_post(http).status_code for _ in range(4)] == [202, 202, 401, 401]
    token = http.post(LOGIN, json={"apiKey": API_KEY}).json()["token"]
    http.headers["Authorization"] = f"Bearer {token}"
    assert _post(http).status_code == 202


def test_a_permission_is_missing_for_a_while(http: httpx.Client, admin: SandboxAdmin) -> None:
    admin.faults({"kind": "forbidden", "route": CLIENTS, "count": 2})
    assert [_post(http).status_code for _ in range(3)] == [403, 403, 202]


def test_a_cached_bag_vanishes_or_belongs_to_somebody_else(
    http: httpx.Client, admin: SandboxAdmin
) -> None:
    bag_id = http.post("/catalogs/bags", json={"name": "products"}).json()["data"]["id"]
    admin.faults(
        {"kind": "stale-bag", "route": "POST /catalogs/bags/*/items"},
        {"kind": "foreign-bag", "route": "POST /catalogs/bags/*/items", "first": 2},
    )
    item = {"itemKey": "1", "value": {"itemId": "1"}}
    stale, foreign, good = (
        http.post(f"/catalogs/bags/{bag_id}/items", json=item) for _ in range(3)
    )
    assert (stale.status_code, stale.text) == (404, "Catalog not found")
    assert foreign.status_code == 403
    assert "Some(Id" in foreign.text
    assert (good.status_code, good.json()) == (200, True)


def test_a_part_of_a_good_batch_is_refused(http: httpx.Client, admin: SandboxAdmin) -> None:
    admin.faults({"kind": "partial-refusal", "positions": [1]})
    elements = [{"email": f"{name}@example.com"} for name in ("ann", "bob", "eve")]
    answer = http.post("/v4/clients/batch", json=elements)
    assert answer.status_code == 207
    assert set(answer.json()[0]) == {"code", "field", "message", "rejectedValue"}
    assert _stored(admin) == ["ann@example.com", "eve@example.com"]
    assert admin.rejects()["rejects"] == []


def test_a_207_may_come_without_a_usable_body(http: httpx.Client, admin: SandboxAdmin) -> None:
    admin.faults({"kind": "partial-refusal", "body": "", "positions": [0]})
    answer = http.post("/v4/clients/batch", json=[ANN, {"email": "bob@example.com"}])
    assert (answer.status_code, answer.content) == (207, b"")
    assert _stored(admin) == ["bob@example.com"]


def test_a_whole_batch_is_refused(http: httpx.Client, admin: SandboxAdmin) -> None:
    admin.faults({"kind": "whole-refusal", "route": "*/batch"})
    answer = http.post("/v4/clients/batch", json=[ANN])
    assert (answer.status_code, len(answer.json()["errors"])) == (400, 1)
    assert _stored(admin) == []


def test_the_connection_closes_before_anything_is_stored(
    http: httpx.Client, admin: SandboxAdmin
) -> None:
    admin.faults({"kind": "close-before", "route": CLIENTS})
    with pytest.raises(httpx.TransportError):
        _post(http)
    assert _stored(admin) == []
    assert _post(http).status_code == 202


def test_the_connection_closes_after_storing_and_a_repeat_is_idempotent(
    http: httpx.Client, admin: SandboxAdmin
) -> None:
    admin.faults({"kind": "close-after", "route": "POST /v4/transactions"})
    with pytest.raises(httpx.TransportError):
        http.post("/v4/transactions", json=ORDER)
    assert len(admin.state("shop")["transactions"]) == 1
    assert http.post("/v4/transactions", json=ORDER).status_code == 202
    assert len(admin.state("shop")["transactions"]) == 1
    verdict = admin.invariants()
    assert (verdict["ok"], verdict["note_counts"]) == (True, {"B3": 1})


def test_an_answer_slower_than_the_client_is_stored_nevertheless(
    http: httpx.Client, admin: SandboxAdmin
) -> None:
    admin.faults({"kind": "slow", "route": CLIENTS, "delay_s": 30})
    with pytest.raises(httpx.ReadTimeout):
        http.post("/v4/clients", json=ANN, timeout=0.1)
    assert _stored(admin) == ["ann@example.com"]
    assert _post(http).status_code == 202
    assert admin.invariants()["overlapping_write_count"] == 0


def test_a_slow_call_may_store_after_its_delay(http: httpx.Client, admin: SandboxAdmin) -> None:
    admin.faults({"kind": "slow", "route": CLIENTS, "delay_s": 0.3, "apply": "after"})
    with pytest.raises(httpx.ReadTimeout):
        http.post("/v4/clients", json=ANN, timeout=0.05)
    wait_until(lambda: _stored(admin) == ["ann@example.com"], timeout_s=5, what="the late write")


def test_a_late_write_waits_for_its_time_even_when_the_client_has_left() -> None:
    api = Api()
    rule = {"kind": "slow", "route": CLIENTS, "delay_s": 0.2, "apply": "after"}
    api.sandbox.faults.add(FaultRule.model_validate(rule))
    body = b'{"customId":"1"}'
    sent: list[dict[str, Any]] = [
        {"type": "http.request", "body": body},
        {"type": "http.disconnect"},
    ]
    messages = iter(sent)

    async def receive() -> dict[str, Any]:
        return next(messages)

    async def send(message: Any) -> None:
        raise AssertionError("nobody is there to be answered")

    scope = {
        "type": "http",
        "method": "POST",
        "raw_path": b"/v4/clients",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in api.headers.items()],
        "client": ("127.0.0.1", 1),
    }

    async def call() -> float:
        started_s = asyncio.get_running_loop().time()
        await SandboxApp(api.sandbox, Admin(api.sandbox))(scope, receive, send)
        return asyncio.get_running_loop().time() - started_s

    assert asyncio.run(call()) >= 0.19
    assert api.profile()["customId"] == "1"


def test_a_slow_call_may_never_store(http: httpx.Client, admin: SandboxAdmin) -> None:
    admin.faults({"kind": "slow", "route": CLIENTS, "delay_s": 0.05, "apply": "never"})
    assert _post(http).status_code == 503
    assert _stored(admin) == []


def test_a_truncated_answer_belongs_to_a_stored_request(
    http: httpx.Client, admin: SandboxAdmin
) -> None:
    admin.faults({"kind": "truncate", "route": CLIENTS})
    with pytest.raises(httpx.RemoteProtocolError):
        _post(http)
    assert _stored(admin) == ["ann@example.com"]


def test_an_empty_200_comes_where_json_is_expected(http: httpx.Client, admin: SandboxAdmin) -> None:
    admin.faults({"kind": "empty", "route": "GET /catalogs/bags"})
    answer = http.get("/catalogs/bags")
    assert (answer.status_code, answer.content) == (200, b"")


def test_a_login_fails_while_other_calls_succeed(http: httpx.Client, admin: SandboxAdmin) -> None:
    admin.faults({"kind": "status", "status": 503, "route": "POST /uauth/*", "count": 2})
    assert _post(http).status_code == 202
    statuses = [http.post(LOGIN, json={"apiKey": API_KEY}).status_code for _ in range(3)]
    assert statuses == [503, 503, 200]


def test_a_fault_can_be_limited_to_one_workspace(http: httpx.Client, admin: SandboxAdmin) -> None:
    admin.workspace(name="other", api_key="7c1b9f52-0000-4000-8000-000000000001")
    other = http.post(LOGIN, json={"apiKey": "7c1b9f52-0000-4000-8000-000000000001"}).json()
    admin.faults({"kind": "status", "status": 500, "workspace": "other", "count": None})
    headers = {"Authorization": f"Bearer {other['token']}"}
    assert http.post("/v4/clients", json=ANN, headers=headers).status_code == 500
    assert _post(http).status_code == 202


def test_a_share_of_calls_fails_in_a_repeatable_way(
    http: httpx.Client, admin: SandboxAdmin
) -> None:
    rule = {"kind": "status", "status": 503, "count": None, "rate": 0.5, "seed": 7}
    runs = []
    for _ in range(2):
        admin.clear_faults()
        admin.faults(rule)
        runs.append([_post(http).status_code for _ in range(20)])
    assert runs[0] == runs[1]
    assert {202, 503} == set(runs[0])


def test_armed_faults_show_what_they_saw_and_hit(http: httpx.Client, admin: SandboxAdmin) -> None:
    admin.faults({"kind": "forbidden", "route": CLIENTS, "first": 2})
    for _ in range(3):
        _post(http)
    armed = admin.faults()
    assert [(one["seen"], one["hits"], one["kind"]) for one in armed] == [(3, 1, "forbidden")]


@pytest.mark.parametrize(
    "rule", [{"kind": "status"}, {"kind": "nothing"}, {"kind": "slow", "delay": 3}]
)
def test_a_fault_that_makes_no_sense_is_refused_with_its_field(
    admin: SandboxAdmin, rule: dict[str, Any]
) -> None:
    with pytest.raises(AdminRefused, match="problems"):
        admin.faults(rule)


def test_connections_are_refused_while_the_server_is_stopped() -> None:
    server = SandboxServer(workspaces=[spec(basic_enabled=True)])
    basic = httpx.BasicAuth(GUID, API_KEY)
    headers = {"Api-Version": "4.4", "User-Agent": "tests"}
    with httpx.Client(auth=basic, headers=headers, trust_env=False) as http:
        server.start()
        url = f"{server.url}/v4/clients"
        assert http.post(url, json=ANN).status_code == 202
        server.stop()
        with pytest.raises(httpx.ConnectError):
            http.post(url, json=ANN)
        server.start()
        assert http.post(url, json={"email": "bob@example.com"}).status_code == 202
        server.stop()
    emails = set(server.sandbox.gate.workspaces["shop"].profiles.index.by_email)
    assert emails == {"ann@example.com", "bob@example.com"}


def test_requests_overlap_while_one_is_slow(http: httpx.Client, admin: SandboxAdmin) -> None:
    admin.faults({"kind": "slow", "route": CLIENTS, "delay_s": 0.5})
    slow = threading.Thread(target=_post, args=(http,))
    slow.start()
    wait_until(lambda: _stored(admin) == ["ann@example.com"], timeout_s=5, what="the slow write")
    assert _post(http, {"email": "bob@example.com"}).status_code == 202
    assert slow.is_alive()
    slow.join(5)
    assert admin.invariants()["overlapping_write_count"] == 0
