from collections.abc import Callable

import numpy as np
import pytest

from shopwindow.datasets.dataset import Dataset
from shopwindow.datasets.requests import requests_of_events


@pytest.fixture(scope="session")
def scores_after() -> Callable[..., np.ndarray]:
    """Scores by item key after a history of a customer who is not among those learned from."""

    def scores(make_dataset, rows, setting, history) -> np.ndarray:
        """`rows` are learned from; `history`: items of one more customer, one a second, in one session."""
        now = 1 + max(row["at_ms"] for row in rows)
        newcomer = [
            {"customer_key": 99, "at_ms": now + 1000 * place, "item_key": item}
            for place, item in enumerate([*history, 5])
        ]
        dataset = make_dataset([*rows, *newcomer])
        request = requests_of_events(dataset, np.array([dataset.columns.num_events - 1]))
        return by_key(dataset, setting.fit(dataset, nothing_of_the_last(dataset)).scores(request))[0]

    return scores


def by_key(dataset: Dataset, scores: np.ndarray) -> np.ndarray:
    return scores[:, np.argsort(dataset.catalog.item_key)]


def nothing_of_the_last(dataset: Dataset) -> np.ndarray:
    """All events of every customer but the last one are learned from."""
    train_end = np.asarray(dataset.columns.offsets[1:]).copy()
    train_end[-1] = dataset.columns.offsets[-2]
    return train_end


@pytest.fixture(scope="session")
def two_tastes() -> list[dict[str, int]]:
    """Four customers want items 0 and 1, two want items 2 and 3."""
    wanted = [(0, 1)] * 4 + [(2, 3)] * 2
    return [
        {"customer_key": customer, "at_ms": 10 * customer + place, "item_key": item}
        for customer, items in enumerate(wanted)
        for place, item in enumerate(items)
    ]
