"""Whose keys an identity index knows: of which shop, and of which topic log. Pure values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shop:
    """Where a shop's rows are.

    Attributes:
        server: identity of the database server, as in positions.
        address: where the server was reached.
        schema: database of the shop.
        table_prefix: what its tables begin with.
    """

    server: str
    address: str
    schema: str
    table_prefix: str

    def is_same(self, other: Shop) -> bool:
        """Whether both are one shop: it may have moved to another server, or to another address."""
        is_there = self.server == other.server or self.address == other.address
        same = (self.schema, self.table_prefix) == (other.schema, other.table_prefix)
        return is_there and same

    def __str__(self) -> str:
        return f"{self.schema} at {self.address}"


@dataclass(frozen=True, slots=True)
class Origin:
    """The shop and the log that an index was written for."""

    shop: Shop
    log_id: str
