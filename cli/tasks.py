"""Running the parts of the daemon side by side until stop or the first that fails."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from threading import Event, Thread

logger = logging.getLogger(__name__)


class Tasks:
    """Threads that belong together: when one ends with an error, all are stopped."""

    def __init__(self, stop: Event) -> None:
        self._stop = stop
        self._errors: list[BaseException] = []

    def run(self, parts: Mapping[str, Callable[[], None]], grace_s: float) -> None:
        """Run every part in a thread of its own; return when all have ended.

        A part that returns before stop ends the others, too.

        Raises:
            BaseException: the first error of a part, after the others had `grace_s` to finish.
        """
        threads = [
            Thread(target=self._guarded, args=(name, part), name=name, daemon=True)
            for name, part in parts.items()
        ]
        for thread in threads:
            thread.start()
        while not self._stop.wait(0.5):
            if not any(thread.is_alive() for thread in threads):
                break
        self._stop.set()
        for thread in threads:
            thread.join(grace_s)
            if thread.is_alive():
                logger.warning("part.abandoned", extra={"part": thread.name, "wait_s": grace_s})
        if self._errors:
            raise self._errors[0]

    def _guarded(self, name: str, part: Callable[[], None]) -> None:
        # The one place where any error may end a thread: it is kept and raised by `run`.
        try:
            part()
        except BaseException as exc:
            logger.error(
                "part.failed", extra={"part": name, "error": f"{type(exc).__name__}: {exc}"}
            )
            self._errors.append(exc)
            self._stop.set()
