"""Stop signals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from threading import Event

import pytest

from cli.signals import stop_on_signals
from tests.architecture.checkout import ROOT

WAIT_S = 30
_CHILD = """
import sys
from threading import Event
from cli.signals import stop_on_signals
stop, never = Event(), Event()
with stop_on_signals(stop):
    print("ready", flush=True)
    # As the daemon waits: again and again, so that a signal meets the wait at any moment.
    while not stop.wait(0.0001):
        pass
    print("stopping", flush=True)
    if sys.argv[1] == "drains":
        sys.exit(0)
    never.wait()
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_sets_the_stop_and_the_handlers_are_restored(number: signal.Signals) -> None:
    before = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)}
    stop = Event()
    with stop_on_signals(stop):
        assert signal.getsignal(number) != before[number]
        os.kill(os.getpid(), number)
        assert stop.wait(WAIT_S)
    assert {each: signal.getsignal(each) for each in before} == before


def test_handlers_are_restored_after_an_error_and_nothing_is_stopped() -> None:
    before = signal.getsignal(signal.SIGTERM)
    stop = Event()
    with pytest.raises(ValueError, match="x"), stop_on_signals(stop):
        raise ValueError("x")
    assert signal.getsignal(signal.SIGTERM) == before
    assert not stop.is_set()


def child(behaviour: str) -> subprocess.Popen[str]:
    """Start a process that stops on signals, and wait until it is ready."""
    process = subprocess.Popen(
        [sys.executable, "-c", _CHILD, behaviour],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_first_signal_lets_the_process_finish() -> None:
    with child("drains") as process:
        process.send_signal(signal.SIGTERM)
        assert process.wait(WAIT_S) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_second_signal_leaves_at_once(number: signal.Signals) -> None:
    with child("hangs") as process:
        process.send_signal(number)
        assert process.stdout is not None
        assert process.stdout.readline() == "stopping\n"
        process.send_signal(number)
        assert process.wait(WAIT_S) == 128 + number


def test_stop_that_was_set_by_something_else_does_not_make_the_first_signal_the_second() -> None:
    stop = Event()
    stop.set()
    with stop_on_signals(stop):
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.is_set(), "this process is still here"


@pytest.mark.timeout(60)
def test_signal_in_the_moment_in_which_the_main_thread_holds_the_event_does_not_hang() -> None:
    """Waiting for an event holds its lock for moments, and the handler runs in the same thread."""
    stop = Event()
    with stop_on_signals(stop):
        with stop._cond:  # type: ignore[attr-defined]
            os.kill(os.getpid(), signal.SIGTERM)
        assert stop.wait(WAIT_S)
