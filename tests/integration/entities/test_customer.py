"""Customers and their default addresses."""

from __future__ import annotations

from typing import Any

from cdc.entities.customer import SECRET_COLUMNS
from cdc.records import Model
from tests.integration.entities.reading import Workbench


def make_customer(bench: Workbench, **values: object) -> int:
    row: dict[str, object] = {
        "email": "anna@x.pl",
        "website_id": 1,
        "store_id": 1,
        "group_id": 1,
        "firstname": "Anna",
        "lastname": "Żak",
        "password_hash": "secret-hash",
        "rp_token": "secret-token",
        **values,
    }
    return bench.insert("customer_entity", **row)


def make_address(bench: Workbench, customer: int, **values: object) -> int:
    row: dict[str, object] = {
        "parent_id": customer,
        "firstname": "Anna",
        "lastname": "Żak",
        "street": "Długa 1\nm. 2",
        "city": "Kraków",
        "postcode": "30-001",
        "country_id": "PL",
        "telephone": "600",
        **values,
    }
    return bench.insert("customer_address_entity", **row)


def set_defaults(
    bench: Workbench, customer: int, billing: int | None, shipping: int | None
) -> None:
    bench.execute(
        "UPDATE {customer_entity} SET default_billing = %s, default_shipping = %s "
        "WHERE entity_id = %s",
        billing,
        shipping,
        customer,
    )


def load(bench: Workbench, customer: int) -> dict[str, Any]:
    return bench.load(Model.CUSTOMER, customer)[str(customer)]


def test_a_customer_has_its_columns_and_default_addresses(bench: Workbench) -> None:
    customer = make_customer(bench, dob="1980-05-06", gender=2, created_at="2024-02-03 04:05:06")
    billing = make_address(bench, customer, region="typed", company="ACME")
    shipping = make_address(bench, customer, city="Gdańsk")
    set_defaults(bench, customer, billing, shipping)
    found = load(bench, customer)
    assert (found["entity_id"], found["email"], found["lastname"]) == (
        customer,
        "anna@x.pl",
        "Żak",
    )
    assert (found["dob"], found["gender"]) == ("1980-05-06", 2)
    assert found["created_at"] == "2024-02-03 04:05:06"
    assert (found["default_billing"], found["default_shipping"]) == (billing, shipping)
    assert found["billing"] == {
        "entity_id": billing,
        "firstname": "Anna",
        "lastname": "Żak",
        "company": "ACME",
        "street": "Długa 1\nm. 2",
        "city": "Kraków",
        "postcode": "30-001",
        "region": "typed",
        "region_id": None,
        "region_name": "typed",
        "country_id": "PL",
        "telephone": "600",
        "fax": None,
        "vat_id": None,
    }
    assert found["shipping"]["city"] == "Gdańsk"


def test_default_addresses_that_are_gone_or_anothers_are_none(bench: Workbench) -> None:
    customer = make_customer(bench)
    other = make_customer(bench, email="other@x.pl")
    set_defaults(bench, customer, make_address(bench, other), 99_999_999)
    found = load(bench, customer)
    assert found["billing"] is None
    assert found["shipping"] is None


def test_the_region_is_named_when_it_lies_in_the_country(bench: Workbench) -> None:
    region_id, country, name = bench.ask(
        "SELECT r.region_id, r.country_id, n.name FROM {directory_country_region} r "
        "JOIN {directory_country_region_name} n USING (region_id) WHERE n.locale = 'en_US' LIMIT 1"
    )[0]
    customer = make_customer(bench)
    there = make_address(bench, customer, region_id=region_id, country_id=country)
    elsewhere = make_address(bench, customer, region_id=region_id, country_id="XX", region="free")
    set_defaults(bench, customer, there, elsewhere)
    found = load(bench, customer)
    assert found["billing"]["region_name"] == name
    assert found["shipping"]["region_name"] == "free"


def test_secrets_are_neither_read_nor_published(bench: Workbench) -> None:
    found = load(bench, make_customer(bench))
    assert not SECRET_COLUMNS & found.keys()
    assert "secret" not in repr(found)
    assert not [sql for sql, _ in bench.statements if "password" in sql or "rp_token" in sql]


def test_a_secret_kept_as_an_attribute_is_not_read_either(bench: Workbench) -> None:
    customer = make_customer(bench)
    bench.execute(
        "UPDATE {eav_attribute} SET backend_type = 'varchar' WHERE attribute_code = 'password_hash'"
    )
    attribute_id, _ = bench.attribute("password_hash", "customer")
    bench.insert(
        "customer_entity_varchar", attribute_id=attribute_id, entity_id=customer, value="secret"
    )
    assert "password_hash" not in load(bench, customer)["attributes"]


def test_the_merchants_own_attributes_are_text(bench: Workbench) -> None:
    code, backend, attribute_id = bench.ask(
        "SELECT attribute_code, backend_type, attribute_id FROM {eav_attribute} "
        "JOIN {eav_entity_type} USING (entity_type_id) "
        "WHERE entity_type_code = 'customer' AND backend_type = 'int' LIMIT 1"
    )[0]
    customer = make_customer(bench)
    assert load(bench, customer)["attributes"] == {}
    bench.insert(
        f"customer_entity_{backend}", attribute_id=attribute_id, entity_id=customer, value=7
    )
    assert load(bench, customer)["attributes"] == {code: "7"}


def test_a_customer_of_a_deleted_website_has_no_scope(bench: Workbench) -> None:
    customer = make_customer(bench, website_id=None, store_id=None)
    found = load(bench, customer)
    assert (found["store_id"], found["website_id"]) == (None, None)
