"""The first chapters: the initial load, then customers, orders and products, live."""

from __future__ import annotations

from dataclasses import dataclass

from cli.demo_acceptance import Awaited
from cli.demo_teller import (
    RETAIL,
    STEP_TIMEOUT_S,
    WHOLESALE,
    Expected,
    Teller,
    consent_awaited,
    items_awaited,
    now_s,
    order_awaited,
    profile_awaited,
)
from tests.shop.sales.items import SaleLine

PEOPLE = "customers, subscribers, orders"
RUSH = "sign-ups in a rush"
PRODUCTS = "products (with settling)"

ROBIN = "robin.nowak@example.com"
_INITIAL_TIMEOUT_S = 300.0
_RUSH_COUNT = 30
_FIRST_SKU, SKU = "CANVAS-BAG", "CANVAS-BAG-RED"
_NAME = "Canvas bag"


@dataclass(slots=True)
class Cast:
    """Who and what the story is about; ids are known once they have appeared."""

    robin_id: int = 0
    product_id: int = 0
    order_id: int = 0
    order_number: str = ""
    subscriber_id: int = 0
    subscriber_email: str = ""

    def line(self, sku: str, price_cents: int, qty: int) -> SaleLine:
        """The story's product in a cart."""
        return SaleLine(self.product_id, "simple", sku, _NAME, price_cents, qty)


def tell_initial_load(teller: Teller) -> None:
    """Start the daemon on a shop it has never seen."""
    started_s = now_s()
    title = "The daemon starts: initial load of the shop"
    with teller.screen.doing(title):
        teller.stage.daemon.start()
        teller.stage.wait_until_at_rest(_INITIAL_TIMEOUT_S)
    counts = [teller.held(name).counts() for name in (RETAIL, WHOLESALE)]
    held = {kind: sum(one[kind] for one in counts) for kind in counts[0]}
    words = (
        f"{held['profiles']} profiles, {held['orders']} orders, "
        f"{held['items']} items in {held['catalogs']} catalogs"
    )
    teller.say(teller.next_label(), title, words, (now_s() - started_s) * 1000)


def tell_people(teller: Teller, cast: Cast) -> None:
    """A customer registers and subscribes."""
    shop = teller.shop

    def register() -> Expected:
        cast.robin_id = shop.register("Robin", "Nowak", ROBIN)
        awaited = profile_awaited(ROBIN, lambda held: held.profile(ROBIN) is not None)
        return Expected((awaited,), lambda: teller.held().profile_in_words(ROBIN))

    def subscribe() -> Expected:
        shop.subscribe_customer(cast.robin_id)
        return Expected(
            (consent_awaited(ROBIN, True),), lambda: teller.held().profile_in_words(ROBIN)
        )

    teller.step("Robin registers", PEOPLE, register)
    teller.step("Robin subscribes to the newsletter", PEOPLE, subscribe)


def tell_rush(teller: Teller, cast: Cast) -> None:
    """Many people subscribe, one right after another; each is measured."""
    shop = teller.shop
    shop.forget_commits()
    mark = teller.acceptances.mark()
    emails = [f"guest.{number}@example.com" for number in range(1, _RUSH_COUNT + 1)]
    title = f"{_RUSH_COUNT} guests subscribe, one after another"
    with teller.screen.doing(title):
        ids = [shop.subscribe_guest(email) for email in emails]
        awaited = [consent_awaited(email, True) for email in emails]
        accepted_s = teller.acceptances.wait(mark, awaited, timeout_s=STEP_TIMEOUT_S, what=title)
    times = [
        (accepted - committed) * 1000
        for accepted, committed in zip(accepted_s, shop.commits_s, strict=True)
    ]
    cast.subscriber_id, cast.subscriber_email = ids[0], emails[0]
    teller.timings.add(RUSH, *times)
    held = teller.held()
    on_count = sum(held.consent(email) is True for email in emails)
    words = f"{on_count} profiles with consent on; the slowest took {max(times):.0f} ms"
    teller.say(teller.next_label(), title, words, max(times))


def tell_product_and_order(teller: Teller, cast: Cast) -> None:
    """A product comes into the shop, is ordered and paid."""
    shop = teller.shop

    def create() -> Expected:
        cast.product_id = shop.create_product(_FIRST_SKU, _NAME, "49.9000", [1, 2])
        catalogs = teller.catalogs(1, 2)
        names = ", ".join(catalog for _, catalog in catalogs)
        return Expected(
            items_awaited(catalogs, _FIRST_SKU, 49.9),
            lambda: f"{_item(teller, _FIRST_SKU)} in {names}",
        )

    def order() -> Expected:
        line = cast.line(_FIRST_SKU, 4990, 2)
        cast.order_id, cast.order_number = shop.place_order([line], customer_id=cast.robin_id)
        return _order_expected(teller, cast, "pending")

    def invoice() -> Expected:
        shop.invoice(cast.order_id)
        return _order_expected(teller, cast, "processing")

    teller.step(f"A product is created: {_FIRST_SKU}", PRODUCTS, create)
    teller.step("Robin orders two of them", PEOPLE, order)
    teller.step("The order is invoiced and paid", PEOPLE, invoice)


def tell_product_changes(teller: Teller, cast: Cast) -> None:
    """The product's price changes, then its SKU, then it leaves a website."""
    shop = teller.shop
    everywhere = teller.catalogs(1, 2)

    def price() -> Expected:
        shop.set_price(cast.product_id, "39.9000")
        return Expected(
            items_awaited(everywhere, _FIRST_SKU, 39.9),
            lambda: _item(teller, _FIRST_SKU),
        )

    def sku() -> Expected:
        shop.change_sku(cast.product_id, SKU)
        old = items_awaited(everywhere, _FIRST_SKU, None)
        return Expected(
            (*old, *items_awaited(everywhere, SKU, 39.9)),
            lambda: f"{_item(teller, _FIRST_SKU)}; {_item(teller, SKU)}",
        )

    def leave() -> Expected:
        shop.leave_website(cast.product_id, 2)
        (workspace, catalog), *_ = teller.catalogs(2)
        return Expected(
            items_awaited(teller.catalogs(2), SKU, None),
            lambda: (
                f"{workspace}: {_item(teller, SKU, workspace, catalog)}; "
                f"{RETAIL}: {_item(teller, SKU)}"
            ),
        )

    name = shop.content.website(2).name
    teller.step("Its price drops from 49.90 to 39.90", PRODUCTS, price)
    teller.step(f"Its SKU becomes {SKU}", PRODUCTS, sku)
    teller.step(f"It leaves the website {name}", PRODUCTS, leave)


def tell_customer_deletion(teller: Teller, cast: Cast) -> None:
    """The customer is deleted: consent ends and the deletion is told."""
    salt = f"deleteAccount-{cast.robin_id}"

    def delete() -> Expected:
        teller.shop.delete_customer(cast.robin_id)
        event = Awaited(RETAIL, "events", frozenset({salt}), lambda held: held.has_event(salt))

        def words() -> str:
            told = "told" if teller.held().has_event(salt) else "not told"
            return f"{teller.held().profile_in_words(ROBIN)}; account deletion {told}"

        return Expected((event, consent_awaited(ROBIN, False)), words)

    teller.step("Robin's account is deleted", PEOPLE, delete)


def _order_expected(teller: Teller, cast: Cast, status: str) -> Expected:
    number = cast.order_number
    return Expected((order_awaited(number, status),), lambda: teller.held().order_in_words(number))


def _item(teller: Teller, sku: str, workspace: str = RETAIL, catalog: str = "store-1") -> str:
    return teller.held(workspace).item_in_words(catalog, sku)
