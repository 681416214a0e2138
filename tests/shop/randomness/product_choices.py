"""Random choices among products as a whole: their existence, SKUs, places, imports, stock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.shop.generation.stock_rows import DEFAULT_SOURCE
from tests.shop.generation.words import sku
from tests.shop.randomness.memory import column, sku_is_free, take_free_sku

if TYPE_CHECKING:
    from tests.shop.actions.done import ActionDone
    from tests.shop.actions.shop_actions import ShopActions
    from tests.shop.randomness.memory import Choice, Memory

_IN_TREE = "level > 1"


def pick_product(actions: ShopActions, condition: str = "1 = 1") -> int | None:
    """Pick any product that meets a condition on its entity row."""
    return actions.session.pick("catalog_product_entity", "entity_id", condition)


def _category(actions: ShopActions) -> int | None:
    return actions.session.pick("catalog_category_entity", "entity_id", _IN_TREE)


def _website(actions: ShopActions) -> int:
    return actions.session.rng.choice(actions.shop.websites).website_id


def _create(actions: ShopActions, memory: Memory) -> ActionDone | None:
    session, rng = actions.session, actions.session.rng
    sku_ = take_free_sku(session, memory) if rng.random() < 0.35 else None
    category_id = _category(actions)
    return actions.products.create(
        sku_,
        type_id=rng.choice(("simple", "simple", "virtual")),
        price=f"{rng.randint(1, 500)}.9900",
        website_ids=sorted({_website(actions), _website(actions)}),
        category_ids=[category_id] if category_id and rng.random() < 0.7 else [],
        is_visible=rng.random() < 0.9,
    )


def _delete(actions: ShopActions, memory: Memory) -> ActionDone | None:
    product_id = pick_product(actions)
    return None if product_id is None else _delete_one(actions, memory, product_id)


def _delete_child(actions: ShopActions, memory: Memory) -> ActionDone | None:
    """Delete a child of a configurable; the parent's own row does not change."""
    link_id = actions.session.pick("catalog_product_super_link", "link_id")
    if link_id is None:
        return None
    child_id = column(
        actions.session, "catalog_product_super_link", "product_id", "link_id", link_id
    )
    return _delete_one(actions, memory, child_id)


def _delete_one(actions: ShopActions, memory: Memory, product_id: int) -> ActionDone:
    runs_consumer = actions.session.rng.random() < 0.7
    done = actions.products.delete(product_id, runs_consumer=runs_consumer)
    memory.skus.append(str(done.ids["sku"]))
    return done


def _change_sku(actions: ShopActions, memory: Memory) -> ActionDone | None:
    session, rng = actions.session, actions.session.rng
    product_id = pick_product(actions)
    if product_id is None:
        return None
    before = str(column(session, "catalog_product_entity", "sku", "entity_id", product_id))
    roll = rng.random()
    after = None
    if roll < 0.3:
        after = before.swapcase()
    elif roll < 0.5:
        after = take_free_sku(session, memory)
    after = after or sku(rng, rng.randint(10**6, 10**9))
    if after == before or not sku_is_free(session, after, but_for=product_id):
        return None
    if after.lower() != before.lower():
        memory.skus.append(before)
    return actions.products.change_sku(product_id, after, moves_stock=rng.random() < 0.7)


def _detach_child(actions: ShopActions, _: Memory) -> ActionDone | None:
    session = actions.session
    link_id = session.pick("catalog_product_super_link", "link_id")
    if link_id is None:
        return None
    row = session.row("catalog_product_super_link", "parent_id product_id", {"link_id": link_id})
    return actions.products.detach_child(row["parent_id"], row["product_id"])


def _attach_child(actions: ShopActions, _: Memory) -> ActionDone | None:
    session = actions.session
    parent_id = pick_product(actions, "type_id = 'configurable'")
    relations = session.table("catalog_product_relation")
    entity = session.table("catalog_product_entity")
    free = f"NOT EXISTS (SELECT 1 FROM {relations} r WHERE r.child_id = {entity}.entity_id)"
    child_id = pick_product(actions, f"type_id = 'simple' AND {free}")
    if parent_id is None or child_id is None:
        return None
    return actions.products.attach_child(parent_id, child_id)


