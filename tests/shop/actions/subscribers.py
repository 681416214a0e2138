"""Newsletter subscribers: guests and customers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.shop.actions.done import ActionDone
from tests.shop.generation.customers import SUBSCRIBED, UNSUBSCRIBED
from tests.shop.generation.people import make_person

if TYPE_CHECKING:
    from tests.shop.actions.session import ShopSession
    from tests.shop.database import Row


class SubscriberActions:
    """Actions on newsletter subscribers; each is one transaction with one row."""

    def __init__(self, session: ShopSession) -> None:
        self._session = session

    def subscribe_guest(
        self, email: str | None = None, *, store_id: int = 1, status: int = SUBSCRIBED
    ) -> ActionDone:
        """Subscribe somebody without an account."""
        rng = self._session.rng
        email = email or make_person(rng, rng.randint(10**6, 10**9), "news").email
        return self._insert(0, email, store_id, status)

    def subscribe_customer(self, customer_id: int) -> ActionDone:
        """Subscribe a customer; an earlier subscription is taken up again."""
        session = self._session
        found = session.rows("newsletter_subscriber", "subscriber_id", {"customer_id": customer_id})
        if found:
            return self.set_status(found[0]["subscriber_id"], SUBSCRIBED)
        row = session.row(
            "customer_entity", "email store_id website_id", {"entity_id": customer_id}
        )
        views = session.shop.views_of(row["website_id"] or 0) or session.shop.views
        store_id = row["store_id"] or views[0].store_id
        return self._insert(customer_id, row["email"], store_id, SUBSCRIBED)

    def _insert(self, customer_id: int, email: str, store_id: int, status: int) -> ActionDone:
        session = self._session
        with session.transaction():
            subscriber_id = session.insert(
                "newsletter_subscriber",
                {
                    "store_id": store_id,
                    "change_status_at": session.now,
                    "customer_id": customer_id,
                    "subscriber_email": email,
                    "subscriber_status": status,
                    "subscriber_confirm_code": f"{session.rng.getrandbits(96):024x}",
                },
            )
        kind = "subscriber.subscribe_customer" if customer_id else "subscriber.subscribe_guest"
        return ActionDone(kind, {"subscriber_id": subscriber_id, "email": email})

    def set_status(self, subscriber_id: int, status: int) -> ActionDone:
        """Set the status: 1 subscribed, 2 not active, 3 unsubscribed, 4 unconfirmed."""
        session = self._session
        with session.transaction():
            row: Row = {"subscriber_status": status, "change_status_at": session.now}
            session.update("newsletter_subscriber", row, {"subscriber_id": subscriber_id})
        return ActionDone(
            "subscriber.set_status", {"subscriber_id": subscriber_id, "status": status}
        )

    def unsubscribe(self, subscriber_id: int) -> ActionDone:
        """Unsubscribe; the row stays."""
        return self.set_status(subscriber_id, UNSUBSCRIBED)

    def delete(self, subscriber_id: int) -> ActionDone:
        """Delete the row, as the admin grid does."""
        session = self._session
        where = {"subscriber_id": subscriber_id}
        email = session.row("newsletter_subscriber", "subscriber_email", where)
        with session.transaction():
            session.delete("newsletter_subscriber", where)
        ids: dict[str, int | str] = {
            "subscriber_id": subscriber_id,
            "email": str(email["subscriber_email"]),
        }
        return ActionDone("subscriber.delete", ids)
