"""Stop signals: the first asks to finish, the second leaves at once."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Event, Thread
from types import FrameType

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_SHOW_CURSOR = b"\x1b[?25h"


@contextmanager
def stop_on_signals(stop: Event) -> Iterator[None]:
    """Set `stop` on SIGTERM or SIGINT while the block runs; handlers are restored after it.

    A second signal ends the process with 128 + its number: nothing is lost by that, since
    everything is delivered at least once. Main thread only.
    """
    # An Event must not be set in a handler: when the signal comes while the main thread is about
    # to wait for that very event, it holds the event's lock, and setting it waits for ever. To put
    # into a SimpleQueue is safe there.
    asked: SimpleQueue[bool] = SimpleQueue()
    count = 0

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal count
        del frame
        count += 1
        if count > 1:
            leave_at_once(128 + number)
        asked.put(True)

    def follow() -> None:
        if asked.get():
            stop.set()

    follower = Thread(target=follow, name="signals", daemon=True)
    follower.start()
    before = {number: signal.signal(number, handle) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        asked.put(False)
        follower.join()


def leave_at_once(code: int) -> None:
    """End the process without any cleaning up, but for the cursor that progress bars hide."""
    if sys.stderr.isatty():
        os.write(sys.stderr.fileno(), _SHOW_CURSOR)
    os._exit(code)
