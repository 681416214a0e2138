"""Category paths by name."""

from __future__ import annotations

from cdc.entities.categories import Categories
from cdc.entities.dependents import topmost

PATHS = {1: "1", 2: "1/2", 3: "1/2/3", 4: "1/2/3/4", 9: "1/2/8/9"}
NAMES: dict[int, dict[int, str | None]] = {
    1: {0: "Root Catalog"},
    2: {0: "Default Category"},
    3: {0: "Men", 2: "Mężczyźni"},
    4: {0: "Tops", 2: None},
    9: {},
}


def test_path_has_the_names_of_the_view_and_falls_back_to_the_admin_name() -> None:
    categories = Categories(PATHS, NAMES)
    assert categories.joined(3, 2) == "Root Catalog > Default Category > Mężczyźni"
    assert categories.joined(3, 1) == "Root Catalog > Default Category > Men"


def test_a_null_name_of_the_view_wins_over_the_admin_name() -> None:
    assert Categories(PATHS, NAMES).name(4, 2) == ""
    assert Categories(PATHS, NAMES).name(4, 1) == "Tops"


def test_missing_ancestors_and_unknown_categories_are_left_out() -> None:
    categories = Categories(PATHS, NAMES)
    assert categories.entry(9, 1) == {"id": 9, "path": ["Root Catalog", "Default Category", ""]}
    assert categories.entry(77, 1) is None
    assert categories.joined(77, 1) is None
    assert [entry["id"] for entry in categories.entries([4, 77, 3], 1)] == [4, 3]


def test_paths_below_another_one_are_covered_by_it() -> None:
    assert topmost(["1/2/3", "1/2", "1/20", "1/2/3/4", "1/5/6"]) == ["1/2", "1/20", "1/5/6"]
    assert topmost([]) == []
