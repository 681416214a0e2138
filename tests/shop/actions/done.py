"""The short account that every action gives of itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class ActionDone:
    """What was done (`subject.verb`) and to which rows; `str()` gives a line for a log."""

    kind: str
    ids: Mapping[str, int | str]

    def __str__(self) -> str:
        return " ".join([self.kind, *(f"{name}={value}" for name, value in self.ids.items())])
