"""Drives the sandbox's core in tests: requests without HTTP, a clock that is set by hand."""

from __future__ import annotations

import copy
from typing import Any

import orjson

from sinks.sandbox.answers import Answer
from sinks.sandbox.calls import Request
from sinks.sandbox.core import Sandbox
from sinks.sandbox.options import Options, WorkspaceSpec
from sinks.sandbox.state import dump_workspace

API_KEY = "0b6f4f0e-7c55-4c9e-8f0a-3a1d2c4b5e6f"
GUID = "9d1c2b3a-4f5e-4a6b-8c7d-0e1f2a3b4c5d"
LOGIN = "/uauth/v2/auth/login/profile"
NOW_S = 1_777_629_600.0  # 2026-05-01T10:00:00Z


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, now_s: float = NOW_S) -> None:
        self.now_s = now_s

    def __call__(self) -> float:
        return self.now_s


def spec(**changes: Any) -> WorkspaceSpec:
    """Describe the usual workspace, changed as asked."""
    usual = {"name": "shop", "api_key": API_KEY, "guid": GUID}
    return WorkspaceSpec.model_validate({**usual, **changes})


class Api:
    """Calls one workspace of a sandbox of its own, logged in unless told otherwise."""

    def __init__(self, *, options: dict[str, Any] | None = None, **workspace: Any) -> None:
        self.clock = Clock()
        chosen = Options().changed(options or {})
        self.sandbox = Sandbox(chosen, [spec(**workspace)], clock=self.clock)
        self.headers = {
            "content-type": "application/json",
            "api-version": "4.4",
            "user-agent": "tests",
        }
        self.log_in()

    def log_in(self) -> None:
        """Fetch a token and use it from now on."""
        answer = self.post(LOGIN, {"apiKey": API_KEY})
        if answer.status == 200:
            self.headers["authorization"] = f"Bearer {orjson.loads(answer.body)['token']}"

    def post(self, path: str, body: Any, **headers: str | None) -> Answer:
        """POST a JSON value, or bytes as they are; a header set to None is left out."""
        raw = body if isinstance(body, bytes) else orjson.dumps(body)
        return self.call("POST", path, raw, **headers)

    def get(self, path: str, query: str = "", **headers: str | None) -> Answer:
        """GET a path."""
        return self.call("GET", path, b"", query, **headers)

    def delete(self, path: str) -> Answer:
        """DELETE a path."""
        return self.call("DELETE", path, b"")

    def call(
        self, method: str, path: str, body: bytes, query: str = "", /, **headers: str | None
    ) -> Answer:
        """Send any request; underscores in header names stand for hyphens."""
        changed = {name.replace("_", "-"): value for name, value in headers.items()}
        merged = {**self.headers, **changed}
        sent = {name: value for name, value in merged.items() if value is not None}
        return self.sandbox.handle(Request(method, path, sent, body, query=query))

    def use(self, **options: Any) -> None:
        """Change options."""
        self.sandbox.options = self.sandbox.options.changed(options)

    @property
    def rules(self) -> list[str]:
        """Rules that refused something so far, in order."""
        return [entry["rule"] for entry in self.sandbox.ledger.rejects]

    @property
    def violations(self) -> list[str]:
        """Codes of the recorded violations, in order."""
        return [entry["code"] for entry in self.sandbox.ledger.violations]

    @property
    def notes(self) -> list[str]:
        """Codes of the recorded notes, in order."""
        return [entry["code"] for entry in self.sandbox.ledger.notes]

    @property
    def state(self) -> dict[str, Any]:
        """Dump of the workspace."""
        return dump_workspace(self.sandbox.gate.workspaces["shop"])

    def profile(self, **known: Any) -> dict[str, Any]:
        """Return the one stored profile that has the given fields."""
        matches = [
            one
            for one in self.state["profiles"]
            if all(one.get(name) == value for name, value in known.items())
        ]
        if len(matches) != 1:
            raise AssertionError(f"{len(matches)} profiles with {known}")
        found: dict[str, Any] = matches[0]
        return found


def decoded(answer: Answer) -> Any:
    """Read the JSON body of an answer."""
    return orjson.loads(answer.body)


def without(body: dict[str, Any], path: str) -> dict[str, Any]:
    """Copy a body and drop the member at a dotted path."""
    return changed(body, path, _DROP)


def changed(body: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Copy a body and set the member at a dotted path; numbers are positions in arrays."""
    fresh = copy.deepcopy(body)
    owner: Any = fresh
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    for part in parents:
        owner = owner[part]
    if value is _DROP:
        del owner[last]
    else:
        owner[last] = value
    return fresh


_DROP = object()

EVENT: dict[str, Any] = {
    "client": {"email": "ann@example.com"},
    "label": "anything",
    "action": "client.deleteAccount",
    "time": "2026-05-01T09:00:00.000Z",
    "params": {"source": "WEB_DESKTOP"},
    "eventSalt": "del-1042",
}

CART_EVENT: dict[str, Any] = {
    "client": {"email": "ann@example.com"},
    "label": "cart",
    "time": "2026-05-01T09:00:00.000Z",
    "params": {
        "sku": "MUG-1",
        "name": "Mug",
        "source": "WEB_DESKTOP",
        "quantity": 1.5,
        "finalUnitPrice": {"amount": 0, "currency": "EUR"},
    },
}

ORDER: dict[str, Any] = {
    "client": {"customId": "1042", "email": "ann@example.com"},
    "orderId": "100000123",
    "eventSalt": "order-100000123",
    "recordedAt": "2026-04-30T18:21:07.000Z",
    "source": "WEB_DESKTOP",
    "paymentInfo": {"method": "card"},
    "revenue": {"amount": 45.5, "currency": "EUR"},
    "value": {"amount": 37.0, "currency": "EUR"},
    "discountAmount": {"amount": 5.0, "currency": "EUR"},
    "products": [
        {
            "sku": "MUG-1",
            "name": "Mug",
            "quantity": 2,
            "finalUnitPrice": {"amount": 12.75, "currency": "EUR"},
            "regularPrice": {"amount": 15.25, "currency": "EUR"},
        },
        {
            "sku": "CAP-9",
            "name": "Cap",
            "quantity": 1,
            "finalUnitPrice": {"amount": 20.0, "currency": "EUR"},
        },
    ],
    "metadata": {"orderStatus": "processing", "storeId": 1},
}

ITEM: dict[str, Any] = {"itemKey": "MUG-1", "value": {"itemId": "MUG-1", "title": "Mug"}}
