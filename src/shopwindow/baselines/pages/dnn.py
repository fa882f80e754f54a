"""PlainDnn: the history pooled into two vectors, then dense layers.

Legend: L actions, X pairs of a page and an item, H actions that are labels, d width.
"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar, final

import torch
from torch import Tensor, nn

from shopwindow.baselines.neural.dnn import dense
from shopwindow.baselines.pages.fitting import FittedNet, fit_net
from shopwindow.baselines.pages.net import ActionNet, NetSettings
from shopwindow.baselines.pages.pairs import Pairs
from shopwindow.baselines.pages.reading import NetSizes, Reading
from shopwindow.baselines.pages.rival import PageSpace
from shopwindow.baselines.space import Choice, Range
from shopwindow.training.page_split import PageSplit


@final
@dataclass(frozen=True, kw_only=True)
class PlainDnn(NetSettings):
    """The mean of the history and its sum by learned shares, the same for every candidate, with batch norm and dropout.

    The dense layers read both, the candidate, its products with both, the request and the live features.
    Covington, Adams and Sargin, "Deep Neural Networks for YouTube Recommendations", RecSys 2016 (its ranking network).
    """

    kind: ClassVar[str] = "page-dnn"

    def fit(self, pages: PageSplit, into: Path) -> FittedNet:
        def make(sizes: NetSizes) -> ActionNet:
            return ActionNet(_Body(self, sizes), sizes, self.position)

        return fit_net(pages, self, make, into)


class _Body(nn.Module):
    def __init__(self, settings: PlainDnn, sizes: NetSizes) -> None:
        super().__init__()
        dim = settings.dim
        self.reading = Reading(sizes, dim)
        self.weight = nn.Sequential(nn.Linear(dim, dim), nn.Tanh(), nn.Linear(dim, 1))
        read = 5 * dim + self.reading.around
        self.dropout = nn.Dropout(settings.dropout)
        self.dense = dense(read, settings.wide, len(sizes.gains), settings.dropout, nn.BatchNorm1d)

    def forward(self, pairs: Pairs) -> Tensor:
        """[X, H]."""
        read = self.reading(pairs)
        there = read.there[..., None]
        mean = (read.history * there).sum(dim=1) / there.sum(dim=1).clamp(min=1)
        share = torch.softmax(self.weight(read.history).masked_fill(~there, -1e9), dim=1) * there
        pooled = (share * read.history).sum(dim=1)
        parts = [read.item, mean, pooled, read.item * mean, read.item * pooled, read.around]
        logits: Tensor = self.dense(self.dropout(torch.cat(parts, dim=-1)))
        return logits


def space(seed: int) -> PageSpace:
    """What may be tried; `seed`: of the first weights, the order of batches and what is dropped."""
    return PageSpace(
        make=partial(PlainDnn, seed=seed),
        starts=(PlainDnn(seed=seed), PlainDnn(dim=128, wide=256, seed=seed)),
        parameters={
            "dim": Choice((32, 64, 128)),
            "wide": Choice((128, 256)),
            "dropout": Choice((0.1, 0.2, 0.4)),
            "last": Choice((20, 50, 80)),
            "learning_rate": Range(low=3e-4, high=3e-3, log=True),
        },
    )
