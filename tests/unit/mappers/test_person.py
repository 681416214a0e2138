"""What identifies and names a person."""

from __future__ import annotations

import pytest

from cdc.errors import MappingFailed
from mappers.fields import Fields
from mappers.payload import Skipped
from mappers.person import (
    email_claim,
    is_email,
    is_phone,
    required_email,
    sent_names,
    uuid_of_email,
)
from sinks.sandbox.text_rules import identifier_breach

GOOD_ADDRESSES = [
    "customer@example.com",
    "A.b+c-d_e%f@sub.example-shop.co.uk",
    "ł@example.com",
    "'o'@example.museum",
    "ann@[192.168.0.1]",
    '"ann lee"@example.com',
]
BAD_ADDRESSES = [
    "",
    "customer",
    "@example.com",
    "customer@",
    "customer@localhost",
    "customer@example.c",
    "customer@example.c0m",
    "cus tomer@example.com",
    "customer@exa mple.com",
    "cus,tomer@example.com",
    "cus;tomer@example.com",
    "cus<tomer>@example.com",
    "cus\\tomer@example.com",
    "a@b@example.com",
    ".ann@example.com",
    "ann.@example.com",
    "ann..lee@example.com",
    '"ann..lee"@example.com',
    '".ann"@example.com',
    "ann@example..com",
    "ann@-example.com",
    "ann@example-.com",
    "ann@.example.com",
    "ann@example.com.",
    "ann@example.com\n",
    " ann@example.com",
    "ann@example.com ",
    "ann\u00ad@example.com",
    "ann\u2028@example.com",
    "ann\ufe0f@example.com",
    "ann\x00@example.com",
    "ann\U0001f642@example.com",
    '"ann\nlee"@example.com',
    "ann@łódź.pl",
]


@pytest.mark.parametrize("address", GOOD_ADDRESSES)
def test_good_addresses_are_taken(address: str) -> None:
    assert is_email(address)
    assert identifier_breach("email", address, "email") is None


@pytest.mark.parametrize("address", BAD_ADDRESSES)
def test_bad_addresses_are_refused_as_the_api_does(address: str) -> None:
    assert not is_email(address)
    assert identifier_breach("email", address, "email") is not None


@pytest.mark.parametrize(
    "phone", ["600700800", "+48 600-700-800", "(22) 12/345", "+123456", "1" * 20]
)
def test_good_phones_are_taken(phone: str) -> None:
    assert is_phone(phone)


@pytest.mark.parametrize(
    "phone", ["", "12345", "+12345", "600.700.800", "600+700800", "1" * 21, "+" + "1" * 20, "٣" * 8]
)
def test_bad_phones_are_refused(phone: str) -> None:
    assert not is_phone(phone)


def test_uuid_is_the_one_the_tracker_gives() -> None:
    assert uuid_of_email("customer@example.com") == "f95a6e19-158c-5dfa-a4de-5b77fbb55edd"


def test_uuid_depends_on_case() -> None:
    assert uuid_of_email("Customer@example.com") != uuid_of_email("customer@example.com")


def test_claims_on_an_address_do_not_depend_on_case_or_white_space() -> None:
    assert email_claim(" Customer@Example.com") == email_claim("customer@example.com")


def test_refused_address_is_named_and_not_shown() -> None:
    with pytest.raises(MappingFailed, match=r"^email is not an e-mail") as caught:
        required_email(Fields({"email": "ann@home"}), "email")
    assert "ann@home" not in str(caught.value)


def test_names_keep_their_spaces_and_lose_what_the_api_refuses() -> None:
    person = Fields({"a": " Ann ", "b": "\x00", "c": "\ufe0f", "d": " \n", "e": "L\x00ee\ufe0f"})
    pairs = tuple((name.upper(), name) for name in "abcde")
    names, skipped = sent_names(person, pairs)
    assert names == {"A": " Ann ", "E": "Lee\ufe0f"}
    assert skipped == [
        Skipped("B: NUL characters left out"),
        Skipped("C: no visible character"),
        Skipped("E: NUL characters left out"),
    ]
