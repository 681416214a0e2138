"""Reading an entity of a change record: typed access that names the field at fault."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from cdc.errors import MappingFailed

# Longer than any DECIMAL column of Magento (20,4), short enough for exact arithmetic.
_DECIMAL = re.compile(r"[+-]?[0-9]{1,24}(\.[0-9]{1,12})?")


class Fields:
    """An object of a record, read field by field.

    A field that is missing reads as null, so that records written before the field existed keep
    their meaning. A field of another type than asked for raises MappingFailed, whose text holds
    the field's path and never its value.
    """

    __slots__ = ("_path", "_values")

    def __init__(self, values: object, path: str = "") -> None:
        if not isinstance(values, dict):
            raise MappingFailed(f"{path or 'the entity'} is not an object")
        self._values: dict[str, Any] = values
        self._path = f"{path}." if path else ""

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def path(self, name: str) -> str:
        """Full path of a field, for error texts."""
        return f"{self._path}{name}"

    def text(self, name: str) -> str | None:
        """Text as stored, or None."""
        value = self._values.get(name)
        if value is None or isinstance(value, str):
            return value
        raise self._wrong(name, "text")

    def filled(self, name: str) -> str | None:
        """Text without surrounding white space; None when nothing is left."""
        value = self.text(name)
        return (value.strip() or None) if value is not None else None

    def integer(self, name: str) -> int | None:
        """Integer, or None."""
        value = self._values.get(name)
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        raise self._wrong(name, "an integer")

    def flag(self, name: str) -> bool | None:
        """Truth value of a JSON boolean or of 0 and 1, or None."""
        value = self._values.get(name)
        if value is None or isinstance(value, bool):
            return value
        if value in (0, 1):
            return bool(value)
        raise self._wrong(name, "a flag")

    def decimal(self, name: str) -> Decimal | None:
        """Exact number of a decimal text or an integer, or None."""
        value = self._values.get(name)
        if value is None:
            return None
        if isinstance(value, int) and not isinstance(value, bool):
            return Decimal(value)
        if isinstance(value, str) and _DECIMAL.fullmatch(value):
            return Decimal(value)
        raise self._wrong(name, "a number")

    def money(self, name: str) -> Decimal:
        """Exact number; nothing when null."""
        return self.decimal(name) or Decimal(0)

    def texts(self, name: str) -> list[str]:
        """The non-empty texts of a list, in order; null reads as the empty list."""
        values = self._list(name)
        if not all(value is None or isinstance(value, str) for value in values):
            raise self._wrong(name, "a list of texts")
        return [value for value in values if value]

    def part(self, name: str) -> Fields | None:
        """An object inside this one, or None."""
        value = self._values.get(name)
        return None if value is None else Fields(value, self.path(name))

    def parts(self, name: str) -> list[Fields]:
        """The objects of a list, in order; null reads as the empty list."""
        return [Fields(value, self.path(name)) for value in self._list(name)]

    def by_id(self, name: str) -> dict[int, Fields]:
        """An object keyed by ids in text, as a mapping in ascending order of the ids."""
        values = self._values.get(name)
        if values is None:
            return {}
        if not isinstance(values, dict) or not all(
            isinstance(key, str) and key.isascii() and key.isdigit() for key in values
        ):
            raise self._wrong(name, "an object keyed by ids")
        ordered = sorted(values, key=int)
        return {int(key): Fields(values[key], f"{self.path(name)}.{key}") for key in ordered}

    def _list(self, name: str) -> list[Any]:
        value = self._values.get(name)
        if value is None:
            return []
        if isinstance(value, list | tuple):
            return list(value)
        raise self._wrong(name, "a list")

    def _wrong(self, name: str, wanted: str) -> MappingFailed:
        return MappingFailed(f"{self.path(name)} is not {wanted}")
