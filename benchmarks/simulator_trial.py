"""Policies tried on the simulated shop: one log to learn from, then the same visits for each of them."""

import copy
import operator
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Final

import numpy as np

from benchmarks.simulator_gbt import Collector, Gbt
from shopwindow.evaluation.significance import (
    Interval,
    bootstrap_means,
    interval_of,
    mean_interval,
    paired_difference,
)
from shopwindow.simulation.arrays import Real
from shopwindow.simulation.chance import Chance
from shopwindow.simulation.life import Life
from shopwindow.simulation.memory import Memory
from shopwindow.simulation.policies import Oracle, PartlyShuffled, Popular, Ranking, Shuffled
from shopwindow.simulation.positions import ClickSums, PositionCurve, PositionRecord, position_curve
from shopwindow.simulation.schedule import plan_visits
from shopwindow.simulation.spec import DAY_MS, WorldSpec
from shopwindow.simulation.trial import Outcome, trial
from shopwindow.simulation.world import Stream, World, spawn

LEARNING: Final = 2 / 3  # of the days make the log that policies learn from
RANDOM: Final = 0.5  # of the visits of that log see shuffled pages
SURFACE, DEVICE = "browse", "mobile"
CURVE_SEEDS: Final = tuple(range(101, 109))  # the estimator was made on world 1
MEASURES: Final = ("clicks", "carts", "purchases", "value")


@dataclass(frozen=True, kw_only=True, eq=False)
class Tried:
    """One policy: what it led to, and how many pages a second of one core it took."""

    outcome: Outcome
    pages_per_s: float

    @property
    def name(self) -> str:
        return self.outcome.policy

    def per_visit(self, measure: str) -> Interval:
        """Mean per planned visit, with its interval over customers."""
        values: Real = getattr(self.outcome, measure)
        return mean_interval(values, self.outcome.customer)


@dataclass(frozen=True, kw_only=True, eq=False)
class Contest:
    """All policies, the best first; the position curve of a log of shuffled pages only."""

    tried: list[Tried]
    curve: PositionCurve

    def steps(self, measure: str) -> list[tuple[str, Interval]]:
        """Each policy against the next one, over the same visits."""
        pairs = zip(self.tried, self.tried[1:], strict=False)
        return [
            (
                f"{better.name} minus {worse.name}",
                paired_difference(
                    getattr(better.outcome, measure), getattr(worse.outcome, measure), better.outcome.customer
                ),
            )
            for better, worse in pairs
        ]

    def share_of_oracle(self, measure: str) -> dict[str, Interval]:
        """What each policy earns of what the oracle does."""
        values = np.stack([getattr(each.outcome, measure) for each in self.tried], axis=1)
        draws = bootstrap_means(values, self.tried[0].outcome.customer, seed=0)
        ratio = draws / draws[:, :1]
        means = values.mean(axis=0)
        return {
            each.name: interval_of(float(means[k] / means[0]), ratio[:, k], len(values))
            for k, each in enumerate(self.tried)
        }


def contest(spec: WorldSpec, say: Callable[[str], None]) -> Contest:
    """A popularity order, half of it shuffled, makes the log; oracle, GBT, popularity and chance then meet the same visits."""
    spec = replace(spec, bots=0.0)
    world = World.of(spec)
    visits, chance = plan_visits(world, spawn(spec, Stream.VISITS)), Chance.of(spawn(spec, Stream.TRIAL))
    turn_ms = spec.start_ms + int(spec.days * LEARNING) * DAY_MS
    popular = Popular(np.zeros(len(world.goods), dtype=np.float32))
    mixed = PartlyShuffled(popular, Shuffled(chance), RANDOM)
    collector = Collector(world, mixed)
    learned = world.new_memory()
    say("the log to learn from")
    learning = Life(world=world, memory=learned, chance=chance)
    trial(learning, visits.between(spec.start_ms, turn_ms), collector)
    gbt = collector.fitted()
    makers: tuple[Callable[[Memory], Ranking], ...] = (
        lambda memory: Oracle(world, memory),
        lambda memory: Gbt(gbt.trees, copy.deepcopy(gbt.knowledge)),
        lambda memory: Popular(popular.gains.copy()),
        lambda memory: Shuffled(chance),
    )
    later, tried = visits.between(turn_ms, spec.end_ms), []
    for make in makers:
        memory = learned.copy()
        policy = make(memory)
        say(policy.name)
        began_s = time.process_time()
        outcome = trial(Life(world=world, memory=memory, chance=chance), later, policy)
        tried.append(Tried(outcome=outcome, pages_per_s=outcome.pages / (time.process_time() - began_s)))
    say("shuffled pages")
    return Contest(tried=tried, curve=shuffled_curve(spec, CURVE_SEEDS))


def shuffled_curve(spec: WorldSpec, seeds: Sequence[int]) -> PositionCurve:
    """From lives in which every page is shuffled, one world per seed."""
    found = [_shuffled_life(replace(spec, seed=seed, bots=0.0)) for seed in seeds]
    return position_curve(reduce(operator.add, found), seed=0)


def _shuffled_life(spec: WorldSpec) -> ClickSums:
    world = World.of(spec)
    visits, chance = plan_visits(world, spawn(spec, Stream.VISITS)), Chance.of(spawn(spec, Stream.TRIAL))
    shuffled = PartlyShuffled(Shuffled(chance), Shuffled(chance), 1.0)
    record = PositionRecord(world, shuffled, SURFACE, DEVICE)
    trial(Life(world=world, memory=world.new_memory(), chance=chance), visits, shuffled, record=record)
    return record.sums()
