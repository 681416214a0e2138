"""Calls that store events."""

from typing import Any

from sinks.sandbox.answers import ACCEPTED, Answer, Rejected
from sinks.sandbox.calls import Call, Prepared, batch_answer
from sinks.sandbox.context import Context
from sinks.sandbox.event_rules import action_of, event_breaches
from sinks.sandbox.events import kept_params
from sinks.sandbox.profiles import identifiers_of
from sinks.sandbox.text_rules import Breach, breach
from sinks.sandbox.workspace import Workspace


def create(call: Call) -> Prepared:
    """POST /v4/events/<slug>: one event; the slug comes as path argument."""
    slug = call.args["slug"]
    body = call.payload
    call.refuse(event_breaches(body, slug))
    _require_allowed(call.workspace, [action_of(body, slug)])
    call.refuse(_email_breaches(call.workspace, body))

    def commit(context: Context) -> Answer:
        _store(call, [body], slug, context)
        return ACCEPTED

    return Prepared(commit)


def create_batch(call: Call) -> Prepared:
    """POST /v4/events/batch: each element names its slug in ``type``."""
    workspace = call.workspace

    def check(body: Any) -> list[Breach]:
        return event_breaches(body, None) or _email_breaches(workspace, body)

    good, refused = call.triage(check, call.context.options.event_batch_mode)
    _require_allowed(workspace, [action_of(body, None) for body in good])

    def commit(context: Context) -> Answer:
        _store(call, good, None, context)
        return batch_answer(refused)

    return Prepared(commit)


def _require_allowed(workspace: Workspace, actions: list[str]) -> None:
    for action in actions:
        if not workspace.may_send(action):
            raise Rejected(403, "A7", f"action {action} is not allowed for this key")


def _email_breaches(workspace: Workspace, body: dict[str, Any]) -> list[Breach]:
    """Compare ``params.email`` with the profile's e-mail (E10)."""
    sent = body["params"].get("email")
    if sent is None:
        return []
    owner = body["client"].get("email")
    if owner is None:
        known = workspace.profiles.index.resolve(identifiers_of(body["client"], "id")).profile
        owner = None if known is None else known.email
    if sent == owner:
        return []
    return [breach("E10", "params.email", "differs from the profile's e-mail", sent)]


def _store(call: Call, bodies: list[dict[str, Any]], slug: str | None, context: Context) -> None:
    workspace = call.workspace
    logged = []
    for body in bodies:
        action = action_of(body, slug)
        client = body["client"]
        logged.append((action, body.get("eventSalt"), client.get("email"), client.get("customId")))
        profile = workspace.profiles.settle(identifiers_of(client, "id"), context, is_event=True)
        if profile is None:
            continue
        workspace.events.put(
            action,
            profile.client_id,
            time_text=body.get("time"),
            salt=body.get("eventSalt"),
            params=kept_params(body["params"], context),
            context=context,
        )
    call.accepted("events", logged, context)
