"""uvicorn's HTTP protocol, extended so that the application can cut connections."""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from sinks.sandbox.app import CONNECTION


class CuttableProtocol(HttpToolsProtocol):
    """Offers ``abort`` (reset at once) and ``close`` (after flushing) of the connection in
    ``scope["extensions"]``; ASGI itself has no way to end a connection without an answer.
    """

    transport: asyncio.Transport

    def on_message_begin(self) -> None:
        """Start a request's scope and add the extension."""
        super().on_message_begin()
        self.scope["extensions"] = {
            CONNECTION: {"abort": self.transport.abort, "close": self.transport.close}
        }
