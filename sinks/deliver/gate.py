"""What need not, or must not, be sent, by what was accepted before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mappers.payload import PayloadKind
from mappers.person import email_claim
from sinks.acceptance import AcceptedChanges, AcceptedRow
from sinks.accepted import AcceptedIndex
from sinks.deliver.successors import Successors
from sinks.outgoing import CUSTOM_ID_CLAIM, CUSTOMER_PROFILE, EMAIL_CLAIM, Outgoing

UNCHANGED = "unchanged"
SENT_BEFORE = "event was sent before"
OLDER = "older than what was accepted"
REMOVED_PERSON = "person was removed"
HAS_ACCOUNT = "guest has an account"


@dataclass(frozen=True, slots=True)
class Rename:
    """A customer whose e-mail address changes.

    Attributes:
        former_email: address that was accepted last, None when the index does not know.
        other_emails: addresses the customer had at some time, folded to lower case.
        accepted_ms: when `former_email` was accepted, or an order of a customer who was not, Unix
            milliseconds; 0 when unknown.
        taken_ms: when something with the new address was accepted last; 0 when never.
    """

    outgoing: Outgoing
    former_email: str | None
    other_emails: tuple[str, ...]
    accepted_ms: int
    taken_ms: int


class Gate:
    """The accepted index as one cycle sees it, with the cycle's own acceptances on top.

    Used by the lane's thread alone. `open` begins a cycle; `changes` is what has to be written.
    """

    def __init__(self, index: AcceptedIndex) -> None:
        self._index = index
        self._rows: dict[str, AcceptedRow] = {}
        self._removed: set[str] = set()
        self._changes = AcceptedChanges()
        self._successors = Successors(index)

    def open(self, payloads: Sequence[Outgoing]) -> None:
        """Load what the index knows of the payloads' targets and of the persons they name."""
        targets = {payload.target for payload in payloads}
        claims = {claim for payload in payloads for claim in payload.payload.claims}
        people = {c for c in claims if c.startswith((CUSTOM_ID_CLAIM, EMAIL_CLAIM))}
        targets |= {
            CUSTOMER_PROFILE + claim.removeprefix(CUSTOM_ID_CLAIM)
            for claim in people
            if claim.startswith(CUSTOM_ID_CLAIM)
        }
        self._rows = self._index.load(targets)
        self._removed = self._index.removed(people)
        self._successors.open(people, self._changes)

    def known_claims(self) -> dict[str, frozenset[str]]:
        """Custom-id claim → the customer's claims, of all loaded customers with an address."""
        known: dict[str, frozenset[str]] = {}
        for target, row in self._rows.items():
            if target.startswith(CUSTOMER_PROFILE) and row.email_claim is not None:
                claim = CUSTOM_ID_CLAIM + target.removeprefix(CUSTOMER_PROFILE)
                known[claim] = frozenset({claim, row.email_claim})
        return known

    def admit(self, payload: Outgoing) -> str | None:
        """Correct a payload by what was accepted; why it is not to be sent, None when it is.

        A record is older than the accepted one when both its offset and its capture time are:
        offsets alone begin anew when topics do, clocks alone may step back.
        """
        if self._is_of_removed_person(payload):
            return REMOVED_PERSON
        reason = self._successors.correct(payload)
        if reason is None and payload.is_guest and self._has_account(payload):
            reason = HAS_ACCOUNT
        if reason is not None:
            return reason
        row = self._rows.get(payload.target)
        if row is None:
            return None
        if payload.kind is PayloadKind.EVENT:
            # A repeated event with another time would be a second event, salt or not.
            return SENT_BEFORE
        origin = payload.origin
        is_same_place = origin.place == (row.topic, row.partition)
        if is_same_place and origin.offset < row.offset and origin.captured_ms < row.captured_ms:
            return OLDER
        if 0 < payload.payload.version < row.version:
            return OLDER
        return UNCHANGED if row.fingerprint == payload.fingerprint else None

    def accept(self, payload: Outgoing, now_ms: int) -> None:
        """Note an acceptance."""
        origin = payload.origin
        before = self._rows.get(payload.target)
        row = AcceptedRow(
            payload.target,
            payload.fingerprint,
            payload.payload.version,
            origin.place.topic,
            origin.place.partition,
            origin.offset,
            origin.captured_ms,
            now_ms,
            payload.email,
        )
        self._put(row)
        if payload.kind is PayloadKind.PROFILE_DELETE:
            self._remove_person(payload, now_ms)
        elif payload.kind is PayloadKind.TRANSACTION:
            self._note_buyer(payload, row)
        elif payload.is_customer:
            self._inherit(payload, row)
            if self._removed:
                self._return_person(payload)
            if before is not None and before.email_claim not in (None, row.email_claim):
                self._blank({before.email_claim})

    def rename(self, payload: Outgoing) -> Rename | None:
        """What changes when a customer's e-mail address does; None for all other payloads.

        A customer the index does not know counts as renamed when it claims former addresses, so
        that a lost index does no harm.
        """
        email = payload.email
        if not payload.is_customer or email is None:
            return None
        row = self._rows.get(payload.target)
        former = None if row is None else row.email
        if former == email:
            return None
        own = email_claim(email)
        others = tuple(
            claim.removeprefix(EMAIL_CLAIM)
            for claim in sorted(payload.payload.claims)
            if claim.startswith(EMAIL_CLAIM) and claim != own
        )
        is_new = row is None or self._successors.is_taken_over(payload.custom_id or "")
        if former is None and not others and is_new:
            return None
        taken = [each.accepted_ms for each in self._holders({own}) if each.target != payload.target]
        accepted_ms = 0 if row is None else row.accepted_ms
        return Rename(payload, former, others, accepted_ms, max(taken, default=0))

    def is_gone(self, custom_id: str) -> bool:
        """Whether the workspace was told that this customer's account was deleted."""
        target = f"event:deleteAccount:{custom_id}"
        if target in self._rows or self._successors.has_gone(custom_id):
            return True
        return bool(self._index.load([target]))

    def note_gone(self, custom_id: str) -> None:
        """Remember a customer who was deleted without a word to the workspace."""
        self._successors.gone(custom_id, self._changes)

    def is_new_at(self, payload: Outgoing) -> bool:
        """Whether a customer comes to an address that was not the customer's when accepted last."""
        row = self._rows.get(payload.target)
        return row is None or row.email != payload.email

    def take_changes(self) -> AcceptedChanges:
        """What has to be written; the gate keeps knowing it but gives it out once."""
        changes, self._changes = self._changes, AcceptedChanges()
        return changes

    def _note_buyer(self, payload: Outgoing, row: AcceptedRow) -> None:
        """Remember that a customer who was not accepted has a profile: the order has made one."""
        custom_id = payload.client.get("customId")
        if custom_id is not None and CUSTOMER_PROFILE + custom_id not in self._rows:
            target = CUSTOMER_PROFILE + custom_id
            self._put(row._replace(target=target, fingerprint=b"", version=0, email=None))

    def _inherit(self, payload: Outgoing, row: AcceptedRow) -> None:
        """Note whose profile the customer holds by now: the own one, and that of the address."""
        self._successors.lives(payload, self._changes)
        for other in self._holders({row.email_claim}):
            if other.target.startswith(CUSTOMER_PROFILE) and other.target != row.target:
                from_id = other.target.removeprefix(CUSTOMER_PROFILE)
                self._successors.takes_over(payload, from_id, self._changes)
                self._put(other._replace(fingerprint=b"", email=None))

    def _is_of_removed_person(self, payload: Outgoing) -> bool:
        if not self._removed or payload.is_customer:
            return False
        if payload.kind in (PayloadKind.PROFILE_DELETE, PayloadKind.ITEM):
            return False
        return not self._removed.isdisjoint(payload.payload.claims)

    def _has_account(self, guest: Outgoing) -> bool:
        """Whether a customer has the guest's address by now.

        The order may have been read before the customer came, and what a guest typed must not
        replace the names of an account.
        """
        claims = (claim for claim in guest.payload.claims if claim.startswith(EMAIL_CLAIM))
        return any(row.target.startswith(CUSTOMER_PROFILE) for row in self._holders(claims))

    def _remove_person(self, payload: Outgoing, now_ms: int) -> None:
        """Remember who was removed, but not an address that another customer holds by now."""
        claims = {c for c in payload.payload.claims if c.startswith((CUSTOM_ID_CLAIM, EMAIL_CLAIM))}
        holders = self._holders({c for c in claims if c.startswith(EMAIL_CLAIM)})
        others = [each for each in holders if each.target != payload.target]
        claims -= {
            each.email_claim
            for each in others
            if each.email_claim is not None and each.target.startswith(CUSTOMER_PROFILE)
        }
        for claim in claims:
            self._removed.add(claim)
            self._changes.removed[claim] = now_ms
            self._changes.returned.discard(claim)
        self._blank(claims)

    def _blank(self, claims: Iterable[str | None]) -> None:
        """Let everything that was accepted for these addresses be sent again when it comes.

        The profile was removed, or left with its customer for another address: a subscriber's or
        guest's payload that equals the last one is no longer what Synerise holds.
        """
        for row in self._holders(claims):
            if not row.target.startswith(CUSTOMER_PROFILE):
                self._put(row._replace(fingerprint=b""))

    def _return_person(self, payload: Outgoing) -> None:
        claims = {CUSTOM_ID_CLAIM + (payload.custom_id or "")}
        if payload.email is not None:
            claims.add(email_claim(payload.email))
        for claim in claims & self._removed:
            self._removed.discard(claim)
            self._changes.removed.pop(claim, None)
            self._changes.returned.add(claim)

    def _holders(self, claims: Iterable[str | None]) -> list[AcceptedRow]:
        """Targets accepted with one of these addresses, the cycle's own included."""
        wanted = {claim for claim in claims if claim is not None}
        fresh = self._changes.rows
        stored = [row for row in self._index.holders(wanted) if row.target not in fresh]
        return [*stored, *(row for row in fresh.values() if row.email_claim in wanted)]

    def _put(self, row: AcceptedRow) -> None:
        self._rows[row.target] = row
        self._changes.rows[row.target] = row
