"""The order in which the simulated shop showed its goods before anybody learned from its log.

Per day and category a shortlist: learned popularity (clicks 1, wishlist 2, cart 4, purchase 8, fading 6 % a day) plus freshness
plus noise of the day. Per visit, Plackett-Luce sampling from the shortlist: popularity, the customer's dearest brand and
price level, the query's or seed item's attributes. The visit's noise is a hash of visit and item, so that the
next page of a list goes on where the last one ended, and propensities are exact given the shortlist.
"""

from typing import Final

import numpy as np
from numpy.random import Generator

from shopwindow.simulation.arrays import Real, Whole
from shopwindow.simulation.behaviour import CART, CLICK, PURCHASE, WISHLIST, Reaction
from shopwindow.simulation.chance import Chance, Draw
from shopwindow.simulation.life import Shown
from shopwindow.simulation.memory import Memory
from shopwindow.simulation.spec import DAY_MS
from shopwindow.simulation.walk import HOME, SEARCH, SIMILAR, Asks
from shopwindow.simulation.world import World

SHORTLIST: Final = 96
WEIGHT: Final = np.zeros(7, dtype=np.float32)
WEIGHT[[CLICK, WISHLIST, CART, PURCHASE]] = [1.0, 2.0, 4.0, 8.0]
FADE: Final = 0.94


class LoggingPolicy:
    """A mutable ranking of goods; `start_day` first, then pages and what they led to."""

    def __init__(self, world: World, memory: Memory, rng: Generator) -> None:
        goods = world.goods
        self._world, self._memory, self._rng = world, memory, rng
        before = np.exp(0.6 * goods.quality + rng.normal(0.0, 1.1, len(goods)))
        old = goods.first_seen_ms < world.spec.start_ms
        self._popularity = np.where(old, 4.0 * before, 0.0).astype(np.float32)
        self._score = np.zeros(len(goods), dtype=np.float32)
        self._shortlists = np.full((len(goods.tree), SHORTLIST), -1, dtype=np.int32)
        self._chance = Chance.of(rng)

    def start_day(self, day: int) -> None:
        """Takes yesterday's popularity into the order; goods first seen before this midnight can be shown."""
        world, goods = self._world, self._world.goods
        self._popularity *= FADE
        midnight = world.spec.start_ms + day * DAY_MS
        age = (midnight - goods.first_seen_ms) / DAY_MS
        self._score = np.log1p(self._popularity) + 1.4 * np.exp(-np.maximum(age, 0.0) / 6.0).astype(
            np.float32
        )
        noisy = self._score + self._rng.gumbel(0.0, 0.5, len(goods)).astype(np.float32)
        self._shortlists[:] = -1
        for node, listed in enumerate(goods.items_of_node):
            items = listed[goods.first_seen_ms[listed] <= midnight]
            if len(items) > SHORTLIST:
                items = items[np.argpartition(-noisy[items], SHORTLIST)[:SHORTLIST]]
            self._shortlists[node, : len(items)] = items

    def pages(self, asks: Asks, visit: Whole) -> Shown:
        """The pages asked for; `visit [P]` numbers the visits."""
        candidates = self._candidates(asks)
        score = self._scores(asks, candidates)
        noisy = score + self._chance.at(visit, 0).gumbel(Draw.ORDER, candidates)
        order = np.argsort(-noisy, axis=1)
        highest = np.maximum(score.max(axis=1, keepdims=True), -1e30)  # -inf only where nothing can be shown
        weight = np.exp(np.take_along_axis(score, order, axis=1) - highest)
        left = np.cumsum(weight[:, ::-1], axis=1)[:, ::-1]
        propensity = weight / np.maximum(left, 1e-30)
        ordered = np.take_along_axis(np.where(np.isfinite(noisy), candidates, -1), order, axis=1)
        span = asks.offset[:, None] + np.arange(self._world.spec.page_size)
        beyond = span >= SHORTLIST
        span = np.minimum(span, SHORTLIST - 1)
        return Shown(
            items=np.where(beyond, -1, np.take_along_axis(ordered, span, axis=1)).astype(np.int32),
            propensities=np.take_along_axis(propensity, span, axis=1).astype(np.float32),
        )

    def learn(self, asks: Asks, shown: Shown, reaction: Reaction) -> None:
        """Counts what customers did, programs included: it cannot tell."""
        np.add.at(self._popularity, reaction.deeds.item, WEIGHT[reaction.deeds.action])

    def _candidates(self, asks: Asks) -> Whole:
        """The node's shortlist; home is half the whole shop, half the leaf last clicked."""
        found = self._shortlists[asks.node]
        last = self._memory.last_leaf[asks.situation.customer]
        mixed = (asks.surface == HOME) & (last >= 0)
        if mixed.any():
            goods, half = self._world.goods, SHORTLIST // 2
            nearby = self._shortlists[goods.leaf_node[last[mixed]], :half]
            whole = found[mixed, :half]
            doubled = (goods.leaf[whole] == last[mixed, None]) | (goods.second[whole] == last[mixed, None])
            found[mixed, :half] = np.where(doubled, -1, whole)
            found[mixed, half:] = nearby
        return found

    def _scores(self, asks: Asks, candidates: Whole) -> Real:
        """[P,SHORTLIST] log weight of each candidate, -inf where there is none."""
        goods, people, who = self._world.goods, self._world.people, asks.situation.customer
        items = np.maximum(candidates, 0)
        brand, colour = goods.brand[items], goods.colour[items]
        score = self._score[items] + 0.5 * (brand == people.favourites[who, 0, None])
        score -= 0.25 * np.abs(goods.relative_price[items] - people.budget[who, None])
        searched = asks.surface == SEARCH
        q = asks.queries
        score += 2.5 * ((colour == q.colour[:, None]) & searched[:, None])
        score += 2.5 * ((brand == q.brand[:, None]) & searched[:, None])
        similar = asks.surface == SIMILAR
        seed = np.maximum(asks.seed, 0)
        kin = (brand == goods.brand[seed, None]) * 1.0 + (colour == goods.colour[seed, None]) * 0.8
        score += kin * similar[:, None]
        gone = (candidates < 0) | (items == asks.seed[:, None])
        return np.where(gone, -np.inf, score).astype(np.float32)
