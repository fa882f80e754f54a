"""LiveShop: what a shop knows of its simulated customers while they visit, so that trained models can rank for them.

Histories are as of each page; windowed counters as of the midnight before, since a trial steps the visits of a day
together and not in the order of time. Legend: P pages, C candidates of each, U customers, L actions, n events.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Protocol

import numpy as np

from shopwindow.config import ShopDirectory
from shopwindow.datasets.dataset import Dataset
from shopwindow.datasets.exposures import load_exposures
from shopwindow.datasets.made_pages import listed_pages
from shopwindow.datasets.opt_outs import customers_of
from shopwindow.datasets.point_in_time import FeaturePlan, FeatureSource
from shopwindow.datasets.recommender import PageOrder
from shopwindow.datasets.requests import RequestSet
from shopwindow.features.journey import MAX_ACTIONS, hashed
from shopwindow.features.windowed.events import IMPRESSION, LISTED, CountedEvents, concatenated, kinds
from shopwindow.features.windowed.freshness import Freshness
from shopwindow.ingest.identity import open_identity
from shopwindow.schema.arrays import Bool, Float, Int32, Int64
from shopwindow.schema.live import NOBODY
from shopwindow.simulation import vocabulary as words
from shopwindow.simulation.arrays import Whole
from shopwindow.simulation.behaviour import RETURN, Reaction
from shopwindow.simulation.exports import customer_ids, item_ids
from shopwindow.simulation.policies import PageBatch
from shopwindow.simulation.queries import QueryBook
from shopwindow.simulation.spec import DAY_MS
from shopwindow.simulation.walk import HOME, SEARCH, Asks
from shopwindow.simulation.world import World

LAST: Final = MAX_ACTIONS
PAGES_AT_ONCE: Final = 256
DAILY: Final = Freshness(every_ms=DAY_MS)


@dataclass(slots=True, kw_only=True, eq=False)
class Histories:
    """The last LAST actions of U customers [U, L], the newest at the end; `length [U]`."""

    item_key: Int32
    action: Int32
    at_ms: Int64
    surface: Int32
    node: Int32
    query: Int32
    length: Int64

    @classmethod
    def empty(cls, customers: int) -> "Histories":
        shape = (customers, LAST)
        whole = [np.full(shape, -1, dtype=np.int32) for _ in range(5)]
        return cls(
            item_key=whole[0], action=whole[1], surface=whole[2], node=whole[3], query=whole[4],
            at_ms=np.zeros(shape, dtype=np.int64), length=np.zeros(customers, dtype=np.int64),
        )  # fmt: skip

    def add(self, who: Whole, **values: Whole) -> None:
        """One action more for each of these customers, who are distinct."""
        for name, value in values.items():
            kept = getattr(self, name)
            kept[who, :-1] = kept[who, 1:]
            kept[who, -1] = value
        self.length[who] = np.minimum(self.length[who] + 1, LAST)


class LiveShop:
    """Knows the learning log, and is told of every page from then on."""

    def __init__(self, world: World, shop_dir: ShopDirectory, dataset: Dataset, starts_ms: Whole) -> None:
        """`starts_ms [V]`: when the visits to come begin."""
        catalog, shop = dataset.catalog, dataset.shop
        self.world, self.dataset, self._starts_ms = world, dataset, starts_ms
        identity = open_identity(shop_dir.identity)
        self._item_key = identity.item_keys(item_ids(world).to_pylist()).astype(np.int32)
        customer_key = identity.customer_keys(customer_ids(world).to_pylist())
        identity.close()
        declined = customers_of(shop_dir)
        consents = declined.column("consent").fill_null(True).to_numpy(zero_copy_only=False)
        refused = declined.column("customer_key").to_numpy()[~consents]
        self._customer_key = np.where(np.isin(customer_key, refused), NOBODY, customer_key)
        self.row = catalog.rows_of(self._item_key)
        node_of = catalog.categories.codes()
        self._node = np.array(
            [node_of.get(catalog.categories.clean(path), -1) for path in world.goods.tree.paths],
            dtype=np.int32,
        )
        self._surface = np.array([shop.surface_names.index(name) for name in words.SURFACES], dtype=np.int32)
        self._device = np.array([hashed(name) for name in words.DEVICES], dtype=np.int32)
        self._queries, self._hashed = QueryBook(world.goods), list[int]()
        self._kinds = kinds(shop)
        self.histories = Histories.empty(len(world.people))
        self._country = np.full(len(world.people), -1, dtype=np.int32)
        self._remember(dataset)
        plan = FeaturePlan(exposures=load_exposures(shop_dir, shop), freshness=DAILY)
        self._source, self._waiting, self._day = FeatureSource.of(dataset, plan), list[CountedEvents](), -1

    @property
    def plan(self) -> FeaturePlan:
        """Live features as the counters stand."""
        return FeaturePlan(freshness=DAILY, standing=self._source)

    def _remember(self, dataset: Dataset) -> None:
        """Histories and countries of the learning log."""
        columns = dataset.columns
        place = np.searchsorted(columns.customer_key, self._customer_key)
        place = np.minimum(place, columns.num_customers - 1)
        known = columns.customer_key[place] == self._customer_key
        of_country = np.full(len(words.COUNTRIES), -1, dtype=np.int32)
        of_country[self.world.people.country[known]] = columns.country[place[known]]
        self._country = of_country[self.world.people.country]
        kept = self.histories
        for who in np.flatnonzero(known).tolist():
            first, end = int(columns.offsets[place[who]]), int(columns.offsets[place[who] + 1])
            first = max(first, end - LAST)
            part, size = slice(first, end), end - first
            kept.length[who] = size
            if size:
                kept.item_key[who, -size:] = columns.item_key[part]
                kept.action[who, -size:] = columns.action[part]
                kept.at_ms[who, -size:] = columns.at_ms[part]
                kept.surface[who, -size:] = columns.surface[part]
                kept.node[who, -size:] = dataset.category_node[part]
                kept.query[who, -size:] = columns.query[part]

    def requests(self, asks: Asks, visit: Whole) -> tuple[Dataset, RequestSet]:
        """The pages asked for in these visits, and a data set that holds just the histories of those who ask."""
        at_ms = self._at_ms(asks)
        self._begin(int(self._starts_ms[visit].min() // DAY_MS))
        at_ms = np.minimum(at_ms, (self._day + 1) * DAY_MS - 1)  # some visits go on after midnight
        surface, node, query = self._context(asks)
        dataset, ends = self._recent(asks.situation.customer, at_ms, asks.situation.device)
        nothing = np.zeros(0, dtype=np.float32)
        return dataset, RequestSet(
            customer=np.arange(len(at_ms), dtype=np.int32), history_end=ends, at_ms=at_ms, surface=surface,
            category=node, query=query, truth_offsets=np.zeros(len(at_ms) + 1, dtype=np.int64),
            truth_rows=nothing.astype(np.int32), truth_gain=nothing,
        )  # fmt: skip

    def learn(self, asks: Asks, items: Whole, reaction: Reaction) -> None:
        """Take in what pages `items [P,K]` led to; returns are left out, they come days later."""
        at_ms, who = self._at_ms(asks), asks.situation.customer
        surface, node, query = self._context(asks)
        deeds = reaction.deeds
        chosen = np.flatnonzero((deeds.action != RETURN) & (self._customer_key[who[deeds.page]] != NOBODY))
        chosen = chosen[np.lexsort((deeds.at_ms[chosen], deeds.page[chosen]))]
        page = deeds.page[chosen]
        nth = np.arange(len(page)) - np.searchsorted(page, page)
        for number in range(int(nth.max(initial=-1)) + 1):
            now = chosen[nth == number]
            on = deeds.page[now]
            self.histories.add(
                who[on], item_key=self._item_key[deeds.item[now]], action=deeds.action[now], at_ms=deeds.at_ms[now],
                surface=surface[on], node=node[on], query=query[on],
            )  # fmt: skip
        listed_on, listed_at = np.nonzero(items >= 0)
        seen_on, seen_at = np.nonzero(reaction.in_view)
        acted = np.flatnonzero(deeds.action != RETURN)
        kind = len(self._kinds)
        parts = (
            (deeds.page[acted], deeds.item[acted], deeds.at_ms[acted], deeds.action[acted]),
            (seen_on, items[seen_on, seen_at], reaction.view_ms[seen_on, seen_at], kind - 2),
            (listed_on, items[listed_on, listed_at], at_ms[listed_on], kind - 1),
        )
        assert self._kinds[-2:] == (IMPRESSION, LISTED)
        for on, item, when, what in parts:
            self._waiting.append(
                CountedEvents(
                    at_ms=when.astype(np.int64), item_key=self._item_key[item], customer_key=self._customer_key[who[on]],
                    kind=np.broadcast_to(np.asarray(what, dtype=np.uint8), len(on)).copy(), query=query[on],
                    surface=surface[on].astype(np.int16),
                )
            )  # fmt: skip

    def _begin(self, day: int) -> None:
        """At the first page of a day's visits, count what the days before brought."""
        if day > self._day:
            self._day = day
            if self._waiting:
                self._source.state.add(concatenated(self._waiting))
                self._waiting.clear()

    def _at_ms(self, asks: Asks) -> Int64:
        start: int = self.world.spec.start_ms
        return start + (asks.situation.day.astype(np.float64) * DAY_MS).astype(np.int64)

    def _context(self, asks: Asks) -> tuple[Int32, Int32, Int32]:
        """Surface, category node and query of each page, as events of its log would name them."""
        searched = asks.surface == SEARCH
        whole = (asks.surface == HOME) | searched | (asks.node == 0)
        node = np.where(whole, -1, self._node[asks.node]).astype(np.int32)
        places = self._queries.places(asks.queries, searched)
        self._hashed += [hashed(text) for text in self._queries.texts[len(self._hashed) :]]
        query = np.array([*self._hashed, -1], dtype=np.int32)[places]
        return self._surface[asks.surface], node, query

    def _recent(self, who: Whole, at_ms: Int64, device: Whole) -> tuple[Dataset, Int64]:
        """A data set of these customers' histories before `at_ms [P]`, and where each ends."""
        kept = self.histories
        real: Bool = np.arange(LAST)[None, :] >= LAST - kept.length[who][:, None]
        real &= kept.at_ms[who] < at_ms[:, None]
        flat = {
            name: getattr(kept, name)[who][real]
            for name in ("item_key", "action", "at_ms", "surface", "node", "query")
        }
        ends = np.append(0, np.cumsum(real.sum(axis=1))).astype(np.int64)
        columns = replace(
            self.dataset.columns,
            customer_key=self._customer_key[who], offsets=ends, country=self._country[who], device=self._device[device],
            item_key=flat["item_key"], action=flat["action"].astype(np.uint8), at_ms=flat["at_ms"],
            surface=flat["surface"].astype(np.int16), category=np.full(len(flat["node"]), -1, dtype=np.int32),
            query=flat["query"], session=np.zeros(len(flat["node"]), dtype=np.int32),
            position=np.full(len(flat["node"]), -1, dtype=np.int16),
        )  # fmt: skip
        dataset = replace(
            self.dataset,
            columns=columns,
            item_row=self.dataset.catalog.rows_of(flat["item_key"]),
            category_node=flat["node"],
        )
        return dataset, ends[1:]


