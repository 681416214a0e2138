"""Stop signals: the first asks to finish, the second leaves at once."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def stop_on_signals(stop: Event) -> Iterator[None]:
    """Set `stop` on SIGTERM or SIGINT while the block runs; handlers are restored after it.

    A second signal ends the process with 128 + its number: nothing is lost by that, since
    everything is delivered at least once.
    """

    def handle(number: int, frame: FrameType | None) -> None:
        del frame
        if stop.is_set():
            os._exit(128 + number)
        stop.set()

    before = {number: signal.signal(number, handle) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
