import numpy as np

from shopwindow.simulation.chance import Chance, Draw


def test_numbers_are_uniform_and_depend_on_visit_page_thing_and_draw() -> None:
    luck = Chance(3).at(np.arange(400), 0)
    number = luck.uniform(Draw.CLICK, np.arange(50)[None, :])
    assert abs(number.mean() - 0.5) < 5 * np.sqrt(1 / 12 / number.size)
    counts = np.histogram(number, bins=20, range=(0, 1))[0]
    assert np.abs(counts - number.size / 20).max() < 5 * np.sqrt(number.size / 20)
    for other in (
        luck.uniform(Draw.CART, np.arange(50)[None, :]),
        Chance(3).at(np.arange(400), 1).uniform(Draw.CLICK, np.arange(50)[None, :]),
        Chance(4).at(np.arange(400), 0).uniform(Draw.CLICK, np.arange(50)[None, :]),
    ):
        assert abs(np.corrcoef(number.ravel(), other.ravel())[0, 1]) < 5 / np.sqrt(number.size)
    assert np.abs(np.corrcoef(number[:, :-1].ravel(), number[:, 1:].ravel())[0, 1]) < 5 / np.sqrt(number.size)


def test_luck_is_the_same_in_any_company() -> None:
    """What happens does not depend on which visits are stepped together, nor on where an item stands."""
    things = np.array([[7, 9], [9, 7]])
    together = Chance(3).at(np.array([5, 6]), np.array([0, 2])).uniform(Draw.CLICK, things)
    alone = Chance(3).at(np.array([6]), np.array([2])).uniform(Draw.CLICK, np.array([[7, 9]]))
    assert together[1].tolist() == alone[0][::-1].tolist()
    luck = Chance(3).at(np.array([5, 6]), np.array([0, 2]))
    assert luck.take(np.array([1])).uniform(Draw.CLICK).tolist() == luck.uniform(Draw.CLICK)[1:].tolist()


def test_noise_has_the_moments_of_its_name() -> None:
    luck = Chance(1).at(np.arange(40_000), 0)
    thing = np.zeros(40_000, dtype=np.int64)
    normal, gumbel, logistic = luck.normal(Draw.CUT, thing), luck.gumbel(Draw.CART), luck.logistic(Draw.CLICK)
    for noise, mean, variance in (
        (normal, 0.0, 1.0), (gumbel, np.euler_gamma, np.pi**2 / 6), (logistic, 0.0, np.pi**2 / 3),
    ):  # fmt: skip
        assert abs(noise.mean() - mean) < 5 * np.sqrt(variance / 40_000)
        assert abs(noise.var() / variance - 1) < 0.06
