"""Moments as Synerise reads them: ISO 8601, milliseconds, UTC."""

from __future__ import annotations

from datetime import UTC, datetime

from cdc.errors import MappingFailed
from mappers.fields import Fields


def iso_of_ms(unix_ms: int) -> str:
    """Unix milliseconds as "2026-05-01T10:00:00.000Z"."""
    seconds, rest_ms = divmod(unix_ms, 1000)
    moment = datetime.fromtimestamp(seconds, tz=UTC).replace(microsecond=rest_ms * 1000)
    return _iso(moment.replace(tzinfo=None))


def iso_of_column(entity: Fields, name: str) -> str | None:
    """A column's text ("YYYY-MM-DD[ HH:MM:SS[.ffffff]]", UTC) in the same form, or None.

    Raises:
        MappingFailed: the text is no date, or MySQL's zero date.
    """
    text = entity.filled(name)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as exc:
        raise MappingFailed(f"{entity.path(name)} is not a date") from exc
    if moment.tzinfo is not None:
        raise MappingFailed(f"{entity.path(name)} is not a date in UTC without an offset")
    return _iso(moment)


def _iso(utc: datetime) -> str:
    return f"{utc.isoformat(timespec='milliseconds')}Z"
