"""Products: values by scope, addresses, parents, categories and keys."""

from __future__ import annotations

from cdc.records import Model
from tests.integration.entities.reading import Workbench


def test_a_views_own_row_stands_beside_the_default_even_if_null(bench: Workbench) -> None:
    product = bench.make_product("SKU-V", name="Bag")
    bench.set_value(product, "name", "Torba", store_id=2)
    bench.set_value(product, "description", None, store_id=1)
    found = bench.product(product)
    assert found["attributes"]["name"] == "Bag"
    assert found["stores"]["2"]["attributes"] == {"name": "Torba"}
    assert found["stores"]["1"]["attributes"] == {"description": None}


def test_rows_of_global_attributes_outside_store_0_do_not_count(bench: Workbench) -> None:
    product = bench.make_product("SKU-G", price="34.5")
    bench.set_value(product, "price", "1", store_id=1)
    found = bench.product(product)
    assert found["attributes"]["price"] == "34.500000"
    assert found["stores"]["1"]["attributes"] == {}
    assert found["stores"]["1"]["price"] == {"regular": "34.500000", "final": "34.500000"}


def test_values_are_text_as_stored_and_null_stays_null(bench: Workbench) -> None:
    product = bench.make_product(
        "SKU-T", description='Zażółć\n"gęślą" \\ 😀 \x00', weight="1.5", special_price=None
    )
    bench.set_value(product, "news_from_date", "2024-01-31 00:00:00")
    bench.set_value(product, "news_to_date", "0000-00-00 00:00:00")
    attributes = bench.product(product)["attributes"]
    assert attributes["description"] == 'Zażółć\n"gęślą" \\ 😀 \x00'
    assert attributes["weight"] == "1.500000"
    assert attributes["special_price"] is None
    assert attributes["news_from_date"] == "2024-01-31 00:00:00"
    assert attributes["news_to_date"] is None
    assert attributes["status"] == "1"


def test_a_value_that_holds_the_separator_is_read_all_the_same(bench: Workbench) -> None:
    product = bench.make_product("SKU-S", name="a\x1f77:0\x1fb")
    bench.set_value(product, "name", "c\x1fd", store_id=2)
    bench.set_value(product, "meta_title", None)
    found = bench.product(product)
    assert found["attributes"]["name"] == "a\x1f77:0\x1fb"
    assert found["attributes"]["meta_title"] is None
    assert found["attributes"]["price"] == "100.000000"
    assert found["stores"]["2"]["attributes"] == {"name": "c\x1fd"}


def test_values_longer_than_the_servers_limit_are_whole(bench: Workbench) -> None:
    bench.execute("SET SESSION group_concat_max_len = 1024")
    product = bench.make_product("LONG", description="Zażółć 😀 " * 5000)
    bench.statements.clear()
    assert bench.product(product)["attributes"]["description"] == "Zażółć 😀 " * 5000
    assert not [sql for sql, _ in bench.statements if "SELECT entity_id, attribute_id" in sql]


def test_a_value_row_in_the_table_of_another_type_does_not_count(bench: Workbench) -> None:
    product = bench.make_product("SKU-O")
    attribute_id, _ = bench.attribute("meta_title")
    bench.insert(
        "catalog_product_entity_int",
        attribute_id=attribute_id,
        store_id=0,
        entity_id=product,
        value=5,
    )
    assert "meta_title" not in bench.product(product)["attributes"]


def test_a_product_is_seen_by_every_view_of_its_websites(bench: Workbench) -> None:
    product = bench.make_product("SKU-W", websites=(2, 1))
    found = bench.product(product)
    assert found["website_ids"] == [1, 2]
    assert list(found["stores"]) == ["1", "2", "3"]
    view = found["stores"]["2"]
    assert (view["store_id"], view["website_id"], view["code"]) == (2, 1, "pl_1_2")
    assert view["url"] == "http://shop.example.test/"
    assert view["media_url"] == "http://shop.example.test/media/"
    assert view["currency"] == "PLN"
    assert found["stores"]["3"]["url"] == "http://site2.example.test/de_2_1/"


def test_a_product_in_no_website_has_no_views(bench: Workbench) -> None:
    found = bench.product(bench.make_product("SKU-N", websites=()))
    assert found["website_ids"] == []
    assert found["stores"] == {}


def rewrite(bench: Workbench, product: int, store_id: int, path: str, **more: object) -> int:
    values: dict[str, object] = {"entity_type": "product", "redirect_type": 0, **more}
    return bench.insert(
        "url_rewrite", entity_id=product, store_id=store_id, request_path=path, **values
    )


def test_the_products_own_rewrite_makes_its_address(bench: Workbench) -> None:
    product = bench.make_product("SKU-U", websites=(1, 2), url_key="bag")
    in_category = rewrite(bench, product, 1, "men/bag.html", metadata='{"category_id":"3"}')
    bench.insert(
        "catalog_url_rewrite_product_category",
        url_rewrite_id=in_category,
        category_id=2,
        product_id=product,
    )
    rewrite(bench, product, 1, "old-bag.html", redirect_type=301)
    rewrite(bench, product, 1, "bag-of-1.html")
    rewrite(bench, product, 1, "later-bag.html")
    rewrite(bench, product, 3, "tasche.html")
    rewrite(bench, product, 2, "category.html", entity_type="category")
    stores = bench.product(product)["stores"]
    assert stores["1"]["product_url"] == ("http://shop.example.test/bag-of-1.html?___store=en_1_1")
    assert stores["2"]["product_url"] == (
        f"http://shop.example.test/catalog/product/view/id/{product}/s/bag/?___store=pl_1_2"
    )
    assert stores["3"]["product_url"] == "http://site2.example.test/de_2_1/tasche.html"


