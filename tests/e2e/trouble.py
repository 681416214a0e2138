"""Faults of the target, laid out so that each of them strikes once on a route."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sinks.sandbox.client import SandboxAdmin

Fault = dict[str, Any]

PROFILES = "POST /v4/clients/batch"
ORDERS = "POST /v4/transactions/batch"
ITEMS = "POST /catalogs/bags/*/items/batch"
EVENTS = "POST /v4/events/*"
LOOK_UPS = "GET /v4/clients/by-email/*"
LOGIN = "POST /uauth/v2/auth/login/profile"
BAGS = "GET /catalogs/bags"
NEW_BAG = "POST /catalogs/bags"

# More than the client waits for an answer, in runs that use these faults.
TIMEOUT_S = 1.0
_SLOW_S = 1.3

FORCED_REFUSALS = frozenset({"P3", "A4"})
"""Rules that the sandbox names for its own faults: refused elements and expired tokens."""

# The workspace of the larger website: the other one's batches are too small to be refused in part.
_REFUSED_BATCHES: list[Fault] = [
    {"kind": "status", "status": 413, "workspace": "alpha"},
    {"kind": "whole-refusal", "workspace": "alpha"},
    {"kind": "partial-refusal", "workspace": "alpha"},
]
_OUTAGES: list[Fault] = [
    {"kind": "status", "status": 500, "count": 2},
    {"kind": "html", "status": 502},
    {"kind": "status", "status": 503, "count": 2},
    {"kind": "status", "status": 504},
    {"kind": "status", "status": 408},
    {"kind": "html", "status": 200},
    {"kind": "close-before"},
    {"kind": "close-after"},
    {"kind": "truncate"},
    {"kind": "empty"},
    {"kind": "throttle", "retry_after_s": 0.2},
    {"kind": "throttle"},
    {"kind": "token-expired"},
    {"kind": "expire-tokens"},
    {"kind": "slow", "delay_s": 0.2, "apply": "after"},
]
_LONG_OUTAGES: list[Fault] = [
    {"kind": "forbidden", "count": 3},
    {"kind": "token-expired", "count": 4},
    {"kind": "throttle", "retry_after_s": 1, "retry_after_form": "date"},
    {"kind": "slow", "delay_s": _SLOW_S, "apply": "never"},
    {"kind": "slow", "delay_s": _SLOW_S, "apply": "before"},
]
_CATALOG_FAULTS: list[Fault] = [
    {"kind": "stale-bag", "count": 2},
    {"kind": "foreign-bag"},
]
# Without the body of a successful answer the client knows nothing, so it has to ask again.
_READ_FAULTS: list[Fault] = [
    {"kind": "empty"},
    {"kind": "truncate"},
    {"kind": "close-before"},
    {"kind": "status", "status": 503},
]


def initial_faults() -> list[Fault]:
    """Faults for the initial load: batches of many elements, the first logins, catalogs made.

    The refusals must meet batches of many: an element that is refused alone is refused for good.
    """
    return [
        *(rule for route in (PROFILES, ORDERS, ITEMS) for rule in in_turn(route, _REFUSED_BATCHES)),
        *in_turn(LOGIN, [*_READ_FAULTS, {"kind": "throttle", "retry_after_s": 0.1}], first=1),
        *in_turn(BAGS, _READ_FAULTS, first=1),
        *in_turn(NEW_BAG, [{"kind": "close-after"}, {"kind": "html"}], first=1),
    ]


def lasting_faults() -> list[Fault]:
    """Faults for everyday life, each on every route that writes."""
    events: list[Fault] = [{"kind": "close-after"}, {"kind": "html"}, {"kind": "empty"}]
    return [
        *in_turn(PROFILES, [*_OUTAGES, *_LONG_OUTAGES], gap=1),
        *in_turn(ORDERS, [*_OUTAGES, *_LONG_OUTAGES[:1]], gap=1),
        *in_turn(ITEMS, [*_CATALOG_FAULTS, *_OUTAGES, *_LONG_OUTAGES[3:]], gap=1),
        *in_turn(EVENTS, events, gap=1),
        *in_turn(LOOK_UPS, _READ_FAULTS, gap=1),
    ]


def late_writes() -> list[Fault]:
    """The client gives up, writes again, and the first write takes effect after the second.

    Nothing can keep an old state from landing then, so the caller changes each thing once only.
    """
    late: Fault = {"kind": "slow", "delay_s": _SLOW_S, "apply": "after"}
    return [{**late, "route": route} for route in (PROFILES, ORDERS, ITEMS)]


def in_turn(route: str, faults: list[Fault], *, first: int = 1, gap: int = 0) -> Iterator[Fault]:
    """Rules that strike one after the other on a route, with `gap` good calls in between."""
    for fault in faults:
        yield {**fault, "route": route, "first": first}
        first += int(fault.get("count", 1)) + gap


def untouched(admin: SandboxAdmin) -> list[str]:
    """Armed rules that have not struck as often as they should, one line each."""
    return [
        f"{rule['kind']} {rule.get('status', '')} on {rule['route']}: {rule['hits']} hits of "
        f"{rule.get('count', 1)}; call {rule['seen']}, first strikes at {rule.get('first', 1)}"
        for rule in admin.faults()
        if rule["hits"] < rule.get("count", 1)
    ]
