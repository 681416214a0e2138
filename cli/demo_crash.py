"""The last chapter: the daemon is killed, the shop goes on, the daemon catches up."""

from __future__ import annotations

from cli.demo_acceptance import Awaited, Mark
from cli.demo_story import SKU, Cast
from cli.demo_teller import (
    STEP_TIMEOUT_S,
    Teller,
    consent_awaited,
    items_awaited,
    now_s,
    order_awaited,
)

CATCH_UP = "after the kill, from the restart on"

# Far more than there is time for before the first of them has arrived.
_SIGN_UPS_MAX = 500
_IMPORTED = ("IMPORTED-1", "IMPORTED-2")
_GUEST = "kim.order@example.com"
# What an import gives a product that names no price of its own.
_IMPORTED_PRICE = 10.0


class CrashChapter:
    """Told in three parts, in this order: `kill`, `go_on`, `restart`."""

    def __init__(self, teller: Teller, cast: Cast) -> None:
        self._teller = teller
        self._cast = cast
        self._sign_ups: list[str] = []
        self._order_number = ""
        self._mark: Mark = {}

    def kill(self) -> None:
        """Kill the daemon while people sign up, once the first has arrived: with work in flight."""
        teller, daemon = self._teller, self._teller.stage.daemon
        self._mark = teller.acceptances.mark()
        pid = daemon.pid
        while teller.acceptances.mark() == self._mark and len(self._sign_ups) < _SIGN_UPS_MAX:
            self._sign_ups.append(f"late.{len(self._sign_ups) + 1}@example.com")
            teller.shop.subscribe_guest(self._sign_ups[-1])
        daemon.kill()
        title = f"People sign up; kill -9 {pid} in the middle"
        teller.say(teller.next_label(), title, f"the daemon is dead; {self._arrived()}")

    def go_on(self) -> None:
        """Change the shop while nobody reads along."""
        teller, cast, shop = self._teller, self._cast, self._teller.shop
        label = teller.next_label()
        line = cast.line(SKU, 3990, 1)
        _, self._order_number = shop.place_order([line], email=_GUEST)
        held = teller.held()
        teller.say(f"{label}a", "A guest orders", held.order_in_words(self._order_number))
        shop.delete_subscriber(cast.subscriber_id)
        email = cast.subscriber_email
        held = teller.held()
        words = f"still {held.profile_in_words(email)}"
        teller.say(f"{label}b", "A newsletter subscription is deleted", words)
        shop.import_products(list(_IMPORTED))
        held = teller.held()
        words = "; ".join(held.item_in_words("store-1", sku) for sku in _IMPORTED)
        teller.say(f"{label}c", f"A CSV import brings {len(_IMPORTED)} products", words)

    def restart(self) -> None:
        """Start the daemon again and wait until everything has arrived."""
        teller = self._teller
        title = "The daemon is started again"
        awaited = self._awaited()
        flat = [one for group in awaited for one in group]
        started_s = now_s()
        with teller.screen.doing(title):
            teller.stage.daemon.start()
            accepted_s = iter(
                teller.acceptances.wait(self._mark, flat, timeout_s=STEP_TIMEOUT_S, what=title)
            )
        # What had arrived before the kill was not waited for.
        times = [
            max(0.0, *((next(accepted_s) - started_s) * 1000 for _ in group)) for group in awaited
        ]
        teller.timings.add(CATCH_UP, *times)
        label = teller.next_label()
        pid = teller.stage.daemon.pid
        teller.say(
            label, title, f"process {pid} has caught up; times are from its start on", max(times)
        )
        for letter, (name, words), elapsed_ms in zip("abcd", self._words(), times, strict=True):
            teller.say(f"{label}{letter}", name, words, elapsed_ms)

    def _awaited(self) -> list[list[Awaited]]:
        return [
            [consent_awaited(email, True) for email in self._sign_ups],
            [order_awaited(self._order_number, "pending")],
            [consent_awaited(self._cast.subscriber_email, False)],
            [
                one
                for sku in _IMPORTED
                for one in items_awaited(self._teller.catalogs(1), sku, _IMPORTED_PRICE)
            ],
        ]

    def _arrived(self) -> str:
        held = self._teller.held()
        count = sum(held.consent(email) is True for email in self._sign_ups)
        return f"{count} of {len(self._sign_ups)} sign-ups have arrived"

    def _words(self) -> list[tuple[str, str]]:
        held = self._teller.held()
        items = "; ".join(held.item_in_words("store-1", sku) for sku in _IMPORTED)
        return [
            ("The sign-ups", self._arrived()),
            ("The order", held.order_in_words(self._order_number)),
            ("The deletion", held.profile_in_words(self._cast.subscriber_email)),
            ("The import", items),
        ]
