"""Field rules of profiles: a bad request for each of P1-P21."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.sandbox.driver import Api, decoded

WHO = {"customId": "7"}

BAD_PROFILES: list[tuple[str, Any]] = [
    ("P1", {"firstName": "Ann"}),
    ("P1", {}),
    ("P2", {"email": ""}),
    ("P2", {"customId": 1042}),
    ("P2", {"uuid": None}),
    ("P3", {"email": "ann@"}),
    ("P3", {"email": "ann@example"}),
    ("P3", {"email": "ann example@example.com"}),
    ("P3", {"email": "ann@example.com, bob@example.com"}),
    ("P4", {"email": "ann@-example.com"}),
    ("P4", {"email": "ann@example-.com"}),
    ("P4", {"email": '"ann..b"@example.com'}),
    ("P5", {"phone": "12345"}),
    ("P5", {"phone": "+48 600 100 200 ext"}),
    ("P5", {"phone": "123456789012345678901"}),
    ("P6", {"customId": "a\nb"}),
    ("P6", {"customId": "smile \U0001f600"}),
    ("P6", {"customId": "a\u00adb"}),
    ("P6", {"email": "ann\ufe0f@example.com"}),
    ("P7", {"uuid": "0B6F4F0E-7C55-4C9E-8F0A-3A1D2C4B5E6F"}),
    ("P7", {"uuid": "0b6f4f0e7c554c9e8f0a3a1d2c4b5e6f"}),
    ("P8", {**WHO, "birthDate": "1988-4-2"}),
    ("P8", {**WHO, "birthDate": "2021-02-30"}),
    ("P8", {**WHO, "birthDate": "1900-01-01"}),
    ("P8", {**WHO, "birthDate": "2026-05-02"}),
    ("P8", {**WHO, "birthDate": ""}),
    ("P9", {**WHO, "sex": "female"}),
    ("P9", {**WHO, "sex": 1}),
    ("P10", {**WHO, "firstName": "A\0nn"}),
    ("P10", {**WHO, "city": "\ufe0f\ufe0e"}),
    ("P10", {**WHO, "tags": ["ok", "\0"]}),
    ("P10", {**WHO, "attributes": {"note": "\ufe0f"}}),
    ("P10", {**WHO, "attributes": {"deep": [{"x": "\0"}]}}),
    ("P11", {**WHO, "attributes": {"a\nb": 1}}),
    ("P11", {**WHO, "attributes": {"": 1}}),
    ("P12", {**WHO, "agreements": {"email": "yes"}}),
    ("P12", {**WHO, "agreements": {"email": 2}}),
    ("P12", {**WHO, "agreements": {"email": None}}),
    ("P12", {**WHO, "agreements": {"fax": True}}),
    ("P13", {**WHO, "countryCode": "POL"}),
    ("P13", {**WHO, "countryCode": "p1"}),
    ("P14", {**WHO, "firstName": 5}),
    ("P14", {**WHO, "tags": "vip"}),
    ("P14", {**WHO, "tags": [1]}),
    ("P14", {**WHO, "attributes": []}),
    ("P14", {**WHO, "attributes": [1]}),
    ("P14", {**WHO, "agreements": []}),
    ("P14", ["not an object"]),
    ("P15", {**WHO, "custom_id": "7"}),
    ("P15", {**WHO, "firstname": "Ann"}),
    ("P16", {"customId": " 7"}),
    ("P16", {"email": "ann@example.com "}),
]


@pytest.mark.parametrize(("rule", "body"), BAD_PROFILES)
def test_a_bad_profile_is_refused_by_its_rule(api: Api, rule: str, body: Any) -> None:
    assert api.post("/v4/clients", body).status == 400
    assert api.rules == [rule]
    assert api.state["profiles"] == []


@pytest.mark.parametrize(("rule", "body"), BAD_PROFILES)
def test_a_bad_element_of_a_batch_is_refused_and_the_rest_is_stored(
    api: Api, rule: str, body: Any
) -> None:
    answer = api.post("/v4/clients/batch", [{"email": "good@example.com"}, body])
    assert answer.status == 207
    assert set(decoded(answer)[0]) == {"code", "field", "message", "rejectedValue"}
    assert api.rules == [rule]
    assert [one["email"] for one in api.state["profiles"]] == ["good@example.com"]


def test_a_client_id_is_known_in_batches_only_and_must_be_an_integer(api: Api) -> None:
    assert api.post("/v4/clients", {**WHO, "clientId": 1}).status == 400
    assert api.post("/v4/clients/batch", [{"clientId": "1"}]).status == 400
    assert api.post("/v4/clients/batch", [{"clientId": True}]).status == 400
    assert api.rules == ["P15", "P2", "P2"]


def test_more_than_1000_elements_are_refused_by_p17(api: Api) -> None:
    elements = [{"customId": str(number)} for number in range(1001)]
    assert api.post("/v4/clients/batch", elements).status == 400
    assert api.post("/v4/clients/batch", elements[:1000]).status == 202
    assert api.rules == ["P17"]


def test_a_body_over_a_million_bytes_is_refused_by_p18(api: Api) -> None:
    element = b'[{"customId":"7","firstName":"%s"}]'
    room = 1_000_000 - len(element) + 2
    assert api.post("/v4/clients/batch", element % (b"x" * room)).status == 202
    assert api.post("/v4/clients/batch", element % (b"x" * (room + 1))).status == 413
    assert api.rules == ["P18"]


@pytest.mark.parametrize(
    "path",
    [
        "/v4/clients/batch",
        "/v4/events/batch",
        "/v4/transactions/batch",
    ],
)
@pytest.mark.parametrize("body", [[], {}, "x"])
def test_a_batch_that_is_no_filled_array_is_refused_by_p19(api: Api, path: str, body: Any) -> None:
    assert api.post(path, body).status == 400
    assert api.rules == ["P19"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v4/clients/77"),
        ("POST", "/v4/clients/by-customid/77"),
        ("POST", "/v4/clients/by-email/x%40example.com"),
        ("GET", "/v4/clients/77"),
        ("GET", "/v4/clients/abc"),
        ("GET", "/v4/clients/by-email/x%40example.com"),
        ("GET", "/v4/clients/by-customid/77"),
        ("DELETE", "/v4/clients/77"),
        ("DELETE", "/v4/clients/by-customid/77"),
        ("DELETE", "/v4/clients/by-custom-id/77"),
    ],
)
def test_an_unknown_profile_is_404_by_p20(api: Api, method: str, path: str) -> None:
    body = b'{"firstName":"Ann"}' if method == "POST" else b""
    assert api.call(method, path, body).status == 404
    assert api.rules == ["P20"]


@pytest.mark.parametrize("name", ["email", "status", "geo_loc_city", "deletedAt"])
def test_a_reserved_attribute_is_refused_by_p21_when_so_switched(api: Api, name: str) -> None:
    api.use(reserved_attributes="reject")
    assert api.post("/v4/clients", {**WHO, "attributes": {name: 1}}).status == 400
    assert api.rules == ["P21"]


def test_a_whole_batch_is_refused_when_so_switched(api: Api) -> None:
    api.use(batch_mode="whole")
    answer = api.post("/v4/clients/batch", [{"email": "good@example.com"}, {"email": "bad"}])
    assert answer.status == 400
    assert [one["field"] for one in decoded(answer)["errors"]] == ["email"]
    assert api.state["profiles"] == []


def test_a_batch_of_bad_elements_only_is_400_or_207_by_switch(api: Api) -> None:
    assert api.post("/v4/clients/batch", [{"email": "bad"}]).status == 400
    api.use(all_refused_status=207)
    assert api.post("/v4/clients/batch", [{"email": "bad"}]).status == 207
    assert api.rules == ["P3", "P3"]


def test_every_broken_rule_of_a_profile_is_recorded(api: Api) -> None:
    body = {"email": "bad", "sex": "x", "birthDate": "x"}
    assert len(decoded(api.post("/v4/clients", body))["errors"]) == 3
    assert sorted(api.rules) == ["P3", "P8", "P9"]


def test_a_rejected_value_is_cut_and_kept_out_of_the_records(api: Api) -> None:
    answer = api.post("/v4/clients", {"email": "x" * 500})
    assert len(decoded(answer)["errors"][0]["rejectedValue"]) == 100
    assert "xxx" not in str(api.sandbox.ledger.rejects_view())
