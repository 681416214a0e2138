"""Random choices among customers and newsletter subscribers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.shop.generation.people import UNSPECIFIED, make_person
from tests.shop.randomness.memory import column, email_is_free, take_free_email
from tests.shop.shop import CUSTOMER

if TYPE_CHECKING:
    from tests.shop.actions.done import ActionDone
    from tests.shop.actions.shop_actions import ShopActions
    from tests.shop.database import Row, Value
    from tests.shop.randomness.memory import Choice, Memory

_SOME_DATES = ("1970-02-28", "2000-02-29", None, "1931-12-01")


def _customer(actions: ShopActions) -> int | None:
    return actions.session.pick("customer_entity", "entity_id")


def _address(actions: ShopActions) -> int | None:
    return actions.session.pick("customer_address_entity", "entity_id")


def _new_email(actions: ShopActions) -> str:
    rng = actions.session.rng
    return make_person(rng, rng.randint(10**6, 10**9)).email


def _register(actions: ShopActions, memory: Memory) -> ActionDone | None:
    session, rng = actions.session, actions.session.rng
    view = rng.choice(actions.shop.views)
    email = None
    roll = rng.random()
    if roll < 0.25:
        email = take_free_email(session, memory, view.website_id)
    elif roll < 0.35:
        email = _guest_email(actions, "newsletter_subscriber", view.website_id)
    return actions.customers.register(
        email, store_id=view.store_id, group_id=rng.choice(actions.shop.customer_group_ids)
    )


def _edit(actions: ShopActions, _: Memory) -> ActionDone | None:
    customer_id, rng = _customer(actions), actions.session.rng
    if customer_id is None:
        return None
    person = make_person(rng, 1)
    rows: tuple[Row, ...] = (
        {"firstname": person.firstname},
        {"firstname": person.firstname, "lastname": person.lastname},
        {"group_id": rng.choice(actions.shop.customer_group_ids)},
        {"dob": rng.choice(_SOME_DATES)},
        {"gender": rng.choice((person.gender, None, 0, UNSPECIFIED))},
        {"taxvat": rng.choice((None, "", "DE123456789"))},
    )
    return actions.customers.edit(customer_id, rng.choice(rows))


def _save_unchanged(actions: ShopActions, _: Memory) -> ActionDone | None:
    customer_id = _customer(actions)
    return None if customer_id is None else actions.customers.edit(customer_id, {})


def _log_in(actions: ShopActions, _: Memory) -> ActionDone | None:
    customer_id = _customer(actions)
    return None if customer_id is None else actions.customers.log_in(customer_id)


def _change_email(actions: ShopActions, memory: Memory) -> ActionDone | None:
    session, customer_id = actions.session, _customer(actions)
    if customer_id is None:
        return None
    website_id = column(session, "customer_entity", "website_id", "entity_id", customer_id)
    email = None
    if session.rng.random() < 0.2:
        email = take_free_email(session, memory, website_id)
    return _give_email(actions, memory, customer_id, email or _new_email(actions))


def _change_email_to_guest(actions: ShopActions, memory: Memory) -> ActionDone | None:
    """Give a customer the e-mail of a guest who subscribed or ordered before."""
    session, customer_id = actions.session, _customer(actions)
    if customer_id is None:
        return None
    website_id = column(session, "customer_entity", "website_id", "entity_id", customer_id)
    table = session.rng.choice(("newsletter_subscriber", "sales_order"))
    email = _guest_email(actions, table, website_id)
    return None if email is None else _give_email(actions, memory, customer_id, email)


def _give_email(actions: ShopActions, memory: Memory, customer_id: int, email: str) -> ActionDone:
    before = column(actions.session, "customer_entity", "email", "entity_id", customer_id)
    memory.emails.append(before)
    return actions.customers.change_email(customer_id, email)


def _guest_email(actions: ShopActions, table: str, website_id: int | None) -> str | None:
    """Pick the e-mail of a guest that no customer of the website has."""
    session = actions.session
    id_column, name, condition = {
        "newsletter_subscriber": ("subscriber_id", "subscriber_email", "customer_id = 0"),
        "sales_order": ("entity_id", "customer_email", "customer_is_guest = 1"),
    }[table]
    id_ = session.pick(table, id_column, condition)
    if id_ is None:
        return None
    email = str(column(session, table, name, id_column, id_))
    return email if email_is_free(session, email, website_id) else None


def _set_value(actions: ShopActions, _: Memory) -> ActionDone | None:
    customer_id, rng = _customer(actions), actions.session.rng
    own = actions.shop.user_attributes(CUSTOMER, "select", "multiselect", "boolean", "text", "date")
    if customer_id is None or not own:
        return None
    attribute = rng.choice(own)
    values: dict[str, Value] = {
        "varchar": rng.choice(("Zażółć", "", "x ")),
        "decimal": "12.3400",
        "datetime": "2025-02-03 04:05:06",
        "text": ",".join(map(str, attribute.options[:2])),
        "int": rng.choice(attribute.options or (0, 1)),
    }
    value = None if rng.random() < 0.15 else values[attribute.backend]
    return actions.customers.set_value(customer_id, attribute.code, value)


def _add_address(actions: ShopActions, _: Memory) -> ActionDone | None:
    customer_id, rng = _customer(actions), actions.session.rng
    if customer_id is None:
        return None
    return actions.customers.add_address(customer_id, is_default=rng.random() < 0.6)


def _change_address(actions: ShopActions, _: Memory) -> ActionDone | None:
    address_id = _address(actions)
    return None if address_id is None else actions.customers.change_address(address_id)


def _set_default_address(actions: ShopActions, _: Memory) -> ActionDone | None:
    address_id = _address(actions)
    return None if address_id is None else actions.customers.set_default_address(address_id)


def _delete_address(actions: ShopActions, _: Memory) -> ActionDone | None:
    address_id = _address(actions)
    return None if address_id is None else actions.customers.delete_address(address_id)


def _delete(actions: ShopActions, memory: Memory) -> ActionDone | None:
    customer_id = _customer(actions)
    if customer_id is None:
        return None
    done = actions.customers.delete(customer_id)
    memory.emails.append(str(done.ids["email"]))
    return done


def _subscriber(actions: ShopActions) -> int | None:
    return actions.session.pick("newsletter_subscriber", "subscriber_id")


def _subscribe_guest(actions: ShopActions, memory: Memory) -> ActionDone | None:
    session, rng = actions.session, actions.session.rng
    view = rng.choice(actions.shop.views)
    email = None
    if rng.random() < 0.15:
        email = take_free_email(session, memory, view.website_id)
    status = rng.choices((1, 2, 4), (8, 1, 1))[0]
    return actions.subscribers.subscribe_guest(email, store_id=view.store_id, status=status)


def _subscribe_customer(actions: ShopActions, _: Memory) -> ActionDone | None:
    customer_id = _customer(actions)
    return None if customer_id is None else actions.subscribers.subscribe_customer(customer_id)


def _unsubscribe(actions: ShopActions, _: Memory) -> ActionDone | None:
    subscriber_id = _subscriber(actions)
    return None if subscriber_id is None else actions.subscribers.unsubscribe(subscriber_id)


def _set_status(actions: ShopActions, _: Memory) -> ActionDone | None:
    subscriber_id, rng = _subscriber(actions), actions.session.rng
    if subscriber_id is None:
        return None
    return actions.subscribers.set_status(subscriber_id, rng.randint(1, 4))


def _delete_subscriber(actions: ShopActions, memory: Memory) -> ActionDone | None:
    subscriber_id = _subscriber(actions)
    if subscriber_id is None:
        return None
    done = actions.subscribers.delete(subscriber_id)
    memory.emails.append(str(done.ids["email"]))
    return done


CHOICES: dict[str, Choice] = {
    "customer.register": _register,
    "customer.edit": _edit,
    "customer.save_unchanged": _save_unchanged,
    "customer.log_in": _log_in,
    "customer.change_email": _change_email,
    "customer.change_email_to_guest": _change_email_to_guest,
    "customer.set_value": _set_value,
    "customer.add_address": _add_address,
    "customer.change_address": _change_address,
    "customer.set_default_address": _set_default_address,
    "customer.delete_address": _delete_address,
    "customer.delete": _delete,
    "subscriber.subscribe_guest": _subscribe_guest,
    "subscriber.subscribe_customer": _subscribe_customer,
    "subscriber.unsubscribe": _unsubscribe,
    "subscriber.set_status": _set_status,
    "subscriber.delete": _delete_subscriber,
}
