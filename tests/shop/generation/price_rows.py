"""Writes tier prices, catalog rule prices and the price index."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

from tests.shop.generation.size import EPOCH_S, money
from tests.shop.generation.stores import GROUP_NAMES

if TYPE_CHECKING:
    from tests.shop.generation.bulk import BulkLoad
    from tests.shop.generation.products import PlannedProduct


def write_catalog_rule(load: BulkLoad) -> None:
    """Write the one catalog rule whose prices some products have."""
    load.table(
        "catalogrule", "rule_id name is_active sort_order simple_action discount_amount"
    ).add(1, "Mid-season 10 % off", 1, 0, "by_percent", "10.000000")


class PriceWriter:
    """Writes the prices that are not attribute values, one product at a time."""

    def __init__(self, load: BulkLoad, seed: int) -> None:
        self._rng = Random(f"{seed}:prices")
        today = datetime.fromtimestamp(EPOCH_S, UTC).date()
        self._rule_days = [(today + timedelta(days=days)).isoformat() for days in (-1, 0, 1)]
        self._tiers = load.table(
            "catalog_product_entity_tier_price",
            "entity_id all_groups customer_group_id qty value website_id percentage_value",
        )
        self._rule_prices = load.table(
            "catalogrule_product_price",
            "rule_date customer_group_id product_id rule_price website_id latest_start_date",
        )
        self._index = load.table(
            "catalog_product_index_price",
            "entity_id customer_group_id website_id tax_class_id price final_price min_price "
            "max_price tier_price",
        )

    def write(self, product: PlannedProduct) -> None:
        """Write one product's prices."""
        if product.type_id in ("simple", "virtual", "downloadable") and self._rng.random() < 0.1:
            self._write_tiers(product)
        if product.type_id != "grouped" and self._rng.random() < 0.05:
            self._write_rule_prices(product)
        self._write_index(product)

    def _write_tiers(self, product: PlannedProduct) -> None:
        id_, cents = product.entity_id, product.price_cents
        self._tiers.add(id_, 1, 0, "5.0000", money(cents * 90 // 100), 0, None)
        if self._rng.random() < 0.3:
            self._tiers.add(id_, 0, 2, "1.0000", "0.000000", 0, "15.00")
        if self._rng.random() < 0.3:
            self._tiers.add(id_, 1, 0, "1.0000", money(cents * 95 // 100), 0, None)

    def _write_rule_prices(self, product: PlannedProduct) -> None:
        price = money(product.price_cents * 90 // 100)
        for day in self._rule_days:
            for website_id in product.website_ids:
                for group_id in range(2):
                    self._rule_prices.add(
                        day, group_id, product.entity_id, price, website_id, self._rule_days[0]
                    )

    def _write_index(self, product: PlannedProduct) -> None:
        prices = [child.price_cents for child in product.children] or [product.price_cents]
        own = None if product.type_id == "grouped" else money(product.price_cents)
        final = money(product.special_cents or product.price_cents) if own else None
        low, high = money(min(prices)), money(max(prices))
        if not product.children and final:
            low = high = final
        for website_id in product.website_ids:
            for group_id in range(len(GROUP_NAMES)):
                self._index.add(
                    product.entity_id,
                    group_id,
                    website_id,
                    product.tax_class_id,
                    own,
                    final,
                    low,
                    high,
                    None,
                )
