"""Loopback ports that nobody listens on."""

from __future__ import annotations

import random
import socket

LOOPBACK = "127.0.0.1"

# Below the kernel's ephemeral range, so that a client's outgoing connection cannot take the port of
# a server that is stopped for a moment, which would make its restart fail.
_FIRST, _LAST = 12_000, 32_000
_ATTEMPT_COUNT = 200


def free_port() -> int:
    """Return a port that was free a moment ago; the caller binds it at once.

    Raises:
        RuntimeError: no free port after many tries.
    """
    chooser = random.SystemRandom()
    for _ in range(_ATTEMPT_COUNT):
        port = chooser.randrange(_FIRST, _LAST)
        with socket.socket() as probe:
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
        return port
    raise RuntimeError(f"no free port between {_FIRST} and {_LAST}")
