"""TrainedRanker: a finished ranker together with the data set that it reads.

Legend: R requests, K candidates, N items, I places of all pages together, H heads, L actions, w width of a head, d width.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import torch
from torch import Tensor

from shopwindow.datasets.dataset import Dataset
from shopwindow.datasets.page_examples import head_gains
from shopwindow.datasets.pages import LoggedPages
from shopwindow.datasets.requests import RequestSet, journeys
from shopwindow.models.calibration import HeadCalibration
from shopwindow.models.context import JourneyTensors
from shopwindow.models.ranker import Ranker, mean_vectors
from shopwindow.schema.arrays import Float, Int32, Rows
from shopwindow.training.run import RankerRun
from shopwindow.training.trained import coded, item_rows
from shopwindow.training.vocabulary import TowerVocabulary

AT_ONCE: Final = 256  # requests


@dataclass(frozen=True, eq=False)
class TrainedRanker:
    """Probabilities of each head for given candidates.

    `calibrations [H]`: how they are read; () = as they are, which is too high: an epoch keeps a few negatives only. The data set may be newer than the model: items are matched by key, categories by path.
    """

    name: str
    run: RankerRun
    vocabulary: TowerVocabulary
    model: Ranker
    dataset: Dataset
    calibrations: tuple[HeadCalibration, ...] = ()

    @property
    def heads(self) -> tuple[str, ...]:
        return self.run.plan.head_names(self.dataset.shop)

    def probabilities(self, requests: RequestSet, candidates: Rows) -> Float:
        """[R, K, H] as if every item stood first on its page; candidates [R, K] below 0 are padding and give NaN."""
        found: Float = np.full((*candidates.shape, len(self.heads)), np.nan, dtype=np.float32)
        for start, part in _parts(requests):
            rows = candidates[start : start + len(part)]
            found[start : start + len(part)] = self._probabilities(part, rows, np.zeros_like(rows))
        return found

    def values(self, requests: RequestSet, candidates: Rows, weights: Float | None = None) -> Float:
        """[R, K] what is expected of each candidate: weights [H] times probabilities; default: the shop's gains."""
        weights = head_gains(self.dataset, self.run.plan) if weights is None else weights
        expected: Float = self.probabilities(requests, candidates) @ weights
        return expected

    def page_order(self, pages: LoggedPages) -> Float:
        """[I] the value of each item on its page by the shop's gains, wherever it stood; unknown items come last."""
        value: Float = self.as_if_first(pages) @ head_gains(self.dataset, self.run.plan)
        return np.where(pages.row >= 0, value, np.float32(-1.0))

    def as_if_first(self, pages: LoggedPages) -> Float:
        """[I, H] probabilities of each item of the pages as if it stood first; NaN for unknown items."""
        return self.probabilities(pages.requests, pages.by_page())[pages.page(), pages.position()]

    def at_places(self, pages: LoggedPages) -> Float:
        """[I, H] probabilities at the places where the items stood; NaN for unknown items."""
        rows = pages.by_page()
        found: Float = np.empty((len(pages.row), len(self.heads)), dtype=np.float32)
        page, position = pages.page(), pages.position()
        for start, part in _parts(pages.requests):
            some = rows[start : start + len(part)]
            places = np.broadcast_to(np.arange(some.shape[1], dtype=np.int32), some.shape)
            first, last = pages.offsets[start], pages.offsets[start + len(part)]
            known = self._probabilities(part, some, places)
            found[first:last] = known[page[first:last] - start, position[first:last]]
        return found

    @cached_property
    def _tables(self) -> tuple[Tensor, Tensor]:
        """Vectors [N+1, d] (last row: unknown item) and the ranker's item side [N+1, H, w]."""
        with torch.no_grad():
            self.model.eval()
            vectors = self.model.encode_items(self.vocabulary.inputs(self.dataset.catalog).to(self._device))
            return vectors, self.model.item_side(vectors)

    @cached_property
    def _category_code(self) -> Int32:
        return self.vocabulary.category_codes(self.dataset.catalog.categories)

    @property
    def _device(self) -> torch.device:
        return next(self.model.parameters()).device

    @torch.no_grad()
    def _probabilities(self, requests: RequestSet, candidates: Rows, position: Int32) -> Float:
        """[R, K, H] for a part of the requests, `position [R, K]`."""
        self.model.eval()
        vectors, sides = self._tables
        shown = torch.from_numpy(candidates.astype(np.int64)).to(self._device)
        journey = coded(journeys(self.dataset, requests, self.run.plan.max_actions), self._category_code)
        read = vectors[item_rows(journey, len(self.dataset.catalog)).to(self._device)]
        tensors = JourneyTensors.of(journey, self._device)
        customer = self.model.customer_side(read, tensors, mean_vectors(vectors, shown))
        logits = self.model.match_all(customer, sides[shown.clamp(min=0)])
        places = torch.from_numpy(np.ascontiguousarray(position, dtype=np.int64)).to(self._device)
        surface = torch.from_numpy(requests.surface.astype(np.int64)).to(self._device)
        logits = logits + self.model.position(places, surface[:, None].expand_as(places))
        found = torch.sigmoid(logits).float().masked_fill(shown[..., None] < 0, torch.nan)
        probabilities: Float = found.cpu().numpy()
        for head, calibration in enumerate(self.calibrations):
            probabilities[..., head] = calibration.calibrated(probabilities[..., head].astype(np.float64))
        return probabilities


def _parts(requests: RequestSet) -> Iterator[tuple[int, RequestSet]]:
    for start in range(0, len(requests), AT_ONCE):
        yield start, requests.part(start, start + AT_ONCE)
