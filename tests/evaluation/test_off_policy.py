"""Estimates against the truth: a small shop whose orders and gains can be enumerated."""

from dataclasses import dataclass
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evaluation.logged import pages_of

from shopwindow.errors import EvaluationError
from shopwindow.evaluation.off_policy import off_policy_value, weights
from shopwindow.evaluation.soft_order import SoftOrder, plackett_luce, value_of

LOGGED = np.array([1.0, 0.5, 0.0, -0.5])  # what the shop's order goes by
OURS = np.array([-0.8, 0.1, 0.4, 0.9])
GAIN = np.array([0.1, 0.2, 0.4, 0.6])  # chance that an item is wanted where it stands first


def p_order(logits, order) -> float:
    chance, left = 1.0, np.exp(logits)
    for item in order:
        chance *= left[item] / left.sum()
        left[item] = 0
    return chance


def truth(logits, places: int) -> float:
    """Expected gain: the second place is looked at only after an item with a small number."""
    total = 0.0
    for order in permutations(range(4)):
        gains = [GAIN[order[0]], GAIN[order[1]] * (0.9 if order[0] < 2 else 0.3)]
        total += p_order(logits, order) * sum(gains[:places])
    return total


def log(number: int, seed: int):
    """Pages in the shop's own random order, with exact propensities."""
    rng = np.random.default_rng(seed)
    order = np.argsort(-(LOGGED + rng.gumbel(size=(number, 4))), axis=1)
    first = rng.random(number) < GAIN[order[:, 0]]
    second = rng.random(number) < GAIN[order[:, 1]] * np.where(order[:, 0] < 2, 0.9, 0.3)
    reward = np.stack([first, second, np.zeros(number), np.zeros(number)], axis=1).astype(float)
    chances = plackett_luce(np.tile(LOGGED, (number, 1)), order)
    return order, reward, chances


@dataclass(frozen=True)
class Model:
    name: str = "ours"

    def scores(self, requests):
        return np.tile(OURS.astype(np.float32), (len(requests), 1))


@dataclass(frozen=True)
class Indifferent:
    name: str = "indifferent"

    def scores(self, requests):
        return np.zeros((len(requests), 4), dtype=np.float32)


@pytest.mark.parametrize("places", [1, 2])
def test_the_estimate_meets_the_truth_that_enumeration_gives(places) -> None:
    order, reward, chances = log(20_000, seed=places)
    ours = plackett_luce(np.tile(OURS, (len(order), 1)), order)
    weight = weights(ours[:, :places], chances[:, :places], "cascade")
    found = off_policy_value(reward[:, :places], weight, np.arange(len(order), dtype=np.int32), "cascade")
    assert found.logged.low < truth(LOGGED, places) < found.logged.high
    assert found.ips.low < truth(OURS, places) < found.ips.high
    assert found.snips.low < truth(OURS, places) < found.snips.high
    assert found.difference.low > 0  # OURS is better, and 20,000 pages can tell
    assert found.mean_weight == pytest.approx(1, abs=0.05)
    assert found.effective < len(order)


def test_self_normalised_estimates_are_steadier() -> None:
    values = []
    for seed in range(15):
        order, reward, chances = log(400, seed)
        weight = weights(plackett_luce(np.tile(2 * OURS, (400, 1)), order[:, :1]), chances[:, :1], "cascade")
        found = off_policy_value(reward[:, :1] + 1, weight, np.arange(400, dtype=np.int32), "cascade")
        values.append((found.ips.value, found.snips.value))
    ips, snips = np.std(values, axis=0)
    assert snips < ips / 2


def test_a_soft_order_reads_the_same_from_logged_pages() -> None:
    order, reward, chances = log(5_000, seed=5)
    pages = pages_of(order.tolist(), reward.tolist(), list(chances))
    standard = (OURS - OURS.mean()) / OURS.std()
    found = value_of(Model(), pages, SoftOrder(temperature=2.0, places=2))
    assert found.snips.low < truth(standard / 2, 2) < found.snips.high
    same = off_policy_value(
        reward[:, :2],
        weights(plackett_luce(np.tile(standard / 2, (5_000, 1)), order[:, :2]), chances[:, :2], "cascade"),
        np.arange(5_000, dtype=np.int32),
        "cascade",
    )
    assert found.snips.value == pytest.approx(same.snips.value, rel=1e-4)


