"""Draws a repeatable sequence of actions, looking at the shop as it is before each one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.shop.actions.shop_actions import ShopActions
from tests.shop.randomness import (
    customer_choices,
    order_choices,
    product_choices,
    setting_choices,
    value_choices,
)
from tests.shop.randomness.memory import Memory

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.shop.actions.done import ActionDone
    from tests.shop.database import DatabaseConnection
    from tests.shop.randomness.memory import Choice

CHOICES: Mapping[str, Choice] = {
    **customer_choices.CHOICES,
    **order_choices.CHOICES,
    **product_choices.CHOICES,
    **value_choices.CHOICES,
    **setting_choices.CHOICES,
}

DEFAULT_WEIGHTS: Mapping[str, float] = {
    "customer.register": 6,
    "customer.edit": 8,
    "customer.save_unchanged": 2,
    "customer.log_in": 3,
    "customer.change_email": 3,
    "customer.change_email_to_guest": 0.3,
    "customer.set_value": 4,
    "customer.add_address": 4,
    "customer.change_address": 4,
    "customer.set_default_address": 2,
    "customer.delete_address": 2,
    "customer.delete": 2,
    "subscriber.subscribe_guest": 4,
    "subscriber.subscribe_customer": 3,
    "subscriber.unsubscribe": 3,
    "subscriber.set_status": 2,
    "subscriber.delete": 2,
    "order.place_guest": 5,
    "order.place_customer": 6,
    "order.invoice": 5,
    "order.ship": 4,
    "order.refund": 1,
    "order.cancel": 2,
    "order.hold": 1,
    "order.release": 1,
    "order.set_status": 1,
    "order.change_address": 2,
    "order.comment": 2,
    "order.delete": 1,
    "product.save": 10,
    "product.save_in_store": 5,
    "product.save_unchanged": 2,
    "product.use_default": 2,
    "product.set_price": 4,
    "product.mass_update": 2,
    "product.set_tier_price": 1,
    "product.set_image": 2,
    "product.replace_value": 1,
    "product.raise_prices": 0.5,
    "product.create": 4,
    "product.delete": 2,
    "product.delete_child": 1,
    "product.change_sku": 3,
    "product.detach_child": 1,
    "product.attach_child": 1,
    "product.assign_website": 3,
    "product.unassign_website": 2,
    "product.assign_category": 3,
    "product.unassign_category": 3,
    "import.append_new": 1.5,
    "import.append_prices": 1.5,
    "import.replace": 1.5,
    "import.delete": 0.7,
    "stock.set_by_form": 3,
    "stock.set_source": 3,
    "stock.set_managed": 0.5,
    "category.create": 1,
    "category.rename": 2,
    "category.move": 1,
    "category.set_active": 1,
    "category.delete": 0.5,
    "attribute.relabel": 0.5,
    "attribute.add_option": 0.5,
    "noise.run_cron": 1,
    "noise.send_message": 1,
    "noise.write_session": 1,
    "noise.fill_cart": 1,
    "noise.full_reindex": 0.2,
    "noise.rewrite_index_rows": 1,
}
"""What everyday life is made of; change it with `DEFAULT_WEIGHTS | {"order.delete": 0}`."""

SETTING_WEIGHTS: Mapping[str, float] = {
    "attribute.delete_option": 0.3,
    "attribute.delete": 0.1,
    "store.set_config": 0.3,
    "store.set_rate": 0.3,
    "store.delete_customer_group": 0.1,
}
"""Changes that touch everything at once; only when asked for."""

SCOPE_WEIGHTS: Mapping[str, float] = {
    "store.create_view": 0.5,
    "store.delete_view": 0.4,
    "store.delete_website": 0.1,
}
"""Store views and websites that come and go; only when asked for."""

_TRIES_PER_ACTION = 200


def random_actions(
    connection: DatabaseConnection,
    seed: int,
    count: int,
    weights: Mapping[str, float] | None = None,
    *,
    prefix: str = "",
    changes_settings: bool = False,
    changes_scopes: bool = False,
    start_at_s: int | None = None,
) -> Iterator[ActionDone]:
    """Do `count` random actions, one each time the caller asks for the next.

    The choice depends on the seed and on what the database holds, so one seed on equal shops does
    equal things; with `start_at_s` it writes equal rows too (see `ShopSession`).

    Args:
        weights: choice -> weight, instead of `DEFAULT_WEIGHTS`.
        changes_settings: add `SETTING_WEIGHTS`.
        changes_scopes: add `SCOPE_WEIGHTS`.

    Raises:
        KeyError: a weight for a choice that does not exist.
        LookupError: nothing that has a weight can be done in this shop.
    """
    wanted = dict(DEFAULT_WEIGHTS if weights is None else weights)
    if changes_settings:
        wanted |= SETTING_WEIGHTS
    if changes_scopes:
        wanted |= SCOPE_WEIGHTS
    choices = [CHOICES[name] for name in wanted]
    actions = ShopActions(connection, seed=seed, prefix=prefix, start_at_s=start_at_s)
    memory = Memory()
    for _ in range(count):
        yield _do_one(actions, memory, choices, list(wanted.values()))


def _do_one(
    actions: ShopActions, memory: Memory, choices: list[Choice], weights: list[float]
) -> ActionDone:
    for _ in range(_TRIES_PER_ACTION):
        (choice,) = actions.session.rng.choices(choices, weights)
        done = choice(actions, memory)
        if done is not None:
            return done
    raise LookupError(f"choosing an action: none of {len(choices)} finds anything to act on")