class Scores(Protocol):
    """A model's scores of candidates."""

    def __call__(self, live: LiveShop, dataset: Dataset, requests: RequestSet, rows: Int32) -> Float:
        """[P, C] for catalogue rows [P, C], -1 = padding."""
        ...


@dataclass(frozen=True, eq=False)
class Served:
    """A `Ranking` of the trials: a model that ranks with what a LiveShop knows."""

    name: str
    live: LiveShop
    scores: Scores

    def rank(self, pages: PageBatch) -> Whole:
        dataset, requests = self.live.requests(pages.asks, pages.visit)
        rows = np.where(pages.there, self.live.row[np.maximum(pages.candidates, 0)], np.int32(-1))
        found = np.full(rows.shape, -np.inf, dtype=np.float32)
        order = np.argsort(requests.at_ms, kind="stable")
        for start in range(0, len(order), PAGES_AT_ONCE):
            part = order[start : start + PAGES_AT_ONCE]
            found[part] = self.scores(self.live, dataset, requests.take(part), rows[part])
        return pages.best(found)

    def learn(self, asks: Asks, items: Whole, reaction: Reaction) -> None:
        self.live.learn(asks, items, reaction)


def ordering(make: Callable[[Dataset, FeaturePlan], PageOrder]) -> Scores:
    """Scores by a model that orders pages; `make` puts it on a data set and on live features."""

    def scores(live: LiveShop, dataset: Dataset, requests: RequestSet, rows: Int32) -> Float:
        pages = listed_pages(dataset, requests, rows)
        found = np.full(rows.shape, -np.inf, dtype=np.float32)
        found[rows >= 0] = make(dataset, live.plan).page_order(pages)
        return found

    return scores
