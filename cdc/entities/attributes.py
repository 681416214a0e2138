"""EAV attributes: which codes exist, where values are stored and in which scope they count."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum

from cdc.database import Reader
from cdc.entities.tables import Tables

# Backend types with a value table `{entity}_{backend}` each; "static" is a column of the entity.
BACKENDS = ("varchar", "int", "decimal", "text", "datetime")

_SELECT = """
SELECT t.entity_type_code, a.attribute_id, a.attribute_code, a.backend_type,
  COALESCE(a.frontend_input, ''), COALESCE(c.is_global, 1)
FROM {eav_attribute} a
JOIN {eav_entity_type} t ON t.entity_type_id = a.entity_type_id
LEFT JOIN {catalog_eav_attribute} c ON c.attribute_id = a.attribute_id
WHERE t.entity_type_code IN %s AND (a.backend_table IS NULL OR a.backend_table = '')
"""


class Scope(IntEnum):
    """Where an attribute's values may differ (Magento column catalog_eav_attribute.is_global)."""

    STORE = 0
    GLOBAL = 1
    WEBSITE = 2


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of one entity type."""

    attribute_id: int
    code: str
    backend: str
    frontend_input: str
    scope: Scope


class Attributes:
    """The attributes of one entity type. Immutable.

    Ids are looked up as text where packed values are read: that is how the server sends them.
    """

    def __init__(self, attributes: Iterable[Attribute]) -> None:
        self.by_id: Mapping[int, Attribute] = {a.attribute_id: a for a in attributes}
        self.by_code: Mapping[str, Attribute] = {a.code: a for a in self.by_id.values()}
        stored = self.by_id.values()
        self._codes = _by_backend(stored)
        self._scoped_codes = _by_backend(a for a in stored if a.scope is not Scope.GLOBAL)

    @property
    def used_backends(self) -> tuple[str, ...]:
        """Backends that have at least one attribute."""
        return tuple(backend for backend in BACKENDS if self._codes[backend])

    def codes(self, backend: str) -> Mapping[str, str]:
        """Codes by attribute id, for the attributes stored in this backend's table."""
        return self._codes[backend]

    def scoped_codes(self, backend: str) -> Mapping[str, str]:
        """The same without global attributes, whose rows outside store 0 do not count."""
        return self._scoped_codes[backend]

    def ids_by_backend(self, codes: Iterable[str]) -> dict[str, list[int]]:
        """Group the ids of some codes by backend, without codes that are unknown or static."""
        grouped: dict[str, list[int]] = {}
        for code in codes:
            attribute = self.by_code.get(code)
            if attribute is not None and attribute.backend in self._codes:
                grouped.setdefault(attribute.backend, []).append(attribute.attribute_id)
        return grouped


def _by_backend(attributes: Iterable[Attribute]) -> dict[str, dict[str, str]]:
    codes: dict[str, dict[str, str]] = {backend: {} for backend in BACKENDS}
    for attribute in attributes:
        if attribute.backend in codes:
            codes[attribute.backend][str(attribute.attribute_id)] = attribute.code
    return codes


def load_attributes(reader: Reader, tables: Tables, *entity_types: str) -> dict[str, Attributes]:
    """Read the attributes of some entity types.

    Attributes with a table of their own (`backend_table`) are left out: what such a table holds is
    up to the module that made it.
    """
    found: dict[str, list[Attribute]] = {entity_type: [] for entity_type in entity_types}
    for entity_type, attribute_id, code, backend, frontend_input, scope in reader.tuples(
        tables.sql(_SELECT), (entity_types,)
    ):
        is_known = scope in tuple(Scope)
        found[entity_type].append(
            Attribute(
                attribute_id=int(attribute_id),
                code=str(code),
                backend=str(backend),
                frontend_input=str(frontend_input),
                scope=Scope(scope) if is_known else Scope.STORE,
            )
        )
    return {entity_type: Attributes(attributes) for entity_type, attributes in found.items()}
