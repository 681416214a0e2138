"""When the parts of the daemon begin."""

from __future__ import annotations

from threading import Event, Thread
from typing import cast

from cli.wiring import delivery_part
from sinks.delivery import Delivery
from tests.waiting import wait_until

SOON_S = 20.0


class IdleDelivery:
    """A delivery that has nothing to do until the stop."""

    failure = None

    def __init__(self, stop: Event) -> None:
        self._stop = stop
        self.is_started = Event()

    @property
    def is_alive(self) -> bool:
        return not self._stop.is_set()

    def start(self) -> None:
        self.is_started.set()

    def join(self) -> bool:
        return True


def run_in_thread(stop: Event, begin: Event) -> tuple[IdleDelivery, Thread]:
    delivery = IdleDelivery(stop)
    thread = Thread(target=delivery_part(cast(Delivery, delivery), stop, begin), daemon=True)
    thread.start()
    return delivery, thread


def test_delivery_waits_until_it_may_begin() -> None:
    stop, begin = Event(), Event()
    delivery, thread = run_in_thread(stop, begin)
    assert not delivery.is_started.wait(0.5)
    begin.set()
    assert delivery.is_started.wait(SOON_S)
    stop.set()
    wait_until(lambda: not thread.is_alive(), timeout_s=SOON_S, what="the part to end")


def test_stop_ends_a_delivery_that_may_not_begin() -> None:
    stop, begin = Event(), Event()
    delivery, thread = run_in_thread(stop, begin)
    stop.set()
    wait_until(lambda: not thread.is_alive(), timeout_s=SOON_S, what="the part to end")
    assert not delivery.is_started.is_set()
