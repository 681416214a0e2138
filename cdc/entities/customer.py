"""Customers: ids in, whole customers with their default addresses out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cdc.database import Reader
from cdc.entities.protocol import Entity, IdKeys, ScanChunk, ids_of
from cdc.entities.shop import Shop
from cdc.entities.tables import Tables, select_in
from cdc.entities.values import ValueTables
from cdc.records import Model

# Never read, wherever a shop stores them: secrets and the state of logins.
SECRET_COLUMNS = frozenset(
    {
        "password_hash",
        "rp_token",
        "rp_token_created_at",
        "confirmation",
        "failures_num",
        "first_failure",
        "lock_expires",
        "session_cutoff",
    }
)

_COLUMNS = (
    "entity_id",
    "email",
    "store_id",
    "website_id",
    "group_id",
    "prefix",
    "firstname",
    "middlename",
    "lastname",
    "suffix",
    "dob",
    "gender",
    "taxvat",
    "created_in",
    "created_at",
    "updated_at",
    "is_active",
    "default_billing",
    "default_shipping",
    "increment_id",
)
_SELECT = """
SELECT entity_id, email, store_id, website_id, group_id, prefix, firstname, middlename, lastname,
  suffix, NULLIF(CAST(dob AS CHAR), '0000-00-00'), gender, taxvat, created_in,
  NULLIF(CAST(created_at AS CHAR), '0000-00-00 00:00:00'),
  NULLIF(CAST(updated_at AS CHAR), '0000-00-00 00:00:00'),
  is_active, default_billing, default_shipping, increment_id
FROM {customer_entity} WHERE entity_id IN %s
"""
_BILLING, _SHIPPING = _COLUMNS.index("default_billing"), _COLUMNS.index("default_shipping")

_ADDRESS_COLUMNS = (
    "entity_id",
    "firstname",
    "lastname",
    "company",
    "street",
    "city",
    "postcode",
    "region",
    "region_id",
    "country_id",
    "telephone",
    "fax",
    "vat_id",
)
_ADDRESSES = f"""
SELECT {", ".join(_ADDRESS_COLUMNS)}, parent_id
FROM {{customer_address_entity}} WHERE entity_id IN %s
"""


class CustomerLoader:
    """Reads customers (customer_entity and what hangs on it). Stateless."""

    model = Model.CUSTOMER

    def __init__(self, tables: Tables) -> None:
        self._keys = IdKeys(tables, "customer_entity")

    def load(self, reader: Reader, shop: Shop, keys: Sequence[str]) -> dict[str, Entity]:
        """See `Loader.load`."""
        rows = select_in(reader, shop.tables.sql(_SELECT), ids_of(keys))
        address_ids = {row[_BILLING] for row in rows} | {row[_SHIPPING] for row in rows}
        addresses = _load_addresses(reader, shop, sorted(address_ids - {None, 0}))
        attributes = _load_attributes(reader, shop, [row[0] for row in rows])
        customers: dict[str, Entity] = {}
        for row in rows:
            customer_id = row[0]
            customer = dict(zip(_COLUMNS, row, strict=True))
            # Magento takes a default address only from among the customer's own.
            customer["billing"] = addresses.get((customer_id, row[_BILLING]))
            customer["shipping"] = addresses.get((customer_id, row[_SHIPPING]))
            customer["attributes"] = attributes.get(customer_id, {})
            customers[str(customer_id)] = customer
        return customers

    def scan(self, reader: Reader, after: int, limit: int) -> ScanChunk:
        """See `Loader.scan`."""
        return self._keys.scan(reader, after, limit)

    def highest(self, reader: Reader) -> int:
        """See `Loader.highest`."""
        return self._keys.highest(reader)

    def existing(self, reader: Reader, keys: Sequence[str]) -> set[str]:
        """See `Loader.existing`."""
        return self._keys.existing(reader, keys)


def _load_addresses(
    reader: Reader, shop: Shop, ids: Sequence[int]
) -> dict[tuple[int, int], dict[str, Any]]:
    """Read addresses by customer and address id."""
    region_name = shop.regions.name
    addresses: dict[tuple[int, int], dict[str, Any]] = {}
    for row in select_in(reader, shop.tables.sql(_ADDRESSES), ids):
        address = dict(zip(_ADDRESS_COLUMNS, row, strict=False))
        address["region_name"] = region_name(
            address["region_id"], address["country_id"], address["region"]
        )
        addresses[row[-1], row[0]] = address
    return addresses


def _load_attributes(
    reader: Reader, shop: Shop, ids: Sequence[int]
) -> dict[int, dict[str, str | None]]:
    """Read the merchant's own attributes; a shop without any costs no statement."""
    known = shop.customer_attributes
    codes = {
        code
        for code, attribute in known.by_code.items()
        if attribute.backend in known.used_backends and code not in SECRET_COLUMNS
    }
    tables = ValueTables(shop.tables, "customer_entity", is_scoped=False)
    found = tables.load(reader, known, ids, codes) if codes else {}
    return {customer_id: values.defaults for customer_id, values in found.items()}
