"""Dnn: the history pooled into one vector, then dense layers, then all items.

Legend: B customers, L actions, T = L + 1 positions, P positions with a target, d width.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import final

import numpy as np
import torch
from torch import Tensor, nn

from shopwindow.baselines.neural.fitting import Pace, fit
from shopwindow.baselines.neural.next_item import ItemTable, NextItemExamples, as_rows
from shopwindow.baselines.space import Choice, Range, Space
from shopwindow.datasets.dataset import Dataset
from shopwindow.datasets.requests import RequestSet, journeys
from shopwindow.schema.arrays import Float, Int64


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Dnn:
    """Attention over the last `last` actions (by item and by steps back) and the last item -> two dense layers.

    With batch norm and dropout; item vectors are read and scored.
    Covington, Adams and Sargin, "Deep Neural Networks for YouTube Recommendations", RecSys 2016 (there the mean).
    """

    dim: int = 64
    wide: int = 128
    dropout: float = 0.3
    last: int = 50
    batch_size: int = 32
    learning_rate: float = 1e-3
    epochs: int = 60
    patience: int = 5
    seed: int = 0

    @property
    def name(self) -> str:
        return "dnn"

    def fit(self, dataset: Dataset, train_end: Int64) -> "FittedDnn":
        def make(until: Int64) -> FittedDnn:
            examples = NextItemExamples.of(dataset, until, self.last, self.batch_size)
            return FittedDnn(self.name, dataset, self, examples, _Net(self, dataset.num_items))

        pace = Pace(
            epochs=self.epochs, patience=self.patience, learning_rate=self.learning_rate, seed=self.seed
        )
        return fit(make, dataset, train_end, pace)


class _Net(nn.Module):
    def __init__(self, settings: Dnn, num_items: int) -> None:
        super().__init__()
        dim, wide = settings.dim, settings.wide
        self.items = ItemTable(num_items, dim)
        self.start = nn.Parameter(torch.zeros(dim))
        self.weight = nn.Sequential(nn.Linear(dim, dim), nn.Tanh(), nn.Linear(dim, 1))
        self.steps_back = nn.Parameter(torch.zeros(settings.last + 1))
        self.dropout = nn.Dropout(settings.dropout)
        self.dense = dense(2 * dim, wide, dim, settings.dropout, nn.BatchNorm1d)

    def forward(self, item: Tensor, asked: Tensor) -> Tensor:
        """[B, L] rows and `asked [B, T]` -> [P, d]: customers at the positions asked for, padding never among them."""
        read = torch.cat([self.start.expand(len(item), 1, -1), self.items(item)], dim=1)
        place = torch.arange(read.shape[1])
        back = place[:, None] - place[None, :]  # [T, T]
        logits = self.weight(read).transpose(1, 2) + self.steps_back[back.clamp(min=0)]
        share = torch.softmax(logits.masked_fill(back < 0, -torch.inf), dim=2)
        pooled = torch.cat([share @ read, read], dim=2)[asked]
        customers: Tensor = self.dense(self.dropout(pooled))
        return customers


def dense(read: int, wide: int, out: int, dropout: float, norm: Callable[[int], nn.Module]) -> nn.Sequential:
    """Two hidden layers, each with a norm, ReLU and dropout: [n, read] -> [n, out]."""
    return nn.Sequential(
        nn.Linear(read, wide), norm(wide), nn.ReLU(), nn.Dropout(dropout),
        nn.Linear(wide, wide), norm(wide), nn.ReLU(), nn.Dropout(dropout),
        nn.Linear(wide, out),
    )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class FittedDnn:
    """See `Dnn`."""

    name: str
    dataset: Dataset
    settings: Dnn
    examples: NextItemExamples
    net: _Net

    def losses(self, rng: np.random.Generator) -> Iterator[Tensor]:
        for batch in self.examples.batches(rng):
            real = torch.from_numpy(batch.target >= 0)
            if int(real.sum()) > 1:  # one example has no spread to norm by
                customers, target = self.net(as_rows(batch.journey.item), real), as_rows(batch.target)[real]
                yield self.examples.cross_entropy(self.net.items, customers, target, rng)

    @torch.no_grad()
    def scores(self, requests: RequestSet) -> Float:
        journey = journeys(self.dataset, requests, self.settings.last)
        item = as_rows(journey.item)
        asked = torch.arange(item.shape[1] + 1)[None, :] == as_rows(journey.length)[:, None]
        return self.net.items.scores(self.net(item, asked))


def space(seed: int) -> Space:
    """What may be tried; `seed`: of the first weights, the order of batches and what is dropped."""
    return Space(
        make=partial(Dnn, seed=seed),
        starts=(Dnn(seed=seed), Dnn(dropout=0.5, seed=seed)),
        parameters={
            "dim": Choice((32, 64, 128)),
            "wide": Choice((64, 128, 256)),
            "dropout": Choice((0.1, 0.3, 0.5)),
            "last": Choice((10, 20, 50)),
            "learning_rate": Range(low=3e-4, high=3e-3, log=True),
        },
    )
