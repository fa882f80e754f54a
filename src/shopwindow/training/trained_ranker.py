"""TrainedRanker: a finished ranker together with the data set that it reads.

Legend: R requests, K candidates, N items, I places of all pages together, H heads, F live features, L actions, w width
of a head, d width.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
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
from shopwindow.models.live import Codes
from shopwindow.models.ranker import Ranker, mean_vectors
from shopwindow.schema.arrays import Float, Int32, Int64, Rows
from shopwindow.training.live_codes import LiveCodes
from shopwindow.training.run import RankerRun
from shopwindow.training.trained import coded, item_rows
from shopwindow.training.vocabulary import TowerVocabulary

AT_ONCE: Final = 256  # requests


@dataclass(frozen=True, eq=False)
class TrainedRanker:
    """Probabilities of each head for given candidates.

    `live`: where live features come from, None for a model without them. `calibrations [H]`: how probabilities are read;
    () = as they are, which is too high: an epoch keeps a few negatives only. The data set may be newer than the model:
    items are matched by key, categories by path.
    """

    name: str
    run: RankerRun
    vocabulary: TowerVocabulary
    model: Ranker
    dataset: Dataset
    live: LiveCodes | None = None
    calibrations: tuple[HeadCalibration, ...] = ()

    def on(self, dataset: Dataset, live: LiveCodes | None) -> "TrainedRanker":
        """The same ranker on other histories beside the same catalogue: what it knows of items is kept."""
        assert dataset.catalog is self.dataset.catalog, "item tables belong to one catalogue"
        other = replace(self, dataset=dataset, live=live)
        other.__dict__["_tables"] = self._tables  # where cached_property keeps it
        return other

    @property
    def heads(self) -> tuple[str, ...]:
        return self.run.plan.head_names(self.dataset.shop)

    def probabilities(self, requests: RequestSet, candidates: Rows) -> Float:
        """[R, K, H] as if every item stood first on its page; candidates [R, K] below 0 are padding and give NaN."""
        found: Float = np.full((*candidates.shape, len(self.heads)), np.nan, dtype=np.float32)
        for places, codes in self._parts(requests, candidates):
            rows = candidates[places]
            found[places] = self._probabilities(requests.take(places), rows, np.zeros_like(rows), codes)
        return found

    def values(self, requests: RequestSet, candidates: Rows, weights: Float | None = None) -> Float:
        """[R, K] what is expected of each candidate: weights [H] times probabilities; default: the shop's gains."""
        weights = head_gains(self.dataset, self.run.plan) if weights is None else weights
        expected: Float = self.probabilities(requests, candidates) @ weights
        return expected

    def page_order(self, pages: LoggedPages, live: Codes | None = None) -> Float:
        """[I] the value of each item on its page by the shop's gains, wherever it stood; unknown items come last."""
        value: Float = self.as_if_first(pages, live) @ head_gains(self.dataset, self.run.plan)
        return np.where(pages.row >= 0, value, np.float32(-1.0))

    def as_if_first(self, pages: LoggedPages, live: Codes | None = None) -> Float:
        """[I, H] probabilities of each item of the pages as if it stood first; NaN for unknown items."""
        return self._on_pages(pages, live, first=True)

    def at_places(self, pages: LoggedPages, live: Codes | None = None) -> Float:
        """[I, H] probabilities at the places where the items stood; NaN for unknown items.

        `live [I, F]`: codes of live features where they are known already.
        """
        return self._on_pages(pages, live, first=False)

    def _on_pages(self, pages: LoggedPages, live: Codes | None, *, first: bool) -> Float:
        """[I, H]; first: as if each item stood first."""
        rows, found = pages.by_page(), np.empty((len(pages.row), len(self.heads)), dtype=np.float32)
        position = (
            np.zeros(rows.shape[1], dtype=np.int32) if first else np.arange(rows.shape[1], dtype=np.int32)
        )
        for places, codes in self._parts(pages.requests, rows) if live is None else _given(pages, live):
            there, at = pages.cells(places)
            some = rows[places]
            positions = np.broadcast_to(position, some.shape)
            found[at] = self._probabilities(pages.requests.take(places), some, positions, codes)[there]
        return found

    def _parts(self, requests: RequestSet, candidates: Rows) -> Iterator[tuple[Int64, Codes | None]]:
        """Places of some requests, and the codes of their candidates' live features."""
        if self.live is not None:
            yield from self.live.parts(requests, candidates)
            return
        for start in range(0, len(requests), AT_ONCE):
            yield np.arange(start, min(start + AT_ONCE, len(requests))), None

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
    def _probabilities(
        self, requests: RequestSet, candidates: Rows, position: Int32, codes: Codes | None
    ) -> Float:
        """[R, K, H] for a part of the requests, `position [R, K]`, `codes [R, K, F]`."""
        self.model.eval()
        vectors, sides = self._tables
        shown = torch.from_numpy(candidates.astype(np.int64)).to(self._device)
        journey = coded(journeys(self.dataset, requests, self.run.plan.max_actions), self._category_code)
        read = vectors[item_rows(journey, len(self.dataset.catalog)).to(self._device)]
        tensors = JourneyTensors.of(journey, self._device)
        customer = self.model.customer_side(read, tensors, mean_vectors(vectors, shown))
        live = None if codes is None else torch.from_numpy(codes).to(self._device)
        logits = self.model.logits(customer, sides[shown.clamp(min=0)], live)
        places = torch.from_numpy(np.ascontiguousarray(position, dtype=np.int64)).to(self._device)
        surface = torch.from_numpy(requests.surface.astype(np.int64)).to(self._device)
        logits = logits + self.model.position(places, surface[:, None].expand_as(places))
        found = torch.sigmoid(logits).float().masked_fill(shown[..., None] < 0, torch.nan)
        probabilities: Float = found.cpu().numpy()
        for head, calibration in enumerate(self.calibrations):
            probabilities[..., head] = calibration.calibrated(probabilities[..., head].astype(np.float64))
        return probabilities


def _given(pages: LoggedPages, live: Codes) -> Iterator[tuple[Int64, Codes]]:
    """The parts of pages whose codes `live [I, F]` are known."""
    width = int(np.diff(pages.offsets).max(initial=1))
    for start in range(0, len(pages), AT_ONCE):
        places = np.arange(start, min(start + AT_ONCE, len(pages)))
        first, last = pages.offsets[start], pages.offsets[places[-1] + 1]
        codes = np.zeros((len(places), width, live.shape[1]), dtype=np.uint8)
        codes[pages.page()[first:last] - start, pages.position()[first:last]] = live[first:last]
        yield places, codes
