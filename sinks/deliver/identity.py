"""Lets a customer change the e-mail address without losing the update.

Synerise answers 202 and drops a profile whose customId and e-mail belong to two different
profiles. That happens when customer N moves from address A to address B while a profile B exists:
a newsletter subscriber, a guest, or another customer. So before a renamed customer is sent, the
profile of B is looked up:

* there is none, or it carries N already: send;
* it carries no custom id: the profile of A is merged into it, then send (B then gets N);
* it carries another customer M: M is probably on the way to another address, so all other
  customers go first. When B is still M's after that, in this cycle and in a later one, the
  update cannot succeed and becomes a dead letter.

A customer that is sent for the first time needs no look-up: a new custom id with a known address
is stored on that address's profile. It is not new when orders named the customer before, as after
a refusal; then the profile they made is looked up by custom id. Reads may lag behind writes: while
something with address B was accepted a moment ago, "there is none" is not believed at once.

Source: Synerise API: identity rules (merging profiles), merge endpoints, asynchrony.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from cdc.errors import ApiForbidden, ApiRejected, Stopped
from sinks.deliver.gate import Rename
from sinks.progress import Progress
from sinks.synerise.backoff import StopSignal, pause
from sinks.synerise.client import RemoteProfile

CONFLICT = "identity conflict: the new e-mail address belongs to another customer's profile"
VISIBLE_WITHIN_MS = 10_000
LOOK_AGAIN_S = 0.25
_MERGES_MAX_COUNT = 3


class Profiles(Protocol):
    """The reads and the merge that the rule needs."""

    def profile_by_email(self, email: str, progress: Progress) -> RemoteProfile | None:
        """The profile that holds an address."""
        ...

    def profile_by_custom_id(self, custom_id: str, progress: Progress) -> RemoteProfile | None:
        """The profile that holds a custom id."""
        ...

    def merge(self, source_id: int, target_id: int, progress: Progress) -> bool:
        """Merge one profile into another; False when one does not exist."""
        ...


class Advice(Enum):
    """What to do with a renamed customer."""

    SEND = "send"
    DEFER = "defer"
    REFUSE = "refuse"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Resolved:
    """Advice for one rename; `reason` and `status` when it is refused."""

    rename: Rename
    advice: Advice
    reason: str = ""
    status: int | None = None


class IdentityResolver:
    """Applies the rule. Many threads use it, each for another customer."""

    def __init__(
        self,
        profiles: Profiles,
        progress: Progress,
        stop: StopSignal,
        now_ms: Callable[[], int],
        is_gone: Callable[[str], bool] = lambda custom_id: False,
    ) -> None:
        self._profiles = profiles
        self._progress = progress
        self._stop = stop
        self._now_ms = now_ms
        self._is_gone = is_gone

    def resolve(self, rename: Rename) -> Resolved:
        """Make room for a renamed customer, or say that there is none.

        Blocks: until the service has answered or the stop is set.
        """
        try:
            return Resolved(rename, self._resolve(rename))
        except Stopped:
            return Resolved(rename, Advice.STOPPED)
        except ApiForbidden:
            reason = "the e-mail address changed, but the API key may not read or merge profiles"
            return Resolved(rename, Advice.REFUSE, reason, 403)
        except ApiRejected as exc:
            reason = "the e-mail address changed, but the profiles could not be read or merged"
            return Resolved(rename, Advice.REFUSE, reason, exc.status)

    def _resolve(self, rename: Rename) -> Advice:
        email = rename.outgoing.email or ""
        custom_id = rename.outgoing.custom_id
        for _ in range(_MERGES_MAX_COUNT):
            holder = self._look(email, rename.taken_ms)
            if holder is None or holder.custom_id == custom_id:
                return Advice.SEND
            if holder.custom_id is not None and not self._is_gone(holder.custom_id):
                return Advice.DEFER
            if self._has_merged_former(rename, holder):
                return Advice.SEND
        return Advice.DEFER

    def _has_merged_former(self, rename: Rename, holder: RemoteProfile) -> bool:
        """Merge the customer's own profile into the holder of the new address.

        Returns:
            False when a profile vanished meanwhile and everything has to be looked up again.
        """
        formers = [] if rename.former_email is None else [rename.former_email]
        formers += [each for each in rename.other_emails if each not in formers]
        for email in formers:
            is_certain = email == rename.former_email
            own = self._look(email, rename.accepted_ms if is_certain else 0)
            if own is None or own.client_id == holder.client_id:
                continue
            # An address known from the customer's past alone may be anybody's today.
            is_own = own.custom_id == rename.outgoing.custom_id
            if not is_own and not (is_certain and own.custom_id is None):
                continue
            return self._profiles.merge(own.client_id, holder.client_id, self._progress)
        return self._has_merged_own(rename, holder)

    def _has_merged_own(self, rename: Rename, holder: RemoteProfile) -> bool:
        """The same for a profile that no address leads to: orders alone may have made it."""
        custom_id = rename.outgoing.custom_id
        if custom_id is None:
            return True
        written_ms = rename.accepted_ms if rename.former_email is None else 0
        own = self._visible(
            lambda: self._profiles.profile_by_custom_id(custom_id, self._progress), written_ms
        )
        if own is None or own.client_id == holder.client_id:
            return True
        return self._profiles.merge(own.client_id, holder.client_id, self._progress)

    def _look(self, email: str, written_ms: int) -> RemoteProfile | None:
        return self._visible(
            lambda: self._profiles.profile_by_email(email, self._progress), written_ms
        )

    def _visible(
        self, read: Callable[[], RemoteProfile | None], written_ms: int
    ) -> RemoteProfile | None:
        """Read a profile; when it was written a moment ago, wait until it shows."""
        while True:
            found = read()
            if found is not None or self._now_ms() - written_ms > VISIBLE_WITHIN_MS:
                return found
            pause(self._stop, LOOK_AGAIN_S, "see a profile that was just written")
