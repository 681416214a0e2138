"""Random choices among the values of products."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.shop.generation.words import NO_IMAGE, image_path, product_name
from tests.shop.randomness.product_choices import pick_product
from tests.shop.shop import PRODUCT, SCOPE_STORE

if TYPE_CHECKING:
    from random import Random

    from tests.shop.actions.done import ActionDone
    from tests.shop.actions.shop_actions import ShopActions
    from tests.shop.database import Row, Value
    from tests.shop.randomness.memory import Choice, Memory
    from tests.shop.shop import Attribute


def _own_value(rng: Random, attribute: Attribute) -> Value:
    """Make up a value for one of the merchant's attributes; "" empties it, None removes it."""
    roll = rng.random()
    if roll < 0.1:
        return None
    if roll < 0.2:
        return ""
    if attribute.input == "multiselect":
        count = rng.randint(1, max(1, len(attribute.options)))
        return ",".join(map(str, rng.sample(attribute.options, min(count, len(attribute.options)))))
    if attribute.input == "select":
        return rng.choice(attribute.options) if attribute.options else None
    by_backend: dict[str, Value] = {
        "int": rng.randint(0, 1),
        "decimal": f"{rng.randint(-3, 99)}.2500",
        "datetime": f"202{rng.randint(0, 9)}-03-04 05:06:07",
        "varchar": rng.choice(("V-1 ", "zażółć gęślą", "0")),
        "text": rng.choice(("Linia 1\nLinia 2", "<b>ß</b>")),
    }
    return by_backend[attribute.backend]


def _default_values(actions: ShopActions) -> Row:
    """Make up one or two values as a merchant saves them at default scope."""
    rng = actions.session.rng
    own = actions.shop.user_attributes(
        PRODUCT, "select", "multiselect", "boolean", "text", "textarea", "date", "datetime", "price"
    )
    attribute = rng.choice(own)
    options: tuple[Row, ...] = (
        {"name": product_name(rng)},
        {"price": f"{rng.randint(1, 900)}.{rng.randint(0, 99):02d}00"},
        {"status": rng.choice((1, 2))},
        {"visibility": rng.choice((1, 2, 3, 4))},
        {"description": rng.choice(("<p>Nowy opis</p>", "", "Ä Ö Ü"))},
        {"tax_class_id": rng.choice((0, 2, 4))},
        {"special_price": rng.choice(("5.0000", "0.5000", None))},
        {"special_price": "4.0000", "special_to_date": rng.choice(("2099-01-01 00:00:00", None))},
        {attribute.code: _own_value(rng, attribute)},
        {attribute.code: _own_value(rng, attribute)},
    )
    return rng.choice(options)


def _save(actions: ShopActions, _: Memory) -> ActionDone | None:
    product_id = pick_product(actions)
    if product_id is None:
        return None
    return actions.product_values.save(product_id, _default_values(actions))


def _save_in_store(actions: ShopActions, _: Memory) -> ActionDone | None:
    product_id, rng = pick_product(actions), actions.session.rng
    if product_id is None:
        return None
    rows: tuple[Row, ...] = (
        {"name": product_name(rng) + " PL"},
        {"name": product_name(rng), "description": ""},
        {"status": rng.choice((1, 2))},
        {"visibility": rng.choice((1, 4))},
    )
    store_id = rng.choice(actions.shop.views).store_id
    return actions.product_values.save(product_id, rng.choice(rows), store_id)


def _save_unchanged(actions: ShopActions, _: Memory) -> ActionDone | None:
    product_id = pick_product(actions)
    return None if product_id is None else actions.product_values.save(product_id, {})


def _use_default(actions: ShopActions, _: Memory) -> ActionDone | None:
    """Drop the name of a store view, where there is one."""
    session = actions.session
    name = session.shop.attribute(PRODUCT, "name")
    condition = f"store_id > 0 AND attribute_id = {name.attribute_id}"
    value_id = session.pick(name.table, "value_id", condition)
    if value_id is None:
        return None
    row = session.row(name.table, "entity_id store_id", {"value_id": value_id})
    return actions.product_values.use_default(row["entity_id"], "name", row["store_id"])


def _set_price(actions: ShopActions, _: Memory) -> ActionDone | None:
    product_id, rng = pick_product(actions, "type_id <> 'grouped'"), actions.session.rng
    if product_id is None:
        return None
    return actions.product_values.set_price(product_id, f"{rng.randint(1, 99)}.0100")


def _mass_update(actions: ShopActions, _: Memory) -> ActionDone | None:
    rng = actions.session.rng
    ids = sorted(filter(None, {pick_product(actions) for _ in range(4)}))
    if not ids:
        return None
    own = [
        attribute
        for attribute in actions.shop.user_attributes(PRODUCT, "select", "boolean", "text")
        if attribute.scope != SCOPE_STORE
    ]
    attribute = rng.choice([*own, actions.shop.attribute(PRODUCT, "status")])
    value = rng.choice((1, 2)) if attribute.code == "status" else _own_value(rng, attribute)
    return actions.product_values.mass_update(ids, attribute.code, value or None)


def _set_tier_price(actions: ShopActions, _: Memory) -> ActionDone | None:
    product_id, rng = pick_product(actions, "type_id = 'simple'"), actions.session.rng
    if product_id is None:
        return None
    price = rng.choice((None, "1.5000", "7.7500"))
    return actions.product_values.set_tier_price(product_id, rng.choice((1, 5)), price)


def _set_image(actions: ShopActions, _: Memory) -> ActionDone | None:
    product_id, rng = pick_product(actions), actions.session.rng
    if product_id is None:
        return None
    path = image_path(rng, rng.randint(1000, 9999))
    if path == NO_IMAGE:
        roles: Row = {"image": NO_IMAGE, "small_image": NO_IMAGE, "thumbnail": NO_IMAGE}
        return actions.product_values.save(product_id, roles)
    return actions.product_values.set_image(product_id, path)


def _replace_value(actions: ShopActions, _: Memory) -> ActionDone | None:
    product_id, rng = pick_product(actions), actions.session.rng
    if product_id is None:
        return None
    return actions.product_values.replace_value(product_id, "name", product_name(rng))


def _raise_prices(actions: ShopActions, _: Memory) -> ActionDone | None:
    product_id, rng = pick_product(actions), actions.session.rng
    if product_id is None:
        return None
    return actions.product_values.raise_prices(rng.choice((-3, 5)), product_id, product_id + 8)


CHOICES: dict[str, Choice] = {
    "product.save": _save,
    "product.save_in_store": _save_in_store,
    "product.save_unchanged": _save_unchanged,
    "product.use_default": _use_default,
    "product.set_price": _set_price,
    "product.mass_update": _mass_update,
    "product.set_tier_price": _set_tier_price,
    "product.set_image": _set_image,
    "product.replace_value": _replace_value,
    "product.raise_prices": _raise_prices,
}
