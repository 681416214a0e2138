"""The routes of the stand-in: path, permission, batch limits, handler."""

from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import unquote

from sinks.sandbox import (
    auth_calls,
    catalog_calls,
    event_calls,
    item_calls,
    profile_calls,
    profile_lookups,
    transaction_calls,
)
from sinks.sandbox.answers import Rejected
from sinks.sandbox.calls import Call, Prepared
from sinks.sandbox.event_rules import ACTIONS

BATCH_MAX_COUNT = 1000
BATCH_MAX_BYTES = 1_000_000


class Route(NamedTuple):
    """One method and path template, for example ``POST /v4/clients/by-email/{email}``.

    ``permission`` None needs no permission; ``batch`` holds the rule ids for too many elements and
    for too many bytes, None for calls that take no batch.
    """

    method: str
    template: str
    handler: Callable[[Call], Prepared]
    permission: str | None = None
    has_body: bool = False
    batch: tuple[str, str] | None = None
    needs_credentials: bool = True
    slug: str | None = None

    @property
    def name(self) -> str:
        """Name of the route in records and counters."""
        return f"{self.method} {self.template}"

    @property
    def needs_api_version(self) -> bool:
        """Whether T2 applies: all of /v4 and the login."""
        return self.template.startswith("/v4/") or self.template == _LOGIN


_LOGIN = "/uauth/v2/auth/login/profile"
_BAG = "/catalogs/bags/{bagId}"

# Permission names that the reference leaves open are invented here and marked with an asterisk.
_EVENT_PERMISSIONS = {
    "custom": "API_CUSTOM_EVENTS_CREATE",
    "cancelled-transaction": "API_CANCELLED_TRANSACTION_EVENTS_CREATE",  # *
    **{slug: f"API_{slug.replace('-', '_').upper()}_EVENTS_CREATE" for slug in ACTIONS},  # *
}


def _open(method: str, template: str, handler: Callable[[Call], Prepared], *, body: bool) -> Route:
    return Route(method, template, handler, has_body=body, needs_credentials=False)


def _update(template: str) -> Route:
    return Route(
        "POST",
        template,
        profile_calls.update,
        "API_CLIENT_UPDATE",
        has_body=True,  # *
    )


def _event(slug: str) -> Route:
    return Route(
        "POST",
        f"/v4/events/{slug}",
        event_calls.create,
        _EVENT_PERMISSIONS[slug],
        has_body=True,
        slug=slug,
    )


