"""Persons who change their address: no update is swallowed, no profile goes to the wrong one."""

from __future__ import annotations

from pathlib import Path
from zlib import crc32

import pytest

from cdc.log.embedded import EmbeddedLog
from sinks.accepted import accepted_path
from sinks.deliver import people
from tests.integration.delivery.running import NAMES, PlainMapper, running
from tests.waiting import wait_until

MERGE = "POST /v4/clients/merge"
LOOK = "GET /v4/clients/by-email"


def test_a_customer_who_takes_a_free_address_keeps_the_profile(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        run.publish(run.customer(1, "a@example.com", firstName="Ann"))
        run.start()
        run.wait_delivered()
        client_id = run.profiles()["a@example.com"]["clientId"]
        run.publish(run.customer(1, "b@example.com", "a@example.com", firstName="Ann"))
        run.wait_delivered()
        profiles = run.profiles()
        assert list(profiles) == ["b@example.com"]
        assert profiles["b@example.com"]["clientId"] == client_id
        run.assert_no_violation()


@pytest.mark.parametrize("before", ["subscriber", "guest"])
def test_a_customer_who_takes_an_address_with_a_profile_is_merged_into_it(
    before: str, tmp_path: Path
) -> None:
    with running(tmp_path) as run:
        known = (
            run.subscriber("b@example.com")
            if before == "subscriber"
            else run.order(100, email="b@example.com")
        )
        run.publish(run.customer(1, "a@example.com", firstName="Ann"), known)
        run.start()
        run.wait_delivered()
        run.publish(run.customer(1, "b@example.com", "a@example.com", firstName="Ann"))
        run.wait_delivered()
        profiles = run.profiles()
        assert list(profiles) == ["b@example.com"]
        assert profiles["b@example.com"]["customId"] == "1"
        assert profiles["b@example.com"]["firstName"] == "Ann"
        if before == "subscriber":
            assert profiles["b@example.com"]["agreements"] == {"email": True}
        run.assert_no_violation()


def test_a_rename_waits_until_a_profile_that_was_just_written_shows(tmp_path: Path) -> None:
    with running(tmp_path, visible_after_s=1.0) as run:
        run.publish(run.customer(1, "a@example.com"), run.subscriber("b@example.com"))
        run.start()
        run.wait_delivered()
        run.publish(run.customer(1, "b@example.com", "a@example.com"))
        run.wait_delivered()
        assert run.profiles()["b@example.com"]["customId"] == "1"
        run.assert_no_violation()


def test_a_rename_and_the_new_address_subscription_in_one_cycle_do_not_conflict(
    tmp_path: Path,
) -> None:
    with running(tmp_path) as run:
        run.publish(run.customer(1, "a@example.com"), run.subscriber("a@example.com"))
        run.start()
        run.wait_delivered()
        # The subscription is published first, yet the customer has to be sent first.
        run.publish(
            run.subscriber("b@example.com"),
            run.subscriber("a@example.com", 3),
            run.customer(1, "b@example.com", "a@example.com"),
        )
        run.wait_delivered()
        assert run.profiles()["b@example.com"]["customId"] == "1"
        assert run.sent_count(MERGE) == 0
        run.assert_no_violation()


def test_customers_who_pass_an_address_on_need_no_order_of_arrival(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        run.publish(run.customer(1, "a@example.com"), run.customer(2, "b@example.com"))
        run.start()
        run.wait_delivered()
        run.stop()
        # 1 takes the address that 2 has left, but the record of 2 comes later.
        run.publish(run.customer(1, "b@example.com", "a@example.com"))
        run.publish(run.customer(2, "c@example.com", "b@example.com"))
        run.start()
        run.wait_delivered()
        names = {mail: each["customId"] for mail, each in run.profiles().items()}
        assert names == {"b@example.com": "1", "c@example.com": "2"}
        run.assert_no_violation()


def test_customers_who_exchange_addresses_through_a_third_one_both_arrive(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        run.publish(run.customer(1, "a@example.com"), run.customer(2, "b@example.com"))
        run.start()
        run.wait_delivered()
        run.stop()
        run.publish(run.customer(2, "t@example.com", "b@example.com"))
        run.publish(run.customer(1, "b@example.com", "a@example.com"))
        run.publish(run.customer(2, "a@example.com", "b@example.com", "t@example.com"))
        run.start()
        run.wait_delivered()
        names = {mail: each["customId"] for mail, each in run.profiles().items()}
        assert names == {"b@example.com": "1", "a@example.com": "2"}
        assert run.dead_letters() == []
        run.assert_no_violation()


def test_an_address_that_another_customer_keeps_is_a_dead_letter_and_the_stream_goes_on(
    tmp_path: Path,
) -> None:
    with running(tmp_path) as run:
        run.publish(run.customer(1, "a@example.com"), run.customer(2, "b@example.com"))
        run.start()
        run.wait_delivered()
        run.publish(
            run.customer(1, "b@example.com", "a@example.com"), run.customer(3, "d@example.com")
        )
        run.wait_delivered()
        (letter,) = run.dead_letters()
        assert letter.key == "1"
        assert letter.reason.startswith("identity conflict")
        assert sorted(run.profiles()) == ["a@example.com", "b@example.com", "d@example.com"]
        run.assert_no_violation()


def test_orders_of_a_customer_who_waits_for_an_address_wait_too(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        run.publish(run.customer(2, "b@example.com"), run.customer(9, "n@example.com"))
        run.start()
        run.wait_delivered()
        run.publish(
            run.customer(3, "b@example.com", "x@example.com"),
            run.order(100, customId="3"),
            run.order(900, customId="9"),
        )
        # Others go on. The profile that this order would make could never get the address.
        wait_until(lambda: bool(run.orders()), timeout_s=10, what="the order of another customer")
        run.publish(run.customer(2, "c@example.com", "b@example.com"))
        run.wait_delivered()
        held = {mail: (each["customId"], each["clientId"]) for mail, each in run.profiles().items()}
        assert {mail: custom_id for mail, (custom_id, _) in held.items()} == {
            "n@example.com": "9",
            "b@example.com": "3",
            "c@example.com": "2",
        }
        (order,) = [each for each in run.orders() if each["orderId"] == "100"]
        assert order["clientId"] == held["b@example.com"][1]
        assert run.dead_letters() == []
        run.assert_no_violation()


def test_orders_go_on_when_their_customer_is_given_up(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        run.publish(run.customer(2, "b@example.com"))
        run.start()
        run.wait_delivered()
        run.publish(run.customer(3, "b@example.com", "x@example.com"), run.order(1, customId="3"))
        run.wait_delivered()
        assert [letter.key for letter in run.dead_letters()] == ["3"]
        assert [each["orderId"] for each in run.orders()] == ["1"]


def test_nobody_takes_the_profile_of_a_customer_who_has_yet_to_leave_the_address(
    tmp_path: Path,
) -> None:
    with running(tmp_path) as run:
        run.publish(run.customer(2, "b@example.com"), run.customer(3, "c@example.com"))
        run.start()
        run.wait_delivered()
        first = {each["customId"]: each["clientId"] for each in run.profiles().values()}
        run.stop()
        # 2 leaves b for c, which 3 has not left yet; 4 registers with b.
        run.publish(run.customer(2, "c@example.com", "b@example.com"))
        run.publish(run.customer(4, "b@example.com"))
        run.publish(run.customer(3, "d@example.com", "c@example.com"))
        run.start()
        run.wait_delivered()
        now = {each["customId"]: (mail, each["clientId"]) for mail, each in run.profiles().items()}
        assert {custom_id: mail for custom_id, (mail, _) in now.items()} == {
            "2": "c@example.com",
            "3": "d@example.com",
            "4": "b@example.com",
        }
        assert {custom_id: now[custom_id][1] for custom_id in first} == first
        run.assert_no_violation()


def test_the_address_of_a_customer_whose_deletion_is_ignored_can_be_taken(tmp_path: Path) -> None:
    with running(tmp_path, mapper=PlainMapper("ignore")) as run:
        run.publish(run.customer(1, "a@example.com"), run.customer(2, "b@example.com"))
        run.start()
        run.wait_delivered()
        run.publish(run.customer_gone(1, "a@example.com"))
        run.publish(run.customer(2, "a@example.com", "b@example.com"))
        run.wait_delivered()
        assert run.profiles()["a@example.com"]["customId"] == "2"
        assert run.dead_letters() == []
        run.assert_no_violation()


def test_a_guests_order_that_comes_after_its_customer_has_left_the_address_is_charged_once(
    tmp_path: Path,
) -> None:
    with running(tmp_path) as run:
        run.publish(run.customer(1, "a@example.com"))
        run.start()
        run.wait_delivered()
        run.stop()
        run.publish(run.order(100, email="a@example.com"))
        run.publish(run.customer(1, "b@example.com", "a@example.com"))
        run.start()
        run.wait_delivered()
        run.publish(run.order(100, "complete", customId="1"))
        run.wait_delivered()
        (order,) = run.orders()
        assert order["clientId"] == run.profiles()["b@example.com"]["clientId"]
        assert list(run.profiles()) == ["b@example.com"]
        run.assert_no_violation()


def test_a_customer_never_overtakes_the_one_who_left_the_address_in_another_partition(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "_CUSTOMERS_COUNT", 20)
    monkeypatch.setattr(people, "POLL_COUNT", 20)
    with running(tmp_path, log=EmbeddedLog(tmp_path / "log.sqlite", NAMES, 2)) as run:
        # 1 and 3 live in one partition, 4 in the other.
        lives = [key for key in range(1, 2000) if crc32(str(key).encode()) % 2 == 0]
        elsewhere = next(key for key in range(2000, 3000) if crc32(str(key).encode()) % 2)
        leaver, *crowd = lives[:400]
        run.publish(run.customer(leaver, "b@example.com"))
        run.start()
        run.wait_delivered()
        first_id = run.profiles()["b@example.com"]["clientId"]
        run.stop()
        run.publish(*(run.customer(key, f"c{key}@example.com") for key in crowd))
        run.publish(run.customer(leaver, "c@example.com", "b@example.com"))
        run.publish(run.customer(elsewhere, "b@example.com"))
        run.start()
        run.wait_delivered()
        profiles = run.profiles()
        assert profiles["c@example.com"]["clientId"] == first_id
        assert profiles["b@example.com"]["customId"] == str(elsewhere)
        run.assert_no_violation()


def test_a_newer_record_replaces_a_customer_that_waits_for_an_address(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        run.publish(run.customer(1, "a@example.com"), run.customer(2, "b@example.com"))
        delivery = run.start()
        run.wait_delivered()
        run.publish(run.customer(1, "b@example.com", "a@example.com"))
        run.publish(run.customer(1, "c@example.com", "a@example.com", "b@example.com"))
        run.wait_delivered()
        assert run.dead_letters() == []
        assert run.profiles()["c@example.com"]["customId"] == "1"
        assert delivery.progress["people"].dead_count == 0
        run.assert_no_violation()


def test_a_customer_refused_once_is_not_lost_when_the_orders_have_made_a_profile(
    tmp_path: Path,
) -> None:
    with running(tmp_path) as run:
        run.publish(run.customer(1, "joerg@localhost"))
        run.start()
        run.wait_delivered()
        assert [letter.key for letter in run.dead_letters()] == ["1"]
        run.publish(run.order(100, customId="1"), run.subscriber("joerg@example.com"))
        run.wait_delivered()
        run.publish(run.customer(1, "joerg@example.com"))
        run.wait_delivered()
        (joerg,) = run.profiles().values()
        assert (joerg["email"], joerg["customId"]) == ("joerg@example.com", "1")
        assert joerg["agreements"] == {"email": True}
        (order,) = run.orders()
        assert order["clientId"] == joerg["clientId"]
        run.assert_no_violation()


@pytest.mark.parametrize("route", [LOOK + "/*", MERGE + "/*"])
def test_a_key_that_may_not_look_or_merge_gives_a_dead_letter_that_says_so(
    route: str, tmp_path: Path
) -> None:
    with running(tmp_path) as run:
        run.publish(run.customer(1, "a@example.com"), run.subscriber("b@example.com"))
        run.start()
        run.wait_delivered()
        run.admin.faults({"kind": "forbidden", "route": route, "count": None})
        run.publish(run.customer(1, "b@example.com", "a@example.com"))
        run.wait_delivered()
        (letter,) = run.dead_letters()
        assert letter.status == 403
        assert "may not read or merge" in letter.reason
        run.assert_no_violation()


def test_a_rename_is_noticed_although_the_accepted_index_was_lost(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        run.publish(run.customer(1, "a@example.com"), run.subscriber("b@example.com"))
        run.start()
        run.wait_delivered()
        run.stop()
        for part in tmp_path.glob(accepted_path(tmp_path, "main").name + "*"):
            part.unlink()
        run.start()
        run.publish(run.customer(1, "b@example.com", "a@example.com"))
        run.wait_delivered()
        assert run.profiles()["b@example.com"]["customId"] == "1"
        run.assert_no_violation()
