"""What the real service accepts although a client does not expect it: B1-B18."""

from __future__ import annotations

import pytest

from tests.unit.sandbox.driver import EVENT, ITEM, ORDER, Api, changed, decoded, without

WHO = {"email": "ann@example.com"}


def _event(api: Api, **changes: object) -> None:
    assert api.post("/v4/events/custom", {**EVENT, **changes}).status == 202


def _order(api: Api, order: dict[str, object] = ORDER) -> None:
    assert api.post("/v4/transactions", order).status == 202


def test_b1_a_future_event_gets_the_receipt_time_and_loses_its_salt(api: Api) -> None:
    _event(api, time="2026-05-01T10:00:00.001Z")
    stored = api.state["events"][0]
    assert stored["time"] == "2026-05-01T10:00:00.000Z"
    assert stored["snr-original-time"] == "2026-05-01T10:00:00.001Z"
    assert (api.notes, api.violations) == (["B1"], [])
    api.clock.now_s += 1
    _event(api, time="2026-05-01T10:00:00.001Z")
    assert (len(api.state["events"]), api.violations) == (2, ["B4"])


def test_b1_the_services_clock_decides_what_the_future_is(api: Api) -> None:
    api.use(clock_offset_s=-5)
    _event(api, time="2026-05-01T09:59:58Z")
    assert api.notes == ["B1"]


def test_b2_a_missing_time_is_the_receipt_time(api: Api) -> None:
    assert api.post("/v4/events/custom", without(EVENT, "time")).status == 202
    assert api.state["events"][0]["time"] == "2026-05-01T10:00:00.000Z"
    assert api.notes == ["B2"]


def test_b3_the_same_salt_action_profile_and_time_replaces_the_whole_event(api: Api) -> None:
    _event(api, params={"a": 1, "b": 1})
    _event(api, params={"a": 2}, time="2026-05-01T11:00:00.000+02:00")
    events = api.state["events"]
    assert [event["params"] for event in events] == [{"a": 2}]
    assert (api.notes, api.violations) == (["B3"], [])


@pytest.mark.parametrize(
    "change",
    [
        {"time": "2026-05-01T09:00:01.000Z"},
        {"action": "other.action"},
        {"client": {"email": "bob@example.com"}},
    ],
)
def test_b4_a_salt_with_another_time_action_or_profile_doubles_the_event(
    api: Api, change: dict[str, object]
) -> None:
    _event(api)
    _event(api, **change)
    assert (len(api.state["events"]), api.violations) == (2, ["B4"])


def test_b4_the_profile_counts_not_the_identifier_that_names_it(api: Api) -> None:
    api.post("/v4/clients", {**WHO, "customId": "7"})
    _event(api)
    _event(api, client={"customId": "7"})
    assert (len(api.state["events"]), api.violations) == (1, [])


def test_b4_an_order_re_sent_with_another_time_is_charged_twice(api: Api) -> None:
    _order(api)
    _order(api, {**ORDER, "recordedAt": "2026-04-30T18:21:08.000Z"})
    assert (len(api.state["transactions"]), api.violations) == (2, ["B4"])


def test_b4_one_salt_for_two_orders_loses_the_first(api: Api) -> None:
    _order(api)
    _order(api, {**ORDER, "orderId": "200"})
    assert [one["orderId"] for one in api.state["transactions"]] == ["200"]
    assert api.violations == ["B4"]


def test_b5_an_order_with_another_salt_is_charged_twice(api: Api) -> None:
    _order(api)
    _order(api, {**ORDER, "eventSalt": "other"})
    assert (len(api.state["transactions"]), api.violations) == (2, ["B5"])


def test_b5_an_order_without_a_salt_is_charged_twice(api: Api) -> None:
    api.use(require_salt_and_time=False)
    _order(api, without(ORDER, "eventSalt"))
    _order(api, without(ORDER, "eventSalt"))
    assert (len(api.state["transactions"]), api.violations) == (2, ["B5"])


def test_a_repeated_order_with_salt_time_and_client_is_one_charge(api: Api) -> None:
    _order(api)
    _order(api, changed(ORDER, "metadata.orderStatus", "complete"))
    stored = api.state["transactions"]
    assert [one["metadata"]["orderStatus"] for one in stored] == ["complete"]
    assert (api.violations, api.notes) == ([], ["B3"])


