"""Renamed customers: send, merge, wait, or give up."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import pytest

from cdc.errors import ApiForbidden, ApiRejected
from sinks.deliver.gate import Rename
from sinks.deliver.identity import VISIBLE_WITHIN_MS, Advice, IdentityResolver
from sinks.progress import Progress
from sinks.synerise.client import RemoteProfile
from tests.unit.delivery.making import customer

A, B = "a@example.com", "b@example.com"
NOW_MS = 1_000_000


class FakeProfiles:
    """Profiles by address; `late` ones show only at the second look."""

    def __init__(
        self, profiles: Mapping[str, RemoteProfile], late: frozenset[str] = frozenset()
    ) -> None:
        self.profiles = dict(profiles)
        self.late = set(late)
        self.merges: list[tuple[int, int]] = []
        self.error: Exception | None = None
        self.is_merge_lost = False

    def profile_by_email(self, email: str, progress: Progress) -> RemoteProfile | None:
        if self.error is not None:
            raise self.error
        if email in self.late:
            self.late.remove(email)
            return None
        return self.profiles.get(email)

    def profile_by_custom_id(self, custom_id: str, progress: Progress) -> RemoteProfile | None:
        found = (each for each in self.profiles.values() if each.custom_id == custom_id)
        return next(found, None)

    def merge(self, source_id: int, target_id: int, progress: Progress) -> bool:
        if self.is_merge_lost:
            return False
        self.merges.append((source_id, target_id))
        return True


def resolve(
    profiles: FakeProfiles,
    *,
    former: str | None = A,
    others: tuple[str, ...] = (),
    accepted_ms: int = 0,
    taken_ms: int = 0,
) -> tuple[Advice, int | None]:
    """Advice for customer 1, who moves from A to B."""
    resolver = IdentityResolver(profiles, Progress(), threading.Event(), lambda: NOW_MS)
    rename = Rename(customer(1, B), former, others, accepted_ms, taken_ms)
    resolved = resolver.resolve(rename)
    return resolved.advice, resolved.status


def profile(client_id: int, custom_id: str | None, email: str = B) -> RemoteProfile:
    return RemoteProfile(client_id, custom_id, email)


def test_a_free_address_needs_nothing() -> None:
    profiles = FakeProfiles({A: profile(1, "1", A)})
    assert resolve(profiles) == (Advice.SEND, None)
    assert profiles.merges == []


def test_an_address_that_is_ours_already_needs_nothing() -> None:
    profiles = FakeProfiles({B: profile(1, "1")})
    assert resolve(profiles) == (Advice.SEND, None)


@pytest.mark.parametrize("own_id", ["1", None])
def test_our_profile_is_merged_into_the_nameless_holder(own_id: str | None) -> None:
    profiles = FakeProfiles({A: profile(1, own_id, A), B: profile(2, None)})
    assert resolve(profiles) == (Advice.SEND, None)
    assert profiles.merges == [(1, 2)]


def test_one_profile_under_both_addresses_is_not_merged_with_itself() -> None:
    profiles = FakeProfiles({A: profile(2, None, A), B: profile(2, None)})
    assert resolve(profiles) == (Advice.SEND, None)
    assert profiles.merges == []


def test_a_former_address_that_is_somebody_elses_by_now_is_left_alone() -> None:
    profiles = FakeProfiles({A: profile(1, "7", A), B: profile(2, None)})
    assert resolve(profiles) == (Advice.SEND, None)
    assert profiles.merges == []


def test_an_address_known_from_claims_alone_is_merged_only_with_our_custom_id() -> None:
    nameless = FakeProfiles({A: profile(1, None, A), B: profile(2, None)})
    assert resolve(nameless, former=None, others=(A,)) == (Advice.SEND, None)
    assert nameless.merges == []
    ours = FakeProfiles({A: profile(1, "1", A), B: profile(2, None)})
    assert resolve(ours, former=None, others=("x@example.com", A)) == (Advice.SEND, None)
    assert ours.merges == [(1, 2)]


def test_a_profile_that_orders_made_is_merged_into_the_holder_of_the_address() -> None:
    profiles = FakeProfiles({B: profile(7, None), "": profile(9, "1", "")})
    assert resolve(profiles, former=None)[0] is Advice.SEND
    assert profiles.merges == [(9, 7)]


def test_an_address_of_another_customer_has_to_wait() -> None:
    profiles = FakeProfiles({A: profile(1, "1", A), B: profile(2, "2")})
    assert resolve(profiles) == (Advice.DEFER, None)
    assert profiles.merges == []


def test_a_holder_that_was_just_written_is_waited_for() -> None:
    profiles = FakeProfiles({A: profile(1, "1", A), B: profile(2, None)}, late=frozenset({A, B}))
    assert resolve(profiles, accepted_ms=NOW_MS - 5, taken_ms=NOW_MS - 5) == (Advice.SEND, None)
    assert profiles.merges == [(1, 2)]


def test_a_holder_written_long_ago_that_does_not_show_is_believed_gone() -> None:
    profiles = FakeProfiles({B: profile(2, "2")}, late=frozenset({B}))
    assert resolve(profiles, taken_ms=NOW_MS - VISIBLE_WITHIN_MS - 1) == (Advice.SEND, None)


def test_profiles_that_vanish_while_merging_are_looked_up_again_and_then_deferred() -> None:
    profiles = FakeProfiles({A: profile(1, "1", A), B: profile(2, None)})
    profiles.is_merge_lost = True
    assert resolve(profiles) == (Advice.DEFER, None)


@pytest.mark.parametrize(
    ("error", "status"),
    [(ApiForbidden("no", status=403), 403), (ApiRejected("no", status=400), 400)],
)
def test_what_cannot_be_examined_is_refused_with_the_status(error: Exception, status: int) -> None:
    profiles = FakeProfiles({})
    profiles.error = error
    assert resolve(profiles) == (Advice.REFUSE, status)


def test_a_stop_ends_the_wait_for_a_profile_that_does_not_show() -> None:
    stop = threading.Event()
    stop.set()
    resolver = IdentityResolver(FakeProfiles({}), Progress(), stop, lambda: NOW_MS)
    rename = Rename(customer(1, B), A, (), NOW_MS, NOW_MS)
    assert resolver.resolve(rename).advice is Advice.STOPPED
