"""The one error of reading settings."""

from __future__ import annotations

from collections.abc import Sequence


class SettingsFaulty(Exception):
    """The settings cannot be used. `faults` has one line per fault, all of them at once."""

    exit_code = 2

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = tuple(faults)
