"""Fitting a PageNet to logged pages, with the training loop of our own models.

Legend: I places of all pages together, F live features.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor, nn

from shopwindow.baselines.pages.net import NetSettings, PageNet
from shopwindow.baselines.pages.pairs import Pairs, pairs_of
from shopwindow.baselines.pages.reading import NetSizes
from shopwindow.baselines.pages.rival import LAST
from shopwindow.datasets.dataset import Dataset
from shopwindow.datasets.page_examples import head_gains, page_batches, whole_pages
from shopwindow.datasets.pages import LoggedPages
from shopwindow.models.item_encoder import ItemInputs
from shopwindow.models.live import Codes
from shopwindow.schema.arrays import Float
from shopwindow.training.checkpoint import RunDirectory, load_tensors
from shopwindow.training.live_codes import LiveCodes
from shopwindow.training.loop import Loop, prepare
from shopwindow.training.page_split import PageSplit
from shopwindow.training.prepared_pages import PreparedPages, telling
from shopwindow.training.validation import page_ndcg_at_10

PAIRS_AT_ONCE: Final = 2048  # scored together; each has a history of its own width


def fit_net(
    pages: PageSplit, settings: NetSettings, make: Callable[[NetSizes], PageNet], into: Path
) -> "FittedNet":
    """The best epoch of the network that `make` builds; see `PageRival.fit`. The global state of random numbers stays."""
    telling(pages, settings.plan)
    directory = RunDirectory(into)
    prepare(directory, pages.dataset, pages.split, settings, resume=False)
    with torch.random.fork_rng(devices=[]):
        lesson = _Lesson(pages, settings, make)
        Loop(lesson, settings, directory).go(resume=False)
    lesson.model.load_state_dict(load_tensors(directory.best)["model"])
    return lesson.fitted(lesson.model)


@dataclass(frozen=True, eq=False)
class FittedNet:
    """A PageOrder; `inputs`: of all items of the data set, then the unknown one."""

    settings: NetSettings
    dataset: Dataset
    net: PageNet
    inputs: ItemInputs
    live: LiveCodes

    @property
    def name(self) -> str:
        return self.settings.name

    def page_order(self, pages: LoggedPages, live: Codes | None = None) -> Float:
        """[I] `live [I, F]`: codes of live features where they are known already."""
        live = self.live.of_pages(pages) if live is None else live
        found: Float = np.full(len(pages.row), LAST, dtype=np.float32)
        at_once = max(1, PAIRS_AT_ONCE // int(np.diff(pages.offsets).max(initial=1)))
        for start in range(0, len(pages), at_once):
            some = np.arange(start, min(start + at_once, len(pages)))
            places = slice(pages.offsets[start], pages.offsets[some[-1] + 1])
            found[places] = self._values(pages.take(some), live[places])
        return np.where(pages.row >= 0, found, np.float32(LAST))

    @torch.no_grad()
    def _values(self, pages: LoggedPages, live: Codes) -> Float:
        """[I] as if every item stood first."""
        self.net.eval()
        batch = whole_pages(self.dataset, pages, self.settings.plan)
        batch = replace(batch, position=np.zeros_like(batch.position))
        device = next(self.net.parameters()).device
        values: Float = self.net.value(pairs_of(batch, live, self.inputs, device)).float().cpu().numpy()
        return values


class _Lesson:
    """A Lesson: pages, and validation by their order."""

    def __init__(self, pages: PageSplit, settings: NetSettings, make: Callable[[NetSizes], PageNet]) -> None:
        dataset, plan = pages.dataset, settings.plan
        self._ready = ready = PreparedPages.of(pages, plan, settings, settings.freshness)
        assert ready.live is not None  # a freshness was given
        assert ready.codes is not None
        self._pages, self._settings, self._live, self._codes = pages, settings, ready.live, ready.codes
        self._inputs = ready.vocabulary.inputs(dataset.catalog)
        torch.manual_seed(settings.seed)
        self.model = make(
            NetSizes(
                items=ready.vocabulary.item_sizes,
                context=ready.vocabulary.context_sizes,
                features=len(ready.live.scale.names),
                gains=tuple(head_gains(dataset, plan).tolist()),
            )
        )
        self.step = _Step(self.model)
        self.steps = -(-len(ready.examples) // settings.batch_size)

    def batches(self, rng: np.random.Generator, device: torch.device) -> Iterator[tuple[Pairs, int]]:
        settings, pages = self._settings, self._pages
        for batch in page_batches(pages.dataset, pages.train, settings.plan, settings.batch_size, rng):
            if len(batch.row) > 1:  # one pair has no spread to norm by
                yield pairs_of(batch, self._codes[batch.place], self._inputs, device), len(batch.row)

    def judge(self, average: nn.Module) -> float | None:
        assert isinstance(average, PageNet)
        pages = self._ready.validation
        if not len(pages):
            return None
        value = self.fitted(average).page_order(pages, self._ready.validation_codes)
        return page_ndcg_at_10(value, pages)

    def card(self) -> dict[str, Any]:
        return {}

    def fitted(self, net: PageNet) -> FittedNet:
        """With these weights."""
        return FittedNet(self._settings, self._pages.dataset, net, self._inputs, self._live)


class _Step(nn.Module):
    """Pairs -> the loss."""

    def __init__(self, net: PageNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, pairs: Pairs) -> Tensor:
        return self.net.loss(pairs)
