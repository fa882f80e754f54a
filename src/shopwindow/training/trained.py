"""TrainedTwoTower: a finished model together with the data set that it scores; a Recommender."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from shopwindow.datasets.dataset import Dataset
from shopwindow.datasets.requests import RequestSet, journeys
from shopwindow.features.journey import Journey
from shopwindow.models.context import JourneyTensors
from shopwindow.models.two_tower import TwoTower
from shopwindow.schema.arrays import Float, Int32
from shopwindow.schema.catalog import Catalog
from shopwindow.training.run import TrainingRun
from shopwindow.training.vocabulary import TowerVocabulary


@dataclass(frozen=True, eq=False)
class TrainedTwoTower:
    """Scores whole catalogues for requests: customer vector times item vectors.

    The data set may be newer than the model: items are matched by key, categories by path.
    """

    name: str
    run: TrainingRun
    vocabulary: TowerVocabulary
    model: TwoTower
    dataset: Dataset

    def on(self, dataset: Dataset) -> "TrainedTwoTower":
        """The same model on other histories beside the same catalogue: item vectors are kept."""
        assert dataset.catalog is self.dataset.catalog, "item vectors belong to one catalogue"
        other = replace(self, dataset=dataset)
        other.__dict__["tables"] = self.tables  # where cached_property keeps it
        return other

    @cached_property
    def tables(self) -> tuple[Tensor, Tensor]:
        """What histories read [N+1, d] (last row: unknown item) and what is scored [N, d], on the model's device."""
        return self.tables_of(self.dataset.catalog)

    @cached_property
    def _category_code(self) -> Int32:
        return self.vocabulary.category_codes(self.dataset.catalog.categories)

    @torch.no_grad()
    def tables_of(self, catalog: Catalog) -> tuple[Tensor, Tensor]:
        self.model.eval()
        vectors = self.model.encode_items(self.vocabulary.inputs(catalog).to(self.device))
        return vectors.read, vectors.score[:-1]

    @property
    def device(self) -> torch.device:
        return next(self.model.parameters()).device

    @torch.no_grad()
    def customers(self, journey: Journey) -> Tensor:
        """[B, d] the customers after the last action of their journeys, read from the data set's catalogue."""
        self.model.eval()
        rows = item_rows(journey, len(self.dataset.catalog)).to(self.device)
        tensors = JourneyTensors.of(coded(journey, self._category_code), self.device)
        return self.model.customer(self.tables[0][rows], tensors)

    @torch.no_grad()
    def scores(self, requests: RequestSet) -> Float:
        """[R, N] the higher, the sooner the customer is expected to act on the item."""
        journey = journeys(self.dataset, requests, self.run.plan.max_actions)
        scores: Float = (self.customers(journey) @ self.tables[1].T).float().cpu().numpy()
        return scores


def item_rows(journey: Journey, unknown: int) -> Tensor:
    """[B, L] int64 rows, absent items as the row of the unknown item."""
    return torch.from_numpy(np.where(journey.item < 0, unknown, journey.item).astype(np.int64))


def coded(journey: Journey, category_code: Int32) -> Journey:
    """The journey with its category nodes as the model's category codes."""
    codes = np.where(journey.category < 0, np.int32(-1), category_code[np.maximum(journey.category, 0)])
    return replace(journey, category=codes)
