"""Region names of addresses."""

from __future__ import annotations

import pytest

from cdc.entities.regions import Regions, load_regions
from cdc.entities.tables import Tables
from tests.unit.entities.answers import AnsweringReader

NAMES = [(33, "en_US", "Michigan"), (33, "pl_PL", "Michigan (PL)"), (80, "en_US", "Bavaria")]
REGIONS = [(33, "US", "MI default"), (80, "DE", "Bayern"), (90, "FR", "Ain"), (91, "FR", None)]


@pytest.mark.parametrize(
    ("locale", "region_id", "country", "name"),
    [
        ("pl_PL", 33, "US", "Michigan (PL)"),
        ("de_DE", 33, "US", "Michigan"),
        ("pl_PL", 80, "DE", "Bavaria"),
        ("pl_PL", 90, "FR", "Ain"),
        ("pl_PL", 91, "FR", "typed"),
        ("pl_PL", 33, "CA", "typed"),
        ("pl_PL", 0, "US", "typed"),
        ("pl_PL", None, "US", "typed"),
        ("pl_PL", 33, None, "typed"),
    ],
)
def test_region_name_is_taken_in_the_order_locale_english_default_text(
    locale: str, region_id: int | None, country: str | None, name: str
) -> None:
    reader = AnsweringReader(
        {"directory_country_region_name": NAMES, "directory_country_region`": REGIONS}
    )
    regions = load_regions(reader, Tables(""), locale)
    assert regions.name(region_id, country, "typed") == name


def test_without_text_a_region_that_does_not_fit_is_none() -> None:
    assert Regions({}).name(33, "CA", None) is None
