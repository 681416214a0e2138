"""The Kafka client's own log, thinned out before it becomes part of ours."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

logger = logging.getLogger(__name__)

SILENCE_S = 60.0
_DRIVER = "kafka"
_NETWORK = "kafka.net"
# It warns of tasks of a tenth of a second, which on a busy machine means nothing.
_LOOP = "kafka.net.selector"


class DriverLog(logging.Handler):
    """Passes warnings of the client on as lines of ours: `driver.complained`, few of them.

    While a broker is away every connection of every client complains several times a second, and
    the rest of the client echoes it. So each part of the client speaks once a minute, and only the
    network does while it has trouble. What was kept back is counted in the next line. Nothing is
    lost by it: what a caller has to know, the client also raises.

    Args:
        clock_s: monotonic time.
    """

    def __init__(self, clock_s: Callable[[], float] = time.monotonic) -> None:
        super().__init__(logging.WARNING)
        self._clock_s = clock_s
        self._spoke_s: dict[str, float] = {}
        self._network_heard_s = float("-inf")
        self._silenced_count = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line for the record, or count it."""
        part = ".".join(record.name.split(".")[:2])
        now_s = self._clock_s()
        is_echo = part != _NETWORK and now_s - self._network_heard_s < SILENCE_S
        if part == _NETWORK:
            self._network_heard_s = now_s
        if is_echo or now_s - self._spoke_s.get(part, float("-inf")) < SILENCE_S:
            self._silenced_count += 1
            return
        self._spoke_s[part] = now_s
        silenced_count, self._silenced_count = self._silenced_count, 0
        # The text alone: arguments of the record hold sockets, which handlers may keep.
        logger.warning(
            "driver.complained",
            extra={
                "driver_logger": record.name,
                "error": record.getMessage(),
                "silenced_count": silenced_count,
            },
        )


def thin_out_driver_log() -> None:
    """Send the client's log through one `DriverLog`; calling it again changes nothing."""
    driver = logging.getLogger(_DRIVER)
    if not any(isinstance(handler, DriverLog) for handler in driver.handlers):
        driver.addHandler(DriverLog())
    driver.propagate = False
    logging.getLogger(_LOOP).setLevel(logging.ERROR)
