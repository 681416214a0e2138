"""Requests the service refuses: the guilty payloads become dead letters, all others arrive."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.workspace import BatchSettings
from mappers.payload import PayloadKind
from tests.integration.delivery.running import running

PROFILES = "POST /v4/clients/batch"
ORDERS = "POST /v4/transactions/batch"


@pytest.mark.parametrize("batch_mode", ["partial", "whole"])
def test_one_bad_profile_of_many_is_the_only_one_refused(batch_mode: str, tmp_path: Path) -> None:
    with running(tmp_path, batch_mode=batch_mode) as run:
        entries = [run.customer(n, f"c{n}@example.com") for n in range(1, 41)]
        entries[17] = run.customer(18, "c18@example.com", sex="UNHEARD-OF")
        run.publish(*entries)
        run.start()
        run.wait_delivered()
        assert len(run.profiles()) == 39
        (letter,) = run.dead_letters()
        assert (letter.key, letter.model, letter.workspace) == ("18", "customer", "main")
        assert letter.status in (207, 400)
        assert letter.request is not None
        assert letter.request.kind is PayloadKind.PROFILE
        assert letter.request.body["sex"] == "UNHEARD-OF"
        assert "sex" in letter.response
        assert run.sent_count(PROFILES) < 16
        run.assert_no_violation()


def test_bad_orders_are_found_and_the_good_ones_are_charged_once(tmp_path: Path) -> None:
    with running(tmp_path, batch_mode="whole") as run:
        run.publish(*(run.customer(n, f"c{n}@example.com") for n in range(1, 31)))
        orders = [run.order(100 + n, customId=str(n)) for n in range(1, 31)]
        run.publish(*orders)
        run.admin.faults({"kind": "partial-refusal", "route": ORDERS, "positions": [4]})
        run.start()
        run.wait_delivered()
        # A refusal that does not repeat itself costs requests, nothing else.
        assert run.dead_letters() == []
        assert len(run.orders()) == 30
        run.assert_no_violation()


def test_a_partial_answer_without_a_readable_body_is_isolated_too(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        run.publish(*(run.customer(n, f"c{n}@example.com") for n in range(1, 11)))
        run.admin.faults(
            {"kind": "partial-refusal", "route": PROFILES, "positions": [3], "body": "nothing"}
        )
        run.start()
        run.wait_delivered()
        assert len(run.profiles()) == 10
        assert run.dead_letters() == []


def test_a_whole_batch_refused_once_arrives_in_pieces(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        run.publish(*(run.customer(n, f"c{n}@example.com") for n in range(1, 11)))
        run.admin.faults({"kind": "whole-refusal", "route": PROFILES})
        run.start()
        run.wait_delivered()
        assert len(run.profiles()) == 10
        assert run.dead_letters() == []


@pytest.mark.parametrize("status", [400, 409, 415, 422])
def test_what_is_refused_alone_becomes_a_dead_letter_with_the_answer(
    status: int, tmp_path: Path
) -> None:
    with running(tmp_path) as run:
        fault = {"kind": "status", "status": status, "route": PROFILES, "count": None}
        run.admin.faults({**fault, "body": '{"message": "never"}'})
        run.publish(run.customer(1, "a@example.com"), run.customer(2, "b@example.com"))
        run.start()
        run.wait_delivered()
        letters = run.dead_letters()
        assert [(letter.key, letter.status) for letter in letters] == [("1", status), ("2", status)]
        assert letters[0].response == '{"message": "never"}'
        assert letters[0].attempts == 2


def test_a_batch_that_is_too_large_is_halved(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        run.admin.faults({"kind": "status", "status": 413, "route": PROFILES, "count": 3})
        run.publish(*(run.customer(n, f"c{n}@example.com") for n in range(1, 21)))
        run.start()
        run.wait_delivered()
        assert len(run.profiles()) == 20
        assert run.dead_letters() == []


def test_a_payload_over_the_limit_is_refused_without_being_sent(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        run.publish(
            run.customer(1, "a@example.com", firstName="x" * 5000),
            run.customer(2, "b@example.com"),
        )
        run.start(batch=BatchSettings(bytes_max=4000))
        run.wait_delivered()
        (letter,) = run.dead_letters()
        assert letter.key == "1"
        assert letter.attempts == 0
        assert "more than a request may have" in letter.reason
        assert list(run.profiles()) == ["b@example.com"]


def test_an_element_that_breaks_the_service_is_isolated_when_others_get_through(
    tmp_path: Path,
) -> None:
    # The stand-in cannot fail for one element, so the fault strikes as it would: the whole batch,
    # the half with the element, the element alone.
    with running(tmp_path) as run:
        run.publish(run.customer(1, "a@example.com"), run.customer(2, "b@example.com"))
        fault = {"kind": "status", "status": 500, "route": PROFILES}
        # Both together five times, then the first alone five times, then again after the second.
        run.admin.faults({**fault, "first": 1, "count": 10}, {**fault, "first": 12, "count": 5})
        run.start()
        run.wait_delivered()
        (letter,) = run.dead_letters()
        assert (letter.key, letter.status) == ("1", 500)
        assert list(run.profiles()) == ["b@example.com"]


def test_an_outage_with_status_500_blames_nobody(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        run.publish(run.customer(1, "a@example.com"), run.customer(2, "b@example.com"))
        run.admin.faults({"kind": "status", "status": 500, "count": 40})
        run.start()
        run.wait_delivered(timeout_s=30)
        assert run.dead_letters() == []
        assert sorted(run.profiles()) == ["a@example.com", "b@example.com"]
