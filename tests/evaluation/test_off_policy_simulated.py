"""Off-policy estimates on the simulated shop's own pages: its logged propensities are exact, so the truth is met."""

import numpy as np
import pytest

from shopwindow.evaluation.off_policy import off_policy_value, weights
from shopwindow.simulation.chance import Chance
from shopwindow.simulation.logging_policy import LoggingPolicy
from shopwindow.simulation.schedule import plan_visits
from shopwindow.simulation.spec import WorldSpec, tiny
from shopwindow.simulation.walk import Walk, next_asks
from shopwindow.simulation.world import Stream, World, spawn

VISITS = 4000


@pytest.fixture(scope="module")
def pages():
    """[VISITS, K] items and propensities of many visits that ask for the same page."""
    spec: WorldSpec = tiny()
    world = World.of(spec)
    policy = LoggingPolicy(world, world.new_memory(), spawn(spec, Stream.LOGGING_POLICY))
    policy.start_day(0)
    visits = plan_visits(world, spawn(spec, Stream.VISITS))
    asks = next_asks(
        world, Walk.start(visits, np.zeros(1, dtype=np.int64)), Chance.of(spawn(spec, Stream.LUCK))
    )
    shown = [policy.pages(asks, np.array([number])) for number in range(VISITS)]
    items, chances = (
        np.concatenate([getattr(each, name) for each in shown]) for name in ("items", "propensities")
    )
    return items, chances.astype(np.float64)


def test_the_second_propensity_is_the_chance_among_what_is_left(pages) -> None:
    items, chances = pages
    first = np.full(items.max() + 1, np.nan)
    first[items[:, 0]] = chances[:, 0]
    left = first[items[:, 1]] / (1 - first[items[:, 0]])
    np.testing.assert_allclose(chances[:, 1], left, rtol=1e-5)


@pytest.mark.parametrize("places", [1, 2])
def test_an_order_by_pure_chance_is_estimated_from_the_shops_own(pages, places) -> None:
    items, chances = pages
    goods = np.unique(items[items >= 0])
    gain = np.random.default_rng(0).random(items.max() + 1)  # of an item that stands first
    size = len(goods)
    new = np.array([1 / size, 1 / (size - 1)])[:places] * np.ones((VISITS, 1))
    first, second = gain[items[:, 0]], gain[items[:, 1]] * (1 - gain[items[:, 0]])  # who found it leaves
    reward = np.stack([first, second], axis=1)[:, :places]
    weight = weights(new, chances[:, :places], "cascade")
    found = off_policy_value(reward, weight, np.arange(VISITS, dtype=np.int32), "cascade")
    pairs = gain[goods][None, :] * (1 - gain[goods])[:, None]
    truth = gain[goods].mean() + (0 if places == 1 else (pairs.sum() - np.trace(pairs)) / (size * (size - 1)))
    assert found.snips.low < truth < found.snips.high
    error = weight.std(axis=0) / np.sqrt(VISITS)  # the rarest pairs weigh 70 and more: means are noisy
    assert (np.abs(weight.mean(axis=0) - 1) < 4 * error).all()
    assert not found.logged.low < truth < found.logged.high  # what was logged is another order's gain
