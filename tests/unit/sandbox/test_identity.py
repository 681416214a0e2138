"""Which profile a request means: the documented table of two identifiers, and more."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.sandbox.driver import Api, decoded

U1 = "11111111-1111-4111-8111-111111111111"
U2 = "22222222-2222-4222-8222-222222222222"
ANONYMOUS = {"uuid": U1}
RECOGNISED = {"uuid": U1, "email": "ann@example.com"}
OTHER = {"email": "bob@example.com", "customId": "2"}


def _upsert(api: Api, *bodies: dict[str, Any]) -> None:
    for body in bodies:
        assert api.post("/v4/clients", body).status == 202


def test_uuid_of_an_anonymous_profile_with_a_new_email_recognises_it(api: Api) -> None:
    _upsert(api, ANONYMOUS, {"uuid": U1, "email": "ann@example.com"})
    assert api.profile()["email"] == "ann@example.com"
    assert api.profile()["anonymous"] is False
    assert api.notes == []


@pytest.mark.parametrize("second", [{"email": "bob@example.com"}, {"customId": "2"}])
def test_uuid_of_an_anonymous_profile_with_another_profiles_name_merges(
    api: Api, second: dict[str, str]
) -> None:
    _upsert(api, {**ANONYMOUS, "attributes": {"a": 1}}, OTHER, {"uuid": U1, **second})
    merged = api.profile()
    assert (merged["email"], merged["uuids"], merged["attributes"]) == (
        "bob@example.com",
        [U1],
        {"a": 1},
    )
    assert api.notes == ["merge"]


@pytest.mark.parametrize("known", [ANONYMOUS, RECOGNISED])
def test_uuid_with_a_new_custom_id_stores_it(api: Api, known: dict[str, str]) -> None:
    _upsert(api, known, {"uuid": U1, "customId": "1"})
    assert api.profile()["customId"] == "1"
    assert api.profile()["anonymous"] is ("email" not in known)


def test_uuid_of_a_recognised_profile_with_a_new_email_overwrites_it(api: Api) -> None:
    _upsert(api, RECOGNISED, {"uuid": U1, "email": "new@example.com"})
    assert api.profile()["email"] == "new@example.com"
    assert api.get("/v4/clients/by-email/ann%40example.com").status == 404
    assert (api.notes, api.violations) == (["B9"], [])


@pytest.mark.parametrize("second", [{"email": "bob@example.com"}, {"customId": "2"}])
def test_uuid_of_a_recognised_profile_with_another_profiles_name_conflicts(
    api: Api, second: dict[str, str]
) -> None:
    _upsert(api, RECOGNISED, OTHER)
    _upsert(api, {"uuid": U1, **second, "firstName": "Lost"})
    assert api.violations == ["B8"]
    assert len(api.state["profiles"]) == 2
    assert "Lost" not in str(api.state["profiles"])


def test_new_email_with_a_new_custom_id_is_a_new_profile(api: Api) -> None:
    _upsert(api, OTHER, {"email": "ann@example.com", "customId": "1"})
    assert len(api.state["profiles"]) == 2


def test_new_email_with_the_custom_id_of_an_anonymous_profile_is_stored_there(api: Api) -> None:
    _upsert(api, {"customId": "1"}, {"customId": "1", "email": "ann@example.com"})
    assert api.profile()["email"] == "ann@example.com"
    assert api.notes == []


def test_new_email_with_the_custom_id_of_a_recognised_profile_overwrites(api: Api) -> None:
    _upsert(api, OTHER, {"customId": "2", "email": "new@example.com"})
    assert api.profile()["email"] == "new@example.com"
    assert api.notes == ["B9"]


def test_existing_email_with_a_new_custom_id_stores_it(api: Api) -> None:
    _upsert(api, {"email": "ann@example.com"}, {"email": "ann@example.com", "customId": "1"})
    assert api.profile()["customId"] == "1"
    assert api.get("/v4/clients/by-customid/1").status == 200


def test_a_second_custom_id_for_one_email_replaces_the_first_and_is_noted(api: Api) -> None:
    _upsert(api, OTHER, {"email": "bob@example.com", "customId": "3"})
    assert api.profile()["customId"] == "3"
    assert api.get("/v4/clients/by-customid/2").status == 404
    assert api.notes == ["custom-id"]


@pytest.mark.parametrize("first", [{"customId": "1"}, {"customId": "1", "email": "a@b.com"}])
def test_existing_email_with_an_existing_custom_id_of_another_profile_conflicts(
    api: Api, first: dict[str, str]
) -> None:
    _upsert(api, first, OTHER, {"email": "bob@example.com", "customId": "1", "city": "Lost"})
    assert api.violations == ["B8"]
    assert "Lost" not in str(api.state["profiles"])


def test_existing_email_with_a_new_uuid_adds_the_uuid(api: Api) -> None:
    _upsert(api, {"email": "ann@example.com", "uuid": U1}, {"email": "ann@example.com", "uuid": U2})
    assert api.profile()["uuids"] == [U1, U2]
    assert api.get(f"/v4/clients/by-uuid/{U2}").status == 200


def test_a_uuid_merge_happens_together_with_a_known_pair(api: Api) -> None:
    _upsert(api, ANONYMOUS, OTHER, {"uuid": U1, **OTHER})
    assert api.profile()["uuids"] == [U1]


def test_two_elements_with_one_email_and_two_uuids_merge_the_profiles(api: Api) -> None:
    _upsert(api, {"uuid": U1}, {"uuid": U2})
    elements = [{"email": "ann@example.com", "uuid": one} for one in (U1, U2)]
    assert api.post("/v4/clients/batch", elements).status == 202
    assert api.profile()["uuids"] == [U1, U2]
    assert "repeat" in api.notes


def test_emails_are_compared_as_exact_strings(api: Api) -> None:
    _upsert(api, {"email": "ann@example.com"}, {"email": "Ann@example.com"})
    assert len(api.state["profiles"]) == 2


def test_a_phone_identifies_only_when_it_is_alone(api: Api) -> None:
    _upsert(api, {"customId": "1", "phone": "+48 600 100 200"})
    _upsert(api, {"phone": "+48 600 100 200", "city": "Gdynia"})
    assert api.profile()["city"] == "Gdynia"
    _upsert(api, {"customId": "2", "phone": "+48 600 100 200"})
    assert len(api.state["profiles"]) == 2
    _upsert(api, {"phone": "600 999 999"})
    assert api.profile(phone="600 999 999")["anonymous"] is True


def test_a_client_id_pins_the_profile_and_another_name_of_somebody_else_conflicts(
    api: Api,
) -> None:
    _upsert(api, RECOGNISED, OTHER)
    client_id = api.profile(email="ann@example.com")["clientId"]
    good = {"clientId": client_id, "email": "new@example.com"}
    assert api.post("/v4/clients/batch", [good]).status == 202
    assert api.profile(clientId=client_id)["email"] == "new@example.com"
    bad = {"clientId": client_id, "email": "bob@example.com"}
    assert api.post("/v4/clients/batch", [bad]).status == 202
    assert api.violations == ["B8"]


def test_an_unknown_client_id_with_another_identifier_creates_a_profile(api: Api) -> None:
    assert api.post("/v4/clients/batch", [{"clientId": 99, "customId": "1"}]).status == 202
    assert api.profile()["clientId"] == 1


def test_an_update_by_path_changes_the_named_profile(api: Api) -> None:
    _upsert(api, OTHER)
    assert api.post("/v4/clients/by-customid/2", {"firstName": "Bob"}).status == 202
    assert api.post("/v4/clients/by-email/bob%40example.com", {"lastName": "B"}).status == 202
    client_id = api.profile()["clientId"]
    assert api.post(f"/v4/clients/{client_id}", {"city": "X", "customId": "5"}).status == 202
    shown = decoded(api.get(f"/v4/clients/{client_id}"))
    assert (shown["firstName"], shown["lastName"], shown["city"]) == ("Bob", "B", "X")
    assert shown["customId"] == "5"


def test_without_unique_emails_the_custom_id_is_the_main_identifier() -> None:
    api = Api(unique_emails=False)
    _upsert(api, {"customId": "1", "email": "x@b.com", "agreements": {"email": True, "sms": True}})
    _upsert(api, {"customId": "2", "email": "x@b.com"})
    assert len(api.state["profiles"]) == 2
    assert api.profile(customId="1")["agreements"] == {"sms": True}
    assert api.profile(customId="1")["anonymous"] is False
    assert api.notes == ["agreement"]


def test_a_merge_by_ids_keeps_the_target_and_moves_uuids_and_events(api: Api) -> None:
    _upsert(api, {"customId": "1", "uuid": U1, "city": "Lost", "attributes": {"a": 1, "b": 1}})
    _upsert(api, {"customId": "2", "attributes": {"b": 2}})
    event = {"client": {"customId": "1"}, "label": "x", "params": {}}
    api.post("/v4/events/logged-in", event)
    answer = api.post("/v4/clients/merge/from/custom-ids/1/to/custom-id/2", b"")
    assert answer.status == 200
    assert decoded(answer)["previousClients"][0]["customId"] == "1"
    target = api.profile()
    assert (target["customId"], target["uuids"]) == ("2", [U1])
    assert target["attributes"] == {"a": 1, "b": 2}
    assert "city" not in target
    events = api.state["events"]
    assert {one["clientId"] for one in events} == {target["clientId"]}
    assert [one["action"] for one in events] == ["client.login", "client.merge"]


def test_a_merge_with_an_unknown_profile_is_404(api: Api) -> None:
    _upsert(api, {"customId": "1"})
    assert api.post("/v4/clients/merge/from/ids/9/to/id/1", b"").status == 404
    assert api.post("/v4/clients/merge/from/ids/1/to/id/9", b"").status == 404
    assert api.post("/v4/clients/merge/from/ids/1/to/id/1", b"").status == 400


def test_reads_show_the_documented_object(api: Api) -> None:
    _upsert(api, {"email": "ann@example.com", "firstName": "Ann", "tags": ["vip"]})
    assert decoded(api.get("/v4/clients/by-email/ann%40example.com")) == {
        "clientId": 1,
        "email": "ann@example.com",
        "firstName": "Ann",
        "agreements": {},
        "attributes": {},
        "tags": ["vip"],
        "anonymous": False,
        "previousClients": [],
    }
