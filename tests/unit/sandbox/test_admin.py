"""The admin interface: dumps, comparison, counters, invariants, options, workspaces."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from sinks.sandbox.admin import Admin
from sinks.sandbox.app import SandboxApp
from sinks.sandbox.client import AdminRefused, SandboxAdmin
from sinks.sandbox.core import Sandbox
from sinks.sandbox.state import dump, load, load_file, save_file
from tests.unit.sandbox.driver import EVENT, ITEM, LOGIN, ORDER, Api, changed, decoded, spec

UUID = "11111111-1111-4111-8111-111111111111"


def _fill(api: Api) -> None:
    ann = {"customId": "1042", "email": "ann@example.com", "uuid": UUID, "phone": "600100"}
    api.post("/v4/clients", {**ann, "tags": ["vip"], "city": "X", "agreements": {"sms": True}})
    api.post("/v4/clients", {"email": "gone@example.com"})
    api.delete("/v4/clients/2")
    api.post("/v4/events/custom", EVENT)
    api.post("/v4/transactions", ORDER)
    bag_id = decoded(api.post("/catalogs/bags", {"name": "products"}))["data"]["id"]
    api.post(f"/catalogs/bags/{bag_id}/items", ITEM)


def test_a_dump_loads_into_another_sandbox_unchanged(api: Api) -> None:
    _fill(api)
    dumped = dump(api.sandbox)
    other = Sandbox()
    load(other, dumped)
    assert dump(other) == dumped


def test_a_restored_sandbox_behaves_like_the_old_one(api: Api) -> None:
    _fill(api)
    other = Api()
    load(other.sandbox, dump(api.sandbox))
    other.post("/v4/transactions", ORDER)
    other.post("/v4/events/custom", EVENT)
    assert (other.notes, other.violations) == (["B3", "B3"], [])
    other.post("/v4/events/custom", {**EVENT, "client": {"email": "gone@example.com"}})
    assert other.violations == ["B15", "B4"]
    assert other.post("/v4/clients", {"customId": "new"}).status == 202
    assert other.profile(customId="new")["clientId"] == 4


def test_a_restored_key_still_logs_in(api: Api) -> None:
    restored = Sandbox()
    load(restored, dump(api.sandbox))
    api.sandbox = restored
    assert api.post(LOGIN, {"apiKey": "0b6f4f0e-7c55-4c9e-8f0a-3a1d2c4b5e6f"}).status == 200


def test_a_dump_of_another_version_is_refused(api: Api) -> None:
    with pytest.raises(ValueError, match="version"):
        load(api.sandbox, {"version": 0})


def test_a_state_file_is_written_and_read(api: Api, tmp_path: Path) -> None:
    _fill(api)
    path = tmp_path / "state.json"
    assert load_file(api.sandbox, path) is False
    save_file(api.sandbox, path)
    other = Sandbox()
    assert load_file(other, path) is True
    assert dump(other) == dump(api.sandbox)


def test_a_dump_shows_what_is_stored(http: httpx.Client, admin: SandboxAdmin) -> None:
    http.post("/v4/transactions", json=ORDER)
    shop = admin.state("shop")
    order = shop["transactions"][0]
    assert order["profile"] == {"email": "ann@example.com", "customId": "1042"}
    assert order["products"] == ORDER["products"]
    assert (order["eventSalt"], order["recordedAt"]) == (ORDER["eventSalt"], ORDER["recordedAt"])
    assert admin.state()["workspaces"]["shop"] == shop


def _expected(**sections: Any) -> dict[str, Any]:
    return {"workspaces": {"shop": sections}}


def test_an_equal_state_has_no_differences(http: httpx.Client, admin: SandboxAdmin) -> None:
    http.post("/v4/transactions", json=ORDER)
    http.post("/v4/clients", json={"customId": "1042", "attributes": {"a": 1}})
    assert admin.compare(admin.state(), exact=True) == []
    expected = _expected(
        profiles=[{"email": "ann@example.com", "attributes": {"a": 1}}],
        transactions=[{"orderId": ORDER["orderId"], "products": ORDER["products"]}],
    )
    assert admin.compare(expected) == []


def test_missing_unexpected_and_different_objects_are_told_apart(
    http: httpx.Client, admin: SandboxAdmin
) -> None:
    http.post("/v4/clients", json={"customId": "1", "city": "A", "attributes": {"a": 1, "b": 2}})
    http.post("/v4/clients", json={"customId": "2"})
    wanted = {"customId": "1", "city": "B", "attributes": {"a": 5}}
    found = admin.compare(_expected(profiles=[wanted, {"customId": "3"}]))
    told = [(one["key"], one["field"], one["expected"], one["actual"]) for one in found]
    assert ("customId=1", "city", "B", "A") in told
    assert ("customId=1", "attributes.a", 5, 1) in told
    assert ("customId=3", "", {"customId": "3"}, "absent") in told
    assert [one[:3] for one in told if one[3] != "absent"][-1] == ("customId=2", "", "absent")
    assert len(found) == 4
    exact = admin.compare(_expected(profiles=[wanted]), exact=True, ignore=("city",))
    assert {one["field"] for one in exact if one["key"] == "customId=1"} == {
        "attributes.a",
        "attributes.b",
        "agreements",
        "tags",
    }


def test_a_doubled_order_and_a_changed_item_are_differences(
    http: httpx.Client, admin: SandboxAdmin
) -> None:
    http.post("/v4/transactions", json=ORDER)
    http.post("/v4/transactions", json={**ORDER, "eventSalt": "other"})
    bag_id = http.post("/catalogs/bags", json={"name": "products"}).json()["data"]["id"]
    http.post(f"/catalogs/bags/{bag_id}/items", json=ITEM)
    item = changed(ITEM, "value.title", "Cup")
    found = admin.compare(
        _expected(
            transactions=[{"orderId": ORDER["orderId"]}],
            catalogs=[{"name": "products", "items": [item]}],
        )
    )
    assert [(one["section"], one["field"]) for one in found] == [
        ("transactions", "count"),
        ("catalogs/products", "value"),
    ]


def test_the_invariants_name_doubled_orders_and_violations(
    http: httpx.Client, admin: SandboxAdmin
) -> None:
    assert admin.invariants()["ok"] is True
    http.post("/v4/transactions", json=ORDER)
    http.post("/v4/transactions", json={**ORDER, "eventSalt": "other"})
    verdict = admin.invariants()
    assert verdict["ok"] is False
    assert verdict["duplicate_charges"] == {"shop": {ORDER["orderId"]: 2}}
    assert verdict["violation_counts"] == {"B5": 1}
    assert verdict["violations"][0]["route"] == "POST /v4/transactions"
    assert verdict["logins"]["shop"] == 1
    assert admin.violations()["violation_counts"] == {"B5": 1}


def test_a_request_without_a_user_agent_breaks_an_invariant(
    http: httpx.Client, admin: SandboxAdmin
) -> None:
    del http.headers["User-Agent"]
    http.post("/v4/clients", json={"customId": "1"})
    verdict = admin.invariants()
    assert (verdict["ok"], verdict["requests_without_user_agent"]) == (False, 1)


def test_stats_count_requests_answers_and_payloads(http: httpx.Client, admin: SandboxAdmin) -> None:
    http.post("/v4/clients/batch", json=[{"customId": "1"}, {"customId": "2"}])
    http.post("/v4/clients/batch", json=[{"customId": " "}])
    http.get("/nowhere")
    stats = admin.stats()
    assert stats["requests"]["POST /v4/clients/batch"] == 2
    assert stats["answers"]["POST /v4/clients/batch"] == {"202": 1, "400": 1}
    assert stats["requests"]["unknown"] == 1
    assert stats["payloads"] == {"shop": {"profiles": 2}}
    assert stats["logins"]["shop"] == 1


def test_stats_tell_when_which_payload_was_accepted(
    http: httpx.Client, admin: SandboxAdmin
) -> None:
    before_s = time.time()
    http.post("/v4/clients/batch", json=[{"customId": "1", "email": "a@b.com"}, {"customId": "2"}])
    http.post("/v4/transactions", json=ORDER)
    stats = admin.stats("profiles", "transactions")
    entries = stats["accepted_at"]["profiles"]
    assert [(one["seq"], one["keys"]) for one in entries] == [(1, ["1", "a@b.com"]), (2, ["2"])]
    assert before_s - 0.01 <= entries[0]["at"] <= time.time()
    assert stats["accepted_at"]["transactions"][0]["keys"] == [ORDER["orderId"]]
    newer = admin.stats("profiles", after=stats["last_seq"]["profiles"])
    assert newer["accepted_at"] == {"profiles": []}
    assert len(admin.stats("profiles", limit=1)["accepted_at"]["profiles"]) == 1


def test_the_log_of_accepted_payloads_is_bounded() -> None:
    sandbox = Sandbox(accepted_log_size=5)
    for number in range(10):
        sandbox.stats.accepted("items", "shop", float(number), [(str(number),), (f"{number}b",)])
    kept = sandbox.stats.accepted_after("items", 0, 100)
    assert [one["seq"] for one in kept] == [15, 16, 17, 18, 19, 20]
    assert kept[-1]["keys"] == ["9b"]


def test_options_change_one_by_one_and_refuse_nonsense(admin: SandboxAdmin) -> None:
    assert admin.options(batch_mode="whole")["batch_mode"] == "whole"
    assert admin.options()["item_update"] == "replace"
    admin.options(batch_mode="partial")
    for wrong in ({"batch_mode": "some"}, {"colour": "red"}, {"token_lifetime_s": 0}):
        with pytest.raises(AdminRefused, match="problems"):
            admin.options(**wrong)


def test_a_workspace_is_created_and_shown_without_its_key(admin: SandboxAdmin) -> None:
    key = "7c1b9f52-0000-4000-8000-0000000000aa"
    admin.workspace(name="second", api_key=key, permissions=["API_CLIENT_CREATE"])
    shown = next(one for one in admin.workspaces() if one["name"] == "second")
    assert shown["permissions"] == ["API_CLIENT_CREATE"]
    assert key not in str(admin.workspaces())
    with pytest.raises(AdminRefused, match="api_key"):
        admin.workspace(name="third", api_key="short")


def test_tokens_can_be_ended_for_all(http: httpx.Client, admin: SandboxAdmin) -> None:
    assert admin.expire_tokens() == 1
    assert http.get("/v4/server/time").status_code == 401


def test_a_reset_forgets_data_and_records_but_keeps_workspaces(
    http: httpx.Client, admin: SandboxAdmin
) -> None:
    http.post("/v4/transactions", json=ORDER)
    http.post("/v4/clients", json={"email": "bad"})
    admin.reset()
    assert admin.state("shop")["profiles"] == []
    assert admin.rejects()["rejects"] == []
    assert admin.stats()["request_count"] == 0
    assert "shop" in [one["name"] for one in admin.workspaces()]


def test_an_unknown_admin_call_lists_the_known_ones(http: httpx.Client) -> None:
    answer = http.get("/__admin/nothing")
    assert answer.status_code == 404
    assert "GET /__admin/state" in answer.json()["calls"]


def test_bad_admin_input_is_an_error_and_no_crash(http: httpx.Client, admin: SandboxAdmin) -> None:
    assert http.post("/__admin/options", content=b"{").status_code == 400
    assert http.post("/__admin/compare", content=b"{}").status_code == 400
    assert http.get("/__admin/state?workspace=none").status_code == 400
    assert http.get("/__admin/stats?accepted=colours").status_code == 400
    with pytest.raises(AdminRefused, match="state file"):
        admin.save()


async def _call_from(app: SandboxApp, address: str) -> int:
    statuses: list[int] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        statuses.append(message.get("status", 0))

    scope = {
        "type": "http",
        "method": "GET",
        "raw_path": b"/__admin/state",
        "query_string": b"",
        "headers": [],
        "client": (address, 1),
    }
    await app(scope, receive, send)
    return statuses[0]


@pytest.mark.parametrize(
    ("address", "status"), [("127.0.0.1", 200), ("::1", 200), ("10.1.1.1", 403)]
)
def test_the_admin_interface_answers_loopback_only(address: str, status: int) -> None:
    sandbox = Sandbox(workspaces=[spec()])
    call = _call_from(SandboxApp(sandbox, Admin(sandbox)), address)
    with pytest.raises(StopIteration) as finished:
        call.send(None)
    assert finished.value.value == status
