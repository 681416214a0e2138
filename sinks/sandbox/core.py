"""The sandbox without HTTP: state, checks in a fixed order, prepared calls."""

import time
from collections.abc import Callable, Iterable

from sinks.sandbox.answers import Answer, Rejected, error_answer, style_of
from sinks.sandbox.auth import Gatekeeper
from sinks.sandbox.calls import Call, Prepared, Request
from sinks.sandbox.context import Context
from sinks.sandbox.faults import FaultBook
from sinks.sandbox.json_strict import JsonRefused, parse
from sinks.sandbox.options import Options, WorkspaceSpec
from sinks.sandbox.routes import BATCH_MAX_BYTES, BATCH_MAX_COUNT, Match, Route, RouteTable
from sinks.sandbox.stats import Stats
from sinks.sandbox.text_rules import Breach
from sinks.sandbox.violations import Ledger
from sinks.sandbox.workspace import Workspace

API_VERSION = "4.4"


class Sandbox:
    """All workspaces of one stand-in and what it saw.

    Not thread-safe: used by one event loop, or directly by a test.
    """

    def __init__(
        self,
        options: Options | None = None,
        workspaces: Iterable[WorkspaceSpec] = (),
        *,
        clock: Callable[[], float] = time.time,
        accepted_log_size: int = 100_000,
    ) -> None:
        self.options = options or Options()
        self._clock = clock
        self.gate = Gatekeeper(self.now_s)
        self.ledger = Ledger()
        self.faults = FaultBook()
        self.stats = Stats(accepted_log_size)
        self._routes = RouteTable()
        for spec in workspaces:
            self.gate.add(spec)

    def now_s(self) -> float:
        """Return the service's clock in epoch seconds."""
        return self._clock() + self.options.clock_offset_s

    def now_ms(self) -> int:
        """Return the service's clock in epoch milliseconds."""
        return int(self.now_s() * 1000)

    def handle(self, request: Request) -> Answer:
        """Check and carry out a call at once."""
        return self.commit(self.prepare(request))

    def prepare(
        self, request: Request, refused_positions: frozenset[int] = frozenset()
    ) -> Prepared:
        """Check a call without any effect on stored data; never raises for a bad call.

        ``refused_positions`` names batch elements to refuse although they are good.
        """
        route_name = f"{request.method} {request.path}"
        workspace: Workspace | None = None
        match: Match | None = None
        try:
            match = self._routes.find(request.method, request.path)
            route_name = match.route.name
            self._require_spelling(match.route)
            if match.route.needs_credentials:
                workspace = self.gate.authenticate(
                    request.headers.get("authorization"), request.remote_ip
                )
                _require_permission(match.route, workspace)
            payload = self._payload(match.route, request)
            call = Call(
                request=request,
                args=match.args,
                payload=payload,
                context=self._context(route_name, workspace),
                gate=self.gate,
                record_accepted=self.stats.accepted,
                owner=workspace,
                refused_positions=refused_positions,
            )
            return match.route.handler(call)._replace(route=route_name, workspace=workspace)
        except Rejected as rejected:
            self._record(rejected, route_name, workspace)
            path = request.path
            answer = error_answer(rejected, style_of(path), path, self.now_ms())
            return Prepared(lambda context: answer, route=route_name, workspace=workspace)

    def commit(self, prepared: Prepared) -> Answer:
        """Carry out a prepared call."""
        return prepared.commit(self._context(prepared.route, prepared.workspace))

    def route_of(self, request: Request) -> str:
        """Name the route of a request for counters; unknown paths are one name."""
        try:
            return self._routes.find(request.method, request.path).route.name
        except Rejected:
            return "unknown"

    def reset(self) -> None:
        """Forget stored data, records, counters, faults and tokens; workspaces and options stay."""
        for workspace in self.gate.workspaces.values():
            workspace.clear()
            workspace.inflight.clear()
            workspace.login_count = 0
        self.gate.forget_tokens()
        self.ledger = Ledger()
        self.faults.clear()
        self.stats.clear()

    def _context(self, route: str, workspace: Workspace | None) -> Context:
        name = "" if workspace is None else workspace.name
        return Context(route, name, self.now_ms(), self.options, self.ledger)

    def _require_spelling(self, route: Route) -> None:
        """Hide one of the two custom-id delete paths when so configured."""
        spelling = self.options.custom_id_delete_path
        is_custom_id_delete = route.method == "DELETE" and "by-custom" in route.template
        if is_custom_id_delete and spelling != "both" and f"/{spelling}/" not in route.template:
            raise Rejected(404, "T0", "no such route")

    def _payload(self, route: Route, request: Request) -> object:
        """Apply the transport rules T2-T6 and the limits of batches; returns the parsed body."""
        body = request.body
        is_expected = route.has_body or bool(body)
        if is_expected:
            media_type = request.headers.get("content-type", "").partition(";")[0]
            if media_type.strip().lower() != "application/json":
                raise Rejected(415, "T3", "Content-Type must be application/json")
            if "content-encoding" in request.headers:
                raise Rejected(415, "T4", "Content-Encoding is not supported")
        if route.needs_api_version and request.headers.get("api-version") != API_VERSION:
            raise Rejected(400, "T2", "Api-Version must be 4.4")
        if route.batch is not None and len(body) > BATCH_MAX_BYTES:
            raise Rejected(413, route.batch[1], "body over 1000000 bytes")
        if not is_expected:
            return None
        try:
            payload = parse(body)
        except JsonRefused as exc:
            raise Rejected(400, exc.rule, exc.message) from exc
        if route.batch is not None:
            if type(payload) is not list or not payload:
                raise Rejected(400, "P19", "body must be a non-empty array")
            if len(payload) > BATCH_MAX_COUNT:
                raise Rejected(400, route.batch[0], "more than 1000 elements")
        return payload

    def _record(self, rejected: Rejected, route: str, workspace: Workspace | None) -> None:
        name = None if workspace is None else workspace.name
        now_ms = self.now_ms()
        for found in rejected.breaches or [Breach(rejected.rule, "", rejected.message)]:
            self.ledger.reject(found, route=route, workspace=name, now_ms=now_ms)


def _require_permission(route: Route, workspace: Workspace) -> None:
    if route.permission is not None and not workspace.may(route.permission):
        raise Rejected(403, "A6", f"permission {route.permission} is missing")
