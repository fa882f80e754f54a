"""NextItem: the table of items that sequence models read and score, and what they learn from it.

Legend: B sequences, L actions, P positions with a target, N items, M negatives shared by all positions, d width.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
import torch
from torch import Tensor, nn

from shopwindow.datasets.dataset import Dataset
from shopwindow.datasets.sequences import SequenceBatch, SequencePlan, sequence_batches
from shopwindow.models.losses import LossConfig, Scored, full_softmax, sampled_softmax
from shopwindow.schema.arrays import Float, Int64
from shopwindow.training.negatives import NegativeSampler

FEW_ITEMS: Final = 20_000  # up to here all of them are scored in a step


class ItemTable(nn.Module):
    """One vector per item that is both read and scored, and a bias. `extra`: rows after the unknown item's."""

    def __init__(self, num_items: int, dim: int, extra: int = 0) -> None:
        super().__init__()
        self.num_items = num_items
        self.vectors = nn.Embedding(num_items + 1 + extra, dim)
        self.bias = nn.Parameter(torch.zeros(num_items))
        nn.init.normal_(self.vectors.weight, std=0.02)

    def forward(self, rows: Tensor) -> Tensor:
        """[...] rows, -1 for padding and unknown -> [..., d]."""
        vectors: Tensor = self.vectors(torch.where(rows < 0, self.num_items, rows))
        return vectors

    def scored(self) -> Tensor:
        """[N, d+1] vectors that meet customers with a 1 at their end."""
        return torch.cat([self.vectors.weight[: self.num_items], self.bias[:, None]], dim=1)

    def scores(self, customers: Tensor) -> Float:
        """[B, d] -> [B, N]."""
        found: Float = (customers @ self.scored()[:, :-1].T + self.bias).detach().numpy()
        return found


@dataclass(frozen=True, slots=True, eq=False)
class NextItemExamples:
    """Journeys cut into windows, and negatives drawn for a batch where the catalogue is large."""

    dataset: Dataset
    train_end: Int64
    plan: SequencePlan
    batch_size: int
    sampler: NegativeSampler

    @classmethod
    def of(
        cls, dataset: Dataset, train_end: Int64, last: int, batch_size: int, negatives: int = 1024
    ) -> Self:
        """`last`: actions of a window; `batch_size`: windows of a batch."""
        plan = SequencePlan(max_actions=last, ties="sequence", windows=True)
        events = dataset.item_counts(dataset.wanted_before(train_end))
        sampler = NegativeSampler.of(LossConfig(negatives=negatives, source="mixed"), events)
        return cls(dataset, train_end, plan, batch_size, sampler)

    def batches(self, rng: np.random.Generator) -> Iterator[SequenceBatch]:
        """One epoch, without batches that have no target."""
        found = sequence_batches(self.dataset, self.train_end, self.plan, self.batch_size, rng)
        return (batch for batch in found if (batch.target >= 0).any())

    def cross_entropy(
        self, table: ItemTable, customers: Tensor, target: Tensor, rng: np.random.Generator
    ) -> Tensor:
        """Softmax over all items where they are few, else over the target and shared negatives, corrected by logQ."""
        if table.num_items <= FEW_ITEMS:
            return full_softmax(with_one(customers), table.scored(), target)
        return sampled_softmax(self.against_drawn(table, customers, target, rng))

    def against_drawn(
        self, table: ItemTable, customers: Tensor, target: Tensor, rng: np.random.Generator
    ) -> Scored:
        """`customers [P, d]`, `target [P]` -> logits of targets [P] and of negatives [P, M], drawn for this batch."""
        drawn, log_q = self.sampler.draw(target.numpy(), rng)
        return Scored(
            positive=(customers * table(target)).sum(dim=1) + table.bias[target],
            negative=customers @ table(drawn).T + table.bias[drawn],
            negative_log_q=log_q[drawn],
            hit=target[:, None] == drawn[None, :],
        )


def with_one(customers: Tensor) -> Tensor:
    """[P, d] -> [P, d+1]."""
    return torch.cat([customers, customers.new_ones(len(customers), 1)], dim=1)


def as_rows(rows: Any) -> Tensor:
    """An array of rows as torch indexes by."""
    return torch.from_numpy(rows.astype(np.int64))
