"""`magento-cdc sandbox`: the strict stand-in for Synerise."""

from __future__ import annotations

from pathlib import Path

import click


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
    """Serve a strict stand-in for the Synerise API, for trying things out.

    It implements the endpoints that the daemon uses, refuses what Synerise documents as wrong, and
    notes what Synerise would swallow silently. Any API key that is a UUID gets a workspace of its
    own. Look at http://HOST:PORT/__admin/state, /__admin/violations and /__admin/invariants.
    State is in memory unless --state is given.
    """
    from sinks.sandbox.options import Options
    from sinks.sandbox.server import serve

    serve(
        host=host,
        port=port,
        options=Options(accept_any_key=True),
        state_path=state_path,
        on_ready=lambda url: click.echo(f"Sandbox listens on {url} (admin: {url}/__admin/state)"),
    )
