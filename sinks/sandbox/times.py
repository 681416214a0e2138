"""Instants as the Synerise API writes them: ISO 8601 with an offset, kept as UTC milliseconds."""

import re
from datetime import UTC, datetime, timedelta

_ISO = re.compile(
    r"(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(?:\.?(\d+))?(?:([+-])(\d{2}):(\d{2})|(Z))?",
    re.IGNORECASE | re.ASCII,
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def has_iso_form(text: str) -> bool:
    """Tell whether text has the form of a time, with or without an offset."""
    return _ISO.fullmatch(text) is not None


def to_epoch_ms(text: str) -> int | None:
    """Read an instant; None when malformed, impossible (month 13) or without an offset.

    Fractions finer than a millisecond are cut, as the service keeps Unix milliseconds.
    Source: Synerise SDK, time validator; API reference, field "time" of events.
    """
    match = _ISO.fullmatch(text)
    if match is None:
        return None
    day, clock, fraction, sign, hours, minutes, zulu = match.groups()
    if sign is None and zulu is None:
        return None
    try:
        instant = datetime.fromisoformat(f"{day}T{clock}+00:00")
    except ValueError:
        return None
    epoch_ms = (instant - _EPOCH) // _MILLISECOND + int(((fraction or "") + "000")[:3])
    if sign is not None:
        if int(hours) > 23 or int(minutes) > 59:
            return None
        offset_ms = (int(hours) * 60 + int(minutes)) * 60_000
        epoch_ms += offset_ms if sign == "-" else -offset_ms
    return epoch_ms


def to_iso(epoch_ms: int) -> str:
    """Write UTC milliseconds as ``2026-05-01T10:00:00.000Z``."""
    instant = _EPOCH + timedelta(milliseconds=epoch_ms)
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")
