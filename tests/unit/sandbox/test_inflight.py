"""Two writes of one key at the same time are noticed, over real HTTP."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from sinks.sandbox.client import SandboxAdmin
from sinks.sandbox.inflight import InFlight, no_keys
from tests.unit.sandbox.driver import ORDER
from tests.waiting import wait_until


def _overlap(
    http: httpx.Client,
    admin: SandboxAdmin,
    first: tuple[str, Any],
    second: tuple[str, Any],
) -> list[dict[str, Any]]:
    """Send the second request while the first is held back; return the recorded overlaps."""
    admin.faults({"kind": "slow", "route": f"POST {first[0]}", "delay_s": 0.25})
    held = threading.Thread(target=lambda: http.post(first[0], json=first[1]))
    held.start()
    wait_until(lambda: admin.faults()[-1]["hits"] == 1, timeout_s=5, what="the first write")
    assert http.post(second[0], json=second[1]).status_code < 300
    held.join(5)
    overlaps: list[dict[str, Any]] = admin.invariants()["overlapping_writes"].get("shop", [])
    return overlaps


def test_two_writes_of_one_profile_overlap(http: httpx.Client, admin: SandboxAdmin) -> None:
    first = ("/v4/clients/batch", [{"customId": "1"}, {"customId": "2"}])
    found = _overlap(http, admin, first, ("/v4/clients", {"customId": "2"}))
    assert [set(one["keys"]) for one in found] == [{"customId=2", "clientId=2"}]
    assert (found[0]["first"], found[0]["second"]) == ("POST /v4/clients/batch", "POST /v4/clients")
    assert admin.invariants()["ok"] is False


def test_two_names_of_one_profile_overlap(http: httpx.Client, admin: SandboxAdmin) -> None:
    http.post("/v4/clients", json={"customId": "1", "email": "ann@example.com"})
    found = _overlap(
        http,
        admin,
        ("/v4/clients", {"customId": "1"}),
        ("/v4/clients/by-email/ann%40example.com", {"city": "X"}),
    )
    assert len(found) == 1


def test_two_writes_of_one_order_overlap(http: httpx.Client, admin: SandboxAdmin) -> None:
    found = _overlap(http, admin, ("/v4/transactions", ORDER), ("/v4/transactions/batch", [ORDER]))
    assert [one["keys"] for one in found] == [["order=100000123"]]


def test_two_writes_of_one_item_overlap_in_one_catalog_only(
    http: httpx.Client, admin: SandboxAdmin
) -> None:
    ids = [
        http.post("/catalogs/bags", json={"name": name}).json()["data"]["id"]
        for name in ("one", "two")
    ]
    item = {"itemKey": "A", "value": {"itemId": "A"}}
    first = (f"/catalogs/bags/{ids[0]}/items", item)
    assert _overlap(http, admin, first, (f"/catalogs/bags/{ids[1]}/items", item)) == []
    found = _overlap(http, admin, first, (f"/catalogs/bags/{ids[0]}/items/batch", [item]))
    assert [one["keys"] for one in found] == [[f"item={ids[0]}/A"]]


def test_different_people_with_one_phone_number_do_not_overlap(
    http: httpx.Client, admin: SandboxAdmin
) -> None:
    found = _overlap(
        http,
        admin,
        ("/v4/clients", {"customId": "1", "phone": "600 100 200"}),
        ("/v4/clients", {"customId": "2", "phone": "600 100 200"}),
    )
    assert found == []


def test_one_write_after_another_never_overlaps(http: httpx.Client, admin: SandboxAdmin) -> None:
    for _ in range(50):
        assert http.post("/v4/clients", json={"customId": "1"}).status_code == 202
    assert admin.invariants()["overlapping_write_count"] == 0


def test_writes_sent_at_once_meet_when_answers_take_time(
    http: httpx.Client, admin: SandboxAdmin
) -> None:
    admin.options(answer_delay_s=0.1)
    with ThreadPoolExecutor(2) as pool:
        sent = [pool.submit(http.post, "/v4/clients", json={"customId": "1"}) for _ in range(2)]
        assert [one.result(5).status_code for one in sent] == [202, 202]
    assert admin.invariants()["overlapping_write_count"] == 1


def test_keys_are_computed_only_when_two_writes_are_in_flight() -> None:
    inflight = InFlight()

    def unwanted() -> frozenset[str]:
        raise AssertionError("keys were asked for")

    number = inflight.enter("POST /a", unwanted, lambda keys: keys, "now")
    assert inflight.enter("GET /b", no_keys, lambda keys: keys, "now") == 0
    inflight.leave(number)
    again = inflight.enter("POST /a", lambda: frozenset({"x"}), lambda keys: keys, "now")
    with pytest.raises(AssertionError, match="asked for"):
        inflight.enter("POST /a", unwanted, lambda keys: keys, "now")
    inflight.leave(again)
