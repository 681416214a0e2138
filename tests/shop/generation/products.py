"""Plans the products of a shop: their types, families, prices, websites and categories."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from tests.shop.generation.stores import PRODUCT_TAX_CLASS, REDUCED_TAX_CLASS
from tests.shop.generation.words import image_path, product_name, sku, slug
from tests.shop.shop import PRODUCT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.shop.generation.attributes import PlannedAttribute
    from tests.shop.generation.categories import PlannedCategory

NOT_VISIBLE, IN_CATALOG, IN_SEARCH, EVERYWHERE = 1, 2, 3, 4
ENABLED, DISABLED = 1, 2
WITH_SOURCE_ITEMS = ("simple", "virtual", "downloadable")

_OPENING = ("simple", "simple", "configurable", "virtual", "downloadable", "bundle", "grouped")
_KINDS = ("simple", "configurable", "virtual", "downloadable", "bundle", "grouped")
_KIND_WEIGHTS = (60, 16, 8, 6, 5, 5)


@dataclass(slots=True)
class PlannedProduct:
    """A product before its rows are written; money in cents of the base currency."""

    entity_id: int
    type_id: str
    sku: str
    name: str
    price_cents: int
    website_ids: tuple[int, ...]
    category_ids: tuple[int, ...]
    visibility: int = EVERYWHERE
    status: int = ENABLED
    tax_class_id: int = PRODUCT_TAX_CLASS
    image: str = ""
    qty: int = 0
    is_in_stock: bool = True
    special_cents: int | None = None
    special_dates: tuple[str | None, str | None] = (None, None)
    axes: dict[str, int] = field(default_factory=dict)
    children: list[PlannedProduct] = field(default_factory=list)

    @property
    def url_key(self) -> str:
        """Return a URL key that no other product has."""
        return f"{slug(self.name)}-{self.entity_id}"


class ProductPlanner:
    """Makes up products one family at a time."""

    def __init__(
        self,
        seed: int,
        website_ids: Sequence[int],
        categories: Sequence[PlannedCategory],
        attributes: Mapping[tuple[str, str], PlannedAttribute],
    ) -> None:
        self._rng = Random(f"{seed}:products")
        self._website_ids = tuple(website_ids)
        self._category_ids = [c.category_id for c in categories if c.level > 1]
        self._colors = attributes[PRODUCT, "color"].attribute.options
        self._sizes = attributes[PRODUCT, "size"].attribute.options
        self._products: list[PlannedProduct] = []
        self._parts: list[PlannedProduct] = []

    def plan(self, count: int) -> list[PlannedProduct]:
        """Plan exactly `count` products; the first ones are of every type."""
        kinds = iter(_OPENING)
        while len(self._products) < count:
            kind = next(kinds, None) or self._rng.choices(_KINDS, _KIND_WEIGHTS)[0]
            room = count - len(self._products)
            if kind == "configurable" and room > 2:
                self._add_configurable(room)
            elif kind in ("bundle", "grouped") and self._parts:
                self._add_composite(kind)
            elif kind in WITH_SOURCE_ITEMS:
                self._parts.append(self._add(kind))
            else:
                self._parts.append(self._add("simple"))
        return self._products

    def _add(self, type_id: str) -> PlannedProduct:
        rng = self._rng
        number = len(self._products) + 1
        product = PlannedProduct(
            entity_id=number,
            type_id=type_id,
            sku=sku(rng, number),
            name=product_name(rng),
            price_cents=rng.choice((999, 1000, 2495, 12050, rng.randint(100, 99_999))),
            website_ids=self._websites(),
            category_ids=tuple(rng.sample(self._category_ids, rng.choice((0, 1, 1, 2, 2, 3)))),
            status=ENABLED if rng.random() < 0.93 else DISABLED,
            visibility=EVERYWHERE if rng.random() < 0.93 else rng.choice((IN_CATALOG, IN_SEARCH)),
            tax_class_id=rng.choices((PRODUCT_TAX_CLASS, REDUCED_TAX_CLASS, 0), (88, 8, 4))[0],
            image=image_path(rng, number),
            qty=rng.choice((0, 3, 25, 100, 100, 1000)),
        )
        product.is_in_stock = product.qty > 0 or type_id not in WITH_SOURCE_ITEMS
        if rng.random() < 0.2 and type_id not in ("grouped", "bundle"):
            product.special_cents = product.price_cents * rng.randint(50, 95) // 100
            product.special_dates = rng.choice(
                (
                    ("2020-01-01 00:00:00", None),
                    ("2020-01-01 00:00:00", "2099-12-31 00:00:00"),
                    ("2018-01-01 00:00:00", "2019-01-01 00:00:00"),
                    ("2098-01-01 00:00:00", None),
                    (None, None),
                )
            )
        self._products.append(product)
        return product

    def _websites(self) -> tuple[int, ...]:
        roll = self._rng.random()
        if roll < 0.02:
            return ()
        if roll < 0.5 or len(self._website_ids) == 1:
            return self._website_ids[:1]
        if roll < 0.65:
            return (self._rng.choice(self._website_ids),)
        return self._website_ids

    def _add_configurable(self, room: int) -> None:
        parent = self._add("configurable")
        is_hidden = self._rng.random() < 0.8
        pairs = [(color, size) for color in self._colors for size in self._sizes]
        count = min(room - 1, self._rng.randint(3, 6))
        for color, size in self._rng.sample(pairs, count):
            child = self._add("simple")
            child.axes = {"color": color, "size": size}
            child.sku = f"{parent.sku}-{color}.{size}"
            child.name = f"{parent.name.strip()}-{color}-{size}"
            child.website_ids = parent.website_ids
            if is_hidden:
                child.visibility = NOT_VISIBLE
                child.category_ids = ()
            parent.children.append(child)

    def _add_composite(self, kind: str) -> None:
        product = self._add(kind)
        product.children = self._rng.sample(self._parts, min(len(self._parts), 4))
