import math

import numpy as np
import pytest

from shopwindow.baselines.vsknn import VSknn, session_of_event
from shopwindow.datasets.requests import requests_of_events


def sessions(*of_items: tuple[int, ...]) -> list[dict[str, int]]:
    """One customer per session, one after the other."""
    return [
        {"customer_key": customer, "at_ms": 1000 * customer + place, "item_key": item}
        for customer, items in enumerate(of_items)
        for place, item in enumerate(items)
    ]


def test_a_score_is_similarity_over_the_steps_back_to_the_latest_shared_item(
    make_dataset, scores_after
) -> None:
    rows = sessions((0, 2), (0, 1, 3), (1, 4))
    scores = scores_after(make_dataset, rows, VSknn(), [0, 1])  # places weigh 1/2 and 1
    assert scores[2] == pytest.approx((1 / 2) / math.sqrt(2) / 2, rel=1e-4)  # shares item 0, two steps back
    assert scores[3] == pytest.approx((1 / 2 + 1) / math.sqrt(3) / 1, rel=1e-4)
    assert scores[4] == pytest.approx(1 / math.sqrt(2) / 1, rel=1e-4)
    assert scores[5] == pytest.approx(0, abs=1e-5)


def test_positions_say_how_much_an_earlier_item_counts(make_dataset, scores_after) -> None:
    rows = sessions((0, 2))
    for positions, weight in (("same", 1), ("linear", 1 / 2), ("quadratic", 1 / 4)):
        scores = scores_after(make_dataset, rows, VSknn(positions=positions), [0, 1])
        assert scores[2] == pytest.approx(weight / math.sqrt(2) / 2, rel=1e-4)


def test_only_the_most_recent_sessions_are_compared_and_the_nearest_kept(make_dataset, scores_after) -> None:
    rows = sessions((0, 2), (0, 3), (0, 4))
    assert np.flatnonzero(scores_after(make_dataset, rows, VSknn(sample=2), [0]) > 1e-3).tolist() == [0, 3, 4]
    nearest = scores_after(make_dataset, sessions((0, 2), (0, 3, 4)), VSknn(neighbours=1), [0])
    assert np.flatnonzero(nearest > 1e-3).tolist() == [0, 2]  # 1/√2 is above 1/√3


def test_idf_multiplies_by_the_rarity_of_the_item_proposed(make_dataset, scores_after) -> None:
    rows = sessions((0, 2), (1, 3), (1, 3))
    plain, rare = (scores_after(make_dataset, rows, VSknn(idf=idf), [0, 1]) for idf in (False, True))
    assert rare[2] / plain[2] == pytest.approx(math.log(1 + 3 / 1), rel=1e-4)
    assert rare[3] / plain[3] == pytest.approx(math.log(1 + 3 / 2), rel=1e-4)


def test_the_session_at_hand_is_the_latest_one(make_dataset) -> None:
    rows = sessions((0, 2), (1, 3))
    rows += [
        {"customer_key": 9, "at_ms": 9000 + t, "item_key": item, "session": session}
        for t, (item, session) in enumerate(((0, 0), (1, 1), (5, 1)))
    ]
    dataset = make_dataset(rows)
    assert session_of_event(dataset).tolist() == [0, 0, 1, 1, 2, 3, 3]
    train_end = np.array([2, 4, 4])
    scores = VSknn().fit(dataset, train_end).scores(requests_of_events(dataset, np.array([6])))[0]
    by_key = scores[np.argsort(dataset.catalog.item_key)]
    assert by_key[3] == pytest.approx(1 / math.sqrt(2), rel=1e-4)
    assert by_key[2] == pytest.approx(0, abs=1e-5)  # item 0 was seen in the session before


def test_a_session_that_goes_on_is_not_its_own_neighbour(make_dataset) -> None:
    dataset = make_dataset(sessions((0, 2), (0, 3, 4)))
    everything = np.asarray(dataset.columns.offsets[1:])
    scores = VSknn().fit(dataset, everything).scores(requests_of_events(dataset, np.array([3])))[0]
    by_key = scores[np.argsort(dataset.catalog.item_key)]
    assert by_key[2] > 0.1
    assert by_key[[3, 4]] == pytest.approx(0, abs=1e-5)
