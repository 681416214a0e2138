"""EAV values, read packed: one row of the server per entity and table instead of one per value.

A row costs the driver more than a value does, and an entity has a hundred values. So the server
joins the values of an entity into one text, attribute id and value in turns, and here the text is
cut again. Whether the pieces are as many as the server counted shows that nothing was cut off and no
value held the separator; where they are not, that entity is read again row by row.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cdc.database import Reader
from cdc.entities.attributes import Attributes
from cdc.entities.tables import Tables, select_in

Values = dict[str, str | None]

_SEPARATOR = "\x1f"
_ZERO_DATE = "0000-00-00 00:00:00"

# The longest packed text is a session setting; both servers take it for one statement, each in a
# notation that is a comment to the other. What then limits it is the packet size.
_PACKED = (
    "/*M! SET STATEMENT group_concat_max_len=1073741824 FOR */ "
    "SELECT /*+ SET_VAR(group_concat_max_len=1073741824) */ entity_id, "
)
_PACKED_DEFAULTS = (
    "COUNT(IF({default} AND value IS NOT NULL, 1, NULL)), "
    f"GROUP_CONCAT(IF({{default}}, CONCAT(attribute_id, '{_SEPARATOR}', value), NULL) "
    f"SEPARATOR '{_SEPARATOR}'), "
    "GROUP_CONCAT(IF({default} AND value IS NULL, attribute_id, NULL))"
)
_PACKED_SCOPED = (
    ", COUNT(IF(store_id <> 0, 1, NULL)), "
    "GROUP_CONCAT(IF(store_id <> 0, CONCAT(attribute_id, ':', store_id, "
    f"IF(value IS NULL, ':', ''), '{_SEPARATOR}', IFNULL(value, '')), NULL) "
    f"SEPARATOR '{_SEPARATOR}')"
)


@dataclass(slots=True)
class EntityValues:
    """Values of one entity: those of store 0 (or without scope), and each view's own."""

    defaults: Values = field(default_factory=dict)
    own: dict[int, Values] = field(default_factory=dict)

    def at(self, code: str, store_id: int) -> str | None:
        """Value in a store view: its own row if there is one, NULL included, else that of store 0."""
        own = self.own.get(store_id)
        if own is not None and code in own:
            return own[code]
        return self.defaults.get(code)


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
        default = "store_id = 0" if self.is_scoped else "1"
        select = _PACKED + _PACKED_DEFAULTS.format(default=default)
        if self.is_scoped:
            select += _PACKED_SCOPED
        statement = f"{select} FROM {table} {condition} GROUP BY entity_id"
        codes, scoped = attributes.codes(backend), _ScopedKeys(attributes.scoped_codes(backend))
        broken: list[int] = []
        for row in select_in(reader, statement, ids, *arguments):
            values = found[row[0]]
            is_whole = unpack_defaults(row[1], row[2], row[3], codes, values.defaults)
            if is_whole and self.is_scoped and row[4]:
                is_whole = unpack_scoped(row[4], row[5], scoped, values.own)
            if not is_whole:
                broken.append(row[0])
        if broken:
            self._load_rows(reader, attributes, backend, f"{table} {condition}", broken, arguments, found)
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


class _ScopedKeys(dict[str, tuple[int, str, bool] | None]):
    """What a packed key "attribute:store" (":" behind it for NULL) means; None: does not count."""

    def __init__(self, codes: Mapping[str, str]) -> None:
        super().__init__()
        self._codes = codes

    def __missing__(self, key: str) -> tuple[int, str, bool] | None:
        attribute, _, store = key.partition(":")
        code = self._codes.get(attribute)
        meaning = None if code is None else (int(store.rstrip(":")), code, store.endswith(":"))
        self[key] = meaning
        return meaning


def unpack_defaults(
    count: int, packed: str | None, nulls: str | None, codes: Mapping[str, str], into: Values
) -> bool:
    """Cut "id␟value␟id␟value…" into values by code.

    Args:
        count: values that must come out.
        nulls: ids of the attributes whose value is NULL, comma list.
    Returns:
        whether the text was whole; when not, nothing was written.
    """
    if count:
        if packed is None:
            return False
        pieces = packed.split(_SEPARATOR)
        if len(pieces) != 2 * count:
            return False
        # One step in C for all values: this loop runs for every value of the catalog.
        into.update(zip(map(codes.get, pieces[::2]), pieces[1::2], strict=True))  # type: ignore[arg-type]
        into.pop(None, None)  # type: ignore[call-overload]
    if nulls:
        for key in nulls.split(","):
            code = codes.get(key)
            if code is not None:
                into[code] = None
    return True


def unpack_scoped(
    count: int, packed: str | None, keys: _ScopedKeys, into: dict[int, Values]
) -> bool:
    """Cut the packed values of store views; arguments and result as for `unpack_defaults`."""
    if packed is None:
        return False
    pieces = packed.split(_SEPARATOR)
    if len(pieces) != 2 * count:
        return False
    for key, value in zip(pieces[::2], pieces[1::2], strict=True):
        meaning = keys[key]
        if meaning is not None:
            store_id, code, is_null = meaning
            own = into.get(store_id)
            if own is None:
                own = into[store_id] = {}
            own[code] = None if is_null else value
    return True


def _drop_zero_dates(values: EntityValues) -> None:
    """Read MySQL's zero date as no date."""
    for scope in (values.defaults, *values.own.values()):
        for code, value in scope.items():
            if value == _ZERO_DATE:
                scope[code] = None
