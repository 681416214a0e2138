"""Newsletter subscribers: e-mail addresses in, all subscriptions of each out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cdc.database import Reader
from cdc.entities.protocol import Entity, ScanChunk
from cdc.entities.shop import Shop
from cdc.entities.tables import Tables
from cdc.entities.text_keys import exact_rows
from cdc.records import Model

_TABLE = "newsletter_subscriber"
_COLUMNS = ("subscriber_id", "store_id", "customer_id", "status", "change_status_at")
_SELECT = (
    "subscriber_email, subscriber_id, store_id, customer_id, subscriber_status, "
    "NULLIF(CAST(change_status_at AS CHAR), '0000-00-00 00:00:00')"
)
_SCAN = """
SELECT subscriber_id, subscriber_email FROM {newsletter_subscriber}
WHERE subscriber_id > %s ORDER BY subscriber_id LIMIT %s
"""
_HIGHEST = "SELECT COALESCE(MAX(subscriber_id), 0) FROM {newsletter_subscriber}"


class SubscriberLoader:
    """Reads subscribers (newsletter_subscriber). Stateless.

    A key is an exact, trimmed e-mail address; several rows may have it, one a store view.
    """

    model = Model.SUBSCRIBER

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._scan = tables.sql(_SCAN)
        self._highest = tables.sql(_HIGHEST)

    def load(self, reader: Reader, shop: Shop, keys: Sequence[str]) -> dict[str, Entity]:
        """See `Loader.load`."""
        subscribers: dict[str, Entity] = {}
        for email, *values in sorted(
            exact_rows(reader, shop.tables, _TABLE, "subscriber_email", _SELECT, keys),
            key=lambda row: int(row[1]),
        ):
            subscription: dict[str, Any] = dict(zip(_COLUMNS, values, strict=True))
            subscriber = subscribers.setdefault(email, {"email": email, "subscriptions": []})
            subscriber["subscriptions"].append(subscription)
        return subscribers

    def scan(self, reader: Reader, after: int, limit: int) -> ScanChunk:
        """See `Loader.scan`; rows without an address give no key."""
        rows = reader.tuples(self._scan, (after, limit))
        emails = ((row[1] or "").strip() for row in rows)
        last = int(rows[-1][0]) if len(rows) == limit else None
        return ScanChunk(tuple(dict.fromkeys(email for email in emails if email)), last)

    def highest(self, reader: Reader) -> int:
        """See `Loader.highest`."""
        return int(reader.tuples(self._highest)[0][0])

    def existing(self, reader: Reader, keys: Sequence[str]) -> set[str]:
        """See `Loader.existing`."""
        rows = exact_rows(
            reader, self._tables, _TABLE, "subscriber_email", "subscriber_email", keys
        )
        return {row[0] for row in rows}
