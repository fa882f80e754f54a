"""The outermost layer: a body has a limit, and what is beyond it is not kept."""

from dataclasses import dataclass
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shopwindow.api.answers import Failure
from shopwindow.api.failures import failure_response

MAX_BODY: Final = 4 * 2**20
MAX_DRAIN: Final = 64 * 2**20


@dataclass(slots=True)
class BodyLimit:
    """Reads the body once; past `limit` bytes the answer is 413 and the application never sees the request.

    What still comes is read and dropped (up to 64 MiB), so that the client gets the answer and not a broken pipe.
    """

    app: ASGIApp
    limit: int = MAX_BODY

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self.app(scope, receive, send)
            return
        message = await receive()
        if message["type"] == "http.request" and not message.get("more_body"):
            body = message.get("body", b"")
        else:
            body, message = await _read(message, receive, self.limit)
        if message["type"] == "http.disconnect":
            return
        if len(body) > self.limit:
            failure = Failure(
                "too_large",
                f"the body is larger than {self.limit} bytes: send fewer records at a time",
                expected=f"at most {self.limit} bytes",
            )
            await failure_response(failure)(scope, receive, send)
            return
        await self.app(scope, _again(body, receive), send)


async def _read(message: Message, receive: Receive, limit: int) -> tuple[bytes, Message]:
    """The whole body, or its first bytes beyond the limit; and the last message."""
    parts, kept, seen = [], 0, 0
    while message["type"] == "http.request":
        part = message.get("body", b"")
        seen += len(part)
        if kept <= limit:
            parts.append(part)
            kept += len(part)
        if not message.get("more_body") or seen > MAX_DRAIN:
            break
        message = await receive()
    return b"".join(parts), message


def _again(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body that was read, then what comes after it."""
    given = False

    async def give() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return give
