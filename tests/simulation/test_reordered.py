import numpy as np

from shopwindow.simulation.reordered import swapped


def test_only_a_share_of_the_places_moves_and_nothing_is_lost() -> None:
    rng = np.random.default_rng(0)
    there = np.ones((4000, 24), dtype=bool)
    there[:1000, 20:] = False
    order = swapped(there, 0.25, rng)
    assert np.array_equal(np.sort(order, axis=1), np.tile(np.arange(24), (4000, 1)))
    moved = order != np.arange(24)
    assert not moved[:1000, 20:].any()
    assert moved.sum(axis=1).max() <= 6
    assert 4.5 < moved[1000:].sum(axis=1).mean() < 5.5  # of 6 that take part one stays on average


def test_with_all_places_drawn_every_item_is_everywhere_equally_often() -> None:
    order = swapped(np.ones((20_000, 5), dtype=bool), 1.0, np.random.default_rng(1))
    shares = np.stack([(order == item).mean(axis=0) for item in range(5)])
    assert np.abs(shares - 0.2).max() < 0.02


def test_at_least_two_places_change() -> None:
    order = swapped(np.ones((2000, 24), dtype=bool), 0.05, np.random.default_rng(2))
    moved = (order != np.arange(24)).sum(axis=1)
    assert set(moved.tolist()) == {0, 2}
    assert 0.4 < (moved == 2).mean() < 0.6
