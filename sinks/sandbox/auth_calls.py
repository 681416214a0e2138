"""Calls that need no store: login, refresh, permission check, server time."""

from sinks.sandbox.answers import Answer, Rejected, json_answer
from sinks.sandbox.calls import Call, Prepared
from sinks.sandbox.context import Context
from sinks.sandbox.times import to_iso


def login(call: Call) -> Prepared:
    """Exchange an API key for a token (A1, A2)."""
    token = call.gate.login(call.payload, call.context.options)
    return Prepared(lambda context: json_answer({"token": token}))


def refresh(call: Call) -> Prepared:
    """Exchange a valid token for a new one (A8)."""
    token = call.gate.refresh(call.request.headers.get("authorization"), call.context.options)
    return Prepared(lambda context: json_answer({"token": token}))


def check_permissions(call: Call) -> Prepared:
    """Tell which of the named permissions the key has (A9)."""
    names = call.payload
    if type(names) is not list or any(type(name) is not str for name in names):
        raise Rejected(400, "A9", "body must be an array of permission names")
    workspace = call.workspace
    permissions = {name: workspace.may(name) for name in names}
    body = {"businessProfileName": workspace.name, "permissions": permissions}
    return Prepared(lambda context: json_answer(body))


def server_time(call: Call) -> Prepared:
    """Tell the service's clock."""

    def commit(context: Context) -> Answer:
        return json_answer({"time": to_iso(context.now_ms)})

    return Prepared(commit)
