"""PageNet: a network that learns from pairs and scores them; and the one for networks that predict actions.

Legend: X pairs of a page and an item, H actions.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import final

import torch
from torch import Tensor, nn
from torch.nn import functional

from shopwindow.baselines.pages.pairs import Pairs
from shopwindow.baselines.pages.reading import NetSizes
from shopwindow.datasets.page_examples import PagePlan
from shopwindow.features.windowed.freshness import Freshness
from shopwindow.models.ranker import PositionBranch
from shopwindow.training.run import LoopSettings


@dataclass(frozen=True, kw_only=True)
class NetSettings(LoopSettings):
    """What the networks share; `batch_size` counts pages.

    last: actions read. negatives: so many per item acted on, from the others of its page. position: the place on the page
    is an input of training, and held at the first place when scoring. freshness: how old live features may be.
    """

    dim: int = 64
    wide: int = 128
    dropout: float = 0.2
    last: int = 80
    negatives: int = 4
    position: bool = True
    freshness: Freshness = field(default_factory=Freshness)

    @property
    def name(self) -> str:
        return self.kind

    @property
    def plan(self) -> PagePlan:
        """The examples; every action with a gain is a label."""
        return PagePlan(max_actions=self.last, negatives=self.negatives)


class PageNet(nn.Module, ABC):
    """The contract of the networks."""

    @abstractmethod
    def loss(self, pairs: Pairs) -> Tensor:
        """A scalar."""

    @abstractmethod
    def value(self, pairs: Pairs) -> Tensor:
        """[X] higher is better."""


@final
class ActionNet(PageNet):
    """Binary cross-entropy of every action, summed over actions; the value is what they are expected to gain.

    One logit for each action and not one for all: a purchase counts more than a click, in training as in NDCG. The labels
    are those of our ranker's heads, so that the networks differ in how they read, not in what they are told.
    """

    def __init__(self, body: nn.Module, sizes: NetSizes, position: bool) -> None:
        """`body`: pairs -> logits [X, H]."""
        super().__init__()
        self.body = body
        self.position = PositionBranch(sizes.context.surfaces, len(sizes.gains)) if position else None
        self.register_buffer("gains", torch.tensor(sizes.gains), persistent=False)

    def loss(self, pairs: Pairs) -> Tensor:
        losses = functional.binary_cross_entropy_with_logits(
            self._logits(pairs).float(), pairs.label, reduction="none"
        )
        return losses.mean(dim=0).sum()

    def value(self, pairs: Pairs) -> Tensor:
        return torch.sigmoid(self._logits(pairs).float()) @ self.get_buffer("gains")

    def _logits(self, pairs: Pairs) -> Tensor:
        logits: Tensor = self.body(pairs)
        return logits if self.position is None else logits + self.position(pairs.position, pairs.surface)
