"""Errors as JSON: one shape, the right status, and what to do in words."""

import json
import logging
from http import HTTPStatus
from typing import Any, Final

import msgspec
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from shopwindow.api.answers import Failure, FailureOut
from shopwindow.errors import RequestError, StateError
from shopwindow.schema.posted import TOO_DEEP, read_validation

LOG: Final = logging.getLogger(__name__)
STATUS: Final = {
    "malformed_json": 400,
    "not_found": 404,
    "method_not_allowed": 405,
    "request_id_reused": 409,
    "too_large": 413,
    "unknown_item": 422,
    "internal": 500,
    "busy": 503,
    "no_shop": 503,
    "no_release": 503,
    "state_unavailable": 503,
}
CAME_LIMIT: Final = 200


def failure_response(failure: Failure, status: int | None = None) -> Response:
    """The failure as an answer; the status goes by its code (422 where nothing else is said)."""
    body = msgspec.json.encode(FailureOut(error=failure))
    return Response(body, status or STATUS.get(failure.code, 422), media_type="application/json")


def failure_of(error: Exception) -> Failure:
    """What a client is told of an error that was raised on purpose."""
    match error:
        case RequestError():
            return Failure(error.code, str(error), error.field, error.expected, shown(error.came))
        case msgspec.ValidationError():
            field, expected, came = read_validation(str(error))
            return Failure(
                "invalid", f"{field or 'body'}: expected {expected}, came {came}", field, expected, came
            )
        case msgspec.DecodeError() | UnicodeDecodeError():
            return Failure("malformed_json", f"the body is no JSON: {error}", expected="a JSON object")
        case RecursionError():
            return Failure("malformed_json", "the body is nested too deeply", None, *TOO_DEEP)
        case StateError():
            return Failure(
                "state_unavailable", f"the event log or state cannot be used now, try again: {error}"
            )
    raise error


def shown(value: Any) -> Any:
    """A value as it may stand in an answer: short, and JSON."""
    if value is None or isinstance(value, bool | int | float):
        return value
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= CAME_LIMIT else text[:CAME_LIMIT] + "..."


async def on_known_error(_: Request, error: Exception) -> Response:
    """Handler of RequestError, StateError and msgspec's errors."""
    return failure_response(failure_of(error))


async def on_http_error(_: Request, error: Exception) -> Response:
    """Handler of the framework's own errors: unknown paths, wrong methods."""
    assert isinstance(error, HTTPException)
    code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "refused")
    words = {
        404: "there is nothing at this address; see /docs",
        405: "this address does not take this method; see /docs",
    }
    message = words.get(error.status_code, str(error.detail) or HTTPStatus(error.status_code).phrase)
    return failure_response(Failure(code, message), error.status_code)


async def on_fault(request: Request, error: Exception) -> Response:
    """Handler of everything else: a fault of ours, logged whole, told in one sentence."""
    LOG.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return failure_response(Failure("internal", "the server made a mistake; it was logged"), 500)


async def on_bad_parameter(_: Request, error: Exception) -> Response:
    """Handler of wrong query parameters."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    name, expected = str(first["loc"][-1]), str(first["msg"])
    failure = Failure("invalid", f"{name}: {expected}", name, expected, shown(first.get("input")))
    return failure_response(failure)
