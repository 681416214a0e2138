"""Calls that create or update profiles."""

from typing import Any

from sinks.sandbox.answers import ACCEPTED, Answer, Rejected, json_answer
from sinks.sandbox.calls import Call, Prepared, batch_answer
from sinks.sandbox.context import Context
from sinks.sandbox.identity import Profile
from sinks.sandbox.profile_rules import profile_breaches
from sinks.sandbox.text_rules import Breach
from sinks.sandbox.times import to_iso


def create(call: Call) -> Prepared:
    """POST /v4/clients: queued upsert of one profile."""
    return _single(call, ACCEPTED)


def create_instant(call: Call) -> Prepared:
    """POST /v4/clients/instant: the same, answered with a string."""
    return _single(call, json_answer("OK"))


def create_batch(call: Call) -> Prepared:
    """POST /v4/clients/batch: queued upserts, refused elements reported without positions."""
    rules = _Rules(call, has_client_id=True, needs_identifier=True)
    good, refused = call.triage(rules.breaches, call.context.options.batch_mode)

    def keys() -> frozenset[str]:
        return frozenset([key for body in good for key in write_keys(body)])

    def commit(context: Context) -> Answer:
        upsert = call.workspace.profiles.upsert
        written = [profile for body in good if (profile := upsert(body, context)) is not None]
        if len({profile.client_id for profile in written}) < len(written):
            context.record("repeat", "one profile twice in a batch")
        call.accepted("profiles", [_logged(body) for body in good], context)
        return batch_answer(refused)

    return Prepared(commit, keys)


def update(call: Call) -> Prepared:
    """POST /v4/clients/{clientId}, by-customid or by-email: update of a known profile (P20)."""
    call.refuse(_Rules(call, has_client_id=False, needs_identifier=False).breaches(call.payload))
    name, profile = named_profile(call)
    body = call.payload

    def commit(context: Context) -> Answer:
        call.workspace.profiles.upsert(body, context, profile)
        call.accepted("profiles", [(call.args[name], *_logged(body))], context)
        return ACCEPTED

    return Prepared(commit, lambda: frozenset({f"{name}={call.args[name]}", *write_keys(body)}))


def named_profile(call: Call) -> tuple[str, Profile]:
    """Find the profile that the path names; raises Rejected P20 (404)."""
    name, value = next(iter(call.args.items()))
    profile = call.workspace.profiles.index.find(name, value)
    if profile is None:
        raise Rejected(404, "P20", "no such profile")
    return name, profile


def write_keys(body: dict[str, Any]) -> list[str]:
    """Name the identities a profile body writes; a phone counts only when it is alone."""
    keys = [
        f"{name}={body[name]}" for name in ("email", "customId", "uuid", "clientId") if name in body
    ]
    if not keys and "phone" in body:
        keys.append(f"phone={body['phone']}")
    return keys


class _Rules:
    """The field rules of profiles, bound to one call."""

    def __init__(self, call: Call, *, has_client_id: bool, needs_identifier: bool) -> None:
        self._today = to_iso(call.context.now_ms)[:10]
        self._has_client_id = has_client_id
        self._needs_identifier = needs_identifier
        self._refuse_reserved = call.context.options.reserved_attributes == "reject"

    def breaches(self, body: Any) -> list[Breach]:
        return profile_breaches(
            body,
            today=self._today,
            has_client_id=self._has_client_id,
            needs_identifier=self._needs_identifier,
            refuse_reserved=self._refuse_reserved,
        )


def _single(call: Call, answer: Answer) -> Prepared:
    call.refuse(_Rules(call, has_client_id=False, needs_identifier=True).breaches(call.payload))
    body = call.payload

    def commit(context: Context) -> Answer:
        call.workspace.profiles.upsert(body, context)
        call.accepted("profiles", [_logged(body)], context)
        return answer

    return Prepared(commit, lambda: frozenset(write_keys(body)))


def _logged(body: dict[str, Any]) -> tuple[Any, ...]:
    get = body.get
    return get("customId"), get("email"), get("uuid"), get("phone"), get("clientId")
