"""`magento-cdc sandbox`: the strict stand-in for Synerise."""

from __future__ import annotations

from pathlib import Path

import click

from cli.context import EXIT_CONFIGURATION
from cli.folders import why_unwritable


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8088, show_default=True, type=click.IntRange(0, 65535),
              help="Port to listen on; 0 takes a free one.")  # fmt: skip
@click.option(
    "--state",
    "state_path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Keep the state in this file: loaded at the start, saved at the end.",
)
def sandbox(host: str, port: int, state_path: Path | None) -> None:
    """Serve a strict stand-in for the Synerise API, for trying things out; Ctrl-C ends it.

    It implements the endpoints that the daemon uses, refuses what Synerise documents as wrong, and
    notes what Synerise would swallow silently. Any API key that is a UUID gets a workspace of its
    own: set `base_url: http://127.0.0.1:8088` in a workspace of the settings.

    Look at http://HOST:PORT/__admin/state, /__admin/violations and /__admin/invariants. The state
    is in memory unless --state is given. It has no protection: do not listen on a public address.
    """
    fault = None if state_path is None else _why_unkept(state_path)
    if fault is not None:
        click.secho(f"The state cannot be kept in {state_path}: {fault}", fg="red", err=True)
        raise click.exceptions.Exit(EXIT_CONFIGURATION)
    from sinks.sandbox.options import Options
    from sinks.sandbox.server import serve

    try:
        serve(
            host=host,
            port=port,
            options=Options(accept_any_key=True),
            state_path=state_path,
            on_ready=lambda url: click.echo(
                f"Sandbox listens on {url} (admin: {url}/__admin/state)"
            ),
        )
    except (OSError, ValueError) as exc:
        # A port that is taken, an address that is not ours, a state file that cannot be used.
        click.secho(f"The sandbox cannot serve on {host}:{port}: {exc}", fg="red", err=True)
        raise click.exceptions.Exit(EXIT_CONFIGURATION) from exc


def _why_unkept(path: Path) -> str | None:
    """Why a file could not be written at the end, None when it can: looked at before the start."""
    folder = path.absolute().parent
    return why_unwritable(folder) if folder.exists() else f"there is no folder {folder}"
