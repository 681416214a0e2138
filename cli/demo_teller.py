"""Telling a step: do something in the shop, wait for what must come of it, say what is held."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from cli.demo_acceptance import Acceptances, Awaited
from cli.demo_held import HeldWorkspace
from cli.demo_report import Timings, Told
from cli.demo_screen import Screen
from cli.demo_shop import DemoShop
from cli.demo_stage import WORKSPACES, Stage

STEP_TIMEOUT_S = 30.0

RETAIL, WHOLESALE = WORKSPACES


@dataclass(frozen=True, slots=True)
class Expected:
    """What must come of a step: the payloads, and the words for what is held then."""

    awaited: tuple[Awaited, ...]
    words: Callable[[], str]


class Teller:
    """Tells steps one after another and keeps what was told."""

    def __init__(self, stage: Stage, screen: Screen) -> None:
        self.stage = stage
        self.screen = screen
        self.acceptances = Acceptances(stage.admin, stage.check)
        self.told: list[Told] = []
        self.timings = Timings()
        self._number = 0

    @property
    def shop(self) -> DemoShop:
        """The shop in which things happen."""
        return self.stage.shop

    def held(self, workspace: str = RETAIL) -> HeldWorkspace:
        """What a workspace holds now."""
        return HeldWorkspace.read(self.stage.admin, workspace)

    def next_label(self) -> str:
        """The number of the next step."""
        self._number += 1
        return str(self._number)

    def step(self, title: str, group: str, act: Callable[[], Expected]) -> None:
        """Do something in the shop, wait for all that must come of it, and say so.

        The time is that from the first commit of the step to the acceptance of its last payload.
        """
        with self.screen.doing(title):
            # What the step before still causes must not count as this one's.
            self.stage.wait_until_at_rest(STEP_TIMEOUT_S)
            self.shop.forget_commits()
            mark = self.acceptances.mark()
            expected = act()
            accepted_s = self.acceptances.wait(
                mark, expected.awaited, timeout_s=STEP_TIMEOUT_S, what=title
            )
        elapsed_ms = (max(accepted_s) - self.shop.commits_s[0]) * 1000
        self.timings.add(group, elapsed_ms)
        self.say(self.next_label(), title, expected.words(), elapsed_ms)

    def say(self, label: str, title: str, held: str, elapsed_ms: float | None = None) -> None:
        """Write a step and keep it."""
        self.told.append(Told(label, title, held, elapsed_ms and round(elapsed_ms, 1)))
        took = "" if elapsed_ms is None else f"{elapsed_ms:.0f} ms"
        self.screen.step(label, title, took, held)

    def catalogs(self, *website_ids: int) -> list[tuple[str, str]]:
        """Workspace and catalog of every store view of these websites."""
        names = {website_id: name for name, website_id in WORKSPACES.items()}
        return [
            (names[view.website_id], f"store-{view.store_id}")
            for website_id in website_ids
            for view in self.shop.content.views_of(website_id)
        ]


def profile_awaited(email: str, is_held: Callable[[HeldWorkspace], bool]) -> Awaited:
    """A profile with an e-mail address, in the workspace of the first website."""
    return Awaited(RETAIL, "profiles", frozenset({email}), is_held)


def consent_awaited(email: str, consent: bool) -> Awaited:
    """A profile with a newsletter consent."""
    return profile_awaited(email, lambda held: held.consent(email) is consent)


def order_awaited(number: str, status: str) -> Awaited:
    """An order in a status."""

    def is_held(held: HeldWorkspace) -> bool:
        order = held.order(number)
        return order is not None and order["metadata"]["orderStatus"] == status

    return Awaited(RETAIL, "transactions", frozenset({number}), is_held)


def items_awaited(
    catalogs: Iterable[tuple[str, str]], sku: str, price: float | None
) -> tuple[Awaited, ...]:
    """A product in each catalog: on sale at a price, or marked deleted where price is None."""

    def awaited(workspace: str, catalog: str) -> Awaited:
        def is_held(held: HeldWorkspace) -> bool:
            if price is None:
                return held.is_gone(catalog, sku)
            item = held.item(catalog, sku)
            return item is not None and item.get("deleted") == 0 and item.get("price") == price

        return Awaited(workspace, "items", frozenset({sku, catalog}), is_held)

    return tuple(awaited(workspace, catalog) for workspace, catalog in catalogs)


def now_s() -> float:
    """This machine's clock, epoch seconds; the sandbox's is the same."""
    return time.time()
