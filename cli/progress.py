"""Progress bars of full runs, on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from threading import Event, Thread
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from cli.terminal import stderr_console

_EVERY_S = 0.2


class RunProgress:
    """Shows a bar for each full run while the block lasts; nothing where stderr is no terminal.

    The bars are on the screen only while there is a run. They count primary keys, since nobody
    knows how many rows there are without reading them all.
    """

    def __init__(
        self, runs: Callable[[], Sequence[Mapping[str, Any]]], console: Console | None = None
    ) -> None:
        """Args: runs: gives the runs in work, as `Run.to_json` writes them."""
        self._runs = runs
        self._console = console or stderr_console()
        self._ended = Event()
        self._thread = Thread(target=self._follow, name="progress", daemon=True)
        self._progress: Progress | None = None
        self._bars: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        # Not is_terminal, which a variable like FORCE_COLOR makes true in a pipe.
        if self._console.file.isatty():
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(2.0)

    def _follow(self) -> None:
        try:
            while not self._ended.wait(_EVERY_S):
                self.update()
        finally:
            self._hide()

    def update(self) -> None:
        """Bring the bars up to date with the runs in work."""
        # A model that is asked for again while its run is in work waits behind it.
        runs = {str(run["model"]): run for run in reversed(list(self._runs()))}
        if not runs:
            self._hide()
            return
        progress = self._progress or self._show()
        for model, run in runs.items():
            if model not in self._bars:
                self._bars[model] = progress.add_task(model, total=None)
            highest = int(run["highest"])
            is_scan = run["phase"] == "scan"
            word = "full run of" if is_scan else "looking for lost deletes of"
            progress.update(
                self._bars[model],
                description=f"{word} {model}",
                completed=min(int(run["after"]), highest) if is_scan else highest,
                total=highest or None,
            )
        for model in [model for model in self._bars if model not in runs]:
            progress.remove_task(self._bars.pop(model))

    def _show(self) -> Progress:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._progress.start()
        return self._progress

    def _hide(self) -> None:
        if self._progress is not None:
            self._progress.stop()
            self._progress = None
            self._bars.clear()
