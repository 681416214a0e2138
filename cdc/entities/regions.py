"""Names of the regions (states, provinces) that addresses refer to."""

from __future__ import annotations

from collections.abc import Mapping

from cdc.database import Reader
from cdc.entities.tables import Tables

FALLBACK_LOCALE = "en_US"

_REGIONS = "SELECT region_id, country_id, default_name FROM {directory_country_region}"
_NAMES = "SELECT region_id, locale, name FROM {directory_country_region_name} WHERE locale IN %s"


class Regions:
    """Region names in one locale. Immutable."""

    def __init__(self, names: Mapping[tuple[int, str], str]) -> None:
        self._names = names

    def name(self, region_id: int | None, country_id: str | None, text: str | None) -> str | None:
        """Name of an address's region.

        Args:
            region_id: of the address; counts only when the region lies in `country_id`.
            text: the address's free text, used otherwise.
        """
        if region_id and country_id:
            return self._names.get((region_id, country_id), text)
        return text


def load_regions(reader: Reader, tables: Tables, locale: str) -> Regions:
    """Read all regions: the name in `locale`, else in en_US, else the default name."""
    localized: dict[tuple[int, str], str] = {}
    locales = (locale, FALLBACK_LOCALE)
    for region_id, name_locale, name in reader.tuples(tables.sql(_NAMES), (locales,)):
        if name:
            localized[int(region_id), str(name_locale)] = str(name)
    names: dict[tuple[int, str], str] = {}
    for region_id, country_id, default_name in reader.tuples(tables.sql(_REGIONS)):
        key = int(region_id)
        name = localized.get((key, locale)) or localized.get((key, FALLBACK_LOCALE)) or default_name
        if name:
            names[key, str(country_id)] = str(name)
    return Regions(names)
