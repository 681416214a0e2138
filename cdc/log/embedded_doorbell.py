"""How consumers of the embedded log learn at once what a writer of the same process published.

Writers of other processes are noticed by looking at the file every few milliseconds.
"""

from __future__ import annotations

import os
import select
import threading
from pathlib import Path


class Doorbell:
    """Wakes the consumers of one file in this process. Safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: set[Listener] = set()
        self._publisher_count = 0

    @property
    def has_publisher(self) -> bool:
        """Whether the one publisher of the file is in this process, and so always rings."""
        return self._publisher_count > 0

    def publisher_came(self) -> None:
        """Note that this process publishes from now on, and wake all: their rhythm changes."""
        with self._lock:
            self._publisher_count += 1
        self.ring()

    def publisher_left(self) -> None:
        """Note that this process no longer publishes."""
        with self._lock:
            self._publisher_count -= 1
        self.ring()

    def ring(self) -> None:
        """Wake every listener, now or at its next wait."""
        with self._lock:
            for listener in self._listeners:
                listener.wake()

    def listen(self) -> Listener:
        """Add a listener; it must be closed."""
        listener = Listener(self)
        with self._lock:
            self._listeners.add(listener)
        return listener

    def forget(self, listener: Listener) -> None:
        """Take a listener out."""
        with self._lock:
            self._listeners.discard(listener)


class Listener:
    """One consumer's end: a pipe, as waiting on it costs the least processor time."""

    def __init__(self, bell: Doorbell) -> None:
        self._bell = bell
        self._reading, self._writing = os.pipe()
        os.set_blocking(self._reading, False)
        os.set_blocking(self._writing, False)
        self._poll = select.poll()
        self._poll.register(self._reading, select.POLLIN)

    @property
    def has_publisher(self) -> bool:
        """Whether every publishing rings."""
        return self._bell.has_publisher

    def wake(self) -> None:
        """End the current or the next wait. Called with the bell's lock held."""
        try:
            os.write(self._writing, b"!")
        except BlockingIOError:
            return  # the pipe is full of calls already

    def wait(self, timeout_s: float) -> None:
        """Wait for a ring. Blocks: timeout_s."""
        if self._poll.poll(timeout_s * 1000):
            os.read(self._reading, 65536)

    def close(self) -> None:
        """Stop listening."""
        self._bell.forget(self)
        os.close(self._reading)
        os.close(self._writing)


_bells: dict[Path, Doorbell] = {}
_bells_lock = threading.Lock()


def doorbell(path: Path) -> Doorbell:
    """Return this process's bell of a database file."""
    with _bells_lock:
        return _bells.setdefault(path.resolve(), Doorbell())
