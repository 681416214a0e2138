"""The demo from its first line to its last: stage, story, summary, verdict, exit code."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from threading import Event
from typing import Any

import click

from cli.context import EXIT_CONFIGURATION, EXIT_UNEXPECTED, print_json
from cli.demo_crash import CrashChapter
from cli.demo_report import accepted_counts, faults_of, show_summary, show_verdict
from cli.demo_screen import Screen
from cli.demo_stage import WORKSPACES, DemoFailed, DemoInterrupted, Stage, open_stage
from cli.demo_story import (
    Cast,
    tell_customer_deletion,
    tell_initial_load,
    tell_people,
    tell_product_and_order,
    tell_product_changes,
    tell_rush,
)
from cli.demo_teller import Teller
from tests.servers.mariadb import MariaDB
from tests.servers.process import ServerFailed
from tests.shop.generation.size import ShopSize
from tests.waiting import WaitExpired

EXIT_INTERRUPTED = 130

_REST_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class Show:
    """What was asked for on the command line."""

    seed: int
    product_count: int
    customer_count: int
    order_count: int
    is_kept: bool
    is_json: bool

    @property
    def size(self) -> ShopSize:
        """The shop at the start."""
        return ShopSize(
            products=self.product_count,
            customers=self.customer_count,
            orders=self.order_count,
            subscribers=self.customer_count * 2 // 3,
        )


def run_show(show: Show, stop: Event) -> int:
    """Run the demo and return its exit code; nothing is left behind, however it ends."""
    missing = MariaDB.why_missing()
    if missing is not None:
        click.secho(f"The demo cannot run here: {missing}.", fg="red", err=True)
        return EXIT_CONFIGURATION
    screen = Screen(is_for_machine=show.is_json)
    try:
        with open_stage(show.size, show.seed, screen, stop) as stage:
            code = _perform(show, stage, screen)
        screen.note("Everything the demo started is gone again.", "dim")
        return code
    except (DemoInterrupted, DemoFailed, ServerFailed, WaitExpired) as exc:
        # A terminal's Ctrl-C may also end a server that is just being started.
        if stop.is_set():
            click.echo("Stopped. Everything the demo started is gone again.", err=True)
            return EXIT_INTERRUPTED
        click.secho(f"The demo failed: {exc}", fg="red", err=True)
        return EXIT_UNEXPECTED


def _perform(show: Show, stage: Stage, screen: Screen) -> int:
    started = time.monotonic()
    screen.note("magento-cdc demo", "bold")
    teller = Teller(stage, screen)
    _introduce(stage, screen)
    _tell(teller)
    with screen.doing("Comparing every object in the sandbox with the shop's database"):
        stage.wait_until_at_rest(_REST_TIMEOUT_S)
        stats = stage.admin.stats()
        faults = faults_of(stage)
    if show.is_json:
        print_json(_summary(show, teller, stats, faults, time.monotonic() - started))
    else:
        show_summary(screen, stats, teller.timings)
    show_verdict(screen, faults)
    if show.is_kept:
        _keep(stage, screen)
    return EXIT_UNEXPECTED if faults else 0


def _introduce(stage: Stage, screen: Screen) -> None:
    shop = stage.shop
    counts = (
        f"{shop.count('catalog_product_entity')} products, "
        f"{shop.count('customer_entity')} customers, {shop.count('sales_order')} orders, "
        f"{shop.count('newsletter_subscriber')} subscribers"
    )
    sites = " and ".join(site.name for site in shop.content.websites)
    for label, text in (
        ("shop", f"MariaDB on {stage.server.host}:{stage.server.port} with {counts}"),
        ("websites", f"{sites}; each has a workspace of its own: {', '.join(WORKSPACES)}"),
        ("Synerise", f"the sandbox, a strict stand-in, on {stage.sandbox_url}"),
        ("daemon", "follows the shop's binlog, keeps its topics in a local file, and delivers"),
    ):
        screen.note(f"  {label:<9} {text}")


def _tell(teller: Teller) -> None:
    cast = Cast()
    settle_ms = teller.stage.daemon.settings.capture.settle.product.quiet_ms
    teller.screen.heading("What happens in the shop, and what Synerise holds then")
    teller.screen.note(
        "Times: from the commit in the shop until the sandbox accepted it. Products wait until "
        f"they were quiet for {settle_ms} ms, which is in their times.",
        "dim",
    )
    tell_initial_load(teller)
    tell_people(teller, cast)
    tell_product_and_order(teller, cast)
    tell_product_changes(teller, cast)
    tell_rush(teller, cast)
    tell_customer_deletion(teller, cast)
    teller.screen.heading("The daemon is killed, the shop goes on, the daemon catches up")
    crash = CrashChapter(teller, cast)
    crash.kill()
    crash.go_on()
    crash.restart()


def _summary(
    show: Show, teller: Teller, stats: dict[str, Any], faults: list[str], elapsed_s: float
) -> dict[str, Any]:
    total, accepted = accepted_counts(stats)
    return {
        "is_equal": not faults,
        "faults": faults,
        "seed": show.seed,
        "elapsed_s": round(elapsed_s, 1),
        "requests": {"total": total, "accepted": accepted},
        "payloads": stats["payloads"],
        "commit_to_accepted": teller.timings.summary(),
        "steps": [asdict(told) for told in teller.told],
    }


def _keep(stage: Stage, screen: Screen) -> None:
    server = stage.server
    screen.heading("Everything keeps running until Ctrl-C. Look around:")
    for label, text in (
        ("what Synerise holds", f"{stage.sandbox_url}/__admin/state"),
        ("counts, faults", f"{stage.sandbox_url}/__admin/stats  …/invariants  …/violations"),
        ("the shop", f"mariadb -h {server.host} -P {server.port} -u {server.user} shop"),
        ("the daemon", f"magento-cdc status -c {stage.daemon.config}"),
        ("its log", f"tail -f {stage.daemon.log_path}"),
    ):
        screen.note(f"  {label:<20} {text}")
    while not stage.stop.wait(0.5):
        stage.check()