def _assign_website(actions: ShopActions, _: Memory) -> ActionDone | None:
    product_id = pick_product(actions)
    if product_id is None:
        return None
    return actions.product_places.assign_website(product_id, _website(actions))


def _unassign_website(actions: ShopActions, _: Memory) -> ActionDone | None:
    product_id = pick_product(actions)
    if product_id is None:
        return None
    return actions.product_places.unassign_website(product_id, _website(actions))


def _assign_category(actions: ShopActions, _: Memory) -> ActionDone | None:
    product_id, category_id = pick_product(actions), _category(actions)
    if product_id is None or category_id is None:
        return None
    return actions.product_places.assign_category(product_id, category_id)


def _unassign_category(actions: ShopActions, _: Memory) -> ActionDone | None:
    session = actions.session
    link_id = session.pick("catalog_category_product", "entity_id")
    if link_id is None:
        return None
    row = session.row("catalog_category_product", "product_id category_id", {"entity_id": link_id})
    if session.rng.random() < 0.2:
        position = session.rng.randint(0, 99)
        return actions.product_places.reposition(row["product_id"], row["category_id"], position)
    return actions.product_places.unassign_category(row["product_id"], row["category_id"])


def _import_new(actions: ShopActions, memory: Memory) -> ActionDone | None:
    session, rng = actions.session, actions.session.rng
    again = take_free_sku(session, memory) if rng.random() < 0.4 else None
    skus = [again] if again else None
    return actions.product_imports.append_new(
        skus, website_id=_website(actions), category_id=_category(actions) or 0
    )


def _import_prices(actions: ShopActions, _: Memory) -> ActionDone | None:
    rng = actions.session.rng
    ids = {pick_product(actions, "type_id = 'simple'") for _ in range(3)} - {None}
    prices = {int(id_): f"{rng.randint(1, 300)}.5000" for id_ in sorted(filter(None, ids))}
    return actions.product_imports.append_prices(prices) if prices else None


def _import_replace(actions: ShopActions, _: Memory) -> ActionDone | None:
    product_id = pick_product(actions, "type_id = 'simple'")
    return None if product_id is None else actions.product_imports.replace(product_id)


def _import_delete(actions: ShopActions, memory: Memory) -> ActionDone | None:
    product_id = pick_product(actions, "type_id = 'simple'")
    if product_id is None:
        return None
    sku_ = column(actions.session, "catalog_product_entity", "sku", "entity_id", product_id)
    memory.skus.append(sku_)
    return actions.product_imports.delete([product_id])


def _set_stock(actions: ShopActions, _: Memory) -> ActionDone | None:
    product_id, rng = pick_product(actions, "type_id = 'simple'"), actions.session.rng
    if product_id is None:
        return None
    return actions.stock.set_by_form(product_id, rng.choice((0, 0, 1, 12, 500)))


def _set_source(actions: ShopActions, _: Memory) -> ActionDone | None:
    session, rng = actions.session, actions.session.rng
    product_id = pick_product(actions, "type_id = 'simple'")
    if product_id is None:
        return None
    codes = session.ids(
        f"SELECT source_code FROM {session.table('inventory_source')} ORDER BY source_code"
    )
    code = rng.choice(codes or [DEFAULT_SOURCE])
    return actions.stock.set_source(product_id, rng.choice((0, 3, 70)), code)


def _set_managed(actions: ShopActions, _: Memory) -> ActionDone | None:
    product_id, rng = pick_product(actions), actions.session.rng
    if product_id is None:
        return None
    return actions.stock.set_managed(product_id, is_managed=rng.random() < 0.5)


CHOICES: dict[str, Choice] = {
    "product.create": _create,
    "product.delete": _delete,
    "product.delete_child": _delete_child,
    "product.change_sku": _change_sku,
    "product.detach_child": _detach_child,
    "product.attach_child": _attach_child,
    "product.assign_website": _assign_website,
    "product.unassign_website": _unassign_website,
    "product.assign_category": _assign_category,
    "product.unassign_category": _unassign_category,
    "import.append_new": _import_new,
    "import.append_prices": _import_prices,
    "import.replace": _import_replace,
    "import.delete": _import_delete,
    "stock.set_by_form": _set_stock,
    "stock.set_source": _set_source,
    "stock.set_managed": _set_managed,
}
