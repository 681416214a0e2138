"""Catalog names become catalog ids: found by exact name, created once, cached."""

from __future__ import annotations

import logging
import threading
from typing import Any

import orjson

from cdc.errors import (
    ApiError,
    ApiForbidden,
    ApiRejected,
    ApiThrottled,
    ApiUnauthorized,
    Disposition,
)
from config.workspace import RetrySettings
from sinks.health import Health, Reason
from sinks.progress import Progress
from sinks.synerise.backoff import StopSignal, Waits, pause
from sinks.synerise.exchange import Exchange
from sinks.synerise.outcome import Accepted, Refused
from sinks.synerise.requests import BAGS_PATH, Request

logger = logging.getLogger(__name__)

PAGE_COUNT = 100
PAGES_MAX_COUNT = 1_000


class Catalogs:
    """Ids of one workspace's catalogs. Many threads use it; one at a time looks up or creates.

    The search of the service is fuzzy, so names are compared exactly; when a name exists twice,
    every process takes the lowest id.
    Source: Synerise API: catalogs (bags), stale catalog ids.
    """

    def __init__(
        self, exchange: Exchange, retry: RetrySettings, health: Health, stop: StopSignal
    ) -> None:
        self._exchange = exchange
        self._retry = retry
        self._health = health
        self._stop = stop
        self._lock = threading.Lock()
        self._ids: dict[str, str] = {}

    def resolve(self, name: str, progress: Progress) -> str:
        """The id of a catalog, created when there is none of this name.

        Raises:
            ApiRejected: the service refuses the name.
            Stopped: a stop came first.
        """
        known = self._ids.get(name)
        if known is not None:
            return known
        with self._lock:
            known = self._ids.get(name)
            if known is None:
                known = self._found_or_created(name, progress)
                self._ids[name] = known
            return known

    def forget(self, name: str, stale_id: str) -> None:
        """Drop an id that was answered as unknown, unless it has been replaced already."""
        with self._lock:
            if self._ids.get(name) == stale_id:
                del self._ids[name]

    def _found_or_created(self, name: str, progress: Progress) -> str:
        """The id of a catalog; each attempt to create it follows a look whether it is there.

        A creation whose answer was lost has taken place, maybe; repeated, it would make a second
        catalog of the name.
        """
        waits = Waits(self._retry.base_s, self._retry.longest_s)
        with self._health.trouble() as trouble:
            while True:
                found = self._find(name, progress)
                if found is not None:
                    return found
                try:
                    return self._create(name, progress)
                except ApiError as exc:
                    if exc.disposition is not Disposition.RETRY:
                        raise
                    logger.warning("catalog.uncertain", extra={"catalog": name, "error": str(exc)})
                    trouble.waits(_reason(exc))
                    pause(self._stop, self._wait_s(exc, waits), "create a catalog")

    def _wait_s(self, exc: ApiError, waits: Waits) -> float:
        if isinstance(exc, ApiForbidden | ApiUnauthorized):
            return self._retry.forbidden_s
        return waits.next_s(exc.retry_after_s if isinstance(exc, ApiThrottled) else None)

    def _find(self, name: str, progress: Progress) -> str | None:
        matches: list[int] = []
        offset_count = 0
        for _ in range(PAGES_MAX_COUNT):
            fields = self._ask(
                Request(
                    "GET",
                    BAGS_PATH,
                    "find a catalog",
                    query={"searchBy": name, "offset": offset_count, "limit": PAGE_COUNT},
                    expects_json=True,
                ),
                progress,
            )
            page = fields.get("data")
            bags = page if isinstance(page, list) else []
            matches += [
                int(bag["id"]) for bag in bags if isinstance(bag, dict) and bag.get("name") == name
            ]
            offset_count += len(bags)
            if not bags or offset_count >= _total_count(fields, offset_count):
                break
        return str(min(matches)) if matches else None

    def _create(self, name: str, progress: Progress) -> str:
        fields = self._ask(
            Request(
                "POST",
                BAGS_PATH,
                "create a catalog",
                orjson.dumps({"name": name}),
                expects_json=True,
                is_once=True,
            ),
            progress,
        )
        bag = fields.get("data")
        if not isinstance(bag, dict) or "id" not in bag:
            raise ApiRejected("creating a catalog: no id in the answer")
        logger.info("catalog.created", extra={"catalog": name, "catalog_id": str(bag["id"])})
        # Another process may have created the name too; a second look makes both agree.
        return self._find(name, progress) or str(bag["id"])

    def _ask(self, request: Request, progress: Progress) -> dict[str, Any]:
        decision = self._exchange.perform(request, progress).decision
        if isinstance(decision, Accepted):
            fields = orjson.loads(decision.body)
            return fields if isinstance(fields, dict) else {}
        status = decision.status if isinstance(decision, Refused) else None
        raise ApiRejected(
            f"asked to {request.what}: refused", status=status, body=decision.response
        )


def _reason(exc: ApiError) -> Reason:
    """What is waited for, as the health of the workspace shows it."""
    if isinstance(exc, ApiForbidden):
        return "forbidden"
    if isinstance(exc, ApiUnauthorized):
        return "unauthorized"
    return "throttled" if isinstance(exc, ApiThrottled) else "unavailable"


def _total_count(fields: dict[str, Any], seen_count: int) -> float:
    """Bags there are in all. Without a total, pages are read until an empty one comes."""
    meta = fields.get("metaData")
    total = meta.get("totalCount") if isinstance(meta, dict) else None
    return total if isinstance(total, int) else seen_count + 1