def test_a_line_appended_to_an_order_is_no_violation(api: Api) -> None:
    order = changed(ORDER, "products", [ORDER["products"][0]])
    _order(api, changed(order, "revenue.amount", 25.5) | {"value": ORDER["discountAmount"]})
    first_ids = [buy["eventUUID"] for buy in api.state["transactions"][0]["buys"]]
    _order(api)
    buys = api.state["transactions"][0]["buys"]
    assert [buy["sku"] for buy in buys] == ["MUG-1", "CAP-9"]
    assert buys[0]["eventUUID"] == first_ids[0]
    assert api.violations == []


def test_b6_reordered_products_overwrite_each_other(api: Api) -> None:
    _order(api)
    _order(api, {**ORDER, "products": ORDER["products"][::-1]})
    assert [buy["sku"] for buy in api.state["transactions"][0]["buys"]] == ["CAP-9", "MUG-1"]
    assert api.violations == ["B6"]


def test_b6_a_removed_product_stays_bought(api: Api) -> None:
    _order(api)
    shorter = changed(changed(ORDER, "products", ORDER["products"][:1]), "revenue.amount", 25.5)
    _order(api, changed(shorter, "value.amount", 20))
    stored = api.state["transactions"][0]
    assert [line["sku"] for line in stored["products"]] == ["MUG-1"]
    assert [buy["sku"] for buy in stored["buys"]] == ["MUG-1", "CAP-9"]
    assert api.violations == ["B6"]


def test_b7_an_unknown_client_id_alone_creates_nothing(api: Api) -> None:
    assert api.post("/v4/clients/batch", [{"clientId": 99, "city": "X"}]).status == 202
    assert api.state["profiles"] == []
    assert (api.notes, api.violations) == (["B7"], [])


def test_b8_a_conflict_loses_profile_event_and_order_alike(api: Api) -> None:
    api.post("/v4/clients", {**WHO, "customId": "7"})
    api.post("/v4/clients", {"email": "bob@example.com", "customId": "8"})
    pair = {**WHO, "customId": "8"}
    assert api.post("/v4/clients", {**pair, "city": "Lost"}).status == 202
    _event(api, client=pair)
    _order(api, {**ORDER, "client": pair})
    assert api.violations == ["B8", "B8", "B8"]
    assert api.state["events"] == []
    assert api.state["transactions"] == []


def test_b9_an_overwritten_email_is_a_note_and_takes_effect(api: Api) -> None:
    api.post("/v4/clients", {**WHO, "customId": "7"})
    api.post("/v4/clients", {"email": "new@example.com", "customId": "7"})
    assert (api.notes, api.violations) == (["B9"], [])
    assert api.profile()["email"] == "new@example.com"


def test_b10_a_reserved_attribute_is_ignored_and_recorded(api: Api) -> None:
    assert api.post("/v4/clients", {**WHO, "attributes": {"status": 1, "ok": 2}}).status == 202
    assert api.profile()["attributes"] == {"ok": 2}
    assert api.violations == ["B10"]


def test_b11_a_reserved_event_parameter_is_ignored(api: Api) -> None:
    _event(api, params={"ip": "1.2.3.4", "time": "x", "kept": 1})
    assert api.state["events"][0]["params"] == {"kept": 1}
    assert (api.notes, api.violations) == (["B11"], [])


def test_b12_an_omitted_field_is_unchanged(api: Api) -> None:
    first = {**WHO, "firstName": "Ann", "attributes": {"a": 1}, "agreements": {"sms": True}}
    api.post("/v4/clients", {**first, "tags": ["vip"]})
    api.post("/v4/clients", {**WHO, "city": "X", "attributes": {"b": 2}, "agreements": {}})
    stored = api.profile()
    assert (stored["firstName"], stored["city"], stored["tags"]) == ("Ann", "X", ["vip"])
    assert (stored["attributes"], stored["agreements"]) == ({"a": 1, "b": 2}, {"sms": True})


