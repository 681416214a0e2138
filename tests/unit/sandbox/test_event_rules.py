"""Field rules of events: a bad request for each of E1-E14, alone and in a batch."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.sandbox.driver import CART_EVENT, EVENT, Api, changed, decoded, without

CANCELLED = {
    "client": {"email": "ann@example.com"},
    "label": "x",
    "params": {"orderId": "100000123"},
}
VIEW = {**CANCELLED, "params": {"source": "WEB_DESKTOP"}}
LOGIN_EVENT = {"client": {"email": "ann@example.com"}, "label": "x", "params": {}}
MONEY = "params.finalUnitPrice"

BAD_EVENTS: list[tuple[str, str, Any]] = [
    ("E1", "custom", without(EVENT, "client")),
    ("E1", "custom", changed(EVENT, "client", {})),
    ("E1", "custom", changed(EVENT, "client", "ann@example.com")),
    ("E1", "custom", changed(EVENT, "client.phone", "+48 600 100 200")),
    ("E1", "custom", ["no object"]),
    ("P2", "custom", changed(EVENT, "client", {"id": "5"})),
    ("P2", "custom", changed(EVENT, "client.email", "")),
    ("P3", "custom", changed(EVENT, "client.email", "ann@")),
    ("P6", "custom", changed(EVENT, "client.customId", "a\nb")),
    ("P7", "custom", changed(EVENT, "client.uuid", "ABC")),
    ("P16", "custom", changed(EVENT, "client.customId", "7 ")),
    ("E2", "custom", without(EVENT, "label")),
    ("E2", "custom", changed(EVENT, "label", "")),
    ("E2", "custom", changed(EVENT, "label", 5)),
    ("E3", "custom", without(EVENT, "params")),
    ("E3", "custom", changed(EVENT, "params", [])),
    ("E4", "custom", without(EVENT, "action")),
    ("E4", "custom", changed(EVENT, "action", "x" * 33)),
    ("E4", "custom", changed(EVENT, "action", "two words")),
    ("E4", "custom", changed(EVENT, "action", "zażółć")),
    ("E5", "custom", changed(EVENT, "action", "transaction.charge")),
    ("E5", "custom", changed(EVENT, "action", "newsletter.unsubscribe")),
    ("E6", "custom", changed(EVENT, "time", "2026-05-01 09:00:00Z")),
    ("E6", "custom", changed(EVENT, "time", "2026-05-01T09:00:00")),
    ("E6", "custom", changed(EVENT, "time", "2026-13-01T09:00:00Z")),
    ("E6", "custom", changed(EVENT, "time", 1777629600)),
    ("E7", "added-to-cart", without(CART_EVENT, "params.sku")),
    ("E7", "removed-from-cart", without(CART_EVENT, "params.name")),
    ("E7", "added-to-cart", without(CART_EVENT, "params.quantity")),
    ("E7", "added-to-cart", changed(CART_EVENT, "params.quantity", "2")),
    ("E7", "added-to-cart", changed(CART_EVENT, "params.source", "SHOP")),
    ("E7", "added-to-cart", without(CART_EVENT, "params.finalUnitPrice")),
    ("E7", "added-to-cart", changed(CART_EVENT, f"{MONEY}.amount", -1)),
    ("E7", "added-to-cart", changed(CART_EVENT, f"{MONEY}.amount", "1.00")),
    ("E7", "added-to-cart", changed(CART_EVENT, f"{MONEY}.currency", "euro")),
    ("E7", "added-to-cart", changed(CART_EVENT, "params.regularUnitPrice", 5)),
    ("E8", "cancelled-transaction", without(CANCELLED, "params.orderId")),
    ("E8", "cancelled-transaction", changed(CANCELLED, "params.orderId", 100)),
    *(
        ("E9", slug, without(VIEW, "params.source"))
        for slug in ("product-view", "searched", "shared", "visited-screen")
    ),
    ("E9", "searched", changed(VIEW, "params.source", "web")),
    ("E10", "custom", changed(EVENT, "params.email", "bob@example.com")),
    ("E13", "custom", changed(EVENT, "params.note", None)),
    ("E13", "custom", changed(EVENT, "params.deep", [{"x": None}])),
    ("E14", "custom", changed(EVENT, "eventsalt", "x")),
    ("E14", "custom", changed(EVENT, "eventSalt", "")),
    ("E14", "logged-in", {**LOGIN_EVENT, "action": "client.login"}),
]


@pytest.mark.parametrize(("rule", "slug", "body"), BAD_EVENTS)
def test_a_bad_event_is_refused_by_its_rule(api: Api, rule: str, slug: str, body: Any) -> None:
    assert api.post(f"/v4/events/{slug}", body).status == 400
    assert api.rules == [rule]
    assert api.state["events"] == []


@pytest.mark.parametrize(("rule", "slug", "body"), BAD_EVENTS)
def test_a_bad_event_fails_the_whole_batch(api: Api, rule: str, slug: str, body: Any) -> None:
    good = {**LOGIN_EVENT, "type": "logged-in"}
    element = {**body, "type": slug} if isinstance(body, dict) else body
    assert api.post("/v4/events/batch", [good, element]).status == 400
    assert api.rules == [rule]
    assert api.state["events"] == []


def test_a_partial_event_batch_stores_the_good_ones_when_so_switched(api: Api) -> None:
    api.use(event_batch_mode="partial")
    elements = [{**LOGIN_EVENT, "type": "logged-in"}, {**EVENT, "type": "custom", "label": ""}]
    answer = api.post("/v4/events/batch", elements)
    assert (answer.status, [one["field"] for one in decoded(answer)]) == (207, ["label"])
    assert [one["action"] for one in api.state["events"]] == ["client.login"]


def test_params_email_is_compared_with_the_stored_profile(api: Api) -> None:
    api.post("/v4/clients", {"customId": "7", "email": "ann@example.com"})
    event = changed(EVENT, "client", {"customId": "7"})
    good = changed(event, "params.email", "ann@example.com")
    bad = changed(event, "params.email", "bob@example.com")
    assert api.post("/v4/events/custom", good).status == 202
    assert api.post("/v4/events/custom", bad).status == 400
    assert api.rules == ["E10"]


def test_too_many_or_too_large_events_are_refused_by_e11(api: Api) -> None:
    event = {**LOGIN_EVENT, "type": "logged-in"}
    assert api.post("/v4/events/batch", [event] * 1001).status == 400
    large = changed(event, "params.text", "x" * 1_000_000)
    assert api.post("/v4/events/batch", [large]).status == 413
    assert api.rules == ["E11", "E11"]


@pytest.mark.parametrize("kind", [None, "nothing", "batch", 5, "completed-transaction"])
def test_an_element_without_a_known_type_is_refused_by_e12(api: Api, kind: Any) -> None:
    event = dict(LOGIN_EVENT) if kind is None else {**LOGIN_EVENT, "type": kind}
    assert api.post("/v4/events/batch", [event]).status == 400
    assert api.rules == ["E12"]


@pytest.mark.parametrize(
    ("slug", "action"),
    [
        ("registered", "client.register"),
        ("logged-out", "client.logout"),
        ("added-to-favorites", "product.addToFavorite"),
        ("hit-timer", "client.hitTimer"),
        ("appeared-in-location", "client.location"),
        ("application-started", "client.applicationStarted"),
        ("assigned-to-company", "client.assignToCompany"),
    ],
)
def test_a_single_endpoint_stores_its_action(api: Api, slug: str, action: str) -> None:
    assert api.post(f"/v4/events/{slug}", LOGIN_EVENT).status == 202
    assert [one["action"] for one in api.state["events"]] == [action]
