"""A gradient-boosted ranking for trials on the simulated shop: what any shop knows of goods, customers and the question.

Legend: P pages, C candidates of each, F features, U customers, N items, B brands, L leaves.
"""

from dataclasses import dataclass
from typing import Any, Final

import lightgbm
import numpy as np

from shopwindow.simulation.arrays import Real, Whole
from shopwindow.simulation.behaviour import CLICK, PURCHASE, Reaction
from shopwindow.simulation.policies import GAIN, PageBatch, PartlyShuffled
from shopwindow.simulation.spec import DAY_MS
from shopwindow.simulation.vocabulary import COLOUR_NAMES
from shopwindow.simulation.walk import SEARCH, Asks
from shopwindow.simulation.world import World

SETTINGS: Final[dict[str, Any]] = {
    "objective": "lambdarank", "num_leaves": 31, "learning_rate": 0.08, "min_data_in_leaf": 60, "label_gain": [0, 1, 3, 6, 11],
    "feature_fraction": 0.8, "verbose": -1, "num_threads": 1, "seed": 1, "deterministic": True,
}  # fmt: skip
TREES: Final = 120
MOST_ROWS: Final = 400_000


class Knowledge:
    """Counters that a shop keeps: of goods and of customers, updated with every page."""

    def __init__(self, world: World) -> None:
        goods, customers = world.goods, len(world.people)
        self._world = world
        self._seen, self._clicks, self._bought, self._gain = np.zeros((4, len(goods)), dtype=np.float32)
        self._of_brand = np.zeros((customers, len(goods.brands.names)), dtype=np.float32)
        self._of_leaf = np.zeros((customers, len(goods.leaves)), dtype=np.float32)
        self._of_colour = np.zeros((customers, len(COLOUR_NAMES)), dtype=np.float32)
        self._price = np.zeros(customers, dtype=np.float32)
        self._actions = np.zeros(customers, dtype=np.float32)

    def learn(self, asks: Asks, items: Whole, reaction: Reaction) -> None:
        goods, deeds = self._world.goods, reaction.deeds
        np.add.at(self._seen, items[reaction.in_view], 1.0)
        np.add.at(self._clicks, deeds.item[deeds.action == CLICK], 1.0)
        np.add.at(self._bought, deeds.item[deeds.action == PURCHASE], 1.0)
        np.add.at(self._gain, deeds.item, GAIN[deeds.action])
        who, item = asks.situation.customer[deeds.page], deeds.item
        for counts, column in (
            (self._of_brand, goods.brand), (self._of_leaf, goods.leaf), (self._of_colour, goods.colour),
        ):  # fmt: skip
            np.add.at(counts, (who, column[item]), 1.0)
        np.add.at(self._price, who, goods.relative_price[item])
        np.add.at(self._actions, who, 1.0)

    def features(self, asks: Asks, items: Whole) -> Real:
        """[P,C,F] static metadata, engagement rates, prices, the customer's past by brand, colour and category."""
        goods, people, situation = self._world.goods, self._world.people, asks.situation
        who, seed = situation.customer, np.maximum(asks.seed, 0)
        leaf, brand, colour = goods.leaf[items], goods.brand[items], goods.colour[items]
        past = self._actions[who][:, None] + 5.0
        usual = (self._price[who] / (self._actions[who] + 3.0))[:, None]
        searched = (asks.surface == SEARCH)[:, None]
        similar = (asks.seed >= 0)[:, None]
        age = situation.day[:, None] - ((goods.first_seen_ms - self._world.spec.start_ms) / DAY_MS)[items]
        columns = (
            np.log1p(self._gain[items]),
            (self._clicks[items] + 1.0) / (self._seen[items] + 15.0),
            (self._bought[items] + 0.3) / (self._seen[items] + 40.0),
            np.log1p(np.maximum(age, 0.0)),
            goods.relative_price[items],
            np.log(goods.price[items]),
            goods.relative_price[items] - usual,
            self._of_brand[who[:, None], brand] / past,
            self._of_leaf[who[:, None], leaf] / past,
            self._of_colour[who[:, None], colour] / past,
            leaf, brand, colour, goods.pattern[items], goods.material[items], goods.season[items],
            np.where(searched & (asks.queries.colour[:, None] >= 0), colour == asks.queries.colour[:, None], -1),
            np.where(searched & (asks.queries.brand[:, None] >= 0), brand == asks.queries.brand[:, None], -1),
            np.where(similar, brand == goods.brand[seed, None], -1),
            np.where(similar, colour == goods.colour[seed, None], -1),
            asks.surface[:, None], people.age[who, None], people.gender[who, None], np.log1p(past),
        )  # fmt: skip
        shaped = [np.broadcast_to(np.asarray(each, dtype=np.float32), items.shape) for each in columns]
        return np.stack(shaped, axis=2)


class Collector:
    """Ranks like the policy within; keeps features and labels of what came into view on its shuffled pages."""

    def __init__(self, world: World, inner: PartlyShuffled) -> None:
        self.name = inner.name
        self.knowledge = Knowledge(world)
        self._inner = inner
        self._parts: list[tuple[Real, Whole, Whole]] = []
        self._visit = np.zeros(0, dtype=np.int64)

    def rank(self, pages: PageBatch) -> Whole:
        self._visit = pages.visit
        return self._inner.rank(pages)

    def learn(self, asks: Asks, items: Whole, reaction: Reaction) -> None:
        label = np.zeros(items.shape, dtype=np.int32)
        wanted = reaction.deeds.action <= PURCHASE
        deed = (reaction.deeds.page[wanted], reaction.deeds.position[wanted])
        np.maximum.at(label, deed, reaction.deeds.action[wanted] + 1)
        useful = self._inner.at_random(self._visit) & (label > 0).any(axis=1)
        seen = reaction.in_view & useful[:, None]
        if useful.any():
            features = self.knowledge.features(asks, np.maximum(items, 0))
            counts = seen.sum(axis=1)
            self._parts.append((features[seen], label[seen], counts[counts > 0]))
        self.knowledge.learn(asks, items, reaction)
        self._inner.learn(asks, items, reaction)

    def fitted(self) -> "Gbt":
        """The ranking that the latest rows teach."""
        rows, labels, groups = (np.concatenate(part) for part in zip(*self._parts, strict=True))
        from_end = np.cumsum(groups[::-1])[::-1]
        groups = groups[from_end <= MOST_ROWS]
        num = int(groups.sum())
        data = lightgbm.Dataset(
            rows[-num:], labels[-num:], group=groups, categorical_feature=[10, 11, 12, 13, 14, 20, 22]
        )
        return Gbt(lightgbm.train(SETTINGS, data, num_boost_round=TREES), self.knowledge)


@dataclass(frozen=True, eq=False)
class Gbt:
    """LightGBM LambdaRank on `Knowledge`, which goes on learning; the trees do not."""

    trees: lightgbm.Booster
    knowledge: Knowledge
    name: str = "gbt"

    def rank(self, pages: PageBatch) -> Whole:
        there = pages.there
        score = np.full(there.shape, -np.inf, dtype=np.float32)
        features = self.knowledge.features(pages.asks, np.maximum(pages.candidates, 0))
        score[there] = np.asarray(self.trees.predict(features[there]))
        return pages.best(score)

    def learn(self, asks: Asks, items: Whole, reaction: Reaction) -> None:
        self.knowledge.learn(asks, items, reaction)
