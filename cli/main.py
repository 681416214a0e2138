"""The command `magento-cdc` and its subcommands."""

from __future__ import annotations

import importlib
import os
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from types import FrameType

import click


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a subcommand is, and what the list of commands says about it."""

    module: str
    attribute: str
    short_help: str


# Subcommands are imported when they are called, so that --help is quick: drivers take half a
# second to import. In the order in which a newcomer meets them.
COMMANDS = {
    "demo": _Place("cli.demo", "demo", "See it at work here: no shop, no account, no settings."),
    "check": _Place("cli.check", "check", "Look for faults in settings, database and accounts."),
    "run": _Place("cli.run", "run", "Start the daemon: capture and deliver in one process."),
    "capture": _Place("cli.run", "capture", "Only follow the database and fill the topics."),
    "deliver": _Place("cli.run", "deliver", "Only send what is in the topics to Synerise."),
    "status": _Place("cli.status", "status", "Show where capture and deliveries stand."),
    "offsets": _Place("cli.offsets", "offsets", "Show or move how far workspaces have read."),
    "dead-letters": _Place("cli.dead_letters", "dead_letters", "Show what was refused for good."),
    "sandbox": _Place("cli.sandbox", "sandbox", "Serve a strict stand-in for the Synerise API."),
}


class LazyGroup(click.Group):
    """A group that imports a subcommand when it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of the table."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a subcommand; None for an unknown name."""
        del ctx
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        command = getattr(importlib.import_module(place.module), place.attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing any."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, place.short_help) for name, place in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the subcommand; an unknown name is answered with those that look alike."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            alike = get_close_matches(name, COMMANDS)
            meant = f" Did you mean {' or '.join(alike)}?" if alike else ""
            ctx.fail(f"No such command '{name}'.{meant}")
        return super().resolve_command(ctx, args)


def _show_version(ctx: click.Context, parameter: click.Parameter, is_asked: bool) -> None:
    del parameter
    if is_asked and not ctx.resilient_parsing:
        # Reading the package's data takes longer than all else here.
        from cli.version import version

        click.echo(f"magento-cdc {version()}")
        ctx.exit()


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=(
        "Exit codes: 0 done, or drained after a stop signal. 1 an error that nobody foresaw, "
        "something that does not answer, or a question answered with no. 2 wrong use, settings, or "
        "settings of a server. 3 an operator has to decide. 130, 143 left at once after Ctrl-C or "
        "SIGTERM."
    ),
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Show the version and exit.",
)
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Streams customers, subscribers, orders and products from Magento's database to Synerise.

    Reads the binlog of MySQL or MariaDB, keeps change records in topics (a local file or Kafka),
    and ships them to Synerise workspaces, deletes included. Nothing is installed in Magento.

    First steps: `magento-cdc demo` shows it at work. Then write a config.yaml, let
    `magento-cdc check -c config.yaml` look at it and at your database, and start the daemon with
    `magento-cdc run -c config.yaml`. `magento-cdc COMMAND --help` explains each command.
    """
    if os.environ.get("NO_COLOR"):
        ctx.color = False


def main() -> None:
    """Entry point of the installed command.

    Ends with 130 at once on Ctrl-C until a command takes the signal over, and with 1 when its
    output cannot be written: quietly when its reader has left, as `head` does.
    """
    # Not as an exception, which could come up in the middle of any import.
    signal.signal(signal.SIGINT, _leave)
    try:
        try:
            cli.main(args=sys.argv[1:], prog_name="magento-cdc")
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()
    except OSError as exc:
        # What is left in the buffer would fail once more when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        if not isinstance(exc, BrokenPipeError):
            place = f": {exc.filename}" if exc.filename else ""
            with suppress(OSError):
                click.secho(f"OSError: {exc.strerror or exc}{place}", fg="red", err=True)
        sys.exit(1)


def _leave(number: int, frame: FrameType | None) -> None:
    del frame
    os._exit(128 + number)


if __name__ == "__main__":
    main()
