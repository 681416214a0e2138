"""Category trees: one root for every store group, two levels of categories under each."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from tests.shop.generation.size import EPOCH_S, time_text
from tests.shop.generation.words import slug
from tests.shop.shop import CATEGORY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.shop.generation.attributes import PlannedAttribute
    from tests.shop.generation.bulk import BulkLoad
    from tests.shop.generation.stores import PlannedView

_TREE: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...] = (
    ("Women", "Kobiety", (("Tops", "Góra"), ("Dresses & Skirts", "Sukienki"), ("Shoes", "Buty"))),
    ("Men", "Mężczyźni", (("Jackets", "Kurtki"), ("Café racers", "Café racers"))),
    (
        "Gear",
        "Sprzęt",
        (("Bags", "Torby"), ("Fitness Equipment", "Fitness"), ("Watches", "Zegarki")),
    ),
    ("Books > Paper", "Książki", (("Früher", "Dawniej"),)),
    ("Sale", "Wyprzedaż", ()),
)


@dataclass(slots=True)
class PlannedCategory:
    """A category with its place in the tree; `path_ids` runs from the root catalog to itself."""

    category_id: int
    parent_id: int
    path_ids: tuple[int, ...]
    position: int
    name: str
    polish: str | None
    url_path: str
    is_active: bool = True
    child_ids: list[int] = field(default_factory=list)

    @property
    def level(self) -> int:
        """Return 0 for the root catalog, 1 for the root of a store group."""
        return len(self.path_ids) - 1


def plan_categories(seed: int, group_count: int) -> list[PlannedCategory]:
    """Lay out all categories, parents before children; ids of roots are 2, 3, … by group."""
    rng = Random(f"{seed}:categories")
    top = PlannedCategory(1, 0, (1,), 0, "Root Catalog", None, "")
    plan = [top]
    for index in range(group_count):
        name = "Default Category" if index == 0 else f"Catalogue {index + 1}"
        plan.append(PlannedCategory(index + 2, 1, (1, index + 2), index + 1, name, None, ""))
    next_id = group_count + 2
    for root in plan[1:]:
        for position, (name, polish, children) in enumerate(_TREE, start=1):
            main = _child(root, next_id, position, name, polish)
            main.is_active = name != "Sale" or rng.random() < 0.5
            plan.append(main)
            next_id += 1
            for place, (child_name, child_polish) in enumerate(children, start=1):
                child = _child(main, next_id, place, child_name, child_polish)
                child.is_active = rng.random() < 0.9
                plan.append(child)
                next_id += 1
    by_id = {category.category_id: category for category in plan}
    for category in plan[1:]:
        by_id[category.parent_id].child_ids.append(category.category_id)
    return plan


def _child(
    parent: PlannedCategory, category_id: int, position: int, name: str, polish: str
) -> PlannedCategory:
    base = f"{parent.url_path}/" if parent.url_path else ""
    return PlannedCategory(
        category_id=category_id,
        parent_id=parent.category_id,
        path_ids=(*parent.path_ids, category_id),
        position=position,
        name=name,
        polish=polish,
        url_path=base + slug(name),
    )


def write_categories(
    load: BulkLoad,
    plan: list[PlannedCategory],
    attributes: Mapping[tuple[str, str], PlannedAttribute],
    views: Sequence[PlannedView],
    rewrite_ids: Iterator[int],
) -> None:
    """Write category rows, their values by store and their URL rewrites."""
    by_id = {category.category_id: category for category in plan}
    entities = load.table(
        "catalog_category_entity",
        "entity_id attribute_set_id parent_id created_at updated_at path position level "
        "children_count",
    )
    at = time_text(EPOCH_S - 86_400 * 700)
    for category in plan:
        entities.add(
            category.category_id,
            3,
            category.parent_id,
            at,
            at,
            "/".join(map(str, category.path_ids)),
            category.position,
            category.level,
            _descendant_count(category, by_id),
        )
        _write_values(load, category, attributes, views)
        if category.level > 1:
            _write_rewrites(load, category, views, rewrite_ids)


def _descendant_count(category: PlannedCategory, by_id: Mapping[int, PlannedCategory]) -> int:
    return sum(1 + _descendant_count(by_id[child], by_id) for child in category.child_ids)


def _write_values(
    load: BulkLoad,
    category: PlannedCategory,
    attributes: Mapping[tuple[str, str], PlannedAttribute],
    views: Sequence[PlannedView],
) -> None:
    def put(code: str, store_id: int, value: str | int | None) -> None:
        attribute = attributes[CATEGORY, code].attribute
        load.table(attribute.table, "attribute_id store_id entity_id value").add(
            attribute.attribute_id, store_id, category.category_id, value
        )

    put("name", 0, category.name)
    put("include_in_menu", 0, 1)
    if category.level == 0:
        return
    put("is_active", 0, int(category.is_active))
    put("is_anchor", 0, 1)
    put("display_mode", 0, "PRODUCTS")
    if category.level == 1:
        return
    put("url_key", 0, slug(category.name))
    put("url_path", 0, category.url_path)
    put("description", 0, f"<p>{category.name} — wszystko, co najlepsze</p>")
    for view in views:
        if (
            view.locale == "pl_PL"
            and category.polish
            and view.root_category_id in category.path_ids
        ):
            put("name", view.store_id, category.polish)


def _write_rewrites(
    load: BulkLoad,
    category: PlannedCategory,
    views: Sequence[PlannedView],
    rewrite_ids: Iterator[int],
) -> None:
    rewrites = load.table(
        "url_rewrite",
        "url_rewrite_id entity_type entity_id request_path target_path redirect_type store_id "
        "is_autogenerated metadata",
    )
    target = f"catalog/category/view/id/{category.category_id}"
    for view in views:
        if view.root_category_id in category.path_ids:
            path = f"{category.url_path}.html"
            rewrites.add(
                next(rewrite_ids),
                "category",
                category.category_id,
                path,
                target,
                0,
                view.store_id,
                1,
                None,
            )
