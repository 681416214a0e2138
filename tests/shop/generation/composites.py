"""Writes what makes a product configurable, grouped, a bundle or downloadable, and its links."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from tests.shop.shop import PRODUCT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.shop.generation.attributes import PlannedAttribute
    from tests.shop.generation.bulk import BulkLoad
    from tests.shop.generation.products import PlannedProduct
    from tests.shop.generation.values import ValueWriter

LINK_RELATED, LINK_GROUPED, LINK_UP_SELL, LINK_CROSS_SELL = 1, 3, 4, 5
POSITION_OF_RELATED, POSITION_OF_GROUPED, QTY_OF_GROUPED = 1, 4, 5


def write_link_types(load: BulkLoad) -> None:
    """Write the rows that every shop has in the two link type tables."""
    types = load.table("catalog_product_link_type", "link_type_id code")
    for id_, code in (
        (LINK_RELATED, "relation"),
        (LINK_GROUPED, "super"),
        (LINK_UP_SELL, "up_sell"),
        (LINK_CROSS_SELL, "cross_sell"),
    ):
        types.add(id_, code)
    attributes = load.table(
        "catalog_product_link_attribute",
        "product_link_attribute_id link_type_id product_link_attribute_code data_type",
    )
    for id_, type_id, code, data_type in (
        (POSITION_OF_RELATED, LINK_RELATED, "position", "int"),
        (2, LINK_UP_SELL, "position", "int"),
        (3, LINK_CROSS_SELL, "position", "int"),
        (POSITION_OF_GROUPED, LINK_GROUPED, "position", "int"),
        (QTY_OF_GROUPED, LINK_GROUPED, "qty", "decimal"),
    ):
        attributes.add(id_, type_id, code, data_type)


class CompositeWriter:
    """Writes the type-specific rows of products, and related products of some."""

    def __init__(
        self,
        load: BulkLoad,
        attributes: Mapping[tuple[str, str], PlannedAttribute],
        values: ValueWriter,
        seed: int,
    ) -> None:
        self._load = load
        self._rng = Random(f"{seed}:composites")
        self._values = values
        self._axis_ids = {
            code: attributes[PRODUCT, code].attribute.attribute_id for code in ("color", "size")
        }
        self._link_id = 0
        self._bundle_option_id = 0
        self._downloadable_link_id = 0
        self._super_attribute_id = 0

    def write(self, product: PlannedProduct) -> None:
        """Write the rows that go with the product's type."""
        if product.type_id == "configurable":
            self._write_configurable(product)
        elif product.type_id == "grouped":
            self._write_grouped(product)
        elif product.type_id == "bundle":
            self._write_bundle(product)
        elif product.type_id == "downloadable":
            self._write_downloadable(product)
        elif product.entity_id > 8 and self._rng.random() < 0.1:
            self._write_related(product)

    def _relate(self, parent: PlannedProduct, child: PlannedProduct) -> None:
        self._load.table("catalog_product_relation", "parent_id child_id").add(
            parent.entity_id, child.entity_id
        )

    def _write_configurable(self, product: PlannedProduct) -> None:
        axes = self._load.table(
            "catalog_product_super_attribute",
            "product_super_attribute_id product_id attribute_id position",
        )
        labels = self._load.table(
            "catalog_product_super_attribute_label",
            "product_super_attribute_id store_id use_default value",
        )
        for position, code in enumerate(("color", "size")):
            self._super_attribute_id += 1
            axes.add(self._super_attribute_id, product.entity_id, self._axis_ids[code], position)
            labels.add(self._super_attribute_id, 0, 0, code.capitalize())
        links = self._load.table("catalog_product_super_link", "product_id parent_id")
        for child in product.children:
            links.add(child.entity_id, product.entity_id)
            self._relate(product, child)

    def _link(self, product_id: int, linked_id: int, type_id: int) -> int:
        self._link_id += 1
        self._load.table(
            "catalog_product_link", "link_id product_id linked_product_id link_type_id"
        ).add(self._link_id, product_id, linked_id, type_id)
        return self._link_id

    def _write_grouped(self, product: PlannedProduct) -> None:
        columns = "product_link_attribute_id link_id value"
        positions = self._load.table("catalog_product_link_attribute_int", columns)
        quantities = self._load.table("catalog_product_link_attribute_decimal", columns)
        for position, child in enumerate(product.children):
            link_id = self._link(product.entity_id, child.entity_id, LINK_GROUPED)
            positions.add(POSITION_OF_GROUPED, link_id, position)
            quantities.add(QTY_OF_GROUPED, link_id, "1.0000")
            self._relate(product, child)

    def _write_related(self, product: PlannedProduct) -> None:
        for position, offset in enumerate(self._rng.sample(range(1, 8), 2), start=1):
            link_id = self._link(product.entity_id, product.entity_id - offset, LINK_RELATED)
            self._load.table(
                "catalog_product_link_attribute_int", "product_link_attribute_id link_id value"
            ).add(POSITION_OF_RELATED, link_id, position)

    def _write_bundle(self, product: PlannedProduct) -> None:
        is_fixed = int(self._rng.random() < 0.4)
        for code, value in (
            ("price_type", is_fixed),
            ("sku_type", is_fixed),
            ("weight_type", 0),
            ("price_view", 0),
            ("shipment_type", 0),
        ):
            self._values.put(product.entity_id, code, value)
        half = (len(product.children) + 1) // 2
        for position, part in enumerate((product.children[:half], product.children[half:])):
            if part:
                self._write_bundle_option(product, position, part)
        for child in product.children:
            self._relate(product, child)

    def _write_bundle_option(
        self, product: PlannedProduct, position: int, children: list[PlannedProduct]
    ) -> None:
        self._bundle_option_id += 1
        option_id = self._bundle_option_id
        self._load.table(
            "catalog_product_bundle_option", "option_id parent_id required position type"
        ).add(option_id, product.entity_id, 1, position, "select")
        self._load.table(
            "catalog_product_bundle_option_value", "option_id store_id title parent_product_id"
        ).add(option_id, 0, f"Część {position + 1}", product.entity_id)
        selections = self._load.table(
            "catalog_product_bundle_selection",
            "option_id parent_product_id product_id position is_default selection_price_type "
            "selection_price_value selection_qty selection_can_change_qty",
        )
        for place, child in enumerate(children):
            selections.add(
                option_id,
                product.entity_id,
                child.entity_id,
                place,
                int(place == 0),
                0,
                "1.0000",
                "1.0000",
                1,
            )

    def _write_downloadable(self, product: PlannedProduct) -> None:
        put, id_ = self._values.put, product.entity_id
        put(id_, "links_purchased_separately", 0)
        put(id_, "links_exist", 1)
        put(id_, "links_title", "Pliki")
        put(id_, "samples_title", "Probki")
        self._downloadable_link_id += 1
        self._load.table(
            "downloadable_link", "link_id product_id sort_order link_file link_type"
        ).add(self._downloadable_link_id, id_, 0, f"/f/i/file_{id_}.pdf", "file")
        self._load.table("downloadable_link_title", "link_id store_id title").add(
            self._downloadable_link_id, 0, "Rozdział 1"
        )
