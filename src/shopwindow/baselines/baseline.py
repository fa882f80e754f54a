"""Baseline: settings that can be fitted."""

from typing import Protocol

from shopwindow.datasets.dataset import Dataset
from shopwindow.datasets.recommender import Recommender
from shopwindow.schema.arrays import Int64


class Baseline(Protocol):
    """One setting of a baseline; a frozen dataclass, so that equal settings are equal."""

    @property
    def name(self) -> str:
        """How tables call it."""
        ...

    def fit(self, dataset: Dataset, train_end: Int64) -> Recommender:
        """Learn from events offsets[u] .. train_end[u]-1 of each customer u only.

        Raises:
            EvaluationError: it cannot be fitted to this data set; the text says what to do.
        """
        ...
