"""The application: addresses to desks. Hot routes are plain ASGI with msgspec; the document is written by hand."""

import gc
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from shopwindow import __version__
from shopwindow.api import browse, failures
from shopwindow.api.answers import Failure
from shopwindow.api.body import BodyLimit
from shopwindow.api.events import EventDesk
from shopwindow.api.hot import KNOWN, Desk, HotRoutes
from shopwindow.api.items import ItemDesk
from shopwindow.api.metrics import Metrics
from shopwindow.api.openapi import openapi_document
from shopwindow.api.pages import RankDesk
from shopwindow.errors import RequestError
from shopwindow.serving.assembly import ShopRuntime

STOREFRONT: Final = Path(__file__).parent / "storefront"
ANY: Final = ["GET", "POST", "PUT", "PATCH", "DELETE"]


@dataclass(frozen=True, slots=True)
class Closed:
    """There is no shop to open; `reason` says why and what to do."""

    reason: str


def create_app(shop: ShopRuntime | Closed) -> FastAPI:
    """The application of one shop. It answers whatever the state of the shop; what it cannot do it says with 503.

    The runtime is closed when the application shuts down.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        if isinstance(shop, ShopRuntime):
            shop.close()

    app = FastAPI(title="shopwindow", version=__version__, lifespan=lifespan, redirect_slashes=False)
    app.state.shop = shop
    app.openapi = openapi_document  # type: ignore[method-assign]
    metrics = Metrics()
    _add_handlers(app, metrics)
    _add_health(app, shop, metrics)
    if isinstance(shop, ShopRuntime):
        _add_routes(app, shop, metrics)
    else:
        _add_closed(app, shop)
    if STOREFRONT.is_dir():
        app.mount("/", StaticFiles(directory=STOREFRONT, html=True), name="storefront")
    app.add_middleware(BodyLimit)
    return app


def settle() -> None:
    """Call once before serving: what was built stays out of garbage collections, and threads take turns quickly.

    A collection over the objects of a million items takes longer than a page; a waiting request should not
    wait 5 ms (the default) for another thread's turn to end.
    """
    gc.collect()
    gc.freeze()
    sys.setswitchinterval(0.0005)


def _add_routes(app: FastAPI, shop: ShopRuntime, metrics: Metrics) -> None:
    pages, events, items = RankDesk(shop, metrics), EventDesk(shop, metrics), ItemDesk(shop, metrics)

    async def rank(body: bytes, request_id: str | None) -> bytes:
        return pages.answer(body, request_id)

    async def post_events(body: bytes, _: str | None) -> bytes:
        return await events.answer(body)

    async def put_items(body: bytes, _: str | None) -> bytes:
        return await items.put(body)

    desks: dict[tuple[str, str], Desk] = {
        ("POST", "/v1/rank"): rank,
        ("POST", "/v1/events"): post_events,
        ("PUT", "/v1/items"): put_items,
    }
    app.add_middleware(HotRoutes, desks=desks, refused=metrics.refused)
    for method, path in desks:
        app.add_route(path, _only(method), methods=ANY, include_in_schema=False)

    @app.get("/v1/items/{item:path}", include_in_schema=False)
    def get_item(item: str, market: str | None = None) -> Response:
        return _json(items.get(item, market))

    @app.get("/v1/categories", include_in_schema=False)
    def get_categories() -> Response:
        return _json(browse.categories(shop))

    @app.get("/v1/customers", include_in_schema=False)
    def get_customers(limit: int = 20) -> Response:
        if not 1 <= limit <= browse.MAX_CUSTOMERS:
            expected = f"a whole number from 1 to {browse.MAX_CUSTOMERS}"
            raise RequestError(
                "invalid", f"limit: expected {expected}", field="limit", expected=expected, came=limit
            )
        return _json(browse.customers(shop, limit))

    @app.get("/v1/customers/{customer:path}", include_in_schema=False)
    def get_customer(customer: str) -> Response:
        return _json(browse.journey(shop, customer))


def _add_closed(app: FastAPI, shop: Closed) -> None:
    async def closed(_: Request) -> Response:
        return failures.failure_response(Failure("no_shop", shop.reason))

    app.add_route("/v1/{rest:path}", closed, methods=["GET", "POST", "PUT"], include_in_schema=False)


def _add_health(app: FastAPI, shop: ShopRuntime | Closed, metrics: Metrics) -> None:
    @app.api_route("/health", methods=["GET", "HEAD"], include_in_schema=False)
    async def health() -> Response:
        return _json(b'{"status":"alive"}')

    @app.api_route("/ready", methods=["GET", "HEAD"], include_in_schema=False)
    async def ready() -> Response:
        failure = _not_ready(shop)
        if failure is not None:
            return failures.failure_response(failure)
        assert isinstance(shop, ShopRuntime)
        assert shop.ranking is not None
        release = shop.ranking.release
        known = {"release": release.release_id, "items": len(release.catalog)}
        return _json(msgspec.json.encode({"status": "ready", "shop": shop.shop.name, **known}))

    @app.api_route("/metrics", methods=["GET", "HEAD"], include_in_schema=False)
    def read_metrics() -> Response:
        return Response(metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")


def _not_ready(shop: ShopRuntime | Closed) -> Failure | None:
    if isinstance(shop, Closed):
        return Failure("no_shop", shop.reason)
    if not (health := shop.keeper.health()).ok:
        return Failure("state_unavailable", health.reason)
    return None if shop.ranking is not None else Failure("no_release", shop.reason)


def _add_handlers(app: FastAPI, metrics: Metrics) -> None:
    def counted(
        handler: Callable[[Request, Exception], Awaitable[Response]],
    ) -> Callable[..., Awaitable[Response]]:
        async def count(request: Request, error: Exception) -> Response:
            response = await handler(request, error)
            metrics.refused(str(response.status_code))
            return response

        return count

    for kind in KNOWN:
        app.add_exception_handler(kind, counted(failures.on_known_error))
    app.add_exception_handler(RequestValidationError, counted(failures.on_bad_parameter))
    app.add_exception_handler(HTTPException, counted(failures.on_http_error))
    app.add_exception_handler(Exception, counted(failures.on_fault))


def _only(method: str) -> Callable[[Request], Awaitable[Response]]:
    """What other methods are told; said here and not by the router, which would go on looking and find the storefront's files."""

    async def refuse(_: Request) -> Response:
        raise HTTPException(405, headers={"Allow": method})

    return refuse


def _json(body: bytes) -> Response:
    return Response(body, media_type="application/json")