ROUTES: tuple[Route, ...] = (
    _open("POST", _LOGIN, auth_calls.login, body=True),
    _open("POST", "/v4/auth/login/profile", auth_calls.login, body=True),
    _open("GET", "/v4/auth/refresh/profile", auth_calls.refresh, body=False),
    Route("GET", "/v4/server/time", auth_calls.server_time),
    Route("POST", "/uauth/api-key/permission-check", auth_calls.check_permissions, has_body=True),
    Route("POST", "/v4/clients", profile_calls.create, "API_CLIENT_CREATE", has_body=True),
    Route("POST", "/v4/clients/instant", profile_calls.create_instant, "API_CLIENT_CREATE", True),
    Route(
        "POST",
        "/v4/clients/batch",
        profile_calls.create_batch,
        "API_BATCH_CLIENT_CREATE",
        has_body=True,
        batch=("P17", "P18"),
    ),
    _update("/v4/clients/{clientId}"),
    _update("/v4/clients/by-customid/{customId}"),
    _update("/v4/clients/by-email/{email}"),
    *(
        Route("GET", f"/v4/clients/{path}", profile_lookups.read, "API_CLIENT_READ")  # *
        for path in (
            "{clientId}",
            "by-customid/{customId}",
            "by-email/{email}",
            "by-uuid/{uuid}",
            "by-phone/{phone}",
        )
    ),
    *(
        Route("DELETE", f"/v4/clients/{path}", profile_lookups.delete, "API_CLIENT_DELETE")  # *
        for path in ("{clientId}", "by-customid/{customId}", "by-custom-id/{customId}")
    ),
    Route(
        "POST",
        "/v4/clients/merge/from/ids/{clientIds}/to/id/{clientId}",
        profile_lookups.merge,
        "API_CLIENT_MERGE",  # *
    ),
    Route(
        "POST",
        "/v4/clients/merge/from/custom-ids/{customIds}/to/custom-id/{customId}",
        profile_lookups.merge,
        "API_CLIENT_MERGE",  # *
    ),
    *(_event(slug) for slug in ("custom", *ACTIONS)),
    Route(
        "POST",
        "/v4/events/batch",
        event_calls.create_batch,
        "API_BATCH_EVENTS_CREATE",  # *
        has_body=True,
        batch=("E11", "E11"),
    ),
    Route("POST", "/v4/transactions", transaction_calls.create, "API_TRANSACTION_CREATE", True),
    Route(
        "POST",
        "/v4/transactions/batch",
        transaction_calls.create_batch,
        "API_BATCH_TRANSACTION_CREATE",
        has_body=True,
        batch=("X12", "X12"),
    ),
    Route("GET", "/catalogs/bags", catalog_calls.list_bags, "CATALOGS_CATALOG_READ"),
    Route("POST", "/catalogs/bags", catalog_calls.create_bag, "CATALOGS_CATALOG_CREATE", True),
    Route("GET", _BAG, catalog_calls.read_bag, "CATALOGS_CATALOG_READ"),
    Route("DELETE", _BAG, catalog_calls.delete_bag, "CATALOGS_CATALOG_DELETE"),  # *
    Route("GET", f"{_BAG}/keys", catalog_calls.read_keys, "CATALOGS_CATALOG_READ"),
    Route(
        "POST",
        f"{_BAG}/items",
        item_calls.put,
        "CATALOGS_ITEM_CATALOG_CREATE",
        True,  # *
    ),
    Route(
        "POST",
        f"{_BAG}/items/batch",
        item_calls.put_batch,
        "CATALOGS_ITEM_BATCH_CATALOG_CREATE",
        has_body=True,
        batch=("C5", "C5"),
    ),
    Route("GET", f"{_BAG}/items", item_calls.list_items, "CATALOGS_ITEM_CATALOG_READ"),  # *
    Route(
        "GET",
        f"{_BAG}/items/{{itemId}}",
        item_calls.read,
        "CATALOGS_ITEM_CATALOG_READ",  # *
    ),
    Route(
        "GET",
        f"{_BAG}/items/itemKey/{{itemKey}}",
        item_calls.read_by_key,
        "CATALOGS_ITEM_CATALOG_READ",  # *
    ),
    Route(
        "DELETE",
        f"{_BAG}/items/{{itemId}}",
        item_calls.delete,
        "CATALOGS_ITEM_CATALOG_DELETE",  # *
    ),
)


class Match(NamedTuple):
    """A route and the decoded values of its path variables."""

    route: Route
    args: dict[str, str]


class RouteTable:
    """Finds routes; fixed paths win over paths with variables."""

    def __init__(self, routes: tuple[Route, ...] = ROUTES) -> None:
        self._fixed = {
            (route.method, route.template): Match(route, _fixed_args(route))
            for route in routes
            if "{" not in route.template
        }
        self._by_length: dict[int, list[tuple[Route, list[str]]]] = {}
        for route in routes:
            if "{" in route.template:
                parts = route.template.split("/")
                self._by_length.setdefault(len(parts), []).append((route, parts))
        for candidates in self._by_length.values():
            candidates.sort(key=lambda pair: pair[0].template.count("{"))

    def find(self, method: str, path: str) -> Match:
        """Find the route of a call; raises Rejected T0: 404, or 405 for a wrong method."""
        match = self._fixed.get((method, path))
        if match is not None:
            return match
        methods = {known for known, template in self._fixed if template == path}
        parts = path.split("/")
        for route, template in self._by_length.get(len(parts), ()):
            args = _match(template, parts)
            if args is None:
                continue
            if route.method == method:
                return Match(route, args)
            methods.add(route.method)
        if methods:
            raise Rejected(405, "T0", "method not allowed")
        raise Rejected(404, "T0", "no such route")


def _fixed_args(route: Route) -> dict[str, str]:
    return {} if route.slug is None else {"slug": route.slug}


def _match(template: list[str], parts: list[str]) -> dict[str, str] | None:
    args = {}
    for expected, part in zip(template, parts, strict=True):
        if expected.startswith("{"):
            if not part:
                return None
            args[expected[1:-1]] = unquote(part)
        elif expected != part:
            return None
    return args
