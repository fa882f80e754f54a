import numpy as np

from shopwindow.baselines.neural.fitting import held_out


def test_the_last_wanted_action_before_the_end_of_training_is_held_out(make_dataset) -> None:
    rows = [
        {"customer_key": customer, "at_ms": place, "item_key": place}
        for customer, length in ((1, 5), (2, 2), (3, 4))
        for place in range(length)
    ]
    dataset = make_dataset(rows)
    found = held_out(dataset, np.array([4, 7, 11]), seed=0)  # customer 1's fifth action is the exam's
    assert found.end.tolist() == [3, 7, 10]  # customer 2 has too few
    assert found.requests.customer.tolist() == [0, 2]
    assert found.requests.history_end.tolist() == [3, 10]
    assert dataset.catalog.item_key[found.requests.truth_rows].tolist() == [3, 3]
    assert found.exclude_seen


def test_where_items_are_wanted_again_those_seen_before_are_candidates(make_dataset) -> None:
    dataset = make_dataset([{"customer_key": 1, "at_ms": t, "item_key": t % 2} for t in range(6)])
    assert not held_out(dataset, np.array([6]), seed=0).exclude_seen
