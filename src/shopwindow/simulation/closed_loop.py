"""The closed loop: a world's customers visit a running server, act on what it shows them, and post what they did.

The pages come from the server; who comes, where they go, what they look at and choose is the same code that makes the log.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import httpx
import numpy as np
from numpy.random import Generator

from shopwindow.schema.shop import DEFAULT_ACTIONS
from shopwindow.simulation.arrays import Whole
from shopwindow.simulation.behaviour import CART, CLICK, PURCHASE, Reaction, react
from shopwindow.simulation.chance import Chance
from shopwindow.simulation.schedule import Visits, draw_intents
from shopwindow.simulation.walk import Asks, Walk, goes_on, next_asks
from shopwindow.simulation.wire import Wire
from shopwindow.simulation.world import World

EVENTS_AT_ONCE: Final = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopOptions:
    """`visits`: how many in all. `together`: how many are under way at once, which bounds open requests.
    `run`: distinguishes event and page ids of one run from those of another. `seed`: who comes and what they choose.
    `variant`: of the ranking, as /v1/rank knows it. `test`: marks all events as a test.
    """

    visits: int = 200
    together: int = 16
    run: str = "loop"
    seed: int = 1
    variant: str = "default"
    test: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopFigures:
    """What happened so far. `errors`: pages or batches of events that were not answered with 200; `strangers`: items
    shown that this world does not know; `rejected`: events that the server did not take.
    """

    visits: int = 0
    pages: int = 0
    impressions: int = 0
    clicks: int = 0
    carts: int = 0
    purchases: int = 0
    events: int = 0
    degraded: int = 0
    rejected: int = 0
    strangers: int = 0
    errors: int = 0
    last_error: str = ""

    @property
    def ctr(self) -> float:
        """Clicks per impression."""
        return self.clicks / max(self.impressions, 1)


Pace = Callable[[int], Awaitable[None]]
"""Waits until so many more pages may be asked for."""


async def unhurried(pages: int) -> None:
    """No pace at all: as fast as the server answers."""


async def visit_server(
    world: World,
    client: httpx.AsyncClient,
    options: LoopOptions,
    pace: Pace = unhurried,
    on_step: Callable[[LoopFigures], None] = lambda figures: None,
) -> LoopFigures:
    """Lets customers visit the server behind `client` (its base URL set) until all visits are over.

    Visits under way step together, one page each; a step's requests are sent at once. A page that fails shows
    nothing, is counted, and its visit goes on or ends as with an empty page.
    """
    loop = _Loop(world, client, options)
    while await loop.step(pace):
        on_step(loop.figures)
    on_step(loop.figures)
    return loop.figures


class _Loop:
    """The visits under way and what is known of them."""

    def __init__(self, world: World, client: httpx.AsyncClient, options: LoopOptions) -> None:
        self.figures = LoopFigures()
        self._world, self._client, self._options = world, client, options
        rng = np.random.default_rng([options.seed, world.spec.seed, 8])
        self._memory = world.new_memory()
        self._visits = _visits(world, options.visits, rng)
        self._chance = Chance.of(rng)
        self._waiting = list(range(len(self._visits)))
        self._walk = Walk.start(self._visits, np.zeros(0, dtype=np.int64))
        self._num_events = 0
        self._wire = Wire(world, variant=options.variant, test=options.test)

    async def step(self, pace: Pace) -> bool:
        """One page for each visit under way; False once all are over."""
        self._admit()
        walk, world = self._walk, self._world
        if not len(walk):
            return False
        await pace(len(walk))
        asks = next_asks(world, walk, self._chance)
        answers = await asyncio.gather(*(self._page(asks, place) for place in range(len(walk))))
        items = np.stack([items for _, items in answers])
        reaction = react(world, self._memory, walk, asks.situation, items, self._chance)
        await self._post(asks, [page_id for page_id, _ in answers], items, reaction)
        walk.cursor_ms = walk.cursor_ms + reaction.duration_ms
        walk.pages = walk.pages + 1
        self._walk = walk.take(goes_on(world, walk, reaction.bought, self._chance))
        ended = len(walk) - len(self._walk)
        self.figures = replace(self.figures, visits=self.figures.visits + ended)
        return True

    def _admit(self) -> None:
        """Starts waiting visits while there is room, each customer at most once at a time."""
        inside = set(self._walk.customer.tolist())
        chosen: list[int] = []
        for visit in self._waiting:
            if len(self._walk) + len(chosen) >= self._options.together:
                break
            customer = int(self._visits.customer[visit])
            if customer not in inside:
                inside.add(customer)
                chosen.append(visit)
        started = set(chosen)
        self._waiting = [visit for visit in self._waiting if visit not in started]
        self._walk = self._walk.joined_by(Walk.start(self._visits, np.array(chosen, dtype=np.int64)))

    async def _page(self, asks: Asks, place: int) -> tuple[str, Whole]:
        """Id and items [K] of the page that a visit asked for; -1 where there is none."""
        size = self._world.spec.page_size
        none = np.full(size, -1, dtype=np.int32)
        page_id = f"{self._options.run}-{self._walk.number[place]}-{self._walk.pages[place]}"
        try:
            answer = await self._client.post("/v1/rank", json=self._wire.question(asks, place, page_id))
        except httpx.HTTPError as error:
            self._failed(f"/v1/rank: {type(error).__name__} {error}")
            return page_id, none
        if answer.status_code != 200:
            self._failed(f"/v1/rank: {answer.status_code} {answer.text[:200]}")
            return page_id, none
        offset = int(asks.offset[place])
        try:
            content = answer.json()
            ids = [str(each["item"]) for each in content["items"][offset : offset + size]]
        except (ValueError, KeyError, TypeError) as error:
            self._failed(f"/v1/rank: no page in the answer: {error!r}")
            return page_id, none
        known = [self._world.goods.place_of(item_id) for item_id in ids]
        none[: len(known)] = known
        self.figures = replace(
            self.figures,
            pages=self.figures.pages + 1,
            degraded=self.figures.degraded + bool(content.get("degraded")),
            strangers=self.figures.strangers + sum(item < 0 for item in known),
        )
        return str(content.get("request_id", page_id)), none

    async def _post(self, asks: Asks, page_ids: list[str], items: Whole, reaction: Reaction) -> None:
        """Posts impressions and actions of one step, in the order in which they happened."""
        events = self._wire.events(asks, page_ids, items, reaction)
        for event in events:
            self._num_events += 1
            event["event_id"] = f"{self._options.run}-e{self._num_events}"
        for first in range(0, len(events), EVENTS_AT_ONCE):
            await self._send(events[first : first + EVENTS_AT_ONCE])
        counts = np.bincount(reaction.deeds.action, minlength=len(DEFAULT_ACTIONS))
        self.figures = replace(
            self.figures,
            impressions=self.figures.impressions + int(reaction.in_view.sum()),
            clicks=self.figures.clicks + int(counts[CLICK]),
            carts=self.figures.carts + int(counts[CART]),
            purchases=self.figures.purchases + int(counts[PURCHASE]),
        )

    async def _send(self, events: list[dict[str, Any]]) -> None:
        try:
            answer = await self._client.post("/v1/events", json={"events": events})
        except httpx.HTTPError as error:
            self._failed(f"/v1/events: {type(error).__name__} {error}")
            return
        if answer.status_code != 200:
            self._failed(f"/v1/events: {answer.status_code} {answer.text[:200]}")
            return
        try:
            content = answer.json()
            accepted, rejected = int(content["accepted"]), list(content["rejected"])
        except (ValueError, KeyError, TypeError) as error:
            self._failed(f"/v1/events: no counts in the answer: {error!r}")
            return
        self.figures = replace(
            self.figures,
            events=self.figures.events + accepted,
            rejected=self.figures.rejected + len(rejected),
            last_error=f"event rejected: {rejected[0]}" if rejected else self.figures.last_error,
        )

    def _failed(self, message: str) -> None:
        self.figures = replace(self.figures, errors=self.figures.errors + 1, last_error=message)


def _visits(world: World, count: int, rng: Generator) -> Visits:
    """So many visits on the day after the world's log ends, by the customers who come most, no programs among them."""
    people = world.people
    weight = np.where(people.bot, 0.0, people.visits)
    customer = rng.choice(len(people), count, p=weight / weight.sum()).astype(np.int32)
    leaf, colour = draw_intents(people, customer, rng)
    return Visits(
        customer=customer,
        start_ms=np.full(count, world.spec.end_ms, dtype=np.int64),
        leaf=leaf,
        colour=colour,
        device=people.device[customer],
        next_today=np.full(count, -1, dtype=np.int32),
        first_today=np.ones(count, dtype=np.bool_),
    )
