"""The circumstances of one call, handed to the stores instead of clocks and globals."""

from typing import NamedTuple

from sinks.sandbox.options import Options
from sinks.sandbox.violations import Ledger


class Context(NamedTuple):
    """Who calls what, when, and where remarkable behaviour is recorded."""

    route: str
    workspace: str
    now_ms: int
    options: Options
    ledger: Ledger

    def record(self, code: str, text: str) -> None:
        """Record a violation or note of this call."""
        self.ledger.record(
            code, text, route=self.route, workspace=self.workspace, now_ms=self.now_ms
        )
