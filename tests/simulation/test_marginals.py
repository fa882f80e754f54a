import math

import numpy as np
import pytest

from shopwindow.simulation import marginals
from shopwindow.simulation.fit import KNOBS, broyden, regulars
from shopwindow.simulation.marginals import CART, Actions
from shopwindow.simulation.parameters import Parameters
from shopwindow.simulation.spec import DAY_MS

MINUTE = 60_000


def log(*rows: tuple[int, int, int, int]) -> Actions:
    """Rows of customer, item, action, minute."""
    customer, item, action, minute = np.array(rows).T
    return Actions(customer=customer, item=item, action=action, at_ms=minute * MINUTE)


def test_half_an_hour_without_a_click_ends_a_session() -> None:
    actions = log((1, 7, 0, 0), (1, 8, 0, 10), (1, 7, 0, 12), (1, 9, 0, 43), (2, 7, 0, 12))
    assert sorted(marginals.clicks_per_session(actions)) == [1, 1, 3]
    assert marginals.seconds_between_clicks(actions).tolist() == [600, 120]
    assert marginals.repeats_in_session(actions) == pytest.approx(1 / 5)
    assert marginals.repeats(actions) == pytest.approx(1 / 5)


def test_rates_are_per_click() -> None:
    actions = log((1, 7, 0, 0), (1, 8, 0, 1), (1, 7, CART, 2), (2, 7, 0, 2), (2, 8, 0, 3))
    assert marginals.per_click(actions, CART) == 1 / 4
    assert sorted(marginals.actions_per_customer(actions)) == [2, 3]
    assert marginals.clicks_per_item(actions).tolist() == [2, 2]


def test_days_between_visits_count_days_once() -> None:
    day = DAY_MS // MINUTE
    actions = log((1, 7, 0, 0), (1, 7, 0, 9), (1, 7, 0, 3 * day), (1, 8, 0, 4 * day), (2, 8, 0, 9 * day))
    assert marginals.days_between_visits(actions).tolist() == [3, 1]
    assert len(regulars(actions)) == 0
    assert len(actions.within(0, 3.5)) == 3


def test_gini_of_equal_counts_is_zero_and_of_one_owner_nearly_one() -> None:
    assert marginals.gini(np.full(10, 4.0)) == pytest.approx(0.0)
    assert marginals.gini(np.r_[np.zeros(9), 8.0]) == pytest.approx(0.9)  # 1 - 1/10


def test_zipf_finds_the_exponent_of_a_power_law() -> None:
    assert marginals.zipf(1000.0 / np.arange(1, 200) ** 0.8) == pytest.approx(0.8)


def test_distances_of_shifted_samples() -> None:
    one = np.array([1.0, 2.0, 3.0, 4.0])
    assert marginals.ks(one, one) == 0.0
    assert marginals.ks(one, one + 2) == pytest.approx(1 / 2)
    assert marginals.wasserstein_log(one, one * 10) == pytest.approx(1.0)


def test_the_denser_log_is_thinned_to_the_other() -> None:
    rng = np.random.default_rng(0)
    dense, sparse = (
        log(*[(k, int(item), 0, k) for k, item in enumerate(rng.integers(0, 50, size))])
        for size in (2000, 300)
    )
    thinned, same = marginals.equally_dense(dense, sparse)
    assert len(same) == 300
    density = [marginals.clicks_per_item(each).mean() for each in (thinned, same)]
    assert density[0] == pytest.approx(density[1], rel=0.05)


def test_the_fit_finds_parameters_behind_known_moments() -> None:
    """A stand-in for the simulator whose moments are smooth functions of the parameters."""
    names = list(KNOBS)

    def moments(parameters: Parameters) -> dict[str, float]:
        x = {name: getattr(parameters, name) for name in names}
        first, second = names[:2]
        crossed = {first: x[first] + 0.3 * x[second], second: math.sqrt(x[second])}
        return {f"of {name}": crossed.get(name, 2.0 * x[name]) for name in names}

    truth = Parameters()
    start = Parameters(wish_at=9.0, cart_at=8.0, go_on=0.5, follow_up=0.3, dwell_mean=10.0)
    rounds = list(broyden(moments(truth), moments, start, rounds=15, sketch=moments))
    assert len(rounds) == 1 + 15
    assert min(each.distance for each in rounds) < 0.01 < rounds[0].distance
