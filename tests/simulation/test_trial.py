"""Policies in process: order, fairness, and the position curve that shuffled pages give away."""

from dataclasses import replace

import numpy as np
import pytest

from shopwindow.evaluation.significance import paired_difference
from shopwindow.simulation.arrays import Whole
from shopwindow.simulation.behaviour import Reaction
from shopwindow.simulation.chance import Chance
from shopwindow.simulation.life import Life
from shopwindow.simulation.marginals import CLICK, PURCHASE
from shopwindow.simulation.policies import (
    GAIN,
    Oracle,
    PageBatch,
    PartlyShuffled,
    Popular,
    Ranking,
    Shuffled,
)
from shopwindow.simulation.positions import PositionRecord, position_curve
from shopwindow.simulation.record import ActionRecord
from shopwindow.simulation.schedule import Visits, plan_visits
from shopwindow.simulation.spec import DAY_MS, WorldSpec
from shopwindow.simulation.trial import Outcome, trial
from shopwindow.simulation.walk import Asks
from shopwindow.simulation.world import Stream, World, spawn

CHANCE = Chance(11)


@pytest.fixture(scope="module")
def shop() -> World:
    return World.of(WorldSpec(items=400, customers=400, days=8, visits=9.0, bots=0.0))


@pytest.fixture(scope="module")
def visits(shop: World) -> Visits:
    return plan_visits(shop, spawn(shop.spec, Stream.VISITS))


def tried(shop: World, visits: Visits, name: str) -> Outcome:
    memory = shop.new_memory()
    policies: dict[str, Ranking] = {
        "oracle": Oracle(shop, memory),
        "popularity": Popular(np.zeros(len(shop.goods), dtype=np.float32)),
        "random": Shuffled(CHANCE),
    }
    return trial(Life(world=shop, memory=memory, chance=CHANCE), visits, policies[name])


def test_who_knows_more_sells_more(shop: World, visits: Visits) -> None:
    oracle, popular, random = (tried(shop, visits, name) for name in ("oracle", "popularity", "random"))
    for better, worse in ((oracle, popular), (popular, random)):
        assert paired_difference(better.purchases, worse.purchases, better.customer).low > 0
        assert paired_difference(better.clicks, worse.clicks, better.customer).low > 0


def test_the_same_policy_meets_the_same_luck(shop: World, visits: Visits) -> None:
    first, second = (tried(shop, visits, "random") for _ in range(2))
    assert np.array_equal(first.value, second.value)
    assert first.pages == second.pages


def test_an_outcome_counts_what_was_done_visit_by_visit(shop: World, visits: Visits) -> None:
    record, memory = ActionRecord(), shop.new_memory()
    life = Life(world=shop, memory=memory, chance=CHANCE)
    outcome = trial(life, visits, Shuffled(CHANCE), record=record)
    actions = record.actions()
    bought = actions.of(PURCHASE)
    assert outcome.clicks.sum() == len(actions.of(CLICK))
    assert outcome.purchases.sum() == len(bought)
    assert outcome.value.sum() == pytest.approx(shop.goods.price[bought.item].sum(), rel=1e-5)
    assert outcome.visits < len(visits)  # some customers left
    assert len(outcome.clicks) == len(visits)  # whose visits count


class Watched:
    """Shuffles, and looks at what it is given."""

    name = "watched"

    def __init__(self, shop: World) -> None:
        self.inner, self.shop, self.wrong = Shuffled(CHANCE), shop, 0

    def rank(self, pages: PageBatch) -> Whole:
        items, goods = self.inner.rank(pages), self.shop.goods
        day = pages.situation.day.astype(int)
        for row, page in enumerate(items):
            real = page[page >= 0]
            self.wrong += len(set(real.tolist())) < len(real)
            self.wrong += not set(real.tolist()) <= set(pages.candidates[row].tolist())
            self.wrong += int(pages.asks.seed[row]) in real.tolist()
            self.wrong += not set(real.tolist()) <= set(goods.items_of_node[pages.asks.node[row]].tolist())
            midnight = self.shop.spec.start_ms + (day[row] + 1) * DAY_MS
            self.wrong += bool((goods.first_seen_ms[real] > midnight).any())
        return items

    def learn(self, asks: Asks, items: Whole, reaction: Reaction) -> None:
        known = items[reaction.deeds.page, reaction.deeds.position] == reaction.deeds.item
        self.wrong += not known.all()


def test_pages_hold_arrived_goods_of_their_category_once(shop: World, visits: Visits) -> None:
    policy = Watched(shop)
    some = visits.between(shop.spec.start_ms + 2 * DAY_MS, shop.spec.start_ms + 5 * DAY_MS)
    outcome = trial(Life(world=shop, memory=shop.new_memory(), chance=CHANCE), some, policy)
    assert outcome.pages > 100
    assert policy.wrong == 0


def test_popularity_learns_gains_of_its_own_pages(shop: World, visits: Visits) -> None:
    popular, record = Popular(np.zeros(len(shop.goods), dtype=np.float32)), ActionRecord()
    trial(Life(world=shop, memory=shop.new_memory(), chance=CHANCE), visits, popular, record=record)
    actions = record.actions()
    gains = np.bincount(actions.item, weights=GAIN[actions.action], minlength=len(shop.goods))
    assert np.array_equal(popular.gains, gains)


def test_visits_of_a_span_keep_their_order_of_the_day(visits: Visits, shop: World) -> None:
    start, end = shop.spec.start_ms + 3 * DAY_MS, shop.spec.start_ms + 6 * DAY_MS
    part = visits.between(start, end)
    assert len(part) == ((visits.start_ms >= start) & (visits.start_ms < end)).sum()
    followed = np.flatnonzero(part.next_today >= 0)
    assert (part.customer[part.next_today[followed]] == part.customer[followed]).all()
    assert not part.first_today[part.next_today[followed]].any()


def test_shuffled_pages_give_the_position_curve_away(shop: World) -> None:
    spec = replace(shop.spec, customers=2000, page_size=8)
    world = World.of(spec)
    policy = PartlyShuffled(Shuffled(Chance(1)), Shuffled(Chance(2)), 1.0)
    record = PositionRecord(world, policy, "browse", "desktop")
    life = Life(world=world, memory=world.new_memory(), chance=CHANCE)
    trial(life, plan_visits(world, spawn(spec, Stream.VISITS)), policy, record=record)
    curve = position_curve(record.sums(), seed=0)
    assert curve.pages > 300
    assert curve.true[0] == curve.plain[0] == curve.estimated[0] == 1.0
    assert (np.diff(curve.true) < 0).all()
    inside = (curve.low <= curve.true) & (curve.true <= curve.high)
    assert inside.mean() > 0.7
    assert curve.pull < 1.0  # each click makes the next one harder
