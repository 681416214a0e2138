"""Calls on the items of a catalog."""

from typing import Any

from sinks.sandbox.answers import Answer, Rejected, json_answer
from sinks.sandbox.calls import Call, Prepared, batch_answer
from sinks.sandbox.catalog_calls import meta, named_bag, paging
from sinks.sandbox.catalog_rules import item_breaches, repeated_key
from sinks.sandbox.catalogs import Bag, Item, item_view
from sinks.sandbox.context import Context
from sinks.sandbox.text_rules import Breach

_PAGE_SIZE = 100


def put(call: Call) -> Prepared:
    """POST /catalogs/bags/{id}/items: one item."""
    bag = named_bag(call)
    call.refuse(_check(call, call.payload))
    return _write(call, bag, [call.payload])


def put_batch(call: Call) -> Prepared:
    """POST /catalogs/bags/{id}/items/batch: all or nothing."""
    bag = named_bag(call)
    repeated = repeated_key(call.payload)
    if repeated is not None:
        call.refuse([repeated])
    good, refused = call.triage(lambda body: _check(call, body), "whole")
    return _write(call, bag, good, refused)


def read_by_key(call: Call) -> Prepared:
    """GET …/items/itemKey/{itemKey}."""
    bag = named_bag(call)
    item = bag.by_key.get(call.args["itemKey"])
    return _shown(call, bag, item)


def read(call: Call) -> Prepared:
    """GET …/items/{itemId} by Synerise's numeric id (C7)."""
    bag = named_bag(call)
    return _shown(call, bag, bag.by_id.get(_item_id(call)))


def list_items(call: Call) -> Prepared:
    """GET …/items: ``itemKey``, ``searchBy``, ``offset``, ``limit``."""
    bag = named_bag(call)
    parameters = call.request.parameters()
    offset, limit = paging(parameters, _PAGE_SIZE)
    key = parameters.get("itemKey")
    text = parameters.get("searchBy", "").lower()
    found = [
        item
        for item in bag.by_key.values()
        if (key is None or item.key == key) and text in item.key.lower()
    ]
    views = [_visible(call, bag, item) for item in found[offset : offset + limit]]
    body = {
        "data": [view for view in views if view is not None],
        "metaData": meta(len(found)),
    }
    return Prepared(lambda context: json_answer(body))


def delete(call: Call) -> Prepared:
    """DELETE …/items/{itemId}: numeric id, not the item key (C7)."""
    bag = named_bag(call)
    item = bag.by_id.get(_item_id(call))
    if item is None:
        raise Rejected(404, "C7", "Item not found")

    def commit(context: Context) -> Answer:
        bag.remove(item)
        return json_answer(True)

    return Prepared(commit, lambda: frozenset({_write_key(bag, item.key)}))


def _check(call: Call, body: Any) -> list[Breach]:
    return item_breaches(body, require_item_id=call.context.options.require_item_id)


def _write(
    call: Call, bag: Bag, items: list[dict[str, Any]], refused: list[Breach] | None = None
) -> Prepared:
    def commit(context: Context) -> Answer:
        for item in items:
            _put(call, bag, item, context)
        call.accepted("items", [(item["itemKey"], bag.name) for item in items], context)
        if refused:
            return batch_answer(refused)
        return json_answer(True, context.options.item_status)

    return Prepared(commit, lambda: frozenset(_write_key(bag, item["itemKey"]) for item in items))


def _put(call: Call, bag: Bag, body: dict[str, Any], context: Context) -> None:
    key = body["itemKey"]
    delay_ms = int(context.options.visible_after_s * 1000)
    known = bag.by_key.get(key)
    before = None if known is None or not delay_ms else item_view(known, bag)
    item_id = known.id if known is not None else call.gate.ids.new_item_id()
    item = bag.put(item_id, key, body["value"], context.now_ms, context.options.item_update)
    if delay_ms:
        bag.view.wrote(key, before, item_view(item, bag), context.now_ms, delay_ms)


def _shown(call: Call, bag: Bag, item: Item | None) -> Prepared:
    shown = None if item is None else _visible(call, bag, item)
    if shown is None:
        raise Rejected(404, "C7", "Item not found")
    body = {"data": shown, "metaData": meta(1)}
    return Prepared(lambda context: json_answer(body))


def _visible(call: Call, bag: Bag, item: Item) -> Any:
    return bag.view.read(item.key, item_view(item, bag), call.context.now_ms)


def _item_id(call: Call) -> int:
    text = call.args["itemId"]
    if not (text.isascii() and text.isdecimal()):
        raise Rejected(400, "C7", "item id must be a number")
    return int(text)


def _write_key(bag: Bag, key: str) -> str:
    return f"item={bag.id}/{key}"