def test_an_invisible_child_names_its_first_configurable_parent(bench: Workbench) -> None:
    child = bench.make_product("CHILD", visibility=1)
    bundle = bench.make_product("BUNDLE", "bundle")
    bench.insert("catalog_product_relation", parent_id=bundle, child_id=child)
    simple = bench.make_product("WAS-CONFIGURABLE")
    first = bench.make_product(" FIRST ", "configurable", url_key="first-key")
    second = bench.make_product("SECOND", "configurable")
    for parent in (simple, first, second):
        bench.link_child(parent, child)
    rewrite(bench, first, 1, "first.html")
    bench.set_value(child, "visibility", 4, store_id=2)
    stores = bench.product(child)["stores"]
    assert stores["1"]["parent"] == {
        "entity_id": first,
        "sku": "FIRST",
        "url": "http://shop.example.test/first.html?___store=en_1_1",
    }
    assert stores["2"]["parent"] is None
    bench.set_value(child, "visibility", 1, store_id=2)
    assert bench.product(child)["stores"]["2"]["parent"]["url"] == (
        f"http://shop.example.test/catalog/product/view/id/{first}/s/first-key/?___store=pl_1_2"
    )


def test_categories_keep_the_order_of_assignment_and_have_names_of_the_view(
    bench: Workbench,
) -> None:
    product = bench.make_product("SKU-C")
    name_id, _ = bench.attribute("name", "catalog_category")
    ids: list[int] = []
    for name in ("Men", "Tops"):
        parent = ids[-1] if ids else 2
        id_ = bench.insert("catalog_category_entity", parent_id=parent, path="")
        path = f"1/2/{'/'.join(map(str, [*ids, id_]))}"
        bench.execute(
            "UPDATE {catalog_category_entity} SET path = %s WHERE entity_id = %s", path, id_
        )
        values = {"attribute_id": name_id, "entity_id": id_}
        bench.insert("catalog_category_entity_varchar", store_id=0, value=name, **values)
        bench.insert("catalog_category_entity_varchar", store_id=2, value=f"PL {name}", **values)
        ids.append(id_)
    for category_id in (ids[1], ids[0]):
        bench.insert("catalog_category_product", category_id=category_id, product_id=product)
    found = bench.product(product)
    assert found["category_ids"] == [ids[1], ids[0]]
    english, polish = (found["stores"][key]["categories"] for key in "12")
    assert [entry["id"] for entry in english] == [ids[1], ids[0]]
    assert english[0]["path"][-2:] == ["Men", "Tops"]
    assert polish[0]["path"][-2:] == ["PL Men", "PL Tops"]
    assert len(english[1]["path"]) == 3


def test_super_attributes_list_the_options_of_children_in_option_order(bench: Workbench) -> None:
    color_id, _ = bench.attribute("color")
    options = [
        bench.insert("eav_attribute_option", attribute_id=color_id, sort_order=order)
        for order in (9, 3, 5)
    ]
    parent = bench.make_product("CONF", "configurable")
    bench.insert("catalog_product_super_attribute", product_id=parent, attribute_id=color_id)
    for number, option in enumerate([*options[:2], options[0], 999_999]):
        child = bench.make_product(f"CONF-{number}", visibility=1, status=2, color=option)
        bench.link_child(parent, child)
    assert bench.product(parent)["super_attributes"] == {
        "color": [str(options[1]), str(options[0])]
    }
    assert bench.product(bench.make_product("PLAIN"))["super_attributes"] == {}


def test_unknown_keys_are_left_out(bench: Workbench) -> None:
    product = bench.make_product("SKU-K")
    found = bench.load(Model.PRODUCT, product, 999_999, "x", f"0{product}")
    assert list(found) == [str(product)]
    assert bench.load(Model.PRODUCT) == {}


def test_ids_are_found_by_sku_exactly_and_trimmed(bench: Workbench) -> None:
    upper = bench.make_product("Exact-1")
    lower = bench.make_product("exact-1")
    padded = bench.make_product(" padded ")
    loader = bench.product_loader()
    skus = ["Exact-1", "exact-1", "EXACT-1", "padded", "éxact-1", "😀", ""]
    assert loader.entity_ids_by_sku(bench, skus) == {
        "Exact-1": upper,
        "exact-1": lower,
        "padded": padded,
    }
    assert bench.product(padded)["sku"] == "padded"


def test_a_scan_walks_all_keys_in_order_and_ends(bench: Workbench) -> None:
    loader = bench.product_loader()
    rows = bench.ask("SELECT entity_id FROM {catalog_product_entity} ORDER BY entity_id")
    expected = [str(row[0]) for row in rows]
    found: list[str] = []
    after: int | None = 0
    while after is not None:
        chunk = loader.scan(bench, after, 7)
        assert len(chunk.keys) <= 7
        found += chunk.keys
        after = chunk.last
    assert found == expected
    assert loader.highest(bench) == int(expected[-1])
    assert loader.existing(bench, [*expected[:3], "999999", "x"]) == set(expected[:3])
