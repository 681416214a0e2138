"""Makes up the order history of a shop and writes it."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from tests.shop.generation.people import make_person, make_place
from tests.shop.generation.products import ENABLED, NOT_VISIBLE
from tests.shop.generation.size import EPOCH_S, time_text
from tests.shop.generation.stock_rows import stock_of_website
from tests.shop.sales import changes
from tests.shop.sales.draft import Buyer, OrderRows, Sale, draft_order
from tests.shop.sales.grid import order_grid_row
from tests.shop.sales.items import SaleLine
from tests.shop.shop import PRODUCT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.shop.database import Row
    from tests.shop.generation.attributes import PlannedAttribute
    from tests.shop.generation.bulk import BulkLoad, BulkTable
    from tests.shop.generation.customers import PlannedCustomer
    from tests.shop.generation.products import PlannedProduct
    from tests.shop.generation.stores import PlannedView

_SELLABLE = ("simple", "virtual", "downloadable", "configurable", "bundle")
_STATES = ("new", "processing", "complete", "closed", "canceled", "holded")
_STATE_WEIGHTS = (15, 15, 50, 5, 12, 3)
_METHODS = ("checkmo", "banktransfer", "payu_gateway", "free")


class OrderWriter:
    """Makes up orders and writes their rows, one at a time."""

    def __init__(
        self,
        load: BulkLoad,
        seed: int,
        attributes: Mapping[tuple[str, str], PlannedAttribute],
        views: Sequence[PlannedView],
        customers: Sequence[PlannedCustomer],
        products: Sequence[PlannedProduct],
        *,
        has_grid: bool,
    ) -> None:
        self._has_grid = has_grid
        self._rng = Random(f"{seed}:orders")
        self._load = load
        self._axis_ids = {
            code: str(attributes[PRODUCT, code].attribute.attribute_id)
            for code in ("color", "size")
        }
        self._views = views
        self._customers = customers
        self._products: dict[int, list[PlannedProduct]] = {
            website_id: [product for product in products if self._is_sold(product, website_id)]
            for website_id in {view.website_id for view in views}
        }
        self._views = [view for view in views if self._products[view.website_id]]
        self._numbers = {view.store_id: 0 for view in views}
        self._item_id = 0
        self._address_id = 0
        self._tables: dict[tuple[str, ...], BulkTable] = {}

    def _is_sold(self, product: PlannedProduct, website_id: int) -> bool:
        return (
            product.type_id in _SELLABLE
            and website_id in product.website_ids
            and product.visibility != NOT_VISIBLE
            and product.status == ENABLED
        )

    @property
    def last_numbers(self) -> Mapping[int, int]:
        """Return how many orders each store view has got."""
        return self._numbers

    def write(self, order_id: int) -> None:
        """Make up one order and write it; nothing when no store view has anything to sell."""
        if not self._views:
            return
        view = self._rng.choice(self._views)
        sale = self._make_sale(view)
        rows = draft_order(sale)
        state = _STATES[order_id - 1] if order_id <= len(_STATES) else self._pick_state()
        _advance(rows, state)
        self._write_rows(order_id, sale, rows)
        if state == "new":
            self._reserve(view, sale)

    def _pick_state(self) -> str:
        return self._rng.choices(_STATES, _STATE_WEIGHTS)[0]

    def _make_sale(self, view: PlannedView) -> Sale:
        rng = self._rng
        self._numbers[view.store_id] += 1
        number = f"{self._numbers[view.store_id]:09d}"
        has_coupon = rng.random() < 0.15
        count = rng.choices((1, 2, 3), (60, 30, 10))[0]
        offered = self._products[view.website_id]
        chosen = rng.sample(offered, min(count, len(offered)))
        return Sale(
            increment_id=number if view.store_id == 1 else f"{view.store_id}{number}",
            store_id=view.store_id,
            store_name=f"{view.website_name}\n{view.website_name} Store\n{view.name}",
            currency=view.currency,
            buyer=self._buyer(view),
            lines=[self._line(product) for product in chosen],
            method=rng.choice(_METHODS),
            discount_percent=10 if has_coupon else 0,
            coupon_code="LATO10" if has_coupon else None,
            remote_ip=None if rng.random() < 0.1 else f"198.51.100.{rng.randint(1, 254)}",
            created_at=time_text(EPOCH_S - rng.randint(60, 86_400 * 400)),
        )

    def _buyer(self, view: PlannedView) -> Buyer:
        rng = self._rng
        place = make_place(rng)
        if self._customers and rng.random() < 0.6:
            customer = rng.choice(self._customers)
            if customer.website_id == view.website_id:
                person = customer.person
                return Buyer(
                    customer.customer_id,
                    person.email,
                    person.firstname,
                    person.lastname,
                    customer.group_id,
                    customer.place or place,
                    place,
                )
        person = make_person(rng, rng.randint(1, 1_000_000_000), "guest")
        has_name = rng.random() < 0.8
        return Buyer(
            None,
            person.email,
            person.firstname if has_name else None,
            person.lastname if has_name else None,
            0,
            place,
            place,
        )

    def _line(self, product: PlannedProduct) -> SaleLine:
        child = None
        if product.type_id == "configurable":
            chosen = self._rng.choice(product.children)
            axes = {self._axis_ids[code]: str(option) for code, option in chosen.axes.items()}
            child = (chosen.entity_id, chosen.sku, chosen.name, axes)
        parts: tuple[SaleLine, ...] = ()
        if product.type_id == "bundle":
            parts = tuple(self._line(part) for part in product.children[-2:])
        return SaleLine(
            product.entity_id,
            product.type_id,
            product.sku,
            product.name,
            sum(part.price_cents * part.qty for part in parts) or product.price_cents,
            self._rng.choice((1, 1, 1, 2, 5)),
            child,
            parts,
        )

    def _reserve(self, view: PlannedView, sale: Sale) -> None:
        table = self._load.table("inventory_reservation", "stock_id sku quantity metadata")
        for sku, qty in (pair for line in sale.lines for pair in line.stock):
            table.add(
                stock_of_website(view.website_id),
                sku,
                f"-{qty}.0000",
                '{"event_type":"order_placed","object_type":"order","object_id":"",'
                f'"object_increment_id":"{sale.increment_id}"}}',
            )

    def _write_rows(self, order_id: int, sale: Sale, rows: OrderRows) -> None:
        shipping_id = None
        if rows.shipping_address is not None:
            shipping_id = self._address(order_id, rows.shipping_address)
        billing_id = self._address(order_id, rows.billing_address)
        rows.order |= {
            "entity_id": order_id,
            "billing_address_id": billing_id,
            "shipping_address_id": shipping_id,
            "email_sent": 1,
            "send_email": 1,
        }
        self._put("sales_order", rows.order)
        item_ids: list[int] = []
        for row, parent in rows.items:
            self._item_id += 1
            item_ids.append(self._item_id)
            row["item_id"], row["order_id"] = self._item_id, order_id
            row["parent_item_id"] = None if parent is None else item_ids[parent]
            self._put("sales_order_item", row)
        self._put("sales_order_payment", rows.payment | {"parent_id": order_id})
        history: Row = {"parent_id": order_id, "comment": None, "status": rows.order["status"]}
        history |= {"entity_name": "order", "created_at": sale.created_at}
        self._put("sales_order_status_history", history)
        if self._has_grid:
            self._put("sales_order_grid", order_grid_row(rows))

    def _address(self, order_id: int, row: Row) -> int:
        self._address_id += 1
        row["entity_id"], row["parent_id"] = self._address_id, order_id
        self._put("sales_order_address", row)
        return self._address_id

    def _put(self, table: str, row: Row) -> None:
        """Write a row into a table; rows with other keys go to another statement."""
        key = (table, *row)
        if key not in self._tables:
            self._tables[key] = self._load.table(table, " ".join(row))
        self._tables[key].add(*row.values())


def _advance(rows: OrderRows, state: str) -> None:
    """Take a new order on to a later state."""
    if state == "canceled":
        rows.order |= changes.canceled_order(rows.order)
        for row, _ in rows.items:
            row |= changes.canceled_item(row)
    elif state == "holded":
        rows.order |= changes.held_order(rows.order)
    elif state != "new":
        rows.order |= changes.invoiced_order(rows.order)
        rows.payment |= changes.paid_payment(rows.payment)
        for row, _ in rows.items:
            row |= changes.invoiced_item(row)
        if state in ("complete", "closed"):
            rows.order |= changes.shipped_order(rows.order | {"state": "processing"})
            for row, parent in rows.items:
                row["qty_shipped"] = row["qty_ordered"] if parent is None else "0.0000"
        if state == "closed":
            rows.order |= changes.refunded_order(rows.order)
            rows.payment |= changes.refunded_payment(rows.payment)
            for row, _ in rows.items:
                row |= changes.refunded_item(row)
