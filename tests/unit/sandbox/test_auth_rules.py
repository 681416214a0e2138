"""Authentication and authorisation: rules A1-A9, tokens, Basic, several workspaces."""

from __future__ import annotations

import base64
from typing import Any

import orjson
import pytest

from tests.unit.sandbox.driver import API_KEY, EVENT, GUID, LOGIN, NOW_S, Api, decoded, spec

REFRESH = "/v4/auth/refresh/profile"
OTHER_KEY = "7c1b9f52-0000-4000-8000-000000000001"


def _basic(guid: str, key: str) -> str:
    return "Basic " + base64.b64encode(f"{guid}:{key}".encode()).decode()


@pytest.mark.parametrize("body", [{}, {"apiKey": 7}, {"apiKey": "no-uuid"}, [], None])
def test_a_login_without_a_uuid_key_is_refused_by_a1(api: Api, body: Any) -> None:
    assert api.post(LOGIN, body).status == 400
    assert api.rules == ["A1"]


def test_an_unknown_key_is_refused_by_a2(api: Api) -> None:
    assert api.post(LOGIN, {"apiKey": OTHER_KEY}).status == 401
    assert api.rules == ["A2"]


def test_a_profile_key_cannot_log_in() -> None:
    api = Api(kind="profile")
    assert api.rules == ["A2"]


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer nonsense", "Token x", "Basic ???", _basic(OTHER_KEY, API_KEY)],
)
def test_missing_or_unknown_credentials_are_refused_by_a3(
    api: Api, authorization: str | None
) -> None:
    answer = api.post("/v4/clients", {"email": "a@b.com"}, authorization=authorization)
    assert (answer.status, api.rules) == (401, ["A3"])


def test_an_expired_token_is_refused_by_a4_with_the_literal_text(api: Api) -> None:
    api.clock.now_s += 3600
    answer = api.post("/v4/clients", {"email": "a@b.com"})
    assert (answer.status, decoded(answer)["error"]) == (401, "Token expired.")
    assert api.rules == ["A4"]


def test_basic_is_refused_by_a5_until_it_is_enabled() -> None:
    closed = Api()
    assert closed.get("/catalogs/bags", authorization=_basic(GUID, API_KEY)).status == 401
    assert closed.rules == ["A5"]
    enabled = Api(basic_enabled=True)
    assert enabled.get("/catalogs/bags", authorization=_basic(GUID, API_KEY)).status == 200


def test_a_missing_permission_is_refused_by_a6() -> None:
    api = Api(permissions=["API_CLIENT_CREATE"])
    assert api.post("/v4/clients", {"email": "a@b.com"}).status == 202
    assert api.post("/v4/clients/batch", [{"email": "a@b.com"}]).status == 403
    assert api.rules == ["A6"]


def test_an_address_that_is_not_allowed_is_refused_by_a6() -> None:
    api = Api(allowed_ips=["10.0.0.1"])
    assert api.post("/v4/clients", {"email": "a@b.com"}).status == 403
    assert api.rules == ["A6"]


def test_a_denied_event_action_is_refused_by_a7() -> None:
    api = Api(event_denylist=["client.deleteAccount"])
    assert api.post("/v4/events/custom", EVENT).status == 403
    assert api.post("/v4/events/batch", [{**EVENT, "type": "custom"}]).status == 403
    assert api.rules == ["A7", "A7"]
    assert api.state["events"] == []


def test_an_action_outside_the_allowlist_is_refused_by_a7() -> None:
    api = Api(event_allowlist=["client.login"])
    assert api.post("/v4/events/custom", EVENT).status == 403
    event = {"client": {"email": "a@b.com"}, "label": "x", "params": {}}
    assert api.post("/v4/events/logged-in", event).status == 202
    assert api.rules == ["A7"]


def test_refresh_gives_a_token_that_works(api: Api) -> None:
    token = decoded(api.get(REFRESH))["token"]
    assert api.get("/v4/server/time", authorization=f"Bearer {token}").status == 200


def test_refresh_with_a_missing_or_expired_token_is_refused_by_a8(api: Api) -> None:
    assert api.get(REFRESH, authorization=None).status == 401
    api.clock.now_s += 4000
    assert api.get(REFRESH).status == 401
    assert api.rules == ["A8", "A8"]


@pytest.mark.parametrize("body", [{}, "API_CLIENT_CREATE", [1]])
def test_a_permission_check_without_an_array_of_strings_is_refused_by_a9(
    api: Api, body: Any
) -> None:
    assert api.post("/uauth/api-key/permission-check", body).status == 400
    assert api.rules == ["A9"]


def test_the_permission_check_tells_each_name() -> None:
    api = Api(permissions=["API_CLIENT_CREATE"])
    asked = ["API_CLIENT_CREATE", "API_TRANSACTION_CREATE"]
    answer = api.post("/uauth/api-key/permission-check", asked, api_version=None)
    assert decoded(answer) == {
        "businessProfileName": "shop",
        "permissions": {"API_CLIENT_CREATE": True, "API_TRANSACTION_CREATE": False},
    }


def test_the_legacy_login_works_as_well(api: Api) -> None:
    assert "token" in decoded(api.post("/v4/auth/login/profile", {"apiKey": API_KEY.upper()}))


def test_a_token_is_a_jwt_that_carries_its_end(api: Api) -> None:
    token = decoded(api.post(LOGIN, {"apiKey": API_KEY}))["token"]
    payload = token.split(".")[1]
    claims = orjson.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert claims["exp"] == int(NOW_S) + 3600


def test_an_opaque_token_carries_nothing_and_works() -> None:
    api = Api(options={"opaque_tokens": True, "token_lifetime_s": 5})
    assert api.headers["authorization"].count(".") == 0
    assert api.get("/v4/server/time").status == 200
    api.clock.now_s += 5
    assert api.get("/v4/server/time").status == 401


def test_any_uuid_key_creates_a_workspace_when_that_is_allowed() -> None:
    api = Api(options={"accept_any_key": True})
    first = decoded(api.post(LOGIN, {"apiKey": OTHER_KEY}))["token"]
    assert decoded(api.post(LOGIN, {"apiKey": OTHER_KEY}))["token"] != first
    body = {"email": "ann@example.com"}
    assert api.post("/v4/clients", body, authorization=f"Bearer {first}").status == 202
    assert len(api.sandbox.gate.workspaces) == 2
    assert api.state["profiles"] == []


def test_a_new_key_replaces_the_old_one_and_keeps_the_data(api: Api) -> None:
    api.post("/v4/clients", {"email": "ann@example.com"})
    api.sandbox.gate.add(spec(api_key=OTHER_KEY))
    assert api.post(LOGIN, {"apiKey": API_KEY}).status == 401
    assert api.post(LOGIN, {"apiKey": OTHER_KEY}).status == 200
    assert api.profile(email="ann@example.com")["clientId"] == 1


def test_no_key_and_no_token_is_kept_in_dumps_or_records(api: Api) -> None:
    api.post(LOGIN, {"apiKey": OTHER_KEY})
    api.post("/v4/clients", {"email": "bad"})
    token = api.headers["authorization"].removeprefix("Bearer ")
    kept = orjson.dumps([api.state, api.sandbox.ledger.rejects_view(), api.sandbox.stats.view()])
    for secret in (API_KEY, OTHER_KEY, token):
        assert secret.encode() not in kept
