"""Bst: the history, with the candidate as one more position, through a transformer block.

Legend: L actions, X pairs of a page and an item, H actions that are labels, d width.
"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar, final

import torch
from torch import Tensor, nn
from torch.nn import functional

from shopwindow.baselines.neural.dnn import dense
from shopwindow.baselines.pages.fitting import FittedNet, fit_net
from shopwindow.baselines.pages.net import ActionNet, NetSettings
from shopwindow.baselines.pages.pairs import Pairs
from shopwindow.baselines.pages.reading import NetSizes, Reading
from shopwindow.baselines.pages.rival import PageSpace
from shopwindow.baselines.space import Choice, Range
from shopwindow.models.attention import Block, BlockConfig
from shopwindow.training.page_split import PageSplit


@final
@dataclass(frozen=True, kw_only=True)
class Bst(NetSettings):
    """Every candidate reads the whole history by self-attention, which costs a pass over it for each of them.

    Places are told by the age of an action, as in the paper. The dense layers read the candidate's position, which
    attends to all others (the paper: all positions side by side, of histories of one length), the candidate, the
    request and the live features.

    Chen et al., "Behavior Sequence Transformer for E-commerce Recommendation in Alibaba", DLP-KDD 2019.
    """

    kind: ClassVar[str] = "bst"
    heads: int = 4
    blocks: int = 1

    def fit(self, pages: PageSplit, into: Path) -> FittedNet:
        def make(sizes: NetSizes) -> ActionNet:
            return ActionNet(_Body(self, sizes), sizes, self.position)

        return fit_net(pages, self, make, into)


class _Body(nn.Module):
    def __init__(self, settings: Bst, sizes: NetSizes) -> None:
        super().__init__()
        dim = settings.dim
        self.reading = Reading(sizes, dim)
        self.candidate = nn.Parameter(torch.randn(dim) * 0.02)
        block = BlockConfig(
            dim=dim, heads=settings.heads, widen=4, activation="relu", dropout=settings.dropout
        )
        *before, self.final = (Block(block) for _ in range(settings.blocks))
        self.before, self.norm = nn.ModuleList(before), nn.LayerNorm(dim)
        read = 2 * dim + self.reading.around
        self.dense = dense(read, settings.wide, len(sizes.gains), settings.dropout, nn.LayerNorm)

    def forward(self, pairs: Pairs) -> Tensor:
        """[X, H]."""
        read = self.reading(pairs)
        at = pairs.journey.length[pairs.page]
        place = at[:, None, None].expand(-1, -1, read.item.shape[1])
        x = functional.pad(read.history, (0, 0, 0, 1)).scatter(
            1, place, (read.item + self.candidate)[:, None]
        )
        for block in self.before:
            x = block(x, None)
        found = self.norm(self.final.last(x, at, None))
        logits: Tensor = self.dense(torch.cat([read.item, found, read.around], dim=-1))
        return logits


def space(seed: int) -> PageSpace:
    """What may be tried; `seed`: of the first weights, the order of batches and what is dropped."""
    return PageSpace(
        make=partial(Bst, seed=seed),
        starts=(Bst(seed=seed), Bst(dim=128, wide=256, heads=8, seed=seed)),
        parameters={
            "dim": Choice((32, 64, 128)),
            "wide": Choice((128, 256)),
            "heads": Choice((2, 4, 8)),
            "blocks": Choice((1, 2)),
            "dropout": Choice((0.0, 0.2, 0.4)),
            "learning_rate": Range(low=3e-4, high=3e-3, log=True),
        },
    )
