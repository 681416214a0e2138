"""Writes customers with their addresses and values, and newsletter subscribers."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from tests.shop.generation.people import UNSPECIFIED, Person, Place, make_person, make_place
from tests.shop.generation.size import EPOCH_S, money, time_text
from tests.shop.generation.stores import GROUP_NAMES
from tests.shop.generation.values import ValueWriter
from tests.shop.shop import CUSTOMER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.shop.generation.attributes import PlannedAttribute
    from tests.shop.generation.bulk import BulkLoad
    from tests.shop.generation.stores import PlannedView

SUBSCRIBED, NOT_ACTIVE, UNSUBSCRIBED, UNCONFIRMED = 1, 2, 3, 4


@dataclass(slots=True)
class PlannedCustomer:
    """A customer as far as orders and subscriptions need to know them."""

    customer_id: int
    person: Person
    website_id: int
    store_id: int | None
    group_id: int
    place: Place | None


class CustomerWriter:
    """Makes up customers and writes their rows."""

    def __init__(
        self,
        load: BulkLoad,
        seed: int,
        attributes: Mapping[tuple[str, str], PlannedAttribute],
        views: Sequence[PlannedView],
        *,
        has_grid: bool,
    ) -> None:
        self._has_grid = has_grid
        self._rng = Random(f"{seed}:customers")
        self._views = views
        self._address_id = 0
        self._values = ValueWriter(load, attributes, CUSTOMER, has_stores=False)
        self._tiers = attributes[CUSTOMER, "loyalty_tier"].attribute.options
        self._interests = attributes[CUSTOMER, "interests"].attribute.options
        self._entities = load.table(
            "customer_entity",
            "entity_id website_id email group_id store_id created_at updated_at is_active "
            "created_in prefix firstname middlename lastname dob password_hash default_billing "
            "default_shipping taxvat gender failures_num",
        )
        self._addresses = load.table(
            "customer_address_entity",
            "entity_id parent_id created_at updated_at is_active city company country_id "
            "firstname lastname postcode region region_id street telephone",
        )
        self._grid = load.table(
            "customer_grid_flat",
            "entity_id name email group_id created_at website_id created_in gender billing_city",
        )

    def write(self, number: int) -> PlannedCustomer:
        """Make up customer `number` (their id) and write all rows."""
        rng = self._rng
        person = make_person(rng, number)
        view = rng.choice(self._views)
        store_id = rng.choices((view.store_id, 0, None), (94, 3, 3))[0]
        group_id = rng.choices(range(1, len(GROUP_NAMES)), (8, 1, 1))[0]
        created_s = EPOCH_S - rng.randint(0, 86_400 * 500)
        billing, shipping, place = self._write_addresses(number, person, created_s)
        created_in = "Admin" if store_id == 0 else view.name
        self._entities.add(
            number,
            view.website_id,
            person.email,
            group_id,
            store_id,
            time_text(created_s),
            time_text(created_s + rng.randint(0, 1_000_000)),
            int(rng.random() < 0.98),
            created_in,
            rng.choice((None, None, "Dr", "")),
            person.firstname,
            rng.choice((None, None, None, "Maria")),
            person.lastname,
            self._birthday(),
            f"{number:064x}:salt:3" if rng.random() < 0.9 else None,
            billing,
            shipping,
            rng.choice((None, None, None, "PL5260250274")),
            rng.choice((person.gender, person.gender, None, 0, UNSPECIFIED)),
            0,
        )
        self._write_values(number)
        if self._has_grid:
            self._grid.add(
                number,
                f"{person.firstname} {person.lastname}",
                person.email,
                group_id,
                time_text(created_s),
                view.website_id,
                created_in,
                person.gender,
                place.city if place else None,
            )
        return PlannedCustomer(number, person, view.website_id, store_id, group_id, place)

    def _birthday(self) -> str | None:
        rng = self._rng
        if rng.random() < 0.4:
            return None
        return f"{rng.randint(1925, 2007)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"

    def _write_addresses(
        self, number: int, person: Person, created_s: int
    ) -> tuple[int | None, int | None, Place | None]:
        """Write 0 to 3 addresses; return default billing and shipping ids and the billing place."""
        rng = self._rng
        count = rng.choices((0, 1, 2, 3), (20, 55, 20, 5))[0]
        places: dict[int, Place] = {}
        for _ in range(count):
            self._address_id += 1
            place = make_place(rng)
            places[self._address_id] = place
            self._addresses.add(
                self._address_id,
                number,
                time_text(created_s),
                time_text(created_s),
                1,
                place.city,
                place.company,
                place.country_id,
                person.firstname,
                person.lastname,
                place.postcode,
                place.region,
                place.region_id,
                place.street,
                place.telephone,
            )
        if not places:
            stale = 4_000_000_000 if rng.random() < 0.05 else None
            return stale, None, None
        billing = rng.choice(list(places))
        is_default = rng.random() < 0.95
        return billing if is_default else None, rng.choice(list(places)), places[billing]

    def _write_values(self, number: int) -> None:
        rng, put = self._rng, self._values.put
        if rng.random() < 0.3:
            put(number, "loyalty_tier", rng.choice(self._tiers))
            put(number, "is_vip", rng.randint(0, 1))
        if rng.random() < 0.2:
            put(number, "interests", ",".join(map(str, rng.sample(self._interests, 2))))
            put(number, "display_name", rng.choice((None, "", f"Gość {number} ")))
        if rng.random() < 0.1:
            put(number, "avatar_url", f"https://img.example.test/a/{number}.png")
            put(number, "credit_limit", money(rng.randint(0, 500_000)))
            put(number, "last_visit", time_text(EPOCH_S - rng.randint(0, 9_000_000)))


def write_subscribers(
    load: BulkLoad,
    seed: int,
    count: int,
    customers: Sequence[PlannedCustomer],
    views: Sequence[PlannedView],
) -> None:
    """Write subscribers of every status; about half are customers, the others guests."""
    rng = Random(f"{seed}:subscribers")
    table = load.table(
        "newsletter_subscriber",
        "subscriber_id store_id change_status_at customer_id subscriber_email subscriber_status "
        "subscriber_confirm_code",
    )
    linked = rng.sample(customers, min(len(customers), count // 2))
    statuses = (SUBSCRIBED, NOT_ACTIVE, UNSUBSCRIBED, UNCONFIRMED)
    for number in range(1, count + 1):
        status = statuses[number - 1] if number <= 4 else rng.choices(statuses, (7, 1, 3, 1))[0]
        at = time_text(EPOCH_S - rng.randint(0, 86_400 * 400))
        code = f"{number:032x}"
        if number <= len(linked):
            customer = linked[number - 1]
            store_id = customer.store_id or next(
                view.store_id for view in views if view.website_id == customer.website_id
            )
            customer_id, email = customer.customer_id, customer.person.email
        else:
            store_id = rng.choice(views).store_id
            customer_id, email = 0, make_person(rng, number, "news").email
        table.add(number, store_id, at, customer_id, email, status, code)
