"""A shop that goes on living while its database and everything around it breaks."""

from __future__ import annotations

from itertools import count
from threading import Event, Thread
from types import TracebackType
from typing import Any, Self

import pymysql

from tests.servers.database import DatabaseServer
from tests.shop.randomness.random_actions import random_actions

# What a client sees of a server that is stopped, killed or not there yet.
_LOST = (pymysql.err.OperationalError, pymysql.err.InterfaceError)
# Random actions can ask for what the shop's unique keys refuse; the transaction is rolled back.
_REFUSED = pymysql.err.IntegrityError
_RECONNECT_S = 0.1
_PAUSE_S = 0.01
_ACTIONS_COUNT = 1000


def live(connection: pymysql.Connection[Any], seed: int, action_count: int, **more: Any) -> None:
    """Do random things in the shop that the connection is in; `more` as for `random_actions`."""
    for _ in random_actions(connection, seed, action_count, **more):
        pass


class BusyShop:
    """Random actions in a thread of its own, over direct connections that are made anew when lost.

    Leaving the `with` block ends it after the action under way; an error that is no lost connection
    is raised there.
    """

    def __init__(self, server: DatabaseServer, schema: str, seed: int) -> None:
        self._server = server
        self._schema = schema
        self._seed = seed
        self._stop = Event()
        self._error: BaseException | None = None
        self._thread = Thread(target=self._run, name="busy-shop", daemon=True)
        self.actions_count = 0
        self.losses_count = 0
        self.refusals_count = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join(30)
        assert not self._thread.is_alive(), "an action does not end"
        if self._error is not None and error is None:
            raise self._error

    def _run(self) -> None:
        # Whatever ends this thread has to reach the test.
        try:
            for session in count():
                try:
                    self._session(self._seed + session)
                except _LOST:
                    self.losses_count += 1
                except _REFUSED:
                    self.refusals_count += 1
                if self._stop.wait(_RECONNECT_S):
                    return
        except BaseException as exc:
            self._error = exc

    def _session(self, seed: int) -> None:
        with self._server.connect(database=self._schema) as connection:
            for _ in random_actions(connection, seed, _ACTIONS_COUNT):
                self.actions_count += 1
                if self._stop.wait(_PAUSE_S):
                    return
