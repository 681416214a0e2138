"""Sends payloads in rounds: nobody's two writes at once, independent batches side by side."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Protocol, TypeVar

from mappers.payload import PayloadKind
from mappers.person import email_claim
from sinks.deliver.batching import batches, body_bytes, rounds
from sinks.deliver.gate import Gate, Rename
from sinks.deliver.identity import Advice, IdentityResolver, Resolved
from sinks.deliver.settlement import Settlement
from sinks.outgoing import Outgoing
from sinks.progress import Progress
from sinks.synerise.backoff import StopSignal
from sinks.synerise.requests import Limits
from sinks.synerise.results import SendResult, Verdict

KEEP_ALIVE_S = 1.0
FLUSH_S = 10.0

T = TypeVar("T")


class Client(Protocol):
    """What the courier needs of the client."""

    def send(self, batch: Sequence[Outgoing], progress: Progress) -> list[SendResult]:
        """Send payloads of one kind that share no claim; one result for each."""
        ...


class Courier:
    """Sends what a lane hands over. Used by the lane's thread; requests run in the pool.

    Args:
        on_idle: called again and again while requests are under way, until it returns False:
            prepares what comes next.
        on_wait: called about every second while requests are under way, so that consumers keep
            their place.
        on_long_wait: called every ten seconds, so that what is finished gets committed.
    """

    def __init__(
        self,
        client: Client,
        limits: Mapping[PayloadKind, Limits],
        pool: ThreadPoolExecutor,
        gate: Gate,
        settlement: Settlement,
        resolver: IdentityResolver,
        progress: Progress,
        stop: StopSignal,
        on_idle: Callable[[], bool],
        on_wait: Callable[[], None],
        on_long_wait: Callable[[], None],
    ) -> None:
        self._client = client
        self._limits = limits
        self._pool = pool
        self._gate = gate
        self._settlement = settlement
        self._resolver = resolver
        self._progress = progress
        self._stop = stop
        self._on_idle = on_idle
        self._on_wait = on_wait
        self._on_long_wait = on_long_wait

    def deliver(self, payloads: Iterable[Outgoing]) -> list[Outgoing]:
        """Send payloads; those with a common claim one after another, in this order.

        Returns:
            Renamed customers whose new address is another customer's for now.
        Blocks: until all are settled or deferred, or the stop is set.
        """
        deferred: list[Outgoing] = []
        for members in rounds(payloads):
            if self._stop.is_set():
                break
            behind = [each for each in members if self._would_take_over(each, deferred)]
            deferred += behind
            ready, renames = self._admitted([each for each in members if each not in behind])
            if renames:
                sendable, put_off = self._resolved(renames)
                ready += sendable
                deferred += put_off
            self._send(ready)
        return deferred

    def _would_take_over(self, payload: Outgoing, deferred: Sequence[Outgoing]) -> bool:
        """Whether a customer comes to an address that a deferred one has not left yet."""
        if not deferred or not payload.is_customer or payload.email is None:
            return False
        claim = email_claim(payload.email)
        others = (each for each in deferred if each.target != payload.target)
        return self._gate.is_new_at(payload) and any(
            claim in each.left_addresses for each in others
        )

    def _admitted(self, members: Sequence[Outgoing]) -> tuple[list[Outgoing], list[Rename]]:
        ready: list[Outgoing] = []
        renames: list[Rename] = []
        for payload in members:
            reason = self._gate.admit(payload)
            if reason is not None:
                self._settlement.skip(payload, reason)
                continue
            rename = self._gate.rename(payload)
            if rename is None:
                ready.append(payload)
            else:
                renames.append(rename)
        return ready, renames

    def _resolved(self, renames: Sequence[Rename]) -> tuple[list[Outgoing], list[Outgoing]]:
        """Renamed customers that may be sent now, and those that have to wait."""
        sendable: list[Outgoing] = []
        deferred: list[Outgoing] = []

        def note(resolved: Resolved) -> None:
            payload = resolved.rename.outgoing
            if resolved.advice is Advice.SEND:
                sendable.append(payload)
            elif resolved.advice is Advice.DEFER:
                deferred.append(payload)
            elif resolved.advice is Advice.REFUSE:
                self._settlement.refuse(
                    SendResult(payload, Verdict.REFUSED, resolved.reason, resolved.status)
                )

        tasks = [self._pool.submit(self._resolver.resolve, rename) for rename in renames]
        self._await(tasks, note)
        return sendable, deferred

    def _send(self, payloads: Sequence[Outgoing]) -> None:
        full, oversized = batches(payloads, self._limits)
        for payload in oversized:
            reason = f"the payload has {body_bytes(payload)} bytes, more than a request may have"
            self._settlement.refuse(SendResult(payload, Verdict.REFUSED, reason))
        tasks = [self._pool.submit(self._client.send, batch, self._progress) for batch in full]
        self._await(tasks, self._settlement.settle)

    def _await(self, tasks: Iterable[Future[T]], note: Callable[[T], None]) -> None:
        """Hand results over as they come; meanwhile prepare what is next, keep consumers alive."""
        pending = set(tasks)
        began_s = time.monotonic()
        alive_at_s, flush_at_s = began_s + KEEP_ALIVE_S, began_s + FLUSH_S
        has_more = True
        try:
            while pending:
                wait_s = 0.0 if has_more else KEEP_ALIVE_S
                done, pending = wait(pending, wait_s, FIRST_COMPLETED)
                for task in done:
                    note(task.result())
                if not pending:
                    return
                has_more = has_more and self._on_idle()
                now_s = time.monotonic()
                if now_s >= alive_at_s:
                    self._on_wait()
                    alive_at_s = now_s + KEEP_ALIVE_S
                if now_s >= flush_at_s:
                    self._on_long_wait()
                    flush_at_s = now_s + FLUSH_S
        except BaseException:
            # The caller drops everything in hand: nothing may still be in flight when the same
            # records are taken again.
            for task in pending:
                task.cancel()
            wait(pending)
            raise
