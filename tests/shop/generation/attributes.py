"""Entity types, attribute sets, attributes, options and labels of a new shop."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from tests.shop.generation.attribute_list import (
    ADDRESS_ATTRIBUTES,
    CATEGORY_ATTRIBUTES,
    CUSTOMER_ATTRIBUTES,
    OPTION_LABELS,
    PRODUCT_ATTRIBUTES,
)
from tests.shop.shop import (
    ADDRESS,
    CATEGORY,
    CUSTOMER,
    PRODUCT,
    SCOPE_GLOBAL,
    SCOPE_STORE,
    SCOPE_WEBSITE,
    Attribute,
)

if TYPE_CHECKING:
    from tests.shop.generation.bulk import BulkLoad
    from tests.shop.generation.stores import PlannedView

ENTITY_TYPE_IDS = {CUSTOMER: 1, ADDRESS: 2, CATEGORY: 3, PRODUCT: 4}
_LISTS = {
    CUSTOMER: CUSTOMER_ATTRIBUTES,
    ADDRESS: ADDRESS_ATTRIBUTES,
    CATEGORY: CATEGORY_ATTRIBUTES,
    PRODUCT: PRODUCT_ATTRIBUTES,
}
_SCOPES = {"s": SCOPE_STORE, "g": SCOPE_GLOBAL, "w": SCOPE_WEBSITE}
_SOURCES = {
    "table": r"Magento\Eav\Model\Entity\Attribute\Source\Table",
    "boolean": r"Magento\Eav\Model\Entity\Attribute\Source\Boolean",
    "status": r"Magento\Catalog\Model\Product\Attribute\Source\Status",
    "visibility": r"Magento\Catalog\Model\Product\Visibility",
    "country": r"Magento\Catalog\Model\Product\Attribute\Source\Countryofmanufacture",
    "stock": r"Magento\CatalogInventory\Model\Source\Stock",
    "tax_class": r"Magento\Tax\Model\TaxClass\Source\Product",
    "website": r"Magento\Customer\Model\Customer\Attribute\Source\Website",
    "store": r"Magento\Customer\Model\Customer\Attribute\Source\Store",
    "group": r"Magento\Customer\Model\Customer\Attribute\Source\Group",
    "address_country": r"Magento\Customer\Model\ResourceModel\Address\Attribute\Source\Country",
    "address_region": r"Magento\Customer\Model\ResourceModel\Address\Attribute\Source\Region",
}
_PRICED_TYPES = "simple,virtual,downloadable,bundle,configurable"
_FIRST_FREE_ID = 40
"""Ids are dealt out anew in every shop, so that nobody gets away with Magento's usual ones."""


@dataclass(frozen=True, slots=True)
class PlannedAttribute:
    """An attribute with the words of its line."""

    attribute: Attribute
    words: tuple[str, ...]

    def word(self, prefix: str) -> str | None:
        """Return what follows a prefix such as `src=`, None when the line does not have it."""
        return next((w[len(prefix) :] for w in self.words if w.startswith(prefix)), None)


def plan_attributes(seed: int) -> dict[tuple[str, str], PlannedAttribute]:
    """Give ids to all attributes and options; the order of ids depends on the seed."""
    lines = [
        (entity_type, line.split())
        for entity_type, text in _LISTS.items()
        for line in text.strip().splitlines()
    ]
    ids = list(range(_FIRST_FREE_ID, _FIRST_FREE_ID + len(lines)))
    Random(f"{seed}:attributes").shuffle(ids)
    planned: dict[tuple[str, str], PlannedAttribute] = {}
    next_option_id = 1  # the options of customer gender are 1, 2, 3 in every Magento
    for attribute_id, (entity_type, words) in zip(ids, lines, strict=True):
        code, backend, input_, scope, *rest = words
        count = len(OPTION_LABELS.get((entity_type, code), ()))
        options = tuple(range(next_option_id, next_option_id + count))
        next_option_id += count + 4 if count else 0
        attribute = Attribute(
            attribute_id=attribute_id,
            entity_type=entity_type,
            code=code,
            backend=backend,
            input=input_,
            scope=_SCOPES[scope],
            is_user_defined="own" in rest,
            options=options,
        )
        planned[entity_type, code] = PlannedAttribute(attribute, tuple(rest))
    return planned


