"""The client's producer, with an end to every wait.

The client waits without limit in `commit_transaction`, reports failed records only to their
futures, loses requests of a transaction when it cannot reach the coordinator, and cannot be closed
while a broker is away. What is needed instead reaches into two of its private attributes; a test
names what is used of them, so that an upgrade which moves it fails there.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from kafka import KafkaProducer
from kafka.errors import KafkaError, KafkaTimeoutError

from cdc.log.kafka_connection import REQUEST_TIMEOUT_MS, connect, connection_options
from config.topiclog import KafkaLogSettings

logger = logging.getLogger(__name__)

_BATCH_BYTES = 512 * 1024
_LINGER_MS = 5
_LARGEST_REQUEST_BYTES = 16 * 1024 * 1024
_IN_FLIGHT_LIMIT_BYTES = 32 * 1024 * 1024
_CLOSE_TIMEOUT_S = 3.0
_SETTLE_STEP_S = 0.02
_LOOK_S = 0.1
# Longer than it takes to connect to a broker far away. Whoever is given up too early opens again.
_FORGOTTEN_S = 3.0

OVERHEAD_BYTES = 256
"""More than the protocol adds to a lone record's key and value."""


class BoundedProducer:
    """One producer of the client: sends a batch of records, tells the fate of each, ends in time.

    Not for several threads. After any failure it is of no more use: `abandon` it.
    """

    def __init__(
        self,
        settings: KafkaLogSettings,
        role: str,
        *,
        transactional_id: str | None,
        largest_bytes: int,
    ) -> None:
        """Connect.

        Args:
            largest_bytes: smallest limit, of all topics, for one batch of records.
        Raises:
            LogUnavailable, LogMisconfigured.
        Blocks: 15 s.
        """
        self._delivery_s = settings.transaction_timeout_ms / 1000
        request_ms = min(REQUEST_TIMEOUT_MS, settings.transaction_timeout_ms // 2)
        options = connection_options(settings, role) | {
            "acks": "all",
            # Said aloud, as the client would switch it off with a mere warning otherwise.
            "enable_idempotence": True,
            "transactional_id": transactional_id,
            "transaction_timeout_ms": settings.transaction_timeout_ms,
            "request_timeout_ms": request_ms,
            "delivery_timeout_ms": max(settings.transaction_timeout_ms, request_ms + _LINGER_MS),
            "max_block_ms": settings.transaction_timeout_ms,
            "compression_type": None if settings.compression == "none" else settings.compression,
            # A batch over the topic's limit would be refused and sent again in halves.
            "batch_size": min(_BATCH_BYTES, largest_bytes - OVERHEAD_BYTES),
            "linger_ms": _LINGER_MS,
            "max_request_size": _LARGEST_REQUEST_BYTES,
            "allow_auto_create_topics": False,
            "metrics_enabled": False,
        }
        self._producer: Any = connect(KafkaProducer, options, f"connecting as {role}")
        self._sent: list[Any] = []
        self._settled_count = 0
        self._waiting_bytes = 0
        self._deadline_s = 0.0

    @property
    def fault(self) -> Exception | None:
        """What broke the transaction, as the client knows it."""
        transactions = self._producer._transaction_manager
        fault: Exception | None = transactions.last_error if transactions is not None else None
        return fault

    def init_transactions(self) -> None:
        """Become the one user of the transactional id: fences others and ends what they left open.

        Raises:
            KafkaError.
        Blocks: transaction_timeout_ms.
        """
        self._finish(self._producer._transaction_manager.initialize_transactions, self._delivery_s)

    def begin(self) -> None:
        """Start a transaction. Raises KafkaError."""
        self._producer.begin_transaction()

    def start(self) -> None:
        """Start a new list of records and their common deadline."""
        self._sent = []
        self._settled_count = 0
        self._waiting_bytes = 0
        self._deadline_s = time.monotonic() + self._delivery_s

    def send(
        self, topic: str, partition: int, key: bytes, value: bytes | None, timestamp_ms: int
    ) -> None:
        """Hand over one record; waits for earlier ones while too many bytes are on their way.

        Raises:
            KafkaError: also that of an earlier record.
        """
        future = self._producer.send(
            topic, value=value, key=key, partition=partition, timestamp_ms=timestamp_ms
        )
        self._sent.append(future)
        self._waiting_bytes += len(key) + len(value or b"")
        if self._waiting_bytes > _IN_FLIGHT_LIMIT_BYTES:
            self.settle()

    def settle(self) -> None:
        """Return when every record since `start` is stored.

        Raises:
            KafkaError: the first failure, or KafkaTimeoutError at the deadline.
        """
        self._flush()
        # The client's flush returns normally though records failed, so each future is asked.
        while self._settled_count < len(self._sent):
            future = self._sent[self._settled_count]
            if not future.is_done:
                future.get(timeout=self._left_s())
            if future.failed():
                raise future.exception
            self._settled_count += 1
        self._waiting_bytes = 0

    def failed_index(self, timeout_s: float) -> int | None:
        """Return the place, since `start`, of the first failed record, awaiting it a while."""
        deadline_s = time.monotonic() + timeout_s
        while True:
            for index, future in enumerate(self._sent):
                if future.is_done and future.failed():
                    return index
            if time.monotonic() >= deadline_s:
                return None
            time.sleep(_SETTLE_STEP_S)

    def commit(self) -> None:
        """End the transaction for good. Raises KafkaError; KafkaTimeoutError means unknown."""
        self._finish(self._producer._transaction_manager.begin_commit, self._left_s())

    def abort(self, timeout_s: float) -> None:
        """Undo the transaction. Raises KafkaError."""
        self._finish(self._producer._transaction_manager.begin_abort, timeout_s)

    def await_verdict(self, timeout_s: float) -> None:
        """Wait until the client knows whether the broker refused it for good.

        After a refused epoch the client asks for a new one; only the answer tells a producer that
        was too slow (it gets one) from one that was fenced (it does not).
        """
        deadline_s = time.monotonic() + timeout_s
        transactions = self._producer._transaction_manager
        while transactions is not None and transactions.is_bumping_epoch():
            if time.monotonic() >= deadline_s:
                return
            time.sleep(_SETTLE_STEP_S)

    def close(self) -> None:
        """Close in good order, or by force when that takes too long."""
        try:
            self._producer.close(timeout=_CLOSE_TIMEOUT_S)
        except KafkaError as exc:
            logger.warning("producer.close_failed", extra={"error": type(exc).__name__})
            self.abandon()

    def abandon(self) -> None:
        """End the client's threads without sending anything more."""
        sender = self._producer._sender
        sender.force_close()
        sender.join(_CLOSE_TIMEOUT_S)
        with suppress(KafkaError):
            # Nothing is left to send: this only takes the client's exit handler away.
            self._producer.close(timeout=0)

    def _flush(self) -> None:
        transactions = self._producer._transaction_manager
        doubt = _Doubt(transactions)
        while True:
            step_s = min(_LOOK_S, self._left_s())
            try:
                self._producer.flush(step_s)
            except KafkaTimeoutError:
                # Records wait until the broker knows that their partitions are in the transaction.
                doubt.look(transactions is not None and transactions.has_partitions_to_add())
            else:
                return

    def _finish(self, begin: Callable[[], Any], timeout_s: float) -> None:
        deadline_s = time.monotonic() + timeout_s
        result = begin()
        self._producer._sender.wakeup()
        doubt = _Doubt(self._producer._transaction_manager)
        while not result.wait(timeout_ms=_LOOK_S * 1000):
            if time.monotonic() >= deadline_s:
                raise KafkaTimeoutError("the broker did not answer in time")
            doubt.look(True)

    def _left_s(self) -> float:
        left_s = self._deadline_s - time.monotonic()
        if left_s <= 0:
            raise KafkaTimeoutError("the records were not stored in time")
        return left_s


class _Doubt:
    """Notices during one wait that the client has lost the request that would end it.

    kafka-python 3.0.12 takes a request of a transaction from its queue, and does not put it back
    when the coordinator that it knew refuses the connection. The wait would last until the
    transaction times out, long after the broker is back, and hold up every consumer meanwhile.
    """

    def __init__(self, transactions: Any) -> None:
        self._transactions = transactions
        self._since_s: float | None = None

    def look(self, is_request_due: bool) -> None:
        """Look once; to be called several times a second.

        Raises:
            KafkaTimeoutError: for some time nothing was asked, nor about to be.
        """
        if not is_request_due or self._is_asking():
            self._since_s = None
            return
        now_s = time.monotonic()
        if self._since_s is None:
            self._since_s = now_s
        if now_s - self._since_s >= _FORGOTTEN_S:
            raise KafkaTimeoutError("the coordinator of transactions went away")

    def _is_asking(self) -> bool:
        with self._transactions._lock:
            return bool(
                self._transactions._pending_requests
                or self._transactions.has_in_flight_transactional_request()
            )
