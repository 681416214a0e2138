"""EAV values, read packed: one row of the server per entity and table instead of one per value.

A row costs the driver more than a value does, and an entity has a hundred values. So the server
joins the values of an entity into one text, attribute id and value in turns, and here the text is
cut again. If the pieces are as many as the server counted, nothing was cut off and no value held
the separator; if not, that entity is read again row by row.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from cdc.database import Reader
from cdc.entities.attributes import Attributes
from cdc.entities.tables import Tables, select_in

Values = dict[str, str | None]

_SEPARATOR = "\x1f"
_ZERO_DATE = "0000-00-00 00:00:00"

# The longest packed text is a session setting; both servers take it for one statement, each in a
# notation that is a comment to the other. What then limits it is the packet size.
# A key is "attribute:store", with one more colon for a value that is NULL. The pieces are arguments
# of GROUP_CONCAT and not one CONCAT, which would take the server half as long again.
_PACKED = (
    "/*M! SET STATEMENT group_concat_max_len=1073741824 FOR */ "
    "SELECT /*+ SET_VAR(group_concat_max_len=1073741824) */ entity_id, COUNT(*), "
    "GROUP_CONCAT(attribute_id, ':', {store}, IF(value IS NULL, ':', ''), "
    f"'{_SEPARATOR}', IFNULL(value, '') SEPARATOR '{_SEPARATOR}') "
)


@dataclass(slots=True)
class EntityValues:
    """Values of one entity: those of store 0 (or without scope), and each view's own."""

    defaults: Values = field(default_factory=dict)
    own: dict[int, Values] = field(default_factory=dict)

    def at(self, code: str, store_id: int) -> str | None:
        """Value in a store view: its own row if there is one, even NULL, else that of store 0."""
        own = self.own.get(store_id)
        if own is not None and code in own:
            return own[code]
        return self.defaults.get(code)

    def sort(self) -> None:
        """Order values by code: the server's order depends on its plan, equal entities must not."""
        self.defaults = dict(sorted(self.defaults.items()))
        for store_id, own in self.own.items():
            if len(own) > 1:
                self.own[store_id] = dict(sorted(own.items()))


@dataclass(frozen=True, slots=True)
class ValueTables:
    """The five value tables of one entity table, for example of `catalog_product_entity`."""

    tables: Tables
    entity_table: str
    is_scoped: bool

    def load(
        self,
        reader: Reader,
        attributes: Attributes,
        ids: Sequence[int],
        codes: Collection[str] | None = None,
    ) -> dict[int, EntityValues]:
        """Read the values of some entities, of all attributes or of `codes`.

        Rows of unknown attributes, of attributes that are stored elsewhere and of global attributes
        outside store 0 do not count.
        Returns:
            an entry for every id, also for one without values.
        """
        found = {entity_id: EntityValues() for entity_id in ids}
        if codes is None:
            for backend in attributes.used_backends:
                self._load_backend(reader, attributes, backend, ids, None, found)
            for values in found.values():
                values.sort()
        else:
            for backend, attribute_ids in attributes.ids_by_backend(codes).items():
                self._load_backend(reader, attributes, backend, ids, attribute_ids, found)
        return found

    def _load_backend(
        self,
        reader: Reader,
        attributes: Attributes,
        backend: str,
        ids: Sequence[int],
        attribute_ids: Sequence[int] | None,
        found: Mapping[int, EntityValues],
    ) -> None:
        table = self.tables[f"{self.entity_table}_{backend}"]
        condition = "WHERE entity_id IN %s"
        arguments: tuple[Any, ...] = ()
        if attribute_ids is not None:
            condition += " AND attribute_id IN %s"
            arguments = (tuple(attribute_ids),)
        select = _PACKED.format(store="store_id" if self.is_scoped else "0")
        statement = f"{select}FROM {table} {condition} GROUP BY entity_id"
        keys = PackedKeys(attributes.codes(backend), attributes.scoped_codes(backend))
        broken = [
            row[0]
            for row in select_in(reader, statement, ids, *arguments)
            if not unpack(row[1], row[2], keys, found[row[0]])
        ]
        if broken:
            self._load_rows(
                reader, attributes, backend, f"{table} {condition}", broken, arguments, found
            )
        if backend == "datetime":
            for values in found.values():
                _drop_zero_dates(values)

    def _load_rows(
        self,
        reader: Reader,
        attributes: Attributes,
        backend: str,
        source: str,
        ids: Sequence[int],
        arguments: tuple[Any, ...],
        found: Mapping[int, EntityValues],
    ) -> None:
        store = "store_id" if self.is_scoped else "0"
        statement = f"SELECT entity_id, attribute_id, {store}, CAST(value AS CHAR) FROM {source}"
        codes, scoped = attributes.codes(backend), attributes.scoped_codes(backend)
        for entity_id, attribute_id, store_id, value in select_in(
            reader, statement, ids, *arguments
        ):
            values, key = found[entity_id], str(attribute_id)
            if store_id == 0:
                if key in codes:
                    values.defaults[codes[key]] = value
            elif key in scoped:
                values.own.setdefault(store_id, {})[scoped[key]] = value


class PackedKeys:
    """What the keys of packed values mean: "attribute:store", and ":" behind it for NULL.

    Args:
        codes: of the attributes stored in the table, by id as text.
        scoped_codes: of those whose rows outside store 0 count.
    """

    def __init__(self, codes: Mapping[str, str], scoped_codes: Mapping[str, str]) -> None:
        self.default_codes = {f"{key}:0": code for key, code in codes.items()}
        self._codes = codes
        self._scoped_codes = scoped_codes
        self._meanings: dict[str, tuple[int, str, bool] | None] = {}

    def meaning(self, key: str) -> tuple[int, str, bool] | None:
        """Store id, code and whether the value is NULL; None for a key that does not count."""
        if key not in self._meanings:
            attribute, store, *null = key.split(":")
            store_id = int(store)
            code = (self._scoped_codes if store_id else self._codes).get(attribute)
            self._meanings[key] = None if code is None else (store_id, code, bool(null))
        return self._meanings[key]


def unpack(count: int, packed: str | None, keys: PackedKeys, into: EntityValues) -> bool:
    """Cut "key␟value␟key␟value…" into values.

    Args:
        count: values that must come out.
    Returns:
        whether the text was whole; when not, nothing was written.
    """
    pieces = (packed or "").split(_SEPARATOR)
    if len(pieces) != 2 * count:
        return False
    names, texts = pieces[::2], pieces[1::2]
    defaults: dict[str | None, str | None] = dict(
        # One step in C for all values: this runs for every value of the catalog.
        zip(map(keys.default_codes.get, names), texts, strict=True)
    )
    if None in defaults:
        del defaults[None]
        for name, text in zip(names, texts, strict=True):
            if name not in keys.default_codes:
                _put(keys.meaning(name), text, into)
    into.defaults.update(cast("Values", defaults))
    return True


def _put(meaning: tuple[int, str, bool] | None, text: str, into: EntityValues) -> None:
    """Write a value that is NULL or belongs to a store view."""
    if meaning is None:
        return
    store_id, code, is_null = meaning
    values = into.own.setdefault(store_id, {}) if store_id else into.defaults
    values[code] = None if is_null else text


def _drop_zero_dates(values: EntityValues) -> None:
    """Read MySQL's zero date as no date."""
    for scope in (values.defaults, *values.own.values()):
        for code, value in scope.items():
            if value == _ZERO_DATE:
                scope[code] = None