@pytest.mark.parametrize("reading", ["cascade", "independent"])
def test_pages_that_end_early_earn_nothing_at_the_places_they_lack(reading) -> None:
    # Every item earns 1 and all orders are equally likely: 200 pages of two items, 200 of one, so 1.5 per page.
    pages = pages_of([[0, 1]] * 200 + [[2]] * 200, [[1, 1]] * 200 + [[1]] * 200,
                     [np.array([1 / 3, 1 / 2])] * 200 + [np.array([1 / 3])] * 200)  # fmt: skip
    found = value_of(Indifferent(), pages, SoftOrder(places=2, reading=reading))
    assert found.logged.value == 1.5
    assert found.snips.value == pytest.approx(1.5)
    assert found.mean_weight == pytest.approx(1)


def test_pages_that_lack_a_propensity_among_the_places_that_count_are_left_out() -> None:
    whole, half = np.array([1 / 2, 1.0]), np.array([1 / 2, np.nan])
    pages = pages_of([[0, 1]] * 100, [[1, 0]] * 100, [whole] * 60 + [half] * 40)
    assert value_of(Indifferent(), pages, SoftOrder(places=1)).pages == 100
    assert value_of(Indifferent(), pages, SoftOrder(places=2)).pages == 60


def test_the_logged_order_itself_earns_what_was_logged() -> None:
    _, reward, chances = log(500, seed=0)
    found = off_policy_value(
        reward, weights(chances, chances, "cascade"), np.arange(500, dtype=np.int32), "cascade"
    )
    assert found.snips.value == pytest.approx(found.logged.value)
    assert (found.effective, found.mean_weight) == (pytest.approx(500), pytest.approx(1))
    assert not found.difference.decided


@given(st.integers(0, 999), st.integers(2, 6))
def test_chances_of_all_orders_sum_to_one(seed, size) -> None:
    logits = np.random.default_rng(seed).normal(size=size)
    orders = np.array(list(permutations(range(size), 2)))
    assert plackett_luce(np.tile(logits, (len(orders), 1)), orders).prod(axis=1).sum() == pytest.approx(1)


def test_chances_stay_right_when_an_item_that_outweighs_all_others_is_taken() -> None:
    logits = np.array([[60.0, 0.0, 0.0, 0.0]])  # e^-60 is lost beside 1 in double precision
    assert plackett_luce(logits, np.array([[0, 2, 1]])).tolist() == [[1.0, 1 / 3, 1 / 2]]
    assert plackett_luce(logits, np.array([[0, 0, 1]])).tolist() == [[1.0, 0.0, 1 / 3]]  # once is all


def test_weights_multiply_down_the_page_only_in_a_cascade() -> None:
    new, logged = np.array([[0.5, 0.2, 0.0]]), np.array([[0.25, 0.4, np.nan]])  # the last place is empty
    assert weights(new, logged, "cascade").tolist() == [[2, 2 * 0.5, 2 * 0.5]]
    assert weights(new, logged, "independent").tolist() == [[2, 0.5, 1]]
    with pytest.raises(EvaluationError, match="above 0"):
        weights(new, np.zeros((1, 3)), "cascade")


def test_what_the_log_cannot_tell_is_refused_with_a_way_out() -> None:
    customer = np.arange(100, dtype=np.int32)
    never = np.zeros((100, 1))  # the new order shows what the shop never did
    with pytest.raises(EvaluationError, match="log more exploration"):
        off_policy_value(np.ones((100, 1)), never, customer, "cascade")
    with pytest.raises(EvaluationError, match=r"3[.]00; the log"):  # propensities three times too small
        off_policy_value(np.ones((100, 1)), np.full((100, 1), 3.0), customer, "cascade")
    certain = pages_of([[0, 1]] * 50, [[1, 0]] * 50)
    with pytest.raises(EvaluationError, match="an order that was certain"):
        value_of(Model(), certain, SoftOrder())
