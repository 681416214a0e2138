"""Calls that read, delete or merge known profiles."""

from sinks.sandbox.answers import Answer, Rejected, json_answer
from sinks.sandbox.calls import Call, Prepared
from sinks.sandbox.context import Context
from sinks.sandbox.identity import Profile
from sinks.sandbox.profile_calls import named_profile


def read(call: Call) -> Prepared:
    """GET a profile by any identifier; shows a write only after the visibility delay."""
    name, value = next(iter(call.args.items()))
    profiles = call.workspace.profiles
    profile = profiles.index.find(name, value)
    shown = None
    if profile is not None:
        current = profiles.describe(profile)
        shown = profiles.view.read(profile.client_id, current, call.context.now_ms)
    if shown is None:
        raise Rejected(404, "P20", "no such profile")
    return Prepared(lambda context: json_answer({**shown, "previousClients": []}))


def delete(call: Call) -> Prepared:
    """DELETE a profile by clientId or custom id (P20)."""
    name, profile = named_profile(call)

    def commit(context: Context) -> Answer:
        call.workspace.profiles.delete(profile, context.now_ms)
        return Answer(context.options.delete_status)

    return Prepared(commit, lambda: frozenset({f"{name}={call.args[name]}"}))


def merge(call: Call) -> Prepared:
    """POST clients/merge/from/…/to/…: comma-separated sources into one target (P20)."""
    kind = "clientId" if "clientIds" in call.args else "customId"
    sources = [_known(call, kind, value) for value in call.args[f"{kind}s"].split(",")]
    target = _known(call, kind, call.args[kind])
    if target in sources:
        raise Rejected(400, "P20", "a profile cannot be merged into itself")
    profiles = call.workspace.profiles

    def commit(context: Context) -> Answer:
        previous = [profiles.describe(source) for source in sources]
        for source in sources:
            profiles.absorb(target, source, context)
        return json_answer({**profiles.describe(target), "previousClients": previous})

    keys = {f"clientId={profile.client_id}" for profile in [*sources, target]}
    return Prepared(commit, lambda: frozenset(keys))


def _known(call: Call, kind: str, value: str) -> Profile:
    profile = call.workspace.profiles.index.find(kind, value)
    if profile is None:
        raise Rejected(404, "P20", "no such profile")
    return profile
