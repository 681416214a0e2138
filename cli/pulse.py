"""The status line: every minute the daemon says in its log where it stands."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from threading import Event, Thread
from types import TracebackType
from typing import Any, Self

from cdc.checkpoint import Checkpoint
from cdc.errors import PipelineError
from cdc.records import Model
from cdc.status import CaptureStatus
from cli.groups import lag_by_model, offsets_of
from cli.topics import admin_of
from config.settings import Settings
from sinks.delivery import Delivery

logger = logging.getLogger(__name__)

EVERY_S = 60.0


class Pulse:
    """Logs `daemon.status` every so often while the block lasts, and once more at its end."""

    def __init__(
        self, facts: Callable[[], Mapping[str, Any]], *, every_s: float | None = None
    ) -> None:
        self._facts = facts
        self._every_s = EVERY_S if every_s is None else every_s
        self._ended = Event()
        self._thread = Thread(target=self._follow, name="pulse", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join(2.0)

    def _follow(self) -> None:
        while not self._ended.wait(self._every_s):
            self._beat()
        self._beat()

    def _beat(self) -> None:
        logger.info("daemon.status", extra=dict(self._facts()))


def daemon_facts(
    settings: Settings, status: CaptureStatus | None, deliveries: Mapping[str, Delivery]
) -> dict[str, Any]:
    """Figures of the parts that run in this process, as plain values.

    `position` is how far the binlog was read, `saved_position` where a restart goes on.
    `lag_ms`: age of the last transaction that was seen, 0 once the server has nothing more.
    `backlog`: messages that wait in the topics, None while the topic log does not answer.
    `sent`: payloads accepted since the start, by kind; `dead_letters` also since the start.
    """
    saved, backlogs = _stored(settings, list(deliveries))
    facts: dict[str, Any] = {}
    if status is not None:
        facts["capture"] = {"saved_position": saved, **capture_facts(status)}
    if deliveries:
        facts["deliveries"] = {
            name: delivery_facts(delivery) | {"backlog": backlogs.get(name)}
            for name, delivery in deliveries.items()
        }
    return facts


def capture_facts(status: CaptureStatus) -> dict[str, Any]:
    """Figures of capture."""
    figures = status.to_json()
    position = status.position
    last_ms = status.last_committed_ms
    return {
        "position": str(position.coordinates) if position else None,
        "gtid": position.gtid if position else None,
        "lag_ms": max(time.time_ns() // 1_000_000 - last_ms, 0) if last_ms else 0,
        "trouble": status.trouble,
        "silent_s": round(time.monotonic() - status.alive_s, 1) if status.alive_s else None,
        "backlog": status.dirty_count,
        **{key: figures[key] for key in ("rows", "transactions", "steps", "reconnects")},
        **{key: figures[key] for key in ("published", "unchanged", "deleted", "oversized")},
        "runs": [f"{run['model']}: {run['phase']}" for run in figures["runs"]],
    }


def delivery_facts(delivery: Delivery) -> dict[str, Any]:
    """Figures of one delivery, both lanes together."""
    health = delivery.health
    shots = delivery.progress.values()
    sent: dict[str, int] = {}
    for shot in shots:
        for kind, count in shot.accepted.items():
            sent[kind] = sent.get(kind, 0) + count
    latencies = [shot.latency_p99_ms for shot in shots if shot.latency_p99_ms is not None]
    return {
        "health": "ok" if health.is_ok else health.reason,
        "waiting_since_ms": health.since_ms,
        "sent": sent,
        "records": sum(shot.record_count for shot in shots),
        "dead_letters": sum(shot.dead_count for shot in shots),
        "requests": sum(shot.request_count for shot in shots),
        "retries": sum(shot.retry_count for shot in shots),
        "throttled": sum(shot.throttled_count for shot in shots),
        "freshness_p99_ms": max(latencies, default=None),
    }


def _stored(
    settings: Settings, workspaces: list[str]
) -> tuple[str | None, dict[str, dict[str, int]]]:
    """Position of the checkpoint, and what waits for each workspace."""
    try:
        with admin_of(settings) as admin:
            raw = admin.checkpoint()
            offsets = list(offsets_of(settings, admin, workspaces, list(Model)))
        saved = str(Checkpoint.decode(raw).position.coordinates) if raw is not None else None
    except PipelineError:
        # The parts themselves say what is wrong with the topic log.
        return None, {}
    return saved, {name: lag_by_model(offsets, name) for name in workspaces}
