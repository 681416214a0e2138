"""`magento-cdc demo`: the whole way from a shop to (a stand-in for) Synerise, on this machine."""

from __future__ import annotations

import sys
from pathlib import Path
from threading import Event

import click

from cli.context import EXIT_CONFIGURATION, json_option
from cli.signals import stop_on_signals

_ROOT = Path(__file__).resolve().parents[1]


@click.command()
@click.option("--seed", default=1, show_default=True, help="Another seed makes another shop.")
@click.option("--products", default=30, show_default=True, type=click.IntRange(1, 500),
              help="Products in the shop at the start.")  # fmt: skip
@click.option("--customers", default=20, show_default=True, type=click.IntRange(1, 5000),
              help="Customers at the start; two thirds subscribe to the newsletter.")  # fmt: skip
@click.option("--orders", default=20, show_default=True, type=click.IntRange(0, 5000),
              help="Orders at the start.")  # fmt: skip
@click.option(
    "--keep",
    "is_kept",
    is_flag=True,
    help="Leave everything running at the end, to look around; Ctrl-C ends it.",
)
@json_option
def demo(
    seed: int, products: int, customers: int, orders: int, is_kept: bool, is_json: bool
) -> None:
    """See the daemon at work in half a minute: no shop, no Synerise account, no settings.

    Starts a private MariaDB with a small made-up Magento shop, the sandbox (a strict stand-in for
    the Synerise API), and the daemon. Then things happen in the shop: a customer registers, orders,
    is deleted; a product gets another price, another SKU, leaves a website. Each line shows what
    happened, how long it took from the commit in the shop until it was accepted, and what Synerise
    would hold now. Then the daemon is killed, the shop goes on without it, and it catches up.

    At the end every object in the sandbox is compared with the shop's database. Exit code 0 when
    they agree, 1 when not, 2 when the demo cannot run here, 130 after Ctrl-C.

    Everything listens on this machine only (127.0.0.1) and is gone at the end, files included. It
    runs in a checkout of the source and needs MariaDB's server programs; `make demo` brings them.
    """
    _make_checkout_importable()
    from cli.demo_show import Show, run_show

    show = Show(seed, products, customers, orders, is_kept=is_kept, is_json=is_json)
    stop = Event()
    with stop_on_signals(stop):
        code = run_show(show, stop)
    raise click.exceptions.Exit(code)


def _make_checkout_importable() -> None:
    """Let `tests` be imported from the checkout this file is in, or say why it cannot be."""
    if (_ROOT / "tests" / "shop" / "shop.py").exists():
        # The installed command does not have the checkout on its path, and another project's
        # `tests` may be on it.
        sys.path.insert(0, str(_ROOT))
        return
    click.secho(
        "The demo borrows its shop and its database server from the tests, which are not part of "
        "the installed package. Run it in a checkout of the source: `make demo`.",
        fg="red",
        err=True,
    )
    raise click.exceptions.Exit(EXIT_CONFIGURATION)
