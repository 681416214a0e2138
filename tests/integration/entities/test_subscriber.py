"""Subscribers: all subscriptions of one exact address."""

from __future__ import annotations

import pytest

from cdc.entities.loaders import loaders
from cdc.records import Model
from tests.integration.entities.reading import Workbench


def subscribe(bench: Workbench, email: str | None, **values: object) -> int:
    row: dict[str, object] = {"subscriber_email": email, "store_id": 1, "subscriber_status": 1}
    return bench.insert("newsletter_subscriber", **{**row, **values})


def test_all_rows_of_an_address_make_one_subscriber(bench: Workbench) -> None:
    first = subscribe(bench, "anna@x.pl", customer_id=5, change_status_at="2024-01-02 03:04:05")
    subscribe(bench, "other@x.pl")
    second = subscribe(bench, "anna@x.pl", store_id=None, subscriber_status=3)
    assert bench.load(Model.SUBSCRIBER, "anna@x.pl") == {
        "anna@x.pl": {
            "email": "anna@x.pl",
            "subscriptions": [
                {
                    "subscriber_id": first,
                    "store_id": 1,
                    "customer_id": 5,
                    "status": 1,
                    "change_status_at": "2024-01-02 03:04:05",
                },
                {
                    "subscriber_id": second,
                    "store_id": None,
                    "customer_id": 0,
                    "status": 3,
                    "change_status_at": None,
                },
            ],
        }
    }


def test_addresses_are_compared_with_case_and_accents(bench: Workbench) -> None:
    subscribe(bench, "Anna@x.pl")
    subscribe(bench, "ańna@x.pl")
    keys = ["anna@x.pl", "Anna@x.pl", "ańna@x.pl", "nobody@x.pl", "😀@x.pl"]
    assert sorted(bench.load(Model.SUBSCRIBER, *keys)) == ["Anna@x.pl", "ańna@x.pl"]
    assert loaders("m2_")[Model.SUBSCRIBER].existing(bench, keys) == {"Anna@x.pl", "ańna@x.pl"}


@pytest.mark.parametrize("stored", [" a@x.pl", "a@x.pl ", "\ta@x.pl", "a@x.pl\r", "a@x.pl\r\n"])
def test_rows_with_stray_space_around_the_address_are_found(bench: Workbench, stored: str) -> None:
    subscriber = subscribe(bench, stored)
    found = bench.load(Model.SUBSCRIBER, "a@x.pl")["a@x.pl"]
    assert [each["subscriber_id"] for each in found["subscriptions"]] == [subscriber]


def test_a_scan_yields_each_address_once_a_step_and_trimmed(bench: Workbench) -> None:
    loader = loaders("m2_")[Model.SUBSCRIBER]
    start = loader.highest(bench)
    ids = [subscribe(bench, email) for email in ("b@x.pl", " a@x.pl", None, "", "b@x.pl")]
    step = loader.scan(bench, start, 4)
    assert step.keys == ("b@x.pl", "a@x.pl")
    assert step.last == ids[3]
    step = loader.scan(bench, ids[3], 4)
    assert (step.keys, step.last) == (("b@x.pl",), None)
    assert loader.highest(bench) == ids[-1]
