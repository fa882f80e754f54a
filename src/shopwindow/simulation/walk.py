"""How a visit walks through the shop: which page is asked for next. Shared by the log and by the closed loop.

Legend: V visits under way, all of different customers, one page each per step.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from shopwindow.simulation.arrays import Bool, Real, Whole
from shopwindow.simulation.chance import Chance, Draw
from shopwindow.simulation.choice import Situation
from shopwindow.simulation.queries import Queries, draw_queries
from shopwindow.simulation.schedule import Visits
from shopwindow.simulation.spec import DAY_MS
from shopwindow.simulation.world import World

HOME, BROWSE, SEARCH, SIMILAR = range(4)
MAX_PAGES: Final = 30
BOT_PAGES: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Asks:
    """V pages asked for: `surface`; `node` (category node, 0 = whole shop); `seed` item (-1); `offset` items to skip;
    `queries` (they mean something only where the surface is search); `situation`: who asks, when, what for.
    """

    node: Whole
    seed: Whole
    offset: Whole
    queries: Queries
    situation: Situation

    @property
    def surface(self) -> Whole:
        return self.situation.surface


@dataclass(slots=True, kw_only=True, eq=False)
class Walk:
    """Visits under way; the arrays are replaced after each step."""

    customer: Whole
    device: Whole
    leaf: Whole
    colour: Whole
    cursor_ms: Whole
    pages: Whole
    last_click: Whole
    surface: Whole
    node: Whole
    offset: Whole
    queries: Queries
    number: Whole

    @classmethod
    def start(cls, visits: Visits, chosen: Whole) -> Self:
        """The chosen visits before their first page. `number`: their place among all visits."""
        size = len(chosen)
        none16, none32 = np.full(size, -1, dtype=np.int16), np.full(size, -1, dtype=np.int32)
        return cls(
            customer=visits.customer[chosen],
            device=visits.device[chosen],
            leaf=visits.leaf[chosen],
            colour=visits.colour[chosen],
            cursor_ms=visits.start_ms[chosen].copy(),
            pages=np.zeros(size, dtype=np.int32),
            last_click=none32,
            surface=none16,
            node=none32,
            offset=np.zeros(size, dtype=np.int32),
            queries=Queries(np.full((size, 5), -1, dtype=np.int32)),
            number=chosen,
        )

    def __len__(self) -> int:
        return len(self.customer)

    def take(self, kept: Bool) -> "Walk":
        """The visits that go on."""
        return self._each(lambda column: column[kept])

    def joined_by(self, other: "Walk") -> "Walk":
        """These visits and others, whose customers are different ones."""
        columns = iter([*other._columns()])
        return self._each(lambda column: np.concatenate([column, next(columns)]))

    def _columns(self) -> list[NDArray[Any]]:
        return [getattr(self, each.name) for each in fields(Walk) if each.name != "queries"] + [
            self.queries.codes
        ]

    def _each(self, change: Callable[[NDArray[Any]], NDArray[Any]]) -> "Walk":
        names = [each.name for each in fields(Walk) if each.name != "queries"]
        *columns, codes = [change(column) for column in self._columns()]
        return Walk(queries=Queries(codes), **dict(zip(names, columns, strict=True)))


def next_asks(world: World, walk: Walk, chance: Chance) -> Asks:
    """Where each visit goes now. Changes `walk.surface`, `.node`, `.offset`, `.queries`."""
    people, goods = world.people, world.goods
    u = chance.at(walk.number, walk.pages).uniform(Draw.WALK, np.arange(14)[None, :])
    first, roams = walk.pages == 0, walk.leaf < 0
    clicked = walk.last_click >= 0
    similar = clicked & (u[:, 0] < 0.3) & (walk.surface != SIMILAR)
    same_list = ~first & ~similar & (walk.surface != SIMILAR)
    again = same_list & clicked & (u[:, 13] < world.parameters.look_again)
    keep = again | (same_list & (u[:, 1] < 0.42) & (walk.offset < 48))
    surface = np.where(u[:, 2] < np.where(roams, 0.16, 0.42), SEARCH, BROWSE)
    surface = np.where(u[:, 3] < np.where(first, np.where(roams, 0.62, 0.34), 0.08), HOME, surface)

    wanted = _leaf_now(people.interest[walk.customer], walk.leaf, u[:, 5:7])
    queries = _queries_now(world, walk, wanted, u[:, 7:])
    node = goods.leaf_node[wanted]
    node = np.where(u[:, 4] < 0.16, goods.tree.parent[node], node)
    node = np.where(u[:, 4] < 0.03, goods.tree.parent[node], node)
    node = np.where(surface == HOME, 0, np.where(surface == SEARCH, goods.leaf_node[wanted], node))
    seed = np.where(similar, walk.last_click, -1).astype(np.int32)
    node = np.where(similar, goods.leaf_node[goods.leaf[np.maximum(seed, 0)]], node)

    walk.queries = Queries(np.where(keep[:, None], walk.queries.codes, queries.codes))
    walk.surface = np.where(similar, SIMILAR, np.where(keep, walk.surface, surface)).astype(np.int16)
    walk.node = np.where(keep, walk.node, node).astype(np.int32)
    walk.offset = np.where(again, walk.offset, np.where(keep, walk.offset + world.spec.page_size, 0)).astype(
        np.int32
    )
    return Asks(
        node=walk.node,
        seed=seed,
        offset=walk.offset,
        queries=walk.queries,
        situation=_situation(world, walk, seed),
    )


def _situation(world: World, walk: Walk, seed: Whole) -> Situation:
    """A customer judges a page by what the visit is for; who roams judges by what the page is about."""
    about = world.goods.node_leaf[walk.node]
    roams_in = (walk.leaf < 0) & (walk.surface != HOME)
    return Situation(
        customer=walk.customer,
        day=((walk.cursor_ms - world.spec.start_ms) / DAY_MS).astype(np.float32),
        surface=walk.surface,
        device=walk.device,
        leaf=np.where(roams_in, about, walk.leaf).astype(np.int16),
        colour=walk.colour,
        seed=seed,
    )


def _leaf_now(interest: Real, leaf: Whole, u: Real) -> Whole:
    """The leaf that the next page is about: the visit's, or for those who roam one of interest."""
    edges = np.cumsum(interest, axis=1)
    any_leaf = (edges <= u[:, :1] * edges[:, -1:] * 0.99999).sum(axis=1)
    strays = (leaf < 0) | (u[:, 1] < 0.06)
    return np.where(strays, any_leaf, leaf).astype(np.int32)


def _queries_now(world: World, walk: Walk, leaf: Whole, u: Real) -> Queries:
    named = np.where(u[:, 0] < 0.75, walk.colour, -1)
    brand = world.people.favourites[walk.customer, (u[:, 2] < 0.5).astype(np.int8)]
    fits = world.goods.brands.department[brand] == world.goods.leaf_department[leaf]
    brand = np.where(fits & (u[:, 1] < 0.22), brand, -1)
    return draw_queries(leaf, named, brand, u[:, 3:])


def goes_on(world: World, walk: Walk, bought: Bool, chance: Chance) -> Bool:
    """Which visits ask for another page: success ends a visit, interest prolongs it."""
    people, go_on = world.people, world.parameters.go_on
    patience = np.log(people.patience[walk.customer])
    willing = np.log(go_on / (1 - go_on)) + 0.8 * patience + np.where(walk.last_click >= 0, 0.35, -0.25)
    willing -= np.where(bought, 1.5, 0.0)
    luck = chance.at(walk.number, walk.pages)
    human = (luck.logistic(Draw.GO_ON) < willing) & (walk.pages < MAX_PAGES)
    return np.where(people.bot[walk.customer], walk.pages < BOT_PAGES, human)
