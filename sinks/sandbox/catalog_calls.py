"""Calls on catalogs (bags)."""

from typing import Any

from sinks.sandbox.answers import Answer, Rejected, json_answer
from sinks.sandbox.calls import Call, Prepared
from sinks.sandbox.catalog_rules import bag_breaches
from sinks.sandbox.catalogs import Bag, bag_view
from sinks.sandbox.context import Context
from sinks.sandbox.text_rules import breach

_ORDERS = frozenset({"id", "author", "lastModified", "creationDate"})


def meta(total_count: int) -> dict[str, Any]:
    """Write the ``metaData`` of a catalog answer."""
    return {"totalCount": total_count, "requestTime": "0.01 [s]"}


def list_bags(call: Call) -> Prepared:
    """GET /catalogs/bags: fuzzy ``searchBy``, ``orderBy``, ``offset``, ``limit``."""
    parameters = call.request.parameters()
    page_size = call.context.options.bag_page_size
    offset, limit = paging(parameters, page_size)
    found = [_view(call, bag) for bag in call.workspace.catalogs.search(parameters.get("searchBy"))]
    order = parameters.get("orderBy", "id")
    if order not in _ORDERS:
        raise Rejected(400, "C1", "unknown orderBy")
    found.sort(key=lambda bag: (bag[order] or "", bag["id"]) if order != "id" else bag["id"])
    body = {"data": found[offset : offset + limit], "metaData": meta(len(found))}
    return Prepared(lambda context: json_answer(body))


def create_bag(call: Call) -> Prepared:
    """POST /catalogs/bags (C1); a taken name is allowed or refused by option."""
    call.refuse(bag_breaches(call.payload))
    name: str = call.payload["name"]
    catalogs = call.workspace.catalogs
    is_taken = any(bag.name == name for bag in catalogs.bags.values())
    if is_taken and call.context.options.duplicate_bag_names == "refuse":
        call.refuse([breach("C1", "name", "name is taken", name)])

    def commit(context: Context) -> Answer:
        if any(bag.name == name for bag in catalogs.bags.values()):
            context.record("second-bag", f"another catalog named {name}")
        bag = catalogs.create(name, context.now_ms)
        return json_answer({"data": _view(call, bag), "metaData": meta(1)})

    return Prepared(commit, lambda: frozenset({f"bag={name}"}))


def read_bag(call: Call) -> Prepared:
    """GET /catalogs/bags/{id} (C2)."""
    body = {"data": _view(call, named_bag(call)), "metaData": meta(1)}
    return Prepared(lambda context: json_answer(body))


def read_keys(call: Call) -> Prepared:
    """GET /catalogs/bags/{id}/keys: attribute names (C2)."""
    names = list(named_bag(call).attribute_names)
    return Prepared(lambda context: json_answer({"data": names}))


def delete_bag(call: Call) -> Prepared:
    """DELETE /catalogs/bags/{id} (C2)."""
    bag = named_bag(call)

    def commit(context: Context) -> Answer:
        call.workspace.catalogs.delete(bag)
        return json_answer({"data": True, "metaData": meta(1)})

    return Prepared(commit, lambda: frozenset({f"bag={bag.name}"}))


def named_bag(call: Call) -> Bag:
    """Find the bag of the path; raises Rejected C2: 404, or 403 for a foreign one."""
    text = call.args["bagId"]
    bag_id = int(text) if text.isascii() and text.isdecimal() else -1
    bag = call.workspace.catalogs.bags.get(bag_id)
    if bag is not None:
        return bag
    if bag_id in call.gate.ids.owners:
        raise Rejected(403, "C2", f"Access denied to catalog Some(Id({bag_id}))")
    raise Rejected(404, "C2", "Catalog not found")


def paging(parameters: dict[str, str], page_size: int) -> tuple[int, int]:
    """Read offset and limit; raises Rejected C1 (400) when malformed."""
    try:
        offset = int(parameters.get("offset", "0"))
        limit = int(parameters.get("limit", str(page_size)))
    except ValueError as exc:
        raise Rejected(400, "C1", "offset and limit must be integers") from exc
    if offset < 0 or limit < 1:
        raise Rejected(400, "C1", "offset or limit out of range")
    return offset, min(limit, page_size)


def _view(call: Call, bag: Bag) -> dict[str, Any]:
    return bag_view(bag, call.workspace.business_profile_id)
