"""The command `magento-cdc` and its subcommands."""

from __future__ import annotations

import importlib
import sys

import click

# Subcommands are imported when they are called, so that --help is quick.
_COMMANDS = {
    "run": ("cli.run", "run"),
    "capture": ("cli.run", "capture"),
    "deliver": ("cli.run", "deliver"),
    "check": ("cli.check", "check"),
    "status": ("cli.status", "status"),
    "offsets": ("cli.offsets", "offsets"),
    "dead-letters": ("cli.dead_letters", "dead_letters"),
    "sandbox": ("cli.sandbox", "sandbox"),
    "demo": ("cli.demo", "demo"),
}


class LazyGroup(click.Group):
    """A group that imports a subcommand when it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of the table, which is the order of first use."""
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a subcommand; None for an unknown name."""
        del ctx
        place = _COMMANDS.get(cmd_name)
        if place is None:
            return None
        command = getattr(importlib.import_module(place[0]), place[1])
        assert isinstance(command, click.Command)
        return command


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=(
        "Exit codes: 0 done or drained, 1 unexpected error, 2 settings or server settings, "
        "3 an operator has to decide."
    ),
)
@click.version_option(package_name="magento-synerise-cdc", prog_name="magento-cdc")
def cli() -> None:
    """Streams customers, subscribers, orders and products from Magento's database to Synerise.

    Reads the binlog of MySQL or MariaDB, keeps change records in topics (a local file or Kafka),
    and ships them to Synerise workspaces, deletes included. Nothing is installed in Magento.

    First steps: `magento-cdc demo` shows it at work; `magento-cdc check -c config.yaml` looks at
    your database and settings; `magento-cdc run -c config.yaml` starts the daemon.
    """


def main() -> None:
    """Entry point of the installed command."""
    cli.main(args=sys.argv[1:], prog_name="magento-cdc")


if __name__ == "__main__":
    main()
