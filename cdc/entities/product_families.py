"""Which products a composite product is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cdc.database import Reader
from cdc.entities.shop import Shop
from cdc.entities.tables import select_in

# Type of the links from a grouped product to its members (catalog_product_link_type).
_GROUPED_LINK = 3

_CONFIGURABLE = """
SELECT parent_id, product_id FROM {catalog_product_super_link}
WHERE parent_id IN %s ORDER BY link_id
"""
_GROUPED = """
SELECT product_id, linked_product_id FROM {catalog_product_link}
WHERE product_id IN %s AND link_type_id = %s ORDER BY link_id
"""
_BUNDLE = """
SELECT o.parent_id, o.option_id, o.required, s.product_id
FROM {catalog_product_bundle_option} o
LEFT JOIN {catalog_product_bundle_selection} s ON s.option_id = o.option_id
WHERE o.parent_id IN %s ORDER BY o.option_id, s.selection_id
"""
_SUPER_ATTRIBUTES = """
SELECT product_id, attribute_id FROM {catalog_product_super_attribute}
WHERE product_id IN %s ORDER BY position, product_super_attribute_id
"""
# Children's values are read at store 0: super attributes are global.
_SUPER_OPTIONS = """
SELECT DISTINCT l.parent_id, a.attribute_id, o.option_id, o.sort_order
FROM {catalog_product_super_link} l
JOIN {catalog_product_super_attribute} a ON a.product_id = l.parent_id
JOIN {catalog_product_entity_int} v
  ON v.entity_id = l.product_id AND v.attribute_id = a.attribute_id AND v.store_id = 0
JOIN {eav_attribute_option} o ON o.option_id = v.value AND o.attribute_id = v.attribute_id
WHERE l.parent_id IN %s
ORDER BY o.sort_order, o.option_id
"""


@dataclass(slots=True)
class BundleOption:
    """An option of a bundle and the products that may be selected for it."""

    is_required: bool
    product_ids: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Families:
    """Members of configurable and grouped products, options of bundles, by the parent's id."""

    members: dict[int, list[int]] = field(default_factory=dict)
    bundles: dict[int, dict[int, BundleOption]] = field(default_factory=dict)
    super_attributes: dict[int, dict[str, list[str]]] = field(default_factory=dict)

    def children_of(self, parent_id: int) -> list[int]:
        """All products that one family is made of, ascending."""
        found = set(self.members.get(parent_id, ()))
        for option in self.bundles.get(parent_id, {}).values():
            found.update(option.product_ids)
        return sorted(found)

    def product_ids(self) -> set[int]:
        """All products that any family is made of."""
        found = {product_id for members in self.members.values() for product_id in members}
        for options in self.bundles.values():
            for option in options.values():
                found.update(option.product_ids)
        return found


def load_families(reader: Reader, shop: Shop, types: Mapping[int, str]) -> Families:
    """Read the families of the composite ones among some products, given with their type."""
    families = Families()
    by_type: dict[str, list[int]] = {}
    for product_id, type_id in types.items():
        by_type.setdefault(type_id, []).append(product_id)
    configurables = by_type.get("configurable", ())
    if configurables and shop.has("catalog_product_super_link", "catalog_product_super_attribute"):
        sql = shop.tables.sql(_CONFIGURABLE)
        for parent_id, product_id in select_in(reader, sql, configurables):
            families.members.setdefault(parent_id, []).append(product_id)
        _load_super_attributes(reader, shop, configurables, families)
    grouped = by_type.get("grouped", ())
    if grouped and shop.has("catalog_product_link"):
        sql = shop.tables.sql(_GROUPED)
        for parent_id, product_id in select_in(reader, sql, grouped, _GROUPED_LINK):
            families.members.setdefault(parent_id, []).append(product_id)
    bundles = by_type.get("bundle", ())
    if bundles and shop.has("catalog_product_bundle_option", "catalog_product_bundle_selection"):
        sql = shop.tables.sql(_BUNDLE)
        for parent_id, option_id, required, product_id in select_in(reader, sql, bundles):
            options = families.bundles.setdefault(parent_id, {})
            option = options.setdefault(option_id, BundleOption(bool(required)))
            if product_id is not None:
                option.product_ids.append(product_id)
    return families


def _load_super_attributes(
    reader: Reader, shop: Shop, parent_ids: Sequence[int], families: Families
) -> None:
    """Note for each configurable its axes, in order, and the options that its children use."""
    attributes = shop.product_attributes.by_id
    for parent_id, attribute_id in select_in(
        reader, shop.tables.sql(_SUPER_ATTRIBUTES), parent_ids
    ):
        if attribute_id in attributes:
            codes = families.super_attributes.setdefault(parent_id, {})
            codes[attributes[attribute_id].code] = []
    for parent_id, attribute_id, option_id, _ in select_in(
        reader, shop.tables.sql(_SUPER_OPTIONS), parent_ids
    ):
        if attribute_id in attributes:
            code = attributes[attribute_id].code
            families.super_attributes[parent_id][code].append(str(option_id))
