"""Customers: registering, editing, e-mail change, addresses, deletion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.shop.actions.done import ActionDone
from tests.shop.generation.people import make_person, make_place

if TYPE_CHECKING:
    from tests.shop.actions.session import ShopSession
    from tests.shop.database import Row, Value
    from tests.shop.generation.people import Place

DELETED_TOKENS_OF_CUSTOMERS = 3
"""user_type_id of customers in jwt_auth_revoked."""


class CustomerActions:
    """Actions on customers and their addresses."""

    def __init__(self, session: ShopSession) -> None:
        self._session = session

    def register(
        self,
        email: str | None = None,
        *,
        store_id: int = 1,
        group_id: int = 1,
        firstname: str | None = None,
        lastname: str | None = None,
    ) -> ActionDone:
        """Create an account; a guest's subscription with the same e-mail becomes the customer's."""
        session = self._session
        person = make_person(session.rng, session.rng.randint(10**6, 10**9))
        email = email or person.email
        view = session.shop.view(store_id)
        with session.transaction():
            customer_id = session.insert(
                "customer_entity",
                {
                    "website_id": view.website_id,
                    "email": email,
                    "group_id": group_id,
                    "store_id": store_id,
                    "is_active": 1,
                    "created_in": view.name,
                    "firstname": firstname or person.firstname,
                    "lastname": lastname or person.lastname,
                    "password_hash": f"{session.rng.getrandbits(128):032x}:salt:3",
                    "gender": person.gender,
                    "failures_num": 0,
                },
            )
        with session.transaction():
            self._insert_grid(customer_id)
        with session.transaction():
            token = f"0:3:{session.rng.getrandbits(96):024x}"
            row: Row = {"rp_token": token, "rp_token_created_at": session.now}
            session.update("customer_entity", row, {"entity_id": customer_id})
        self._adopt_guest_subscription(customer_id, email, view.website_id, store_id)
        self._rewrite_grid(customer_id)
        return ActionDone("customer.register", {"customer_id": customer_id, "email": email})

    def edit(self, customer_id: int, changes: Row) -> ActionDone:
        """Change columns of the account, such as group_id or dob; `{}` saves it as it is."""
        session = self._session
        with session.transaction():
            row = changes | {"updated_at": session.now}
            session.update("customer_entity", row, {"entity_id": customer_id})
        self._rewrite_grid(customer_id)
        fields = ",".join(changes) or "-"
        return ActionDone("customer.edit", {"customer_id": customer_id, "fields": fields})

    def log_in(self, customer_id: int) -> ActionDone:
        """Log in: only columns and tables without meaning for a profile change."""
        session = self._session
        with session.transaction():
            row: Row = {"failures_num": 0, "first_failure": None, "lock_expires": None}
            row["rp_token"] = f"{session.rng.getrandbits(64):016x}"
            session.update("customer_entity", row, {"entity_id": customer_id})
        with session.transaction():
            columns = "customer_id last_login_at"
            session.insert_many(
                "customer_log", columns, [(customer_id, session.now)], update="last_login_at"
            )
        return ActionDone("customer.log_in", {"customer_id": customer_id})

    def change_email(self, customer_id: int, email: str) -> ActionDone:
        """Change the e-mail of the account, its subscription and its orders in one transaction."""
        session = self._session
        before = session.row("customer_entity", "website_id store_id", {"entity_id": customer_id})
        with session.transaction():
            row: Row = {"email": email, "updated_at": session.now}
            session.update("customer_entity", row, {"entity_id": customer_id})
            session.update(
                "customer_address_entity", {"updated_at": session.now}, {"parent_id": customer_id}
            )
            subscribed = session.update(
                "newsletter_subscriber", {"subscriber_email": email}, {"customer_id": customer_id}
            )
            for table in ("sales_order", "sales_order_grid"):
                session.update(table, {"customer_email": email}, {"customer_id": customer_id})
        if not subscribed:
            store_id = before["store_id"] or 0
            self._adopt_guest_subscription(customer_id, email, before["website_id"], store_id)
        for _ in range(3):
            self._rewrite_grid(customer_id)
        return ActionDone("customer.change_email", {"customer_id": customer_id, "email": email})

    def set_value(self, customer_id: int, code: str, value: Value) -> ActionDone:
        """Set one of the merchant's attributes; None removes the row."""
        session = self._session
        attribute = session.shop.attribute("customer", code)
        where: Row = {
            "entity_id": customer_id,
            "attribute_id": attribute.attribute_id,
        }
        with session.transaction():
            session.update(
                "customer_entity", {"updated_at": session.now}, {"entity_id": customer_id}
            )
            if value is None:
                session.delete(attribute.table, where)
            elif session.rows(attribute.table, "value_id", where):
                session.update(attribute.table, {"value": value}, where)
            else:
                session.insert(attribute.table, where | {"value": value})
        self._rewrite_grid(customer_id)
        return ActionDone("customer.set_value", {"customer_id": customer_id, "code": code})

    def add_address(
        self, customer_id: int, place: Place | None = None, *, is_default: bool = True
    ) -> ActionDone:
        """Add an address, as default billing and shipping unless told otherwise."""
        session = self._session
        place = place or make_place(session.rng)
        owner = session.row("customer_entity", "firstname lastname", {"entity_id": customer_id})
        with session.transaction():
            row = _address_row(place) | owner | {"parent_id": customer_id, "is_active": 1}
            address_id = session.insert("customer_address_entity", row)
            if is_default:
                defaults = {"default_billing": address_id, "default_shipping": address_id}
                session.update("customer_entity", defaults, {"entity_id": customer_id})
        self._rewrite_grid(customer_id)
        return ActionDone(
            "customer.add_address", {"customer_id": customer_id, "address_id": address_id}
        )

    def change_address(self, address_id: int, place: Place | None = None) -> ActionDone:
        """Move to another place; only the address row changes."""
        session = self._session
        place = place or make_place(session.rng)
        customer_id = self._owner(address_id)
        with session.transaction():
            row = _address_row(place) | {"updated_at": session.now}
            session.update("customer_address_entity", row, {"entity_id": address_id})
        self._rewrite_grid(customer_id)
        return ActionDone(
            "customer.change_address", {"customer_id": customer_id, "address_id": address_id}
        )

    def set_default_address(self, address_id: int) -> ActionDone:
        """Make an address the default for billing; only the customer row changes."""
        session = self._session
        customer_id = self._owner(address_id)
        with session.transaction():
            row = {"default_billing": address_id}
            session.update("customer_entity", row, {"entity_id": customer_id})
        self._rewrite_grid(customer_id)
        return ActionDone(
            "customer.set_default_address", {"customer_id": customer_id, "address_id": address_id}
        )

    def delete_address(self, address_id: int) -> ActionDone:
        """Delete an address and, where it was a default, forget that."""
        session = self._session
        customer_id = self._owner(address_id)
        with session.transaction():
            session.delete("customer_address_entity", {"entity_id": address_id})
            for name in ("default_billing", "default_shipping"):
                where = {"entity_id": customer_id, name: address_id}
                session.update("customer_entity", {name: None}, where)
        self._rewrite_grid(customer_id)
        return ActionDone(
            "customer.delete_address", {"customer_id": customer_id, "address_id": address_id}
        )

    def delete(self, customer_id: int) -> ActionDone:
        """Delete the account; orders lose their customer silently, the subscription goes later."""
        session = self._session
        email = session.row("customer_entity", "email", {"entity_id": customer_id})["email"]
        with session.transaction():
            session.delete("customer_entity", {"entity_id": customer_id})
        with session.transaction():
            session.delete("customer_grid_flat", {"entity_id": customer_id})
        with session.transaction():
            row = (DELETED_TOKENS_OF_CUSTOMERS, customer_id, session.now_s)
            columns = "user_type_id user_id revoke_before"
            session.insert_many("jwt_auth_revoked", columns, [row], update="revoke_before")
        with session.transaction():
            session.delete("newsletter_subscriber", {"customer_id": customer_id})
        return ActionDone("customer.delete", {"customer_id": customer_id, "email": str(email)})

    def _owner(self, address_id: int) -> int:
        row = self._session.row("customer_address_entity", "parent_id", {"entity_id": address_id})
        return int(row["parent_id"])

    def _adopt_guest_subscription(
        self, customer_id: int, email: str, website_id: int | None, store_id: int
    ) -> None:
        """Link a guest subscription of the same website, as Magento does after a customer save."""
        session = self._session
        stores = [view.store_id for view in session.shop.views if view.website_id == website_id]
        guests = session.rows(
            "newsletter_subscriber",
            "subscriber_id store_id",
            {"subscriber_email": email, "customer_id": 0},
        )
        mine = next((row for row in guests if row["store_id"] in stores), None)
        if mine:
            with session.transaction():
                session.update(
                    "newsletter_subscriber",
                    {"customer_id": customer_id, "store_id": store_id or mine["store_id"]},
                    {"subscriber_id": mine["subscriber_id"]},
                )

    def _rewrite_grid(self, customer_id: int) -> None:
        session = self._session
        with session.transaction():
            session.delete("customer_grid_flat", {"entity_id": customer_id})
        with session.transaction():
            self._insert_grid(customer_id)

    def _insert_grid(self, customer_id: int) -> None:
        session = self._session
        columns = "firstname lastname email group_id website_id created_in gender"
        row = session.row("customer_entity", columns, {"entity_id": customer_id})
        name = f"{row.pop('firstname')} {row.pop('lastname')}"
        session.insert("customer_grid_flat", row | {"entity_id": customer_id, "name": name})


def _address_row(place: Place) -> Row:
    return {
        "city": place.city,
        "company": place.company,
        "country_id": place.country_id,
        "postcode": place.postcode,
        "region": place.region,
        "region_id": place.region_id,
        "street": place.street,
        "telephone": place.telephone,
    }
