"""What the rows of watched tables name."""

from __future__ import annotations

from cdc.binlog.changes import RowChanges, RowKind
from cdc.entities.configuration import SHIPPED
from cdc.names import READ_PATHS, Kind, Name
from cdc.records import Model
from cdc.watch import WATCH_TABLE, models_of, names_of


def insert(table: str, *rows: tuple[object, ...]) -> RowChanges:
    return RowChanges(table, RowKind.INSERT, (), rows)


def delete(table: str, *rows: tuple[object, ...]) -> RowChanges:
    return RowChanges(table, RowKind.DELETE, rows, ())


def update(table: str, before: tuple[object, ...], after: tuple[object, ...]) -> RowChanges:
    return RowChanges(table, RowKind.UPDATE, (before,), (after,))


def named(changes: RowChanges) -> set[tuple[Kind, str]]:
    return {(name.kind, name.id) for name in names_of(changes)}


def test_a_value_row_names_its_product() -> None:
    assert named(insert("catalog_product_entity_varchar", (7,), (7,), (8,))) == {
        (Kind.PRODUCT, "7"),
        (Kind.PRODUCT, "8"),
    }


def test_an_address_names_its_customer_and_both_when_it_moves() -> None:
    assert named(update("customer_address_entity", (3,), (4,))) == {
        (Kind.CUSTOMER, "3"),
        (Kind.CUSTOMER, "4"),
    }


def test_a_deleted_customer_carries_what_only_the_before_image_knows() -> None:
    (name,) = names_of(delete("customer_entity", (5, "a@example.com", 1, 2)))
    assert name == Name(Kind.CUSTOMER, "5", True, ("a@example.com", 1, 2))


def test_a_changed_primary_key_is_a_delete_of_the_old_and_a_change_of_the_new() -> None:
    names = list(names_of(update("catalog_product_entity", (5, "A"), (6, "A"))))
    assert names == [Name(Kind.PRODUCT, "6"), Name(Kind.PRODUCT, "5", True, ("A",))]


def test_a_changed_address_of_a_subscriber_names_both_mailboxes() -> None:
    changes = update("newsletter_subscriber", ("old@example.com", 1), ("new@example.com", 1))
    assert list(names_of(changes)) == [
        Name(Kind.SUBSCRIBER, "new@example.com"),
        Name(Kind.SUBSCRIBER, "old@example.com", True, (1,)),
    ]


def test_addresses_are_named_exactly_but_for_white_space_around() -> None:
    assert named(insert("newsletter_subscriber", (" Ann@Example.com ", 1), (None, 1), ("", 1))) == {
        (Kind.SUBSCRIBER, "Ann@Example.com")
    }


def test_only_product_rewrites_name_products() -> None:
    rows = (("product", 3), ("category", 4), ("cms-page", 5))
    assert named(insert("url_rewrite", *rows)) == {(Kind.PRODUCT, "3")}


def test_a_moved_category_is_named_and_its_counters_are_not() -> None:
    moved = update("catalog_category_entity", (9, "1/2/9"), (9, "1/3/9"))
    assert named(moved) == {(Kind.SHOP, ""), (Kind.CATEGORY, "9")}
    assert named(update("catalog_category_entity", (9, "1/2/9"), (9, "1/2/9"))) == set()


def test_a_deleted_category_is_named_as_deleted() -> None:
    names = set(names_of(delete("catalog_category_entity", (9, "1/2/9"))))
    assert names == {Name(Kind.SHOP, ""), Name(Kind.CATEGORY, "9", is_deleted=True)}


def test_a_new_category_makes_the_tree_be_read_again_and_names_no_products() -> None:
    assert named(insert("catalog_category_entity", (9, "1/2/9"))) == {(Kind.SHOP, "")}


def test_a_renamed_category_is_named() -> None:
    assert named(update("catalog_category_entity_varchar", (9,), (9,))) == {
        (Kind.SHOP, ""),
        (Kind.CATEGORY, "9"),
    }


def test_a_deleted_store_view_asks_for_a_full_run_of_everything() -> None:
    assert named(delete("store", (3,))) == {(Kind.SHOP, "")} | {
        (Kind.FULL, model.value) for model in Model
    }


def test_a_base_url_asks_for_products_and_an_unrelated_setting_does_not() -> None:
    assert (Kind.FULL, "product") in named(insert("core_config_data", ("web/unsecure/base_url",)))
    assert named(insert("core_config_data", ("admin/security/lockout",))) == set()


def test_settings_that_are_watched_are_those_that_are_read() -> None:
    assert set(SHIPPED) == READ_PATHS


def test_a_renamed_store_view_costs_nothing_and_one_with_another_code_all_products() -> None:
    same, other = (1, "en", 1, 1), (1, "pl", 1, 1)
    assert named(update("store", same, same)) == set()
    assert named(update("store", same, other)) == {(Kind.SHOP, ""), (Kind.FULL, "product")}


def test_a_new_store_view_asks_for_all_products_and_nothing_else() -> None:
    assert named(insert("store", (4, "de", 1, 1))) == {(Kind.SHOP, ""), (Kind.FULL, "product")}


def test_a_deleted_attribute_asks_for_everything_that_had_values() -> None:
    row = (93, "color", "int", None)
    everything = {(Kind.SHOP, ""), (Kind.FULL, "product"), (Kind.FULL, "customer")}
    assert named(delete("eav_attribute", row)) == everything
    assert named(insert("eav_attribute", row)) == {(Kind.SHOP, "")}
    assert named(update("eav_attribute", row, row)) == set()


def test_an_option_that_moves_or_goes_asks_for_products_and_a_new_one_does_not() -> None:
    assert (Kind.FULL, "product") in named(update("eav_attribute_option", (4, 9, 0), (4, 9, 1)))
    assert (Kind.FULL, "product") in named(delete("eav_attribute_option", (4, 9, 0)))
    assert named(insert("eav_attribute_option", (4, 9, 2))) == {(Kind.SHOP, "")}


def test_a_switched_source_asks_for_products_and_its_address_does_not() -> None:
    on, off = ("north", 1), ("north", 0)
    assert (Kind.FULL, "product") in named(update("inventory_source", on, off))
    assert named(update("inventory_source", on, on)) == set()


def test_a_deleted_bundle_option_names_its_bundle() -> None:
    assert named(delete("catalog_product_bundle_option", (8,))) == {(Kind.PRODUCT, "8")}


def test_rows_of_unknown_tables_name_nothing() -> None:
    assert named(insert("cron_schedule", (1,))) == set()


def test_a_super_link_names_parent_and_child() -> None:
    assert named(delete("catalog_product_super_link", (10, 11))) == {
        (Kind.PRODUCT, "10"),
        (Kind.PRODUCT, "11"),
    }


def test_unknown_changes_of_a_table_ask_for_its_models_and_of_any_table_for_all() -> None:
    assert models_of(["sales_order_item"]) == {Model.ORDER}
    assert models_of([]) == set(Model)
    assert models_of(["directory_country_region"]) == set()


def test_every_watched_row_without_ids_names_nothing() -> None:
    for table, watch in WATCH_TABLE.items():
        if watch.columns and Kind.SHOP not in {kind for kind, _ in named(insert(table))}:
            empty = tuple(None for _ in watch.columns)
            changes = insert(table, empty)
            assert {name.id for name in names_of(changes)} <= {"", "None"}, table
