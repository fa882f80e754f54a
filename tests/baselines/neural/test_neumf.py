import numpy as np

from shopwindow.baselines.neural.neumf import FoldIn


def test_a_new_customer_is_told_from_the_mean_of_their_items_or_is_the_mean_customer() -> None:
    rng = np.random.default_rng(0)
    means, slope = rng.normal(size=(500, 4)), rng.normal(size=(4, 4))
    customers = means @ slope + 7
    fold_in = FoldIn.of(means, customers)
    asked = rng.normal(size=(3, 4))
    found = fold_in.customers(asked, np.array([True, True, False]))
    np.testing.assert_allclose(found[:2], asked[:2] @ slope + 7, atol=0.15)  # the ridge takes a hundredth
    np.testing.assert_allclose(found[2], customers.mean(axis=0), rtol=1e-5)