def test_b13_null_deletes_an_attribute_and_resets_a_field(api: Api) -> None:
    api.post("/v4/clients", {**WHO, "firstName": "Ann", "attributes": {"a": 1, "b": 1}})
    api.post("/v4/clients", {**WHO, "firstName": None, "attributes": {"a": None}})
    stored = api.profile()
    assert "firstName" not in stored
    assert stored["attributes"] == {"b": 1}
    assert (api.notes, api.violations) == (["B13", "B13"], [])
    api.post("/v4/clients", {**WHO, "attributes": None, "agreements": None, "tags": None})
    assert api.profile()["attributes"] == {}
    assert api.notes == ["B13"] * 4


def test_b14_consents_are_normalised_to_booleans(api: Api) -> None:
    sent = {"email": 1, "sms": "True", "push": "false", "wifi": 0, "webpush": True}
    api.post("/v4/clients", {**WHO, "agreements": sent})
    assert api.profile()["agreements"] == {
        "email": True,
        "sms": True,
        "push": False,
        "wifi": False,
        "webPush": True,
    }


@pytest.mark.parametrize("kind", ["event", "order"])
def test_b15_an_event_for_a_deleted_profile_creates_it_again(api: Api, kind: str) -> None:
    api.post("/v4/clients", {**WHO, "customId": "1042"})
    assert api.delete("/v4/clients/by-customid/1042").status == 202
    if kind == "event":
        _event(api)
    else:
        _order(api)
    assert api.profile()["email"] == "ann@example.com"
    assert api.violations == ["B15"]


def test_an_upsert_that_returns_a_deleted_profile_is_only_a_note(api: Api) -> None:
    api.post("/v4/clients", WHO)
    api.delete("/v4/clients/1")
    api.post("/v4/clients", WHO)
    _event(api)
    assert (api.notes, api.violations) == (["recreated"], [])
    assert api.profile()["clientId"] == 2


def test_b16_a_re_sent_item_is_replaced_or_merged_by_switch(api: Api) -> None:
    bag_id = decoded(api.post("/catalogs/bags", {"name": "products"}))["data"]["id"]
    path = f"/catalogs/bags/{bag_id}/items"
    second = {"itemKey": "MUG-1", "value": {"itemId": "MUG-1", "price": 5}}

    def stored() -> object:
        return api.state["catalogs"][0]["items"][0]["value"]

    api.post(path, ITEM)
    api.post(path, second)
    assert stored() == {"itemId": "MUG-1", "price": 5}
    api.use(item_update="merge")
    api.post(path, ITEM)
    assert stored() == {"itemId": "MUG-1", "price": 5, "title": "Mug"}


def test_b17_a_write_is_visible_after_the_configured_delay(api: Api) -> None:
    api.use(visible_after_s=2)
    path = "/v4/clients/by-email/ann%40example.com"
    api.post("/v4/clients", {**WHO, "city": "A"})
    assert api.get(path).status == 404
    api.clock.now_s += 2
    assert decoded(api.get(path))["city"] == "A"
    api.post("/v4/clients", {**WHO, "city": "B"})
    assert decoded(api.get(path))["city"] == "A"
    api.clock.now_s += 2
    assert decoded(api.get(path))["city"] == "B"


def test_b17_an_item_is_visible_after_the_configured_delay(api: Api) -> None:
    bag_id = decoded(api.post("/catalogs/bags", {"name": "products"}))["data"]["id"]
    api.use(visible_after_s=1)
    api.post(f"/catalogs/bags/{bag_id}/items", ITEM)
    path = f"/catalogs/bags/{bag_id}/items/itemKey/MUG-1"
    assert api.get(path).status == 404
    api.clock.now_s += 1
    assert api.get(path).status == 200


def test_b18_extra_keys_are_stored(api: Api) -> None:
    _event(api, params={"free": {"deep": [1]}})
    _order(api, changed(ORDER, "products.0.skuVariant", "MUG-1-RED"))
    bag_id = decoded(api.post("/catalogs/bags", {"name": "products"}))["data"]["id"]
    api.post(f"/catalogs/bags/{bag_id}/items", changed(ITEM, "value.free", {"a": [1]}))
    state = api.state
    assert state["events"][0]["params"] == {"free": {"deep": [1]}}
    assert state["transactions"][0]["products"][0]["skuVariant"] == "MUG-1-RED"
    assert state["catalogs"][0]["items"][0]["value"]["free"] == {"a": [1]}
    assert api.violations == []
