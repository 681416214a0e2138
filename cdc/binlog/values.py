"""Single values of row images as JSON-ready Python values. Pure; called by generated decoders.

Every reader takes (data, pos) and returns the value; sizes are known by the caller.
Sources: MySQL strings/decimal.cc (decimal2bin), sql-common/my_time.cc (packed temporal formats),
MySQL manual "Date and Time Data Type Representation".
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache

Reader = Callable[[bytes, int], "int | float | str | bytes | None"]

_DIGIT_BYTES = (0, 1, 1, 2, 2, 3, 3, 4, 4, 4)
_EPOCH = date(1970, 1, 1)
_FLOAT = struct.Struct("<f")
_TWO_DIGITS = tuple(f"{number:02d}" for number in range(100))


def decimal_bytes(precision: int, scale: int) -> int:
    """Bytes a DECIMAL(precision, scale) takes."""
    whole, rest = divmod(precision - scale, 9)
    fraction, tail = divmod(scale, 9)
    return whole * 4 + _DIGIT_BYTES[rest] + fraction * 4 + _DIGIT_BYTES[tail]


@lru_cache(maxsize=256)
def decimal_reader(precision: int, scale: int) -> Reader:
    """A reader of DECIMAL(precision, scale) as exact text with `scale` digits: "-36.3900".

    The bytes are one big-endian number of base-1e9 digit groups; the top bit is set for
    positive values, negative ones have all bits turned. The reader is straight-line code for
    the shape, since most values of wide Magento rows are decimals.
    """
    size = decimal_bytes(precision, scale)
    groups = _decimal_groups(precision - scale, is_fraction=False)
    fractions = _decimal_groups(scale, is_fraction=True)
    shift = size * 8
    terms = []
    for width, digits, is_fraction in groups + fractions:
        shift -= width * 8
        term = f"(n >> {shift} & {(1 << width * 8) - 1})"
        terms.append((term, digits, is_fraction))
    whole = "0"
    for term, digits, is_fraction in terms:
        if not is_fraction:
            whole = term if whole == "0" else f"({whole} * {10**digits} + {term})"
    text = f"{{{whole}}}"
    if scale:
        text += "." + "".join(
            f"{{{term}:0{digits}d}}" for term, digits, is_fraction in terms if is_fraction
        )
    top, ones = 1 << (size * 8 - 1), (1 << size * 8) - 1
    source = (
        f"def read(data, pos):\n"
        f"    n = from_bytes(data[pos:pos + {size}], 'big')\n"
        f"    if n & {top}:\n"
        f"        n ^= {top}\n"
        f"        return f'{text}'\n"
        f"    n ^= {ones ^ top}\n"
        f"    return f'-{text}'\n"
    )
    namespace: dict[str, object] = {"from_bytes": int.from_bytes}
    exec(compile(source, f"<decimal({precision},{scale})>", "exec"), namespace)
    return namespace["read"]  # type: ignore[return-value]


def _decimal_groups(digits: int, *, is_fraction: bool) -> list[tuple[int, int, bool]]:
    full, rest = divmod(digits, 9)
    short = [(_DIGIT_BYTES[rest], rest, is_fraction)] if rest else []
    whole = [(4, 9, is_fraction)] * full
    return whole + short if is_fraction else short + whole


def read_float(data: bytes, pos: int) -> float:
    """The shortest number that is the same 32-bit float (1.1, not 1.100000023841858)."""
    packed = data[pos : pos + 4]
    value: float = _FLOAT.unpack(packed)[0]
    for digits in (6, 7, 8):
        short = float(f"{value:.{digits}g}")
        try:
            if _FLOAT.pack(short) == packed:
                return short
        except OverflowError:
            continue
    return float(f"{value:.9g}")


def read_year(data: bytes, pos: int) -> int | None:
    """A YEAR; the stored zero is no year."""
    return data[pos] + 1900 if data[pos] else None


def read_date(data: bytes, pos: int) -> str | None:
    """A DATE as "2024-01-31"; zero and partly zero dates are None."""
    packed = int.from_bytes(data[pos : pos + 3], "little")
    return _date_text(packed >> 9, packed >> 5 & 15, packed & 31)


def datetime2_reader(fsp: int) -> Reader:
    """A reader of DATETIME(fsp) as "2024-01-31 23:59:59.123"."""
    extra = (fsp + 1) // 2

    def read(data: bytes, pos: int) -> str | None:
        packed = int.from_bytes(data[pos : pos + 5], "big") - 0x8000000000
        year_month = packed >> 22
        day = _date_text(year_month // 13, year_month % 13, packed >> 17 & 31)
        if day is None:
            return None
        text = day + _clock_text(packed >> 12 & 31, packed >> 6 & 63, packed & 63)
        return text + _fraction(data, pos + 5, extra, fsp) if fsp else text

    return read


def timestamp2_reader(fsp: int) -> Reader:
    """A reader of TIMESTAMP(fsp) as UTC text; the zero timestamp is None."""
    extra = (fsp + 1) // 2

    def read(data: bytes, pos: int) -> str | None:
        seconds = int.from_bytes(data[pos : pos + 4], "big")
        if not seconds:
            return None
        text = _epoch_text(seconds)
        return text + _fraction(data, pos + 4, extra, fsp) if fsp else text

    return read


def read_old_timestamp(data: bytes, pos: int) -> str | None:
    """A TIMESTAMP of a table from before MySQL 5.6, without fraction."""
    seconds = int.from_bytes(data[pos : pos + 4], "little")
    return _epoch_text(seconds) if seconds else None


def read_old_datetime(data: bytes, pos: int) -> str | None:
    """A DATETIME of a table from before MySQL 5.6, without fraction: the digits as a number."""
    day, clock = divmod(int.from_bytes(data[pos : pos + 8], "little"), 1_000_000)
    text = _date_text(day // 10_000, day // 100 % 100, day % 100)
    return text and text + _clock_text(clock // 10_000, clock // 100 % 100, clock % 100)


def read_old_time(data: bytes, pos: int) -> str:
    """A TIME of a table from before MySQL 5.6, without fraction."""
    packed = int.from_bytes(data[pos : pos + 3], "little", signed=True)
    sign, packed = ("-", -packed) if packed < 0 else ("", packed)
    return f"{sign}{packed // 10_000:02d}:{packed // 100 % 100:02d}:{packed % 100:02d}"


def time2_reader(fsp: int) -> Reader:
    """A reader of TIME(fsp) as "[-]HH:MM:SS[.f]", hours up to 838."""
    extra = (fsp + 1) // 2
    zero = 0x800000 << extra * 8

    def read(data: bytes, pos: int) -> str:
        # Whole and fraction are one number, so that a negative fraction carries into the seconds.
        packed = int.from_bytes(data[pos : pos + 3 + extra], "big") - zero
        sign, packed = ("-", -packed) if packed < 0 else ("", packed)
        whole = packed >> extra * 8
        text = f"{sign}{whole >> 12 & 1023:02d}:{whole >> 6 & 63:02d}:{whole & 63:02d}"
        digits = packed & ((1 << extra * 8) - 1)
        return f"{text}.{digits:0{extra * 2}d}"[: len(text) + 1 + fsp] if fsp else text

    return read


def bit_reader(bits: int) -> Reader:
    """A reader of BIT(bits) as a number."""
    size = (bits + 7) // 8
    return lambda data, pos: int.from_bytes(data[pos : pos + size], "big")


def enum_reader(labels: tuple[str, ...], size: int) -> Reader:
    """A reader of ENUM; number 0 is the empty label of an invalid value."""
    known = ("", *labels)
    return lambda data, pos: known[int.from_bytes(data[pos : pos + size], "little")]


def set_reader(labels: tuple[str, ...], size: int) -> Reader:
    """A reader of SET as the server shows it: labels in order of definition, with commas."""

    def read(data: bytes, pos: int) -> str:
        bits = int.from_bytes(data[pos : pos + size], "little")
        return ",".join(label for place, label in enumerate(labels) if bits >> place & 1)

    return read


@lru_cache(maxsize=4096)
def _date_text(year: int, month: int, day: int) -> str | None:
    # A year of zero is left to the zero month and day: "0000-05-05" is a valid value of DATE.
    if not month or not day:
        return None
    return f"{year:04d}-{month:02d}-{day:02d}"


@lru_cache(maxsize=4096)
def _epoch_day_text(days: int) -> str:
    return (_EPOCH + timedelta(days=days)).isoformat()


def _epoch_text(seconds: int) -> str:
    days, rest = divmod(seconds, 86_400)
    minutes, second = divmod(rest, 60)
    hour, minute = divmod(minutes, 60)
    return _epoch_day_text(days) + _clock_text(hour, minute, second)


def _clock_text(hour: int, minute: int, second: int) -> str:
    return f" {_TWO_DIGITS[hour]}:{_TWO_DIGITS[minute]}:{_TWO_DIGITS[second]}"


def _fraction(data: bytes, pos: int, extra: int, fsp: int) -> str:
    digits = int.from_bytes(data[pos : pos + extra], "big")
    return f".{digits:0{extra * 2}d}"[: fsp + 1]
