"""What a random sequence remembers: e-mails and SKUs that became free, to be used again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.shop.actions.done import ActionDone
    from tests.shop.actions.session import ShopSession
    from tests.shop.actions.shop_actions import ShopActions

    Choice = Callable[[ShopActions, "Memory"], ActionDone | None]
    """Picks targets from what the database holds now and acts; None when there is no target."""


@dataclass(slots=True)
class Memory:
    """E-mails and SKUs that nobody holds any more, oldest first; may contain stale ones."""

    emails: list[str] = field(default_factory=list)
    skus: list[str] = field(default_factory=list)


def email_is_free(session: ShopSession, email: str, website_id: int | None) -> bool:
    """Tell whether no customer of the website has an e-mail."""
    found = session.rows("customer_entity", "website_id", {"email": email})
    return all(row["website_id"] != website_id for row in found)


def sku_is_free(session: ShopSession, sku: str, but_for: int = 0) -> bool:
    """Tell whether no other product has a SKU, in whatever case."""
    found = session.rows("catalog_product_entity", "entity_id", {"sku": sku})
    return all(row["entity_id"] == but_for for row in found)


def take_free_email(session: ShopSession, memory: Memory, website_id: int | None) -> str | None:
    """Take an e-mail that was given up and that the website may use, None without one."""
    for email in memory.emails:
        if email_is_free(session, email, website_id):
            memory.emails.remove(email)
            return email
    return None


def take_free_sku(session: ShopSession, memory: Memory) -> str | None:
    """Take a SKU that was given up and that no product has, None without one."""
    for sku in memory.skus:
        if sku_is_free(session, sku):
            memory.skus.remove(sku)
            return sku
    return None


def column(session: ShopSession, table: str, name: str, id_column: str, id_: int) -> Any:
    """Read one column of one row."""
    return session.row(table, name, {id_column: id_})[name]
