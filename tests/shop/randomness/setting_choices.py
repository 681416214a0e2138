"""Random choices among categories, attributes, settings and noise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.shop.randomness.memory import column
from tests.shop.randomness.product_choices import pick_product

if TYPE_CHECKING:
    from tests.shop.actions.done import ActionDone
    from tests.shop.actions.shop_actions import ShopActions
    from tests.shop.randomness.memory import Choice, Memory

_SELECTS = ("color", "size", "material", "activity", "season")
_DELETABLE = ("care_note", "wholesale_margin", "vendor_code")


def _category(actions: ShopActions, condition: str = "level > 1") -> int | None:
    return actions.session.pick("catalog_category_entity", "entity_id", condition)


def _create_category(actions: ShopActions, _: Memory) -> ActionDone | None:
    parent_id = _category(actions, "level BETWEEN 1 AND 2")
    return None if parent_id is None else actions.categories.create(parent_id)


def _rename_category(actions: ShopActions, _: Memory) -> ActionDone | None:
    category_id, rng = _category(actions), actions.session.rng
    if category_id is None:
        return None
    store_id = 0 if rng.random() < 0.6 else rng.choice(actions.shop.views).store_id
    if store_id and rng.random() < 0.3:
        return actions.categories.use_default_name(category_id, store_id)
    name = f"{rng.choice(('Żółte', 'Été', 'Neu >', 'Sale'))} {rng.randint(1, 999)}"
    return actions.categories.rename(category_id, name, store_id)


def _move_category(actions: ShopActions, _: Memory) -> ActionDone | None:
    """Move a category below another one of the same store group's tree."""
    session = actions.session
    category_id = _category(actions)
    if category_id is None:
        return None
    path = column(session, "catalog_category_entity", "path", "entity_id", category_id)
    root = "/".join(path.split("/")[:2])
    condition = (
        f"level BETWEEN 1 AND 3 AND (path = '{root}' OR path LIKE '{root}/%') "
        f"AND path <> '{path}' AND path NOT LIKE '{path}/%'"
    ).replace("%", "%%")
    parent_id = _category(actions, condition)
    return None if parent_id is None else actions.categories.move(category_id, parent_id)


def _set_active(actions: ShopActions, _: Memory) -> ActionDone | None:
    category_id, rng = _category(actions), actions.session.rng
    if category_id is None:
        return None
    return actions.categories.set_active(category_id, is_active=rng.random() < 0.5)


def _delete_category(actions: ShopActions, _: Memory) -> ActionDone | None:
    category_id = _category(actions, "level > 2") or _category(actions)
    return None if category_id is None else actions.categories.delete(category_id)


def _relabel(actions: ShopActions, _: Memory) -> ActionDone | None:
    rng = actions.session.rng
    code = rng.choice(_SELECTS)
    options = actions.shop.attribute("catalog_product", code).options
    if not options:
        return None
    return actions.attributes.relabel(code, {rng.choice(options): f"Etykieta {rng.randint(1, 99)}"})


def _add_option(actions: ShopActions, _: Memory) -> ActionDone | None:
    rng = actions.session.rng
    return actions.attributes.add_option(rng.choice(_SELECTS), f"Nowa {rng.randint(1, 99)}")


def _delete_option(actions: ShopActions, _: Memory) -> ActionDone | None:
    code = actions.session.rng.choice(_SELECTS)
    options = actions.shop.attribute("catalog_product", code).options
    return actions.attributes.delete_option(code, options[-1]) if len(options) > 2 else None


def _delete_attribute(actions: ShopActions, _: Memory) -> ActionDone | None:
    code = next((c for c in _DELETABLE if ("catalog_product", c) in actions.shop.attributes), None)
    return actions.attributes.delete(code) if code else None


def _set_config(actions: ShopActions, _: Memory) -> ActionDone | None:
    rng = actions.session.rng
    store_id = rng.choice(actions.shop.views).store_id
    url = f"http://shop{rng.randint(1, 9)}.example.test/"
    return actions.stores.set_config("web/unsecure/base_url", url, "stores", store_id)


def _set_rate(actions: ShopActions, _: Memory) -> ActionDone | None:
    rng = actions.session.rng
    if rng.random() < 0.5:
        return actions.stores.set_tax_rate(1, f"{rng.randint(5, 27)}.0000")
    return actions.stores.set_currency_rate("PLN", f"4.{rng.randint(10, 99)}")


def _delete_group(actions: ShopActions, _: Memory) -> ActionDone | None:
    groups = [id_ for id_ in actions.shop.customer_group_ids if id_ > 1]
    return actions.stores.delete_customer_group(groups[-1]) if groups else None


def _create_view(actions: ShopActions, _: Memory) -> ActionDone | None:
    rng = actions.session.rng
    group = rng.choice(actions.shop.groups)
    return actions.stores.create_view(group.group_id, f"view_{rng.randint(10**6, 10**9)}")


def _delete_view(actions: ShopActions, _: Memory) -> ActionDone | None:
    views = actions.shop.views
    if len(views) < 2:
        return None
    return actions.stores.delete_view(actions.session.rng.choice(views[1:]).store_id)


def _delete_website(actions: ShopActions, _: Memory) -> ActionDone | None:
    sites = actions.shop.websites
    return actions.stores.delete_website(sites[-1].website_id) if len(sites) > 1 else None


def _rewrite_index(actions: ShopActions, _: Memory) -> ActionDone | None:
    product_id = pick_product(actions)
    return None if product_id is None else actions.noise.rewrite_index_rows(product_id)


CHOICES: dict[str, Choice] = {
    "category.create": _create_category,
    "category.rename": _rename_category,
    "category.move": _move_category,
    "category.set_active": _set_active,
    "category.delete": _delete_category,
    "attribute.relabel": _relabel,
    "attribute.add_option": _add_option,
    "attribute.delete_option": _delete_option,
    "attribute.delete": _delete_attribute,
    "store.set_config": _set_config,
    "store.set_rate": _set_rate,
    "store.delete_customer_group": _delete_group,
    "store.create_view": _create_view,
    "store.delete_view": _delete_view,
    "store.delete_website": _delete_website,
    "noise.run_cron": lambda actions, _: actions.noise.run_cron(),
    "noise.send_message": lambda actions, _: actions.noise.send_message(),
    "noise.write_session": lambda actions, _: actions.noise.write_session(),
    "noise.fill_cart": lambda actions, _: actions.noise.fill_cart(),
    "noise.full_reindex": lambda actions, _: actions.noise.full_reindex(),
    "noise.rewrite_index_rows": _rewrite_index,
}
