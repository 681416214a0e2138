"""Progress bars of full runs, on a terminal."""

from __future__ import annotations

import sys
from threading import Event, Thread
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from cdc.status import CaptureStatus

_EVERY_S = 0.3


class RunProgress:
    """Shows a bar for each full run while the block lasts; nothing where stderr is no terminal."""

    def __init__(self, status: CaptureStatus, stop: Event) -> None:
        self._status = status
        self._stop = stop
        self._ended = Event()
        self._thread: Thread | None = None
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._bars: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            self._progress.start()
            self._thread = Thread(target=self._follow, name="progress", daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        if self._thread is not None:
            self._thread.join(1.0)
            self._progress.stop()

    def _follow(self) -> None:
        while not self._ended.wait(_EVERY_S) and not self._stop.is_set():
            self.update()

    def update(self) -> None:
        """Bring the bars up to date with the runs in work."""
        runs = {str(run["model"]): run for run in self._status.runs}
        for model, run in runs.items():
            if model not in self._bars:
                self._bars[model] = self._progress.add_task(f"full run: {model}", total=None)
            done = run["after"] if run["phase"] == "scan" else run["highest"]
            self._progress.update(self._bars[model], completed=done, total=run["highest"] or None)
        for model in [model for model in self._bars if model not in runs]:
            self._progress.remove_task(self._bars.pop(model))
