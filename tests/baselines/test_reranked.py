from dataclasses import dataclass

import numpy as np

from shopwindow.baselines.history import popularity
from shopwindow.baselines.reranked import Reranked
from shopwindow.baselines.shortlist import shortlist
from shopwindow.datasets.split import SplitSpec, make_split


@dataclass(frozen=True)
class ByRow:
    """Prefers items by their number in the catalogue."""

    name: str = "by-row"

    def page_order(self, pages):
        return pages.row.astype(np.float32) - 1e6


def test_the_list_comes_first_in_the_models_order_and_the_rest_by_popularity(make_dataset) -> None:
    rng = np.random.default_rng(0)
    rows = [
        {"customer_key": c, "at_ms": 1000 * t + c, "item_key": int(rng.integers(30))}
        for c in range(20)
        for t in range(24)
    ]
    dataset = make_dataset(rows)
    split = make_split(dataset, SplitSpec())
    listed = shortlist(dataset, split.before_test, 2)
    reranked = Reranked(ByRow(), listed, popularity(dataset, split.before_test))
    requests = split.test.part(0, 20)
    scores = reranked.for_all(requests).scores(requests)
    for place, candidates in enumerate(listed.candidates(requests)):
        here = candidates[candidates >= 0]
        others = np.setdiff1d(np.arange(dataset.num_items), here)
        assert 0 < len(here) < dataset.num_items
        order = np.argsort(-scores[place], kind="stable")
        assert order[: len(here)].tolist() == sorted(here.tolist(), reverse=True)
        assert np.array_equal(scores[place, others], reranked.popular[others])
    part = requests.part(5, 9)
    below = np.array([reranked.scores(part)[n].argsort()[::-1] for n in range(4)])
    assert np.array_equal(below, np.array([scores[5 + n].argsort()[::-1] for n in range(4)]))
