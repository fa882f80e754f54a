"""Gru4Rec: a recurrent network reads the journey action by action.

Legend: B customers, L actions, P positions with a target, M negatives, d width.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Literal, final

import numpy as np
import torch
from torch import Tensor, nn

from shopwindow.baselines.neural.fitting import Pace, fit
from shopwindow.baselines.neural.next_item import ItemTable, NextItemExamples, as_rows
from shopwindow.baselines.space import Choice, Range, Space
from shopwindow.datasets.dataset import Dataset
from shopwindow.datasets.requests import RequestSet, journeys
from shopwindow.models.losses import Scored
from shopwindow.schema.arrays import Float, Int64


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Gru4Rec:
    """The state after the last of `last` actions, times the vector of an item; item vectors are read and scored.

    loss: cross-entropy, or bpr-max over `negatives` shared by the batch, with `l2` on their scores.
    Hidasi and Karatzoglou, "Recurrent Neural Networks with Top-k Gains for Session-based Recommendations", CIKM 2018.
    """

    dim: int = 64
    dropout: float = 0.3
    loss: Literal["cross-entropy", "bpr-max"] = "cross-entropy"
    negatives: int = 1024
    l2: float = 0.5
    last: int = 100
    batch_size: int = 32
    learning_rate: float = 5e-3
    epochs: int = 60
    patience: int = 5
    seed: int = 0

    @property
    def name(self) -> str:
        return "gru4rec"

    def fit(self, dataset: Dataset, train_end: Int64) -> "FittedGru4Rec":
        def make(until: Int64) -> FittedGru4Rec:
            examples = NextItemExamples.of(dataset, until, self.last, self.batch_size, self.negatives)
            return FittedGru4Rec(self.name, dataset, self, examples, _Net(self, dataset.num_items))

        pace = Pace(
            epochs=self.epochs, patience=self.patience, learning_rate=self.learning_rate, seed=self.seed
        )
        return fit(make, dataset, train_end, pace)


class _Net(nn.Module):
    def __init__(self, settings: Gru4Rec, num_items: int) -> None:
        super().__init__()
        self.items = ItemTable(num_items, settings.dim)
        self.start = nn.Parameter(torch.zeros(settings.dim))
        self.gru = nn.GRU(settings.dim, settings.dim, batch_first=True)
        self.dropout = nn.Dropout(settings.dropout)

    def forward(self, item: Tensor) -> Tensor:
        """[B, L] -> [B, L+1, d]: the customer before the first action and after each."""
        read = torch.cat([self.start.expand(len(item), 1, -1), self.items(item)], dim=1)
        states, _ = self.gru(self.dropout(read))
        dropped: Tensor = self.dropout(states)
        return dropped


@dataclass(frozen=True, slots=True, eq=False)
class FittedGru4Rec:
    """See `Gru4Rec`."""

    name: str
    dataset: Dataset
    settings: Gru4Rec
    examples: NextItemExamples
    net: _Net

    def losses(self, rng: np.random.Generator) -> Iterator[Tensor]:
        for batch in self.examples.batches(rng):
            real = torch.from_numpy(batch.target >= 0)
            customers, target = self.net(as_rows(batch.journey.item))[real], as_rows(batch.target)[real]
            if self.settings.loss == "cross-entropy":
                yield self.examples.cross_entropy(self.net.items, customers, target, rng)
            else:
                scored = self.examples.against_drawn(self.net.items, customers, target, rng)
                yield bpr_max(scored, self.settings.l2)

    @torch.no_grad()
    def scores(self, requests: RequestSet) -> Float:
        journey = journeys(self.dataset, requests, self.settings.last)
        states = self.net(as_rows(journey.item))
        return self.net.items.scores(states[torch.arange(len(states)), as_rows(journey.length)])


def bpr_max(scored: Scored, l2: float) -> Tensor:
    """-log sum_j s_j sigmoid(positive - negative_j) + l2 sum_j s_j negative_j^2, s = softmax of the negatives; mean of P."""
    share = torch.softmax(scored.negative.masked_fill(scored.hit, -torch.inf), dim=1)
    above = torch.sigmoid(scored.positive[:, None] - scored.negative)
    losses = -torch.log((share * above).sum(dim=1) + 1e-24) + l2 * (share * scored.negative**2).sum(dim=1)
    return losses.mean()


def space(seed: int) -> Space:
    """What may be tried; `seed`: of the first weights, the order of batches and what is dropped."""
    return Space(
        make=partial(Gru4Rec, seed=seed),
        starts=(Gru4Rec(seed=seed), Gru4Rec(loss="bpr-max", seed=seed)),
        parameters={
            "dim": Choice((32, 64, 128)),
            "dropout": Choice((0.1, 0.3, 0.5)),
            "loss": Choice(("cross-entropy", "bpr-max")),
            "learning_rate": Range(low=5e-4, high=1e-2, log=True),
        },
    )
