import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx

from shopwindow.simulation.closed_loop import LoopFigures, LoopOptions, visit_server
from shopwindow.simulation.world import World


class Server:
    """A server of a few lines: shows the same first goods to all, remembers what it was told."""

    def __init__(self, world: World) -> None:
        self.ids = [world.goods.item_id(item) for item in range(len(world.goods))]
        self.pages: dict[str, dict[str, Any]] = {}
        self.events: list[dict[str, Any]] = []
        self.open = self.most_open = 0

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        await asyncio.sleep(0)
        self.open -= 1
        body = json.loads(request.content)
        if request.url.path == "/v1/events":
            self.events += body["events"]
            return httpx.Response(
                200, json={"accepted": len(body["events"]), "duplicates": 0, "offset": 1, "rejected": []}
            )
        shown = self.ids[: body["k"]]
        self.pages[body["request_id"]] = {**body, "items": shown}
        return httpx.Response(
            200,
            json={
                "request_id": body["request_id"],
                "degraded": [],
                "items": [{"item": each} for each in shown],
            },
        )


def visit(world: World, handler: Callable[..., Any], **options: Any) -> LoopFigures:
    async def run() -> LoopFigures:
        transport = httpx.MockTransport(handler)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
            return await visit_server(world, client, LoopOptions(**options))

    return asyncio.run(run())


def test_customers_visit_act_and_post_what_they_did(world: World) -> None:
    server = Server(world)
    figures = visit(world, server, visits=60, together=8)
    assert figures.visits == 60
    assert figures.pages == len(server.pages) >= 60
    assert figures.events == len(server.events)
    actions = [event for event in server.events if event["type"] == "action"]
    impressions = [event for event in server.events if event["type"] == "impression"]
    assert figures.impressions == len(impressions) > 0
    assert figures.clicks == sum(event["action"] == "click" for event in actions) > 0
    assert (figures.errors, figures.degraded, figures.strangers, figures.rejected) == (0, 0, 0, 0)


def test_events_name_the_page_position_and_customer_that_the_server_knows(world: World) -> None:
    server = Server(world)
    visit(world, server, visits=40, together=8)
    for event in server.events:
        page = server.pages[event["page_id"]]
        assert page["items"][event["position"]] == event["item"]
        assert page["customer"] == event["customer"]
        assert page["surface"] == event["surface"]
    assert len({event["event_id"] for event in server.events}) == len(server.events)


def test_no_more_requests_are_open_than_visits_are_under_way(world: World) -> None:
    server = Server(world)
    visit(world, server, visits=40, together=5)
    assert 1 < server.most_open <= 5


def test_the_same_seed_asks_and_does_the_same(world: World) -> None:
    first, second, other = Server(world), Server(world), Server(world)
    visit(world, first, visits=20, together=4)
    visit(world, second, visits=20, together=4)
    visit(world, other, visits=20, together=4, seed=2)
    assert first.events == second.events
    assert first.pages == second.pages
    assert first.pages != other.pages


def test_a_page_of_better_goods_gets_more_clicks(world: World) -> None:
    """What the server shows matters: the most appealing goods of a world against the least."""
    order = world.tables.appeal[world.spec.days].argsort().tolist()
    best, worst = Server(world), Server(world)
    best.ids = [world.goods.item_id(item) for item in reversed(order)]
    worst.ids = [world.goods.item_id(item) for item in order]
    well, badly = (visit(world, server, visits=150, together=16) for server in (best, worst))
    assert well.ctr > 1.5 * badly.ctr


def test_answers_that_fail_are_counted_and_the_visits_go_on(world: World) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        return httpx.Response(503, json={"error": {"code": "no_release"}})

    def break_off(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    def ramble(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, text="<h1>It works!</h1>")

    def answer_another_question(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"goods": []})

    for handler in (ramble, answer_another_question, refuse, break_off):
        figures = visit(world, handler, visits=10, together=4)
        assert figures.visits == 10
        assert figures.pages == figures.clicks == 0
        assert figures.errors >= 10
    assert "ConnectError" in figures.last_error


def test_goods_that_the_world_does_not_know_are_never_clicked(world: World) -> None:
    server = Server(world)
    server.ids = ["stranger", *server.ids]
    figures = visit(world, server, visits=20, together=4)
    assert figures.strangers > 0
    assert "stranger" not in {event["item"] for event in server.events}


def test_rejected_events_and_degraded_pages_show_in_the_figures(world: World) -> None:
    server = Server(world)

    async def grumble(request: httpx.Request) -> httpx.Response:
        content = json.loads((await server(request)).content)
        if request.url.path == "/v1/events":
            content["rejected"] = [{"index": 0, "field": "item", "expected": "an item", "came": "x"}]
        else:
            content["degraded"] = ["two-tower"]
        return httpx.Response(200, json=content)

    figures = visit(world, grumble, visits=5, together=5)
    assert figures.degraded == figures.pages > 0
    assert figures.rejected > 0
    assert "an item" in figures.last_error


def test_a_pace_is_asked_before_each_step(world: World) -> None:
    asked: list[int] = []

    async def pace(pages: int) -> None:
        asked.append(pages)

    async def run() -> LoopFigures:
        transport = httpx.MockTransport(Server(world))
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
            return await visit_server(world, client, LoopOptions(visits=12, together=4), pace)

    assert asyncio.run(run()).pages == sum(asked)
    assert max(asked) <= 4


def test_one_visit_is_enough(world: World) -> None:
    assert visit(world, Server(world), visits=1).visits == 1
