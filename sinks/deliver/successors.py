"""Who holds the profile of a person that has gone or moved."""

from __future__ import annotations

from collections.abc import Collection

from mappers.payload import PayloadKind
from mappers.person import email_claim
from sinks.acceptance import AcceptedChanges, Successor
from sinks.accepted import AcceptedIndex
from sinks.outgoing import CUSTOM_ID_CLAIM, Outgoing

LEFT_ADDRESS = "the guest's address has left with a customer"
TAKEN_OVER = "the deleted customer's profile is another customer's by now"


class Successors:
    """Corrects payloads that name a person whose profile is another's by now.

    Two things happen to profiles that records know nothing of:

    * A customer who registers with the address of a deleted customer, or moves to it, takes the
      profile over, and with it the custom id. The deleted one's orders have to follow: under
      their own custom id they would make a new profile, and a changed one a second charge.
    * A customer leaves an address and takes the profile along. What was published under the
      address *before* was meant for that profile. Its uuid, which goes with the address, would
      move the profile back, and a guest's order would be charged again when the publisher hands
      it to the customer. What is published afterwards knows of it (`retired` in the identities).

    Records overtake each other, as topics and partitions are read side by side and compacted; so
    what is known here is remembered in the accepted index.

    Whoever calls hands over where changes are to be noted.
    """

    def __init__(self, index: AcceptedIndex) -> None:
        self._index = index
        self._known: dict[str, Successor | None] = {}

    def open(self, claims: Collection[str], changes: AcceptedChanges) -> None:
        """Load what is known of these claims; begins a cycle."""
        self._known = {
            **dict.fromkeys(claims),
            **self._index.successors(claims),
            **changes.successors,
        }

    def correct(self, payload: Outgoing) -> str | None:
        """Let a payload name whoever holds the profile by now; why it must not be sent, if so."""
        if payload.kind is PayloadKind.TRANSACTION:
            holder = self._holder(payload)
            if holder is not None:
                payload.sell_to(holder)
        elif payload.kind is PayloadKind.EVENT:
            # Told by custom id, a deletion that comes too late would make a new profile.
            custom_id = str(payload.payload.body["client"].get("customId"))
            return TAKEN_OVER if self.is_taken_over(custom_id) else None
        elif self._is_for_left_address(payload):
            if payload.is_guest:
                return LEFT_ADDRESS
            payload.leave_uuid_out()
        return None

    def _is_for_left_address(self, payload: Outgoing) -> bool:
        if payload.kind is not PayloadKind.PROFILE or payload.custom_id is not None:
            return False
        return self._left(payload.email, payload.origin.seq) is not None

    def has_gone(self, custom_id: str) -> bool:
        """Whether a customer was deleted and the workspace was not told."""
        return self._find(CUSTOM_ID_CLAIM + custom_id) is not None

    def is_taken_over(self, custom_id: str) -> bool:
        """Whether a customer's profile is another customer's by now."""
        found = self._find(CUSTOM_ID_CLAIM + custom_id)
        return found is not None and found.custom_id is not None

    def gone(self, custom_id: str, changes: AcceptedChanges) -> None:
        """Note a customer who was deleted without a word."""
        claim = CUSTOM_ID_CLAIM + custom_id
        if self._find(claim) is None:
            self._put(Successor(claim, None, 0), changes)

    def lives(self, payload: Outgoing, changes: AcceptedChanges) -> None:
        """Note an accepted customer: the custom id is the customer's own, addresses were left."""
        custom_id = payload.custom_id or ""
        own = {CUSTOM_ID_CLAIM + custom_id}
        if payload.email is not None:
            claim = email_claim(payload.email)
            found = self._find(claim)
            if found is not None and found.custom_id == custom_id:
                own.add(claim)
        for claim in own:
            if self._find(claim) is not None:
                self._known[claim] = changes.successors[claim] = None
        for claim in payload.left_addresses:
            found = self._find(claim)
            # Of several customers the first one counts, as it does for the publisher.
            if found is None or int(found.custom_id or 0) > int(custom_id):
                self._put(Successor(claim, custom_id, payload.origin.seq), changes)

    def takes_over(self, payload: Outgoing, from_id: str, changes: AcceptedChanges) -> None:
        """Note an accepted customer who holds the profile of another one from now on."""
        own = payload.custom_id or ""
        self._put(Successor(CUSTOM_ID_CLAIM + from_id, own, payload.origin.seq), changes)

    def _holder(self, payload: Outgoing) -> str | None:
        """Custom id that a transaction has to name instead of its client."""
        named = payload.client.get("customId")
        email = payload.client.get("email")
        holder = named
        if isinstance(email, str):
            holder = self._left(email, payload.origin.seq)
        seen: set[str] = set()
        while isinstance(holder, str) and holder not in seen:
            seen.add(holder)
            found = self._find(CUSTOM_ID_CLAIM + holder)
            if found is None or found.custom_id is None:
                break
            holder = found.custom_id
        return holder if holder != named else None

    def _left(self, email: str | None, seq: int) -> str | None:
        """The customer who left the address after the step `seq`; None when nobody did."""
        found = None if email is None else self._find(email_claim(email))
        return found.custom_id if found is not None and seq < found.seq else None

    def _find(self, claim: str) -> Successor | None:
        if claim not in self._known:
            self._known[claim] = self._index.successors([claim]).get(claim)
        return self._known[claim]

    def _put(self, successor: Successor, changes: AcceptedChanges) -> None:
        self._known[successor.claim] = changes.successors[successor.claim] = successor
