"""HotRoutes: the busy addresses, answered before the framework takes a request apart."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec
from starlette.types import ASGIApp, Receive, Scope, Send

from shopwindow.api.failures import failure_of, failure_response
from shopwindow.errors import RequestError, StateError

KNOWN: Final = (RequestError, StateError, msgspec.DecodeError, UnicodeDecodeError, RecursionError)

Desk = Callable[[bytes, str | None], Awaitable[bytes]]
"""Body and X-Request-Id -> JSON."""


@dataclass(slots=True)
class HotRoutes:
    """Stands right inside BodyLimit, which brings the body whole, in one message.

    `desks`: by method and path. `refused`: told the status of every answer that is not 2xx. What a desk raises by
    mistake goes to the application's own handler. Routing, exception stacks and request objects of the framework
    take longer than the rest of HTTP together.
    """

    app: ASGIApp
    desks: Mapping[tuple[str, str], Desk]
    refused: Callable[[str], None]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        desk = self.desks.get((scope["method"], scope["path"])) if scope["type"] == "http" else None
        if desk is None:
            await self.app(scope, receive, send)
            return
        message = await receive()
        try:
            answer = await desk(message.get("body", b""), _request_id(scope))
        except KNOWN as error:
            response = failure_response(failure_of(error))
            self.refused(str(response.status_code))
            await response(scope, receive, send)
            return
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})


def _request_id(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            return str(value, "latin-1")
    return None
