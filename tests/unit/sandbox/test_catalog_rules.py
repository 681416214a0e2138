"""Catalogs: a bad request for each of C1-C7, paging and lookup of bags, reads of items."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from tests.unit.sandbox.driver import ITEM, LOGIN, Api, changed, decoded, spec, without

OTHER_KEY = "7c1b9f52-0000-4000-8000-000000000001"


def _bag(api: Api, name: str = "products") -> int:
    bag_id: int = decoded(api.post("/catalogs/bags", {"name": name}))["data"]["id"]
    return bag_id


@pytest.mark.parametrize("body", [{}, {"name": 5}, {"name": ""}, {"name": "a b"}, [], "x"])
def test_a_bad_bag_name_is_refused_by_c1_as_text(api: Api, body: Any) -> None:
    answer = api.post("/catalogs/bags", body)
    assert (answer.status, api.rules) == (400, ["C1"])
    assert answer.content_type == b"text/plain; charset=utf-8"


def test_an_unknown_bag_is_404_as_text_by_c2(api: Api) -> None:
    for answer in (
        api.post("/catalogs/bags/5/items", ITEM),
        api.post("/catalogs/bags/5/items/batch", [ITEM]),
        api.get("/catalogs/bags/x"),
        api.get("/catalogs/bags/5/keys"),
    ):
        assert (answer.status, answer.body) == (404, b"Catalog not found")
    assert api.rules == ["C2"] * 4


def test_the_bag_of_another_workspace_is_403_with_some_id_by_c2(api: Api) -> None:
    bag_id = _bag(api)
    api.sandbox.gate.add(spec(name="other", api_key=OTHER_KEY, guid=OTHER_KEY))
    token = decoded(api.post(LOGIN, {"apiKey": OTHER_KEY}))["token"]
    answer = api.post(f"/catalogs/bags/{bag_id}/items", ITEM, authorization=f"Bearer {token}")
    assert answer.status == 403
    assert b"Some(Id" in answer.body
    assert set(decoded(answer)) == {"status", "error", "message", "timestamp"}
    assert api.rules == ["C2"]


BAD_ITEMS: list[tuple[str, Any]] = [
    ("C3", without(ITEM, "itemKey")),
    ("C3", changed(ITEM, "itemKey", 5)),
    ("C3", without(ITEM, "value")),
    ("C3", changed(ITEM, "value", "{}")),
    ("C3", ["x"]),
    ("C4", changed(ITEM, "value", {"itemId": "MUG-1", "a.b": 1})),
    ("C4", changed(ITEM, "value", {"itemId": "MUG-1", "two words": 1})),
    ("C4", changed(ITEM, "value", {"itemId": "MUG-1", "-x": 1})),
    ("C4", changed(ITEM, "value", {"itemId": "MUG-1", "": 1})),
    ("C6", without(ITEM, "value.itemId")),
    ("C6", changed(ITEM, "value.itemId", "OTHER")),
]


@pytest.mark.parametrize(("rule", "item"), BAD_ITEMS)
def test_a_bad_item_is_refused_as_text_and_fails_its_batch(api: Api, rule: str, item: Any) -> None:
    bag_id = _bag(api)
    single = api.post(f"/catalogs/bags/{bag_id}/items", item)
    good = {"itemKey": "CAP-9", "value": {"itemId": "CAP-9"}}
    batch = api.post(f"/catalogs/bags/{bag_id}/items/batch", [good, item])
    assert (single.status, batch.status) == (400, 400)
    assert single.content_type == b"text/plain; charset=utf-8"
    assert api.rules == [rule, rule]
    assert api.state["catalogs"][0]["items"] == []


def test_an_empty_item_key_is_refused_by_c3(api: Api) -> None:
    item = {"itemKey": "", "value": {"itemId": ""}}
    assert api.post(f"/catalogs/bags/{_bag(api)}/items", item).status == 400
    assert api.rules == ["C3"]


def test_too_many_too_large_or_repeated_items_are_refused_by_c5(api: Api) -> None:
    path = f"/catalogs/bags/{_bag(api)}/items/batch"
    many = [{"itemKey": str(one), "value": {"itemId": str(one)}} for one in range(1001)]
    large = changed(ITEM, "value.title", "x" * 1_000_000)
    assert api.post(path, many).status == 400
    assert api.post(path, [large]).status == 413
    assert api.post(path, [ITEM, ITEM]).status == 400
    assert api.rules == ["C5", "C5", "C5"]


def test_the_item_id_contract_can_be_switched_off(api: Api) -> None:
    api.use(require_item_id=False)
    empty = {"itemKey": "MUG-1", "value": {}}
    answer = api.post(f"/catalogs/bags/{_bag(api)}/items", empty)
    assert (answer.status, answer.body) == (200, b"true")


def test_a_delete_needs_the_numeric_id_of_a_known_item_by_c7(api: Api) -> None:
    bag_id = _bag(api)
    api.post(f"/catalogs/bags/{bag_id}/items", ITEM)
    assert api.delete(f"/catalogs/bags/{bag_id}/items/MUG-1").status == 400
    assert api.delete(f"/catalogs/bags/{bag_id}/items/1").status == 404
    assert api.rules == ["C7", "C7"]
    item = decoded(api.get(f"/catalogs/bags/{bag_id}/items/itemKey/MUG-1"))["data"]
    answer = api.delete(f"/catalogs/bags/{bag_id}/items/{item['id']}")
    assert (answer.status, answer.body) == (200, b"true")
    assert api.get(f"/catalogs/bags/{bag_id}/items/itemKey/MUG-1").status == 404


def test_an_item_reads_back_with_its_value_as_a_string(api: Api) -> None:
    bag_id = _bag(api)
    api.post(f"/catalogs/bags/{bag_id}/items", ITEM)
    item = decoded(api.get(f"/catalogs/bags/{bag_id}/items/itemKey/MUG-1"))["data"]
    assert orjson.loads(item["value"]) == ITEM["value"]
    assert item["bag"]["id"] == str(bag_id)
    assert decoded(api.get(f"/catalogs/bags/{bag_id}/items/{item['id']}"))["data"] == item
    assert decoded(api.get(f"/catalogs/bags/{bag_id}/keys")) == {"data": ["itemId", "title"]}


def test_items_are_listed_by_key_search_and_page(api: Api) -> None:
    bag_id = _bag(api)
    keys = ["MUG-1", "MUG-2", "CAP-9"]
    items = [{"itemKey": key, "value": {"itemId": key}} for key in keys]
    assert api.post(f"/catalogs/bags/{bag_id}/items/batch", items).status == 200
    path = f"/catalogs/bags/{bag_id}/items"

    def found(query: str) -> list[str]:
        return [one["itemKey"] for one in decoded(api.get(path, query))["data"]]

    assert found("itemKey=CAP-9") == ["CAP-9"]
    assert found("searchBy=mug") == ["MUG-1", "MUG-2"]
    assert found("offset=1&limit=1") == ["MUG-2"]
    assert decoded(api.get(path, "limit=1"))["metaData"]["totalCount"] == 3


def test_a_search_for_a_bag_brings_similar_names_and_must_be_paged(api: Api) -> None:
    for number in range(12):
        _bag(api, f"store-{number}")
    _bag(api, "Store1")
    _bag(api, "other")
    first = decoded(api.get("/catalogs/bags", "searchBy=store-1"))
    assert [bag["name"] for bag in first["data"]] == ["store-1", "store-10", "store-11", "Store1"]
    everything = decoded(api.get("/catalogs/bags", "limit=1000"))
    assert (len(everything["data"]), everything["metaData"]["totalCount"]) == (10, 14)
    rest = decoded(api.get("/catalogs/bags", "offset=10&orderBy=creationDate"))
    assert len(rest["data"]) == 4
    assert api.get("/catalogs/bags", "offset=x").status == 400
    assert api.get("/catalogs/bags", "orderBy=colour").status == 400


def test_a_taken_bag_name_makes_a_second_bag_or_is_refused_by_switch(api: Api) -> None:
    assert _bag(api) != _bag(api)
    assert api.notes == ["second-bag"]
    api.use(duplicate_bag_names="refuse")
    assert api.post("/catalogs/bags", {"name": "products"}).status == 400


def test_a_deleted_bag_is_unknown_afterwards(api: Api) -> None:
    bag_id = _bag(api)
    assert decoded(api.delete(f"/catalogs/bags/{bag_id}"))["data"] is True
    assert api.get(f"/catalogs/bags/{bag_id}").status == 404


def test_a_bag_is_shown_with_the_documented_fields(api: Api) -> None:
    bag = decoded(api.get(f"/catalogs/bags/{_bag(api)}"))["data"]
    assert set(bag) == {
        "id",
        "name",
        "businessProfileId",
        "author",
        "creationDate",
        "lastModified",
        "mappings",
        "primaryKey",
        "fields",
        "beforeFiltering",
    }