def write_attributes(
    load: BulkLoad, planned: dict[tuple[str, str], PlannedAttribute], views: list[PlannedView]
) -> None:
    """Write everything under eav_*, catalog_eav_attribute and customer_eav_attribute."""
    _write_types_and_sets(load)
    in_set = load.table(
        "eav_entity_attribute",
        "entity_type_id attribute_set_id attribute_group_id attribute_id sort_order",
    )
    for number, item in enumerate(planned.values()):
        type_id = ENTITY_TYPE_IDS[item.attribute.entity_type]
        _write_attribute(load, item)
        in_set.add(type_id, type_id, type_id, item.attribute.attribute_id, number)
        _write_options(load, item.attribute, views)
    labels = load.table("eav_attribute_label", "attribute_id store_id value")
    polish = [view.store_id for view in views if view.locale == "pl_PL"]
    for code, label in (("color", "Kolor"), ("material", "Materiał"), ("name", "Nazwa")):
        for store_id in polish:
            labels.add(planned[PRODUCT, code].attribute.attribute_id, store_id, label)


def _write_types_and_sets(load: BulkLoad) -> None:
    types = load.table(
        "eav_entity_type",
        "entity_type_id entity_type_code entity_model entity_table entity_id_field "
        "default_attribute_set_id increment_model additional_attribute_table",
    )
    sets = load.table(
        "eav_attribute_set", "attribute_set_id entity_type_id attribute_set_name sort_order"
    )
    groups = load.table(
        "eav_attribute_group",
        "attribute_group_id attribute_set_id attribute_group_name sort_order default_id "
        "attribute_group_code tab_group_code",
    )
    for code, id_ in ENTITY_TYPE_IDS.items():
        is_catalog = code in (CATEGORY, PRODUCT)
        extra = "catalog_eav_attribute" if is_catalog else "customer_eav_attribute"
        types.add(id_, code, f"Test\\{code}", f"{code}_entity", None, id_, None, extra)
        sets.add(id_, id_, "Default", 1)
        groups.add(id_, id_, "General", 1, 1, "general", "basic")


def _write_attribute(load: BulkLoad, item: PlannedAttribute) -> None:
    attribute = item.attribute
    source, types = item.word("src="), item.word("of=")
    label = attribute.code.replace("_", " ").capitalize()
    load.table(
        "eav_attribute",
        "attribute_id entity_type_id attribute_code backend_type frontend_input frontend_label "
        "source_model is_required is_user_defined default_value",
    ).add(
        attribute.attribute_id,
        ENTITY_TYPE_IDS[attribute.entity_type],
        attribute.code,
        attribute.backend,
        attribute.input,
        label,
        _SOURCES[source] if source else None,
        int("req" in item.words),
        int(attribute.is_user_defined),
        None,
    )
    if attribute.entity_type in (CATEGORY, PRODUCT):
        load.table(
            "catalog_eav_attribute",
            "attribute_id is_global is_searchable is_filterable used_in_product_listing "
            "used_for_sort_by apply_to is_visible_in_advanced_search",
        ).add(
            attribute.attribute_id,
            attribute.scope,
            int("search" in item.words),
            int("filter" in item.words),
            int("listing" in item.words),
            int("sort" in item.words),
            _PRICED_TYPES if types == "priced" else types,
            int("search" in item.words),
        )
    else:
        load.table("customer_eav_attribute", "attribute_id is_system sort_order").add(
            attribute.attribute_id, int(not attribute.is_user_defined), attribute.attribute_id
        )


def _write_options(load: BulkLoad, attribute: Attribute, views: list[PlannedView]) -> None:
    options = load.table("eav_attribute_option", "option_id attribute_id sort_order")
    values = load.table("eav_attribute_option_value", "option_id store_id value")
    labels = OPTION_LABELS.get((attribute.entity_type, attribute.code), ())
    for order, (option_id, (label, polish)) in enumerate(
        zip(attribute.options, labels, strict=True)
    ):
        options.add(option_id, attribute.attribute_id, order)
        values.add(option_id, 0, label)
        for view in views:
            if view.locale == "pl_PL" and polish is not None:
                values.add(option_id, view.store_id, polish)
