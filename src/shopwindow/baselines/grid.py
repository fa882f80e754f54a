"""The settings among which validation chooses, one stage after another: later stages vary the best so far."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from shopwindow.baselines.baseline import Baseline
from shopwindow.baselines.item_knn import SIMILARITIES, ItemKnn
from shopwindow.baselines.popularity import RecentPopularity
from shopwindow.datasets.dataset import Dataset

Stage = Callable[[Baseline | None], Sequence[Baseline]]
"""The best setting so far (None at first) -> the settings to try next."""


def recent_stages(dataset: Dataset) -> tuple[Stage, ...]:
    """Windows of 1/2 ... 1/200 of the time that the log spans."""
    at_ms = np.asarray(dataset.columns.at_ms)
    span = int(at_ms.max() - at_ms.min()) if len(at_ms) else 0
    windows = [RecentPopularity(window_ms=max(1, span // part)) for part in (2, 5, 10, 20, 50, 100, 200)]
    return (lambda _: windows,)


def item_knn_stages(repeats: bool) -> tuple[Stage, ...]:
    """Similarity and neighbours first, then how much of the history, then whether items may repeat themselves."""

    def similarities(_: Baseline | None) -> list[Baseline]:
        return [
            ItemKnn(similarity=similarity, neighbours=neighbours)
            for similarity in SIMILARITIES
            for neighbours in (20, 100, 300)
        ]

    def histories(best: Baseline | None) -> list[Baseline]:
        assert isinstance(best, ItemKnn)
        return [
            replace(best, last=last, decay=decay)
            for last in (1, 5, 20, 100)
            for decay in (0.5, 0.7, 0.9, 1.0)
        ]

    def owns(best: Baseline | None) -> list[Baseline]:
        """Without the customer's own items; and with them alone, which is hard to beat where people come back for the same."""
        assert isinstance(best, ItemKnn)
        alone = [
            replace(best, neighbours=0, own=True, last=last, decay=decay)
            for last in (20, 100)
            for decay in (0.7, 0.9, 1.0)
        ]
        return [replace(best, own=not best.own), *alone]

    return (similarities, histories, owns) if repeats else (similarities, histories)
