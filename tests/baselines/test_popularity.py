import numpy as np

from shopwindow.baselines.popularity import Popularity, RecentPopularity
from shopwindow.datasets.requests import requests_of_events


def by_key(dataset, scores) -> list[float]:
    """Scores in order of item keys."""
    return scores[np.argsort(dataset.catalog.item_key)].tolist()


def ends(dataset):
    return np.asarray(dataset.columns.offsets[1:])


def test_popularity_counts_wanted_actions_of_the_training_part(make_dataset) -> None:
    rows = [
        {"customer_key": 1, "at_ms": 1, "item_key": 0},
        {"customer_key": 1, "at_ms": 2, "item_key": 0, "action": "purchase"},
        {"customer_key": 1, "at_ms": 3, "item_key": 1, "action": "hide"},
        {"customer_key": 1, "at_ms": 4, "item_key": 2},
        {"customer_key": 2, "at_ms": 1, "item_key": 2},
    ]
    dataset = make_dataset(rows)
    fitted = Popularity().fit(dataset, np.array([3, 5]))  # customer 1 trains on the first three
    scores = fitted.scores(requests_of_events(dataset, np.array([3])))
    assert by_key(dataset, scores[0]) == [2, 0, 1, 0, 0, 0]


def test_in_category_the_neighbours_of_the_last_item_come_first(make_dataset) -> None:
    rows = [{"customer_key": 9, "at_ms": t, "item_key": 4} for t in range(7)]  # b is the most popular
    rows += [{"customer_key": 9, "at_ms": 8, "item_key": 2}]
    rows += [{"customer_key": 10, "at_ms": 1, "item_key": 0}, {"customer_key": 10, "at_ms": 9, "item_key": 5}]
    dataset = make_dataset(rows)
    fitted = Popularity(by_category=True).fit(dataset, ends(dataset))
    known, unknown = requests_of_events(dataset, np.array([8, 9])), requests_of_events(dataset, np.array([0]))
    order = np.argsort(-np.array(by_key(dataset, fitted.scores(known)[1])), kind="stable")
    assert order[:4].tolist() == [0, 1, 2, 3]  # after item 0 of a/x: a/x, then the rest of a, then b
    assert by_key(dataset, fitted.scores(unknown)[0]) == [1, 0, 1, 0, 7, 1]


def test_recent_popularity_is_what_was_wanted_right_before_the_request(make_dataset) -> None:
    rows = [
        {"customer_key": 1, "at_ms": 1000, "item_key": 0},
        {"customer_key": 2, "at_ms": 9000, "item_key": 1},
        {"customer_key": 3, "at_ms": 9500, "item_key": 1},
        {"customer_key": 4, "at_ms": 10_000, "item_key": 2},
        {"customer_key": 5, "at_ms": 10_000, "item_key": 3},
    ]
    dataset = make_dataset(rows)
    fitted = RecentPopularity(window_ms=5000).fit(dataset, ends(dataset))
    scores = by_key(dataset, fitted.scores(requests_of_events(dataset, np.array([4])))[0])
    assert np.floor(scores).tolist() == [0, 2, 0, 0, 0, 0]  # the request's own moment does not count
    assert scores[0] > scores[5]  # what training knew orders the rest
