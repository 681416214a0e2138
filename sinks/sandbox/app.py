"""The ASGI application: reads requests, lets faults strike, writes answers."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

from sinks.sandbox.admin import Admin
from sinks.sandbox.answers import Answer, plain_error, style_of
from sinks.sandbox.calls import Prepared, Request
from sinks.sandbox.core import Sandbox
from sinks.sandbox.fault_answers import instead_of_handling
from sinks.sandbox.faults import FaultRule
from sinks.sandbox.times import to_iso

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

CONNECTION = "sandbox.connection"
MAX_BODY_BYTES = 64 * 1024 * 1024
_LOOPBACK = ("127.", "::1", "::ffff:127.")


class SandboxApp:
    """ASGI callable over one Sandbox. ``scope["extensions"]`` must offer the connection's
    ``abort`` and ``close`` under ``sandbox.connection`` for the faults that cut connections.
    """

    def __init__(self, sandbox: Sandbox, admin: Admin) -> None:
        self._sandbox = sandbox
        self._admin = admin

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = await _read_request(scope, receive)
        if request is None:
            return
        if request.path.startswith("/__admin"):
            await _send(send, self._administer(request))
        else:
            await self._serve(request, scope, receive, send)

    def _administer(self, request: Request) -> Answer:
        if not request.remote_ip.startswith(_LOOPBACK):
            return plain_error(
                403,
                "the admin interface answers loopback only",
                style="v4",
                path=request.path,
                now_ms=self._sandbox.now_ms(),
            )
        return self._admin.handle(request)

    async def _serve(self, request: Request, scope: Message, receive: Receive, send: Send) -> None:
        sandbox = self._sandbox
        route = sandbox.route_of(request)
        sandbox.stats.saw(route, len(request.body), "user-agent" in request.headers)
        fault = self._fault(request)
        if fault is not None and fault.kind == "close-before":
            await _cut(scope, receive, "abort")
            return
        answer, is_client_here = await self._answer(request, fault, receive)
        if not is_client_here:
            return
        if fault is not None and fault.kind == "close-after":
            await _cut(scope, receive, "abort")
        elif fault is not None and fault.kind == "truncate":
            await _send_truncated(send, answer)
            await _cut(scope, receive, "close")
        else:
            sandbox.stats.answered(route, answer.status)
            await _send(send, answer)

    def _fault(self, request: Request) -> FaultRule | None:
        sandbox = self._sandbox
        if sandbox.faults.is_empty:
            return None
        workspace = sandbox.gate.peek(request.headers.get("authorization"))
        fault = sandbox.faults.pick(f"{request.method} {request.path}", workspace)
        if fault is not None and fault.kind == "expire-tokens":
            sandbox.gate.expire_tokens(fault.workspace or workspace)
        return fault

    async def _answer(
        self, request: Request, fault: FaultRule | None, receive: Receive
    ) -> tuple[Answer, bool]:
        """Return the answer and whether the client still waits for it."""
        sandbox = self._sandbox
        delay_s = sandbox.options.answer_delay_s
        apply = "before"
        positions: frozenset[int] = frozenset()
        if fault is not None:
            path = request.path
            instead = instead_of_handling(fault, style_of(path), path, sandbox.now_ms())
            if instead is not None:
                return instead, await _wait(receive, delay_s + fault.delay_s) == 0
            delay_s += fault.delay_s
            apply = fault.apply if fault.kind == "slow" else apply
            positions = frozenset(fault.positions if fault.kind == "partial-refusal" else ())
        prepared = sandbox.prepare(request, positions)
        answer = Answer(503)
        with self._in_flight(prepared):
            if apply == "before":
                answer = sandbox.commit(prepared)
            left_s = await _wait(receive, delay_s)
        if apply == "after":
            # A client that gave up may write again, so its late write is no longer in flight; it
            # still takes effect at its time.
            if left_s > 0:
                await asyncio.sleep(left_s)
            answer = sandbox.commit(prepared)
        return _disfigured(answer, fault), left_s == 0

    @contextmanager
    def _in_flight(self, prepared: Prepared) -> Iterator[None]:
        workspace = prepared.workspace
        if workspace is None:
            yield
            return
        at = to_iso(self._sandbox.now_ms())
        related = workspace.profiles.related_keys
        number = workspace.inflight.enter(prepared.route, prepared.keys, related, at)
        try:
            yield
        finally:
            workspace.inflight.leave(number)


def _disfigured(answer: Answer, fault: FaultRule | None) -> Answer:
    """Apply the faults that change a real answer's body."""
    if fault is not None and fault.kind == "empty":
        return Answer(fault.status or answer.status)
    if fault is not None and fault.kind == "partial-refusal" and fault.body is not None:
        return Answer(207, fault.body.encode(), b"application/json")
    return answer


async def _read_request(scope: Message, receive: Receive) -> Request | None:
    """Read a whole request; None when the client leaves before its end."""
    chunks: list[bytes] = []
    size_bytes = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        size_bytes += len(message.get("body", b""))
        if size_bytes <= MAX_BODY_BYTES:
            chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            break
    client = scope.get("client")
    return Request(
        method=scope["method"],
        path=scope["raw_path"].decode("latin-1"),
        headers={
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        },
        body=b"".join(chunks),
        remote_ip=client[0] if client else "",
        query=scope["query_string"].decode("latin-1"),
    )


async def _wait(receive: Receive, delay_s: float) -> float:
    """Hold an answer back; returns 0, or the seconds left when the client went away meanwhile.

    Without a delay, other requests that have already arrived get their turn, so that writes sent
    at the same time meet.
    """
    if delay_s <= 0:
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return 0.0
    until_s = asyncio.get_running_loop().time() + delay_s
    gone = asyncio.ensure_future(receive())
    try:
        await asyncio.wait({gone}, timeout=delay_s)
        is_gone = gone.done()
    finally:
        gone.cancel()
    return max(until_s - asyncio.get_running_loop().time(), 1e-6) if is_gone else 0.0


async def _send(send: Send, answer: Answer) -> None:
    await send(
        {"type": "http.response.start", "status": answer.status, "headers": _headers(answer)}
    )
    await send({"type": "http.response.body", "body": answer.body})


async def _send_truncated(send: Send, answer: Answer) -> None:
    """Announce more bytes than follow; the caller then closes the connection."""
    body = answer.body or b'{"cut":"here"}'
    whole = answer._replace(body=body, content_type=answer.content_type or b"application/json")
    await send({"type": "http.response.start", "status": answer.status, "headers": _headers(whole)})
    await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})


def _headers(answer: Answer) -> list[tuple[bytes, bytes]]:
    headers = list(answer.headers)
    if answer.status != 204:
        headers.append((b"content-length", str(len(answer.body)).encode()))
    if answer.content_type is not None:
        headers.append((b"content-type", answer.content_type))
    return headers


async def _cut(scope: Message, receive: Receive, how: str) -> None:
    """End the connection and wait until the server has noticed."""
    scope["extensions"][CONNECTION][how]()
    while (await receive())["type"] != "http.disconnect":
        pass
