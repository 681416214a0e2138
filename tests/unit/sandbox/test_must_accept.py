"""Requests that a strict stand-in must still accept."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.sandbox.driver import CART_EVENT, EVENT, ORDER, Api, changed, decoded, without

UUID = "11111111-1111-4111-8111-111111111111"
LINES = ORDER["products"]


@pytest.mark.parametrize(
    "body",
    [
        {"email": "ann@example.com"},
        {"customId": "1042"},
        {"uuid": UUID},
        {"phone": "+48 (600) 100-200/1"},
        {"phone": "600100"},
        {"phone": " 600 100"[1:]},
        {"email": "o'neil+tag_x@sub.example-shop.co.uk"},
        {"email": "zażółć@example.com"},
        {"email": '"quoted name"@example.com'},
        {"email": "ann@[10.0.0.1]"},
        {"customId": "Łódź / 7 + x"},
        {"email": "ann@example.com", "birthDate": "1900-01-02", "sex": "NOT_SPECIFIED"},
        {"email": "ann@example.com", "birthDate": "2026-05-01", "countryCode": "PL"},
        {"email": "ann@example.com", "firstName": "", "tags": [], "attributes": {}},
        {"email": "ann@example.com", "firstName": "Ann \u2764\ufe0f", "city": "\U0001f600"},
        {"email": "ann@example.com", "agreements": {"webPush": True, "webpush": "False"}},
        {"email": "ann@example.com", "attributes": {"żółw": [1, {"x": None}], "o'k": 1.5}},
    ],
)
def test_a_correct_profile_is_accepted_alone_and_in_a_batch_of_one(
    api: Api, body: dict[str, Any]
) -> None:
    assert api.post("/v4/clients", body).status == 202
    assert api.post("/v4/clients/batch", [body]).status == 202
    assert len(api.state["profiles"]) == 1
    assert (api.rules, api.violations) == ([], [])


@pytest.mark.parametrize(
    "order",
    [
        changed(ORDER, "value.amount", 45.5),
        without(ORDER, "discountAmount"),
        without(ORDER, "metadata"),
        changed(ORDER, "client", {"uuid": UUID}),
        changed(changed(ORDER, "products.0.quantity", 0.5), "revenue.amount", 26.38)
        | {"value": {"amount": 20, "currency": "EUR"}},
        changed(
            changed(changed(ORDER, "products.0.finalUnitPrice.amount", 0), "revenue.amount", 20),
            "value.amount",
            20,
        ),
        changed(ORDER, "recordedAt", "2026-04-30T20:21:07+02:00"),
        changed(ORDER, "recordedAt", "2001-01-01T00:00:00Z"),
        changed(ORDER, "products.0.categories", ["Mugs"]),
    ],
)
def test_a_correct_transaction_is_accepted(api: Api, order: dict[str, Any]) -> None:
    assert api.post("/v4/transactions", order).status == 202
    assert api.post("/v4/transactions/batch", [order]).status == 202
    assert len(api.state["transactions"]) == 1
    assert (api.rules, api.violations) == ([], [])


def test_a_free_order_is_accepted(api: Api) -> None:
    free = {"amount": 0, "currency": "EUR"}
    lines = [{"sku": "S", "name": "N", "quantity": 1, "finalUnitPrice": free}]
    order = {**without(ORDER, "discountAmount"), "revenue": free, "value": free, "products": lines}
    assert api.post("/v4/transactions", order).status == 202


@pytest.mark.parametrize(
    "event",
    [
        changed(EVENT, "params", {}),
        changed(EVENT, "label", "any ✓ text"),
        changed(EVENT, "time", "2026-05-01T09:00:00Z"),
        changed(EVENT, "time", "2026-05-01t09:00:00.123456z"),
        changed(EVENT, "time", "2026-05-01T09:00:00.5-03:30"),
        changed(EVENT, "params.email", "ann@example.com"),
        changed(EVENT, "action", "x" * 32),
        without(EVENT, "eventSalt"),
    ],
)
def test_a_correct_event_is_accepted(api: Api, event: dict[str, Any]) -> None:
    assert api.post("/v4/events/custom", event).status == 202
    assert api.post("/v4/events/batch", [{**event, "type": "custom"}]).status == 202
    assert (api.rules, api.violations) == ([], [])


def test_a_cart_event_with_a_fraction_and_a_zero_price_is_accepted(api: Api) -> None:
    assert api.post("/v4/events/added-to-cart", CART_EVENT).status == 202
    assert api.post("/v4/events/removed-from-cart", CART_EVENT).status == 202


def test_a_charset_parameter_is_accepted(api: Api) -> None:
    answer = api.post(
        "/v4/clients", {"customId": "1"}, content_type="Application/JSON; charset=utf-8"
    )
    assert answer.status == 202


@pytest.mark.parametrize("path", ["by-customid", "by-custom-id"])
def test_both_delete_paths_work_unless_one_is_switched_off(api: Api, path: str) -> None:
    api.post("/v4/clients", {"customId": "1"})
    assert api.delete(f"/v4/clients/{path}/1").status == 202
    other = {"by-customid": "by-custom-id", "by-custom-id": "by-customid"}[path]
    api.use(custom_id_delete_path=other)
    api.post("/v4/clients", {"customId": "1"})
    assert api.delete(f"/v4/clients/{path}/1").status == 404
    assert api.delete(f"/v4/clients/{other}/1").status == 202


@pytest.mark.parametrize("status", [200, 202, 204])
def test_a_delete_is_answered_with_the_chosen_status_and_no_body(api: Api, status: int) -> None:
    api.use(delete_status=status)
    api.post("/v4/clients", {"customId": "1"})
    answer = api.delete("/v4/clients/1")
    assert (answer.status, answer.body) == (status, b"")


def test_instant_answers_a_json_string(api: Api) -> None:
    answer = api.post("/v4/clients/instant", {"customId": "1"})
    assert answer.status == 200
    assert isinstance(decoded(answer), str)


def test_items_are_answered_with_true_and_the_chosen_status(api: Api) -> None:
    api.use(item_status=202)
    bag_id = decoded(api.post("/catalogs/bags", {"name": "x"}))["data"]["id"]
    item = {"itemKey": "1", "value": {"itemId": "1"}}
    for answer in (
        api.post(f"/catalogs/bags/{bag_id}/items", item),
        api.post(f"/catalogs/bags/{bag_id}/items/batch", [item]),
    ):
        assert (answer.status, answer.body) == (202, b"true")


def test_the_server_time_is_told(api: Api) -> None:
    assert decoded(api.get("/v4/server/time")) == {"time": "2026-05-01T10:00:00.000Z"}
