"""Websites, store views, configuration, taxes, currencies and other settings of a new shop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.shop.generation.people import REGION_IDS
from tests.shop.generation.size import EPOCH_S, time_text
from tests.shop.schema.scope_tables import SEQUENCES

if TYPE_CHECKING:
    from tests.shop.generation.bulk import BulkLoad
    from tests.shop.generation.size import ShopSize

LOCALES = ("en_US", "pl_PL", "de_DE", "fr_FR")
CURRENCIES = ("EUR", "PLN", "EUR", "USD")
ROOT_CATEGORY_FIRST_ID = 2
GROUP_NAMES = ("NOT LOGGED IN", "General", "Wholesale", "Händler")
PRODUCT_TAX_CLASS, CUSTOMER_TAX_CLASS, REDUCED_TAX_CLASS = 2, 3, 4

_WEBSITE_NAMES = ("Main Website", "Großhandel", "Boutique Élégante", "Outlet")
_VIEW_NAMES = ("English", "Polski", "Deutsch", "Français")
_STATES = {
    "new": "pending",
    "pending_payment": "pending_payment",
    "processing": "processing",
    "complete": "complete",
    "closed": "closed",
    "canceled": "canceled",
    "holded": "holded",
    "payment_review": "payment_review",
}
_CONFIG = (
    ("web/seo/use_rewrites", "1"),
    ("web/unsecure/base_url", "http://shop.example.test/"),
    ("web/secure/base_url", "https://shop.example.test/"),
    ("web/unsecure/base_media_url", "{{unsecure_base_url}}media/"),
    ("general/locale/code", "en_US"),
    ("general/locale/timezone", "Europe/Warsaw"),
    ("general/country/default", "PL"),
    ("currency/options/base", "EUR"),
    ("currency/options/default", "EUR"),
    ("currency/options/allow", "EUR,PLN,USD"),
    ("catalog/price/scope", "0"),
    ("catalog/category/root_id", "2"),
    ("catalog/seo/product_url_suffix", ".html"),
    ("tax/calculation/price_includes_tax", "0"),
    ("tax/display/type", "1"),
    ("tax/defaults/country", "PL"),
    ("cataloginventory/item_options/manage_stock", "1"),
    ("catalog/seo/title_separator", None),
)


@dataclass(frozen=True, slots=True)
class PlannedView:
    """A store view as it is going to be, with all that the rows of other tables need."""

    store_id: int
    website_id: int
    code: str
    name: str
    website_name: str
    locale: str
    currency: str
    root_category_id: int


def plan_views(size: ShopSize) -> list[PlannedView]:
    """Lay out the store views; website n has group n, and its tree starts at category n + 1."""
    views: list[PlannedView] = []
    for index in range(size.websites):
        for position in range(size.store_count(index)):
            number = len(views)
            lap = number // len(LOCALES)
            views.append(
                PlannedView(
                    store_id=number + 1,
                    website_id=index + 1,
                    code=f"{LOCALES[number % len(LOCALES)][:2]}_{index + 1}_{position + 1}",
                    name=_VIEW_NAMES[number % len(_VIEW_NAMES)] + (f" {lap + 1}" if lap else ""),
                    website_name=website_name(index),
                    locale=LOCALES[number % len(LOCALES)],
                    currency=CURRENCIES[number % len(CURRENCIES)],
                    root_category_id=ROOT_CATEGORY_FIRST_ID + index,
                )
            )
    return views


def website_name(index: int) -> str:
    """Name a website, counted from 0."""
    lap = index // len(_WEBSITE_NAMES)
    return _WEBSITE_NAMES[index % len(_WEBSITE_NAMES)] + (f" {lap + 1}" if lap else "")


def write_stores(load: BulkLoad, size: ShopSize, views: list[PlannedView]) -> None:
    """Write websites, groups, store views and the sales sequences of each view."""
    websites = load.table(
        "store_website", "website_id code name sort_order default_group_id is_default"
    )
    groups = load.table(
        "store_group", "group_id website_id name root_category_id default_store_id code"
    )
    stores = load.table("store", "store_id code website_id group_id name sort_order is_active")
    websites.add(0, "admin", "Admin", 0, 0, 0)
    groups.add(0, 0, "Default", 0, 0, "default")
    stores.add(0, "admin", 0, 0, "Admin", 0, 1)
    for index in range(size.websites):
        id_ = index + 1
        code = "base" if index == 0 else f"site_{id_}"
        first = next((view.store_id for view in views if view.website_id == id_), 0)
        websites.add(id_, code, website_name(index), index, id_, int(index == 0))
        groups.add(
            id_, id_, f"{website_name(index)} Store", ROOT_CATEGORY_FIRST_ID + index, first, code
        )
    for view in views:
        stores.add(
            view.store_id, view.code, view.website_id, view.website_id, view.name, view.store_id, 1
        )
    meta = load.table("sales_sequence_meta", "meta_id entity_type store_id sequence_table")
    profiles = load.table(
        "sales_sequence_profile",
        "profile_id meta_id prefix start_value step max_value warning_value is_active",
    )
    pairs = [
        (store_id, name) for store_id in (0, *(v.store_id for v in views)) for name in SEQUENCES
    ]
    for id_, (store_id, name) in enumerate(pairs, start=1):
        meta.add(id_, name, store_id, f"sequence_{name}_{store_id}")
        prefix = str(store_id) if store_id > 1 else None
        profiles.add(id_, id_, prefix, 1, 1, 4294967295, 4294966295, 1)


def write_config(load: BulkLoad, views: list[PlannedView]) -> None:
    """Write configuration rows of all three scopes."""
    config = load.table("core_config_data", "scope scope_id path value updated_at")
    at = time_text(EPOCH_S - 86_400 * 900)
    for path, value in _CONFIG:
        config.add("default", 0, path, value, at)
    for website_id in sorted({view.website_id for view in views} - {1}):
        url = f"http://site{website_id}.example.test/"
        config.add("websites", website_id, "web/unsecure/base_url", url, at)
        config.add("websites", website_id, "web/url/use_store", "1", at)
    for view in views:
        config.add("stores", view.store_id, "general/locale/code", view.locale, at)
        config.add("stores", view.store_id, "currency/options/default", view.currency, at)


def write_directory(load: BulkLoad) -> None:
    """Write countries, regions with translated names, and currency rates."""
    countries = load.table("directory_country", "country_id iso2_code iso3_code")
    for two, three in (("DE", "DEU"), ("FR", "FRA"), ("PL", "POL"), ("US", "USA"), ("PT", "PRT")):
        countries.add(two, two, three)
    owners = {"Bayern": "DE", "Berlin": "DE", "Bas-Rhin": "FR", "Faro": "PT"}
    owners |= {"małopolskie": "PL", "łódzkie": "PL", "Michigan": "US", "New York": "US"}
    regions = load.table("directory_country_region", "region_id country_id code default_name")
    names = load.table("directory_country_region_name", "locale region_id name")
    for name, id_ in REGION_IDS.items():
        regions.add(id_, owners[name], name[:3].upper(), name)
        names.add(
            "en_US", id_, {"Bayern": "Bavaria", "małopolskie": "Lesser Poland"}.get(name, name)
        )
        if owners[name] == "PL":
            names.add("pl_PL", id_, name)
    rates = load.table("directory_currency_rate", "currency_from currency_to rate")
    for target, rate in (("EUR", "1.0"), ("PLN", "4.25"), ("USD", "1.087654321")):
        rates.add("EUR", target, rate)


def write_taxes_and_groups(load: BulkLoad) -> None:
    """Write customer groups, tax classes, rates and the rules that join them."""
    groups = load.table("customer_group", "customer_group_id customer_group_code tax_class_id")
    for id_, name in enumerate(GROUP_NAMES):
        groups.add(id_, name, CUSTOMER_TAX_CLASS)
    classes = load.table("tax_class", "class_id class_name class_type")
    classes.add(PRODUCT_TAX_CLASS, "Taxable Goods", "PRODUCT")
    classes.add(CUSTOMER_TAX_CLASS, "Retail Customer", "CUSTOMER")
    classes.add(REDUCED_TAX_CLASS, "Bücher", "PRODUCT")
    rates = load.table(
        "tax_calculation_rate",
        "tax_calculation_rate_id tax_country_id tax_region_id tax_postcode code rate zip_is_range "
        "zip_from zip_to",
    )
    rates.add(1, "PL", 0, "*", "PL-23", "23.0000", None, None, None)
    rates.add(2, "PL", 0, "*", "PL-5", "5.0000", None, None, None)
    rates.add(3, "US", REGION_IDS["Michigan"], "*", "US-MI", "8.2500", None, None, None)
    rates.add(4, "DE", 0, "10000-19999", "DE-Berlin", "19.0000", 1, 10000, 19999)
    rules = load.table(
        "tax_calculation_rule", "tax_calculation_rule_id code priority position calculate_subtotal"
    )
    rules.add(1, "Standard", 0, 0, 0)
    rules.add(2, "Reduced", 0, 1, 0)
    calculations = load.table(
        "tax_calculation",
        "tax_calculation_rate_id tax_calculation_rule_id customer_tax_class_id "
        "product_tax_class_id",
    )
    for rate_id, rule_id, product_class in (
        (1, 1, PRODUCT_TAX_CLASS),
        (3, 1, PRODUCT_TAX_CLASS),
        (4, 1, PRODUCT_TAX_CLASS),
        (2, 2, REDUCED_TAX_CLASS),
    ):
        calculations.add(rate_id, rule_id, CUSTOMER_TAX_CLASS, product_class)


def write_sales_settings(load: BulkLoad) -> None:
    """Write order statuses, their states, cart rules and a coupon."""
    statuses = load.table("sales_order_status", "status label")
    states = load.table("sales_order_status_state", "status state is_default visible_on_front")
    for state, status in _STATES.items():
        statuses.add(status, status.replace("_", " ").capitalize())
        states.add(status, state, 1, 1)
    statuses.add("fraud", "Suspected Fraud")
    states.add("fraud", "processing", 0, 1)
    load.table("sales_order_status_label", "status store_id label").add("pending", 2, "Oczekujące")
    rules = load.table(
        "salesrule",
        "rule_id name description from_date is_active simple_action discount_amount coupon_type",
    )
    rules.add(1, "Lato 10 %", None, None, 1, "by_percent", "10.0000", 2)
    rules.add(2, "Free gift wrap", "", "2020-01-01", 1, "by_fixed", "0.0000", 1)
    coupons = load.table("salesrule_coupon", "rule_id code is_primary created_at")
    coupons.add(1, "LATO10", 1, time_text(EPOCH_S - 86_400 * 300))
    queues = load.table("queue", "id name")
    for id_, name in enumerate(
        ("inventory.reservations.updateSalabilityStatus", "export"), start=1
    ):
        queues.add(id_, name)
    load.table("queue_poison_pill", "version").add("1d0c4d2f")
