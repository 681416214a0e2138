"""Persons who leave and come back: nobody is re-created, and nobody is written before known."""

from __future__ import annotations

from pathlib import Path

import pytest

from sinks.deliver import people
from tests.integration.delivery.running import PlainMapper, running


def test_a_removed_person_is_not_brought_back_by_late_writes(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        run.publish(
            run.customer(1, "a@example.com"),
            run.subscriber("a@example.com"),
            run.order(100, customId="1"),
        )
        delivery = run.start()
        run.wait_delivered()
        run.publish(
            run.customer_gone(1, "a@example.com"),
            run.subscriber("a@example.com", 3),
            run.order(100, "complete", customId="1"),
        )
        run.wait_delivered()
        run.publish(run.order(100, "closed", customId="1"))
        run.wait_delivered()
        assert run.profiles() == {}
        assert delivery.progress["people"].skipped["person was removed"] == 3
        run.assert_no_violation()


def test_a_removed_address_that_registers_again_is_written_again(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        run.publish(run.customer(1, "a@example.com"), run.subscriber("a@example.com"))
        run.start()
        run.wait_delivered()
        run.publish(run.customer_gone(1, "a@example.com"))
        run.wait_delivered()
        run.publish(run.customer(2, "a@example.com"), run.subscriber("a@example.com"))
        run.wait_delivered()
        ann = run.profiles()["a@example.com"]
        assert (ann["customId"], ann["agreements"]) == ("2", {"email": True})


def test_removal_and_new_registration_in_one_cycle_keep_their_order(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        run.publish(run.customer(1, "a@example.com"), run.order(100, customId="1"))
        run.start()
        run.wait_delivered()
        old_client_id = run.profiles()["a@example.com"]["clientId"]
        run.stop()
        run.publish(
            run.customer_gone(1, "a@example.com"),
            run.customer(2, "a@example.com"),
            run.order(200, customId="2"),
        )
        run.start()
        run.wait_delivered()
        ann = run.profiles()["a@example.com"]
        assert ann["customId"] == "2"
        assert ann["clientId"] != old_client_id
        (order,) = [each for each in run.orders() if each["orderId"] == "200"]
        assert order["clientId"] == ann["clientId"]


@pytest.mark.parametrize("spelling", ["by-customid", "by-custom-id"])
def test_either_spelling_of_the_delete_path_works(spelling: str, tmp_path: Path) -> None:
    with running(tmp_path, custom_id_delete_path=spelling, delete_status=204) as run:
        run.publish(run.customer(1, "a@example.com"))
        run.start()
        run.wait_delivered()
        run.publish(run.customer_gone(1, "a@example.com"))
        run.wait_delivered()
        assert run.profiles() == {}
        assert run.dead_letters() == []


def test_a_profile_that_is_gone_already_counts_as_deleted(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        run.publish(run.customer_gone(1, "a@example.com"))
        run.start()
        run.wait_delivered()
        assert run.dead_letters() == []


def test_the_deleted_account_event_is_sent_once_however_often_the_record_comes(
    tmp_path: Path,
) -> None:
    with running(tmp_path, mapper=PlainMapper("event")) as run:
        run.publish(run.customer(1, "a@example.com"))
        delivery = run.start()
        run.wait_delivered()
        for _ in range(3):
            run.publish(run.customer_gone(1, "a@example.com"))
            run.wait_delivered()
        events = run.admin.state("main")["events"]
        assert [each["action"] for each in events] == ["client.deleteAccount"]
        assert delivery.progress["people"].skipped["event was sent before"] == 2
        run.assert_no_violation()


def test_customers_that_orders_in_hand_name_are_delivered_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # More customers than a cycle takes, so that the orders have to wait for several cycles.
    monkeypatch.setattr(people, "_CUSTOMERS_COUNT", 100)
    monkeypatch.setattr(people, "_OTHERS_COUNT", 30)
    with running(tmp_path) as run:
        run.publish(
            *(run.customer(n, f"c{n}@example.com") for n in range(1, 1201)),
            *(run.order(n, customId=str(1201 - n)) for n in range(1, 101)),
        )
        run.start()
        run.wait_delivered()
        assert len(run.profiles()) == 1200
        assert len(run.orders()) == 100
        run.assert_no_violation()
        # A profile that an order had to create would have been made without an e-mail address.
        stored = run.admin.stats("profiles", "transactions")["accepted_at"]
        assert max(each["at"] for each in stored["profiles"]) < min(
            each["at"] for each in stored["transactions"]
        )
