"""Running the parts of the daemon side by side until stop or the first that fails."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from threading import Event, Thread

from cdc.errors import PipelineError, Stopped
from cli.failures import describe

logger = logging.getLogger(__name__)

_LOOK_S = 0.2


class PartEnded(PipelineError):
    """A part of the daemon ended by itself, without an error: that is a bug."""


class NotDrained(PipelineError):
    """A part did not finish in time after a stop: what it was at is repeated at the next start."""


class Tasks:
    """Threads that belong together: when one ends, all are stopped."""

    def __init__(self, stop: Event) -> None:
        self._stop = stop
        self._errors: list[BaseException] = []

    def run(self, parts: Mapping[str, Callable[[], None]], grace_s: float) -> None:
        """Run every part in a thread of its own; return when all have ended after a stop.

        Raises:
            BaseException: the first error of a part, after the others had `grace_s` to finish.
            PartEnded: a part returned though no stop was asked for.
            NotDrained: a part was still at work `grace_s` after the stop.
        Blocks: `grace_s` after the stop or the first end of a part.
        """
        threads = [
            Thread(target=self._guarded, args=(name, part), name=name, daemon=True)
            for name, part in parts.items()
        ]
        for thread in threads:
            thread.start()
        while all(thread.is_alive() for thread in threads) and not self._stop.wait(_LOOK_S):
            continue
        self._stop.set()
        abandoned = _left_after(threads, grace_s)
        if self._errors:
            raise self._errors[0]
        if abandoned:
            raise NotDrained(
                f"stopping: {', '.join(abandoned)} did not finish within {grace_s:g} s"
            )

    def _guarded(self, name: str, part: Callable[[], None]) -> None:
        # The one place where any error may end a thread: it is kept and raised by `run`.
        try:
            part()
            if not self._stop.is_set():
                raise PartEnded(f"running {name}: it ended by itself")
        except Stopped:
            logger.debug("part.stopped", extra={"part": name})
        except BaseException as exc:
            logger.error("part.failed", extra={"part": name, **describe(exc)})
            self._errors.append(exc)
        self._stop.set()


def _left_after(threads: list[Thread], grace_s: float) -> list[str]:
    """Names of threads that are still alive after `grace_s` in all."""
    deadline_s = time.monotonic() + grace_s
    for thread in threads:
        thread.join(max(0.0, deadline_s - time.monotonic()))
    abandoned = [thread.name for thread in threads if thread.is_alive()]
    for name in abandoned:
        logger.warning("part.abandoned", extra={"part": name, "wait_s": grace_s})
    return abandoned
